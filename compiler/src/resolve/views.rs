//! One directory of the host that a policy shows twice: what is hidden or kept as it is in one view holds
//! in each other one that shows it, by the names of the host paths. What has no common name, such as `.` and
//! an absolute path, purple-exec finds by device and path when a run starts.

use super::filesystem::{Filesystem, Masked, Shared};
use super::host::plain;
use super::paths::is_pattern;
use super::protected::{Origin, Protected};
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Adds to the file system what has to hold in other views. An error where a view shows what another hides
/// or keeps, or a part of that.
pub(super) fn extend(filesystem: &mut Filesystem, scope: &mut Scope<'_>) {
    let views = Views::of(filesystem);
    if !views.overlap {
        return;
    }
    let masked = masks(filesystem, &views, scope);
    let protected = protections(filesystem, &views, scope);
    drop(views);
    filesystem.masked.extend(masked);
    filesystem.protected.extend(protected);
}

/// The views of the host: by their paths inside, and by those on the host.
pub(crate) struct Views {
    inside: BTreeMap<String, View>,
    /// What is shown of a host path, by their paths inside.
    host: BTreeMap<String, Vec<String>>,
    /// Whether two show one directory, or one a part of the other's.
    overlap: bool,
}

/// What one view shows.
pub(crate) struct View {
    host: String,
    pub(crate) writable: bool,
    /// Where the policy says it.
    pub(crate) span: Option<Span>,
}

/// Where a view shows a host path, and what of it.
enum Place<'v> {
    /// All of it, at this path inside.
    At(String),
    /// Itself or a part of it, as the whole view at this path inside.
    Part(&'v str, &'v View),
}

impl Views {
    pub(crate) fn of(filesystem: &Filesystem) -> Self {
        let mut views = Self {
            inside: BTreeMap::new(),
            host: BTreeMap::new(),
            overlap: false,
        };
        let readable = filesystem.immutable.iter().map(|shared| (shared, false));
        for (shared, writable) in readable.chain(filesystem.output.iter().map(|one| (one, true))) {
            views.add(shared, writable);
        }
        let hosts = &views.host;
        let twice = hosts.values().any(|inside| inside.len() > 1);
        views.overlap = twice
            || hosts
                .keys()
                .any(|host| above(host).any(|up| hosts.contains_key(up)));
        views
    }

    fn add(&mut self, shared: &Shared, writable: bool) {
        let host = key(&shared.host);
        let span = shared.inside_span;
        self.host
            .entry(host.clone())
            .or_default()
            .push(shared.inside.clone());
        let view = View {
            host,
            writable,
            span,
        };
        self.inside.entry(shared.inside.clone()).or_insert(view);
    }

    /// The view that shows a path inside: the nearest at it or above it.
    pub(crate) fn showing(&self, inside: &str) -> Option<(&str, &View)> {
        let mut paths = std::iter::once(inside).chain(above(inside));
        paths
            .find_map(|path| self.inside.get_key_value(path))
            .map(|(path, view)| (path.as_str(), view))
    }

    /// The host path that a path inside shows.
    pub(crate) fn host_of(&self, inside: &str) -> Option<String> {
        let (top, view) = self.showing(inside)?;
        Some(join(&view.host, inside.strip_prefix(top)?))
    }

    /// All views: the path inside, the host path, and what is known of it.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str, &View)> {
        let views = self.inside.iter();
        views.map(|(inside, view)| (inside.as_str(), view.host.as_str(), view))
    }

    /// What the view above a path shows at it: that view, and the host path.
    pub(crate) fn behind(&self, inside: &str) -> Option<(&str, &View, String)> {
        let (top, view) = above(inside).find_map(|path| self.inside.get_key_value(path))?;
        Some((
            top,
            view,
            join(&view.host, inside.strip_prefix(top.as_str())?),
        ))
    }

    /// Where a host path is shown, or parts of it: the path inside, the view's place, and whether it can be written.
    pub(crate) fn places(&self, host: &str) -> Vec<(String, Option<Span>, bool)> {
        let places = self
            .others(host, None)
            .into_iter()
            .filter_map(|place| match place {
                Place::At(inside) => {
                    let (_, view) = self.showing(&inside)?;
                    Some((inside, view.span, view.writable))
                }
                Place::Part(inside, view) => Some((inside.to_owned(), view.span, view.writable)),
            });
        places.collect()
    }

    /// Where a host path is shown, but for `first` and what lies there.
    fn others<'v>(&'v self, host: &'v str, first: Option<&'v str>) -> Vec<Place<'v>> {
        let whole = above(host).filter_map(|up| self.host.get_key_value(up));
        let whole = whole.flat_map(|(up, tops)| tops.iter().map(move |top| (up, top)));
        let mut places: Vec<Place<'v>> = whole
            .map(|(up, top)| {
                (
                    top,
                    join(top, host.strip_prefix(up.as_str()).unwrap_or_default()),
                )
            })
            // Another view may lie over this place.
            .filter(|(top, inside)| {
                first != Some(inside.as_str())
                    && self.showing(inside).is_some_and(|(found, _)| found == *top)
            })
            .map(|(_, inside)| Place::At(inside))
            .collect();
        let below = format!("{}/", host.trim_end_matches('/'));
        let from = (Bound::Included(below.clone()), Bound::Unbounded);
        let parts = self
            .host
            .range(from)
            .take_while(|(part, _)| part.starts_with(&below));
        let itself = self.host.get_key_value(host);
        for top in itself.into_iter().chain(parts).flat_map(|(_, tops)| tops) {
            // What the policy puts at or below the path itself is no second view.
            let own = first.is_some_and(|first| {
                let below = top.strip_prefix(first);
                below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            if let Some(view) = self.inside.get(top).filter(|_| !own) {
                places.push(Place::Part(top, view));
            }
        }
        places
    }
}

fn masks(filesystem: &Filesystem, views: &Views, scope: &mut Scope<'_>) -> Vec<Masked> {
    let mut known: BTreeSet<String> = filesystem
        .masked
        .iter()
        .map(|one| one.inside.clone())
        .collect();
    let mut added = Vec::new();
    // purple-exec looks for the matches of a pattern in each view.
    let paths = filesystem
        .masked
        .iter()
        .filter(|one| !is_pattern(&one.inside));
    for masked in paths {
        let Some(host) = views.host_of(&masked.inside) else {
            continue;
        };
        for place in views.others(&host, Some(&masked.inside)) {
            match place {
                Place::At(inside) => {
                    let hidden =
                        known.contains(&inside) || above(&inside).any(|up| known.contains(up));
                    if !hidden && known.insert(inside.clone()) {
                        added.push(Masked {
                            inside,
                            ..masked.clone()
                        });
                    }
                }
                Place::Part(top, view) => {
                    let message = format!(
                        "{} is hidden, and shown as {}",
                        quote(&masked.inside),
                        quote(top)
                    );
                    let found = Diagnostic::error("hidden-also-shown", masked.span, message);
                    let help = "leave one of the two out: both are one path of the host";
                    related(found.with_help(help), view, "shown here", scope);
                }
            }
        }
    }
    added
}

fn protections(filesystem: &Filesystem, views: &Views, scope: &mut Scope<'_>) -> Vec<Protected> {
    let mut known: BTreeSet<String> = filesystem
        .protected
        .iter()
        .map(|one| one.inside.clone())
        .collect();
    let mut added = Vec::new();
    let paths = filesystem
        .protected
        .iter()
        .filter(|one| !is_pattern(&one.inside));
    for kept in paths {
        let Some(host) = views.host_of(&kept.inside) else {
            continue;
        };
        let named = kept.origin == Origin::Named;
        for place in views.others(&host, Some(&kept.inside)) {
            match place {
                Place::At(inside) => {
                    let writable = views
                        .showing(&inside)
                        .is_some_and(|(_, view)| view.writable);
                    if writable && known.insert(inside.clone()) {
                        let origin = Origin::OtherView { named };
                        added.push(Protected {
                            inside,
                            origin,
                            ..kept.clone()
                        });
                    }
                }
                Place::Part(top, view) if view.writable && named => {
                    let span = kept.span.unwrap_or_default();
                    let message = format!(
                        "{} is read-only, and writable as {}",
                        quote(&kept.inside),
                        quote(top)
                    );
                    let found = Diagnostic::error("kept-also-writable", span, message);
                    let help = "leave one of the two out: both are one path of the host";
                    related(found.with_help(help), view, "writable here", scope);
                }
                Place::Part(..) => {}
            }
        }
    }
    added
}

fn related(found: Diagnostic, view: &View, what: &'static str, scope: &mut Scope<'_>) {
    scope.report(match view.span {
        Some(span) => found.with_related(span, what),
        None => found,
    });
}

/// A host path by which paths below it are found: a relative one begins with `.` or `..`.
fn key(host: &str) -> String {
    let host = plain(host);
    if host.starts_with('/')
        || host
            .split('/')
            .next()
            .is_some_and(|first| matches!(first, "." | ".."))
    {
        host
    } else {
        format!("./{host}")
    }
}

/// The paths above a path, the nearest first.
pub(crate) fn above(path: &str) -> impl Iterator<Item = &str> {
    let root = (path.starts_with('/') && path.len() > 1).then_some("/");
    let parents = path.rmatch_indices('/').filter(|(at, _)| *at > 0);
    parents.filter_map(|(at, _)| path.get(..at)).chain(root)
}

/// A path and what lies below it.
fn join(top: &str, rest: &str) -> String {
    match rest.trim_start_matches('/') {
        "" => top.to_owned(),
        rest => format!("{}/{rest}", top.trim_end_matches('/')),
    }
}
