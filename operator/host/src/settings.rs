//! What the kernel says of itself and of this process in /proc.

use crate::FileError;
use std::fs;
use std::path::Path;

/// A setting of the kernel, by its name for sysctl(8); `None` where it has none or does not say.
pub fn sysctl(name: &str) -> Option<String> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// Whether /proc shows the process namespace that this process is in.
pub fn proc_is_of_this_namespace() -> Result<bool, FileError> {
    let link = fs::read_link("/proc/self").map_err(FileError::at("/proc/self"))?;
    Ok(link == Path::new(&std::process::id().to_string()))
}

/// Whether a seccomp filter is in force over this process.
pub fn is_filtered() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    has_filter(&status)
}

fn has_filter(status: &str) -> bool {
    status
        .lines()
        .any(|line| line.starts_with("Seccomp:") && line.ends_with('2'))
}

/// The kernel and its machine, as uname(2) says them.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// Its release.
    pub release: String,
    /// Its machine.
    pub machine: String,
}

/// The kernel of this host.
pub fn kernel() -> Result<Kernel, nix::errno::Errno> {
    let named = nix::sys::utsname::uname()?;
    Ok(Kernel {
        release: named.release().to_string_lossy().into_owned(),
        machine: named.machine().to_string_lossy().into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::has_filter;

    #[test]
    fn a_filter_is_mode_2() {
        assert!(has_filter("Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n"));
        assert!(!has_filter("Seccomp:\t0\nSeccomp_filters:\t2\n"));
    }
}
