//! The executor's list of calls that take a path, against the kernel's signatures.

// The two files stand beside each other, as they do in their crate.
#[path = "../../executor/sys/src/x86_64/paths.rs"]
#[expect(unreachable_pub, reason = "it is public in its own crate")]
mod listed;
#[path = "../../executor/sys/src/x86_64/numbers.rs"]
#[expect(dead_code, reason = "it has the numbers of calls without a path too")]
mod numbers;

use purplec::syscalls::{Arch, Kind, names, signature};

/// What the kernel calls arguments that are paths.
const PATHS: [&str; 11] = [
    "dir_name",
    "filename",
    "from_pathname",
    "new_root",
    "newname",
    "oldname",
    "path",
    "pathname",
    "special",
    "specialfile",
    "to_pathname",
];

/// Calls whose path has a name that other arguments have too.
const NAMED_OTHERWISE: [(&str, &str); 3] = [
    ("acct", "name"),
    ("name_to_handle_at", "name"),
    ("umount2", "name"),
];

#[test]
fn the_executor_finds_the_paths_that_the_kernels_signatures_have() {
    let mut found = 0;
    for (name, number) in names(Arch::X86_64) {
        let arguments = signature(Arch::X86_64, name).unwrap_or_default();
        let expected = arguments.iter().position(|one| {
            let known = PATHS.contains(&one.name) || NAMED_OTHERWISE.contains(&(name, one.name));
            known && one.kind == Kind::Pointer
        });
        assert_eq!(listed::path_argument(number), expected, "{name}");
        found += usize::from(expected.is_some());
    }
    assert!(found > 60, "{found}");
    assert_eq!(listed::path_argument(u32::MAX), None);
}
