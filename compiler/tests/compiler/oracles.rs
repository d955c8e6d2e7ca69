//! The tables against what others say: the crate `linux-raw-sys` (made by bindgen from the kernel's
//! headers for each architecture) for numbers and constants, and libseccomp's resolver for numbers.
//! Every difference is listed by name.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use purplec::syscalls::constants::{constant, constants};
use purplec::syscalls::{
    Arch, Version, names, parts_of, since, syscall_number, syscall_number_anywhere,
};

/// The crate's headers are those of Linux 6.17.
const RAW_SYS: Version = Version {
    major: 6,
    minor: 17,
    patch: 0,
};

/// Where cargo keeps the source of `linux-raw-sys`.
fn raw_sys() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(find_raw_sys)
}

fn find_raw_sys() -> PathBuf {
    // For this platform only: a build has fetched no packages of others.
    let version = cargo(&["-vV"]);
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("cargo names its host");
    let metadata = cargo(&[
        "metadata",
        "--format-version=1",
        "--locked",
        "--filter-platform",
        host,
    ]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata
        .get("packages")
        .and_then(|list| list.as_array())
        .expect("packages");
    let package = packages
        .iter()
        .find(|one| one.get("name").is_some_and(|name| name == "linux-raw-sys"))
        .expect("linux-raw-sys is a dependency");
    let manifest = package
        .get("manifest_path")
        .and_then(|path| path.as_str())
        .expect("a path");
    PathBuf::from(manifest).with_file_name("src")
}

/// What cargo prints.
fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

/// What the crate says for an architecture: each constant that is a plain number.
fn raw_sys_constants(arch: Arch) -> BTreeMap<String, i64> {
    let folder = raw_sys().join(match arch {
        Arch::Ppc64le => "powerpc64",
        other => other.name(),
    });
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(&folder).expect("an architecture of the crate") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a source file");
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("pub const ") else {
                continue;
            };
            let Some((name, rest)) = rest.split_once(": ") else {
                continue;
            };
            let Some((_, value)) = rest.split_once(" = ") else {
                continue;
            };
            if let Ok(value) = value.trim_end_matches(';').parse() {
                found.insert(name.to_owned(), value);
            }
        }
    }
    found
}

#[test]
fn numbers_are_those_of_linux_raw_sys() {
    let mut differences = Vec::new();
    let mut same = 0;
    for arch in Arch::ALL {
        let mut theirs = BTreeMap::new();
        for (name, value) in raw_sys_constants(arch) {
            let name = name
                .strip_prefix("__NR_")
                .or_else(|| name.strip_prefix("__ARM_NR_"));
            // Names in capitals are bases and masks of the numbering.
            if let (Some(name), Ok(value)) = (name, u32::try_from(value))
                && !name.contains(|letter: char| letter.is_ascii_uppercase())
            {
                theirs.insert(name.to_owned(), value);
            }
        }
        for (name, number) in names(arch) {
            match theirs.remove(name) {
                Some(value) if value == number => same += 1,
                Some(value) => differences.push(format!("{arch} {name} {number} {value}")),
                None if since(arch, name) > Some(RAW_SYS) => {}
                None => differences.push(format!("{arch} {name} {number} -")),
            }
        }
        differences.extend(
            theirs
                .iter()
                .map(|(name, value)| format!("{arch} {name} - {value}")),
        );
    }
    assert_eq!(differences, [""; 0]);
    assert!(same > 3500, "{same}");
}

#[test]
fn constants_are_those_of_linux_raw_sys() {
    let mut differences: BTreeMap<&str, Vec<Arch>> = BTreeMap::new();
    let mut same = 0;
    for arch in Arch::ALL {
        let theirs = raw_sys_constants(arch);
        for (name, value) in constants(arch) {
            match theirs.get(name) {
                Some(&other) if other.cast_unsigned() == value => same += 1,
                Some(_) => differences.entry(name).or_default().push(arch),
                None => {}
            }
        }
    }
    // Two flags are newer than the crate's headers, and not in its mask.
    let mut expected = BTreeMap::from([("FUTEX_CMD_MASK", Arch::ALL.to_vec())]);
    // The crate has x32's ioctl numbers with the sizes of 64-bit pointers and longs.
    for name in
        "BLKBSZGET BLKBSZSET BLKGETSIZE64 FS_IOC_GETFLAGS FS_IOC_GETVERSION FS_IOC_SETFLAGS \
        FS_IOC_SETVERSION PERF_EVENT_IOC_ID PERF_EVENT_IOC_MODIFY_ATTRIBUTES \
        PERF_EVENT_IOC_QUERY_BPF PERF_EVENT_IOC_SET_FILTER TUNATTACHFILTER TUNDETACHFILTER \
        TUNGETFILTER"
            .split_whitespace()
    {
        expected.insert(name, vec![Arch::X32]);
    }
    assert_eq!(differences, expected);
    assert!(same > 8000, "{same}");
}

/// What libseccomp's resolver says.
struct Resolver {
    /// The library's version.
    version: String,
    /// Architecture and name, to the number.
    numbers: BTreeMap<(String, String), u32>,
}

/// Asks libseccomp's resolver for every name; `None` where it cannot be asked here.
fn libseccomp() -> Option<Resolver> {
    let place = tempfile::tempdir().expect("a temporary directory");
    let program = place.path().join("resolve");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/compiler/libseccomp.c");
    let built = Command::new("gcc")
        .args([source, "-lseccomp", "-o"])
        .arg(&program)
        .output();
    if !built.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut child = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let all: BTreeSet<&str> = Arch::ALL
        .into_iter()
        .flat_map(|arch| names(arch).map(|(name, _)| name))
        .collect();
    let list = all.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(list.as_bytes()));
    let output = child.wait_with_output().expect("the program ends");
    writer
        .join()
        .expect("the list is written")
        .expect("the list is read");
    let text = String::from_utf8(output.stdout).expect("text");
    let (version, rows) = text.split_once('\n').expect("a version");
    let numbers = rows.lines().map(|line| {
        let (name, number) = line.rsplit_once(' ').expect("three words");
        let (arch, name) = name.split_once(' ').expect("three words");
        (
            (arch.to_owned(), name.to_owned()),
            number.parse().expect("a number"),
        )
    });
    Some(Resolver {
        version: version.to_owned(),
        numbers: numbers.collect(),
    })
}

#[test]
fn numbers_are_those_of_libseccomp() {
    let Some(Resolver {
        version,
        numbers: mut theirs,
    }) = libseccomp()
    else {
        println!("SKIP numbers_are_those_of_libseccomp: gcc or libseccomp-dev is not installed");
        return;
    };
    let mut differences = Vec::new();
    let mut same = 0;
    for arch in Arch::ALL {
        if theirs.keys().all(|(one, _)| one != arch.name()) {
            println!("libseccomp {version} does not know {arch}");
            continue;
        }
        for (name, number) in names(arch) {
            match theirs.remove(&(arch.name().to_owned(), name.to_owned())) {
                Some(value) if value == number => same += 1,
                Some(value) => differences.push(format!("{arch} {name} {number} {value}")),
                None if since(arch, name) > Some(LIBSECCOMP) => {}
                None => differences.push(format!("{arch} {name} {number} -")),
            }
        }
    }
    differences.extend(
        theirs
            .iter()
            .map(|((arch, name), value)| format!("{arch} {name} - {value}")),
    );
    // The library has numbers of its own for what socketcall and ipc carry, also where the kernel
    // has these calls one by one; arm's second name of 341 and two holes of mips it does not have.
    let mut expected = BTreeSet::from([
        "arm sync_file_range2 341 -".to_owned(),
        "mips64 reserved177 5177 -".to_owned(),
        "mips64 reserved193 5193 -".to_owned(),
    ]);
    for arch in [Arch::X86, Arch::Ppc64le, Arch::S390x] {
        for name in parts_of("socketcall").iter().chain(parts_of("ipc")) {
            let number = syscall_number(arch, name);
            expected.extend(number.map(|number| format!("{arch} {name} {number} -")));
        }
    }
    assert_eq!(differences.into_iter().collect::<BTreeSet<_>>(), expected);
    assert!(same > 2500, "{same}");
}

/// The kernel whose calls the oldest libseccomp that we meet, 2.5.4, has.
const LIBSECCOMP: Version = Version {
    major: 5,
    minor: 17,
    patch: 0,
};

#[test]
fn a_wrong_number_would_be_seen() {
    let theirs = raw_sys_constants(Arch::X86_64);
    assert_eq!(theirs.get("__NR_openat"), Some(&257));
    assert_eq!(syscall_number(Arch::X86_64, "openat"), Some(257));
    assert_ne!(syscall_number(Arch::X86_64, "open"), Some(257));
    assert_eq!(
        theirs.get("O_DIRECTORY").copied().map(i64::cast_unsigned),
        constant(Arch::X86_64, "O_DIRECTORY")
    );
    assert_ne!(
        constant(Arch::Aarch64, "O_DIRECTORY"),
        constant(Arch::X86_64, "O_DIRECTORY")
    );
    assert!(!syscall_number_anywhere("openatt"));
}
