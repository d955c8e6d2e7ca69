//! Which places a path leads through. What can be written at one of them decides where the path
//! leads the next time.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

/// The most symbolic links that the kernel follows in a path (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// Every place on the way, from the root to where a path leads.
#[derive(Debug, Clone)]
pub struct Route {
    places: Vec<PathBuf>,
    end: PathBuf,
}

impl Route {
    /// Follows a path as the kernel does. What does not exist yet is taken as a directory. `None`
    /// for symbolic links in a circle, or a relative path from a directory that is gone.
    pub fn of(path: &Path) -> Option<Self> {
        let absolute = std::path::absolute(path).ok()?;
        let mut ahead: VecDeque<OsString> = steps(&absolute).collect();
        let mut end = PathBuf::from("/");
        let mut places = vec![end.clone()];
        let mut links = 0_usize;
        while let Some(step) = ahead.pop_front() {
            if step == ".." {
                // At the root it stays there, as the kernel does.
                let _moved = end.pop();
                continue;
            }
            let next = end.join(&step);
            places.push(next.clone());
            let Ok(leads_to) = std::fs::read_link(&next) else {
                end = next;
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            if leads_to.is_absolute() {
                end = PathBuf::from("/");
            }
            for step in steps(&leads_to).collect::<Vec<_>>().into_iter().rev() {
                ahead.push_front(step);
            }
        }
        Some(Self { places, end })
    }

    /// Where the path leads.
    pub fn end(&self) -> &Path {
        &self.end
    }

    /// Whether the path leads through or to this place, by whichever mount it is reached.
    pub fn passes(&self, place: &Path) -> bool {
        let wanted = identity(place);
        self.places
            .iter()
            .any(|one| one == place || (wanted.is_some() && identity(one) == wanted))
    }
}

/// The parts of a path that move: names and `..`.
fn steps(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|part| match part {
        Component::Normal(_) | Component::ParentDir => Some(part.as_os_str().to_owned()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    })
}

fn identity(place: &Path) -> Option<(u64, u64)> {
    let found = std::fs::symlink_metadata(place).ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::Route;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    #[test]
    fn links_are_places_on_the_way() {
        let base = std::env::temp_dir().join(format!("purple-route-{}", std::process::id()));
        let base = base.as_path();
        assert!(std::fs::create_dir_all(base.join("a")).is_ok());
        assert!(symlink("../else/deep", base.join("a/link")).is_ok());
        assert!(symlink("circle", base.join("circle")).is_ok());
        let route = Route::of(&base.join("a/link/x/../y"));
        let circle = Route::of(&base.join("circle"));
        let passes = |place: &str| {
            route
                .as_ref()
                .is_some_and(|one| one.passes(&base.join(place)))
        };
        let told = [
            passes("a/link"),
            passes("else"),
            passes("else/deep/y"),
            passes("a/link/y"),
        ];
        let end = route.as_ref().map(|one| one.end().to_owned());
        assert!(std::fs::remove_dir_all(base).is_ok());
        assert_eq!(told, [true, true, true, false]);
        assert_eq!(end, Some(base.join("else/deep/y")));
        assert!(circle.is_none());
    }

    #[test]
    fn every_route_passes_the_root() {
        let route = Route::of(Path::new("/nonexistent/../../x"));
        assert!(route.as_ref().is_some_and(|one| one.passes(Path::new("/"))));
        assert!(route.is_some_and(|one| one.end() == Path::new("/x")));
    }
}
