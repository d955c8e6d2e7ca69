//! The directories in which both programs follow symbolic links: `purple-exec` on the way to what it shares, and
//! `purple` on the way to what it reads and writes.

/// Directories whose links belong to the host: whole trees, and with `false` only what lies in the
/// directory itself (hier(7); `/nix` and `/gnu` are the stores of two package managers).
const SYSTEM: [(&[u8], bool); 14] = [
    (b"/", false),
    (b"/bin", true),
    (b"/etc", true),
    (b"/gnu", true),
    (b"/lib", true),
    (b"/lib64", true),
    (b"/nix", true),
    (b"/opt", true),
    (b"/run", false),
    (b"/run/current-system", false),
    (b"/sbin", true),
    (b"/sys", true),
    (b"/usr", true),
    (b"/var", false),
];

/// Whether a directory is one of the system's, by its absolute path without links.
pub fn is_system_directory(directory: &[u8]) -> bool {
    SYSTEM.iter().any(|&(top, whole)| {
        let rest = directory.strip_prefix(top);
        rest.is_some_and(|rest| rest.is_empty() || whole && rest.starts_with(b"/"))
    })
}

#[cfg(test)]
mod tests {
    use super::is_system_directory;

    #[test]
    fn directories_of_the_system() {
        for directory in [
            "/",
            "/usr",
            "/usr/share/x",
            "/var",
            "/run",
            "/run/current-system",
            "/etc/ssl",
        ] {
            assert!(is_system_directory(directory.as_bytes()), "{directory}");
        }
        for directory in [
            "/home",
            "/var/lib",
            "/run/user",
            "/run/current-system/x",
            "/tmp",
            "/usrlocal",
            "/root",
            ".",
            "",
        ] {
            assert!(!is_system_directory(directory.as_bytes()), "{directory}");
        }
    }
}
