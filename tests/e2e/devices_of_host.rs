//! Devices of the host that a policy lists: usable, and no others. Each test makes device files of its own below `/dev`, as root.

use super::inside::{PYTHON, script};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{Gid, Uid, chown};
use purple_tests::identity::skip;
use purple_tests::operator::{finished, install, purple};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

scenarios! {
    listed_devices_are_usable_and_no_others
    the_permissions_are_those_of_the_device_file
    what_cannot_be_shown_is_refused
    a_path_of_the_host_is_no_device
}

/// A group that nobody is in.
const GROUP: u32 = 1_886_745_301;

/// Things below `/dev` that are removed in the end.
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            let is_directory = path.symlink_metadata().is_ok_and(|status| status.is_dir());
            let removed = if is_directory {
                fs::remove_dir(path)
            } else {
                fs::remove_file(path)
            };
            if let Err(error) = removed {
                eprintln!("{}: {error}", path.display());
            }
        }
    }
}

/// A path below `/dev` of this test alone.
fn path_of(place: &TestDir, name: &str) -> PathBuf {
    PathBuf::from(format!("/dev/{}-{name}", place.name()))
}

impl Made {
    /// A device that gives zeros, for everybody.
    fn device(&mut self, path: &Path, mode: u32) -> Option<String> {
        let made = mknod(
            path,
            SFlag::S_IFCHR,
            Mode::from_bits_truncate(mode),
            makedev(1, 5),
        );
        let text = path.to_str()?.to_owned();
        made.ok()?;
        self.0.push(path.to_owned());
        // The mask of who runs the tests does not count.
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).ok()?;
        fs::File::open(path).ok().map(|_| text)
    }
}

/// Makes a device at a name below `/dev`; says why a test does not run where none can be made or opened.
fn device(made: &mut Made, place: &TestDir, name: &str, mode: u32) -> Option<String> {
    if !Uid::effective().is_root() {
        skip("devices-of-host", "only root can make a device");
        return None;
    }
    let found = made.device(&path_of(place, name), mode);
    if found.is_none() {
        skip(
            "devices-of-host",
            "this host lets root make no device below /dev",
        );
    }
    found
}

fn probe(place: &TestDir, policy: Policy, shown: &str, others: &str) -> serde_json::Value {
    let policy = policy.environment(&[("SHOWN", shown), ("OTHERS", others)], &[]);
    let text = script(include_str!("../probes/use_devices.py"));
    let plan = policy.compile(place);
    Run::new(place, &plan, &[PYTHON, "-ISc", &text])
        .finish()
        .facts()
}

fn listed_devices_are_usable_and_no_others(place: &TestDir) {
    let mut made = Made(Vec::new());
    let Some(listed) = device(&mut made, place, "listed", 0o666) else {
        return;
    };
    let other = device(&mut made, place, "other", 0o666).expect("another one");
    let dir = path_of(place, "dir");
    fs::create_dir(&dir).expect("a directory of devices");
    made.0.push(dir.clone());
    let below = made.device(&dir.join("below"), 0o666).expect("one below");
    let dir = dir.to_str().expect("a name").to_owned();

    let devices = format!("devices: [{listed}, {{device: {dir}, reason: it has some}}]");
    let policy = Policy::new(place).filesystem(&devices);
    let found = probe(
        place,
        policy,
        &format!("{listed} {below}"),
        &format!("{other} {dir}/none /dev/mem"),
    );
    let used = json!({"read": "ok", "write": "ok", "mode": "EROFS", "unlink": "EROFS", "rename": "EROFS", "device": true});
    assert_eq!(found["used"][&listed], used, "{found}");
    assert_eq!(found["used"][&below], used, "{found}");
    assert_eq!(
        found["others"],
        json!({other: "ENOENT", format!("{dir}/none"): "ENOENT", "/dev/mem": "ENOENT"})
    );
    let names = [&dir, &listed].map(|path| path.trim_start_matches("/dev/").to_owned());
    assert_eq!(found["listed"], json!(names));
    assert_eq!(
        found["made"],
        json!(["EACCES", "EACCES", "EROFS"]),
        "{found}"
    );
}

/// The kernel asks the device file: for an ordinary user as the user and the user's groups, for root as nobody that it belongs to.
fn the_permissions_are_those_of_the_device_file(place: &TestDir) {
    let mut made = Made(Vec::new());
    let Some(listed) = device(&mut made, place, "group", 0o660) else {
        return;
    };
    chown(listed.as_str(), None, Some(Gid::from_raw(GROUP))).expect("root gives files away");
    let plan = Policy::new(place)
        .filesystem(&format!("devices: [{listed}]"))
        .compile(place);
    let open = format!("show(opened=attempt(os.open, '{listed}', os.O_RDWR))");
    let run = || Run::new(place, &plan, &[PYTHON, "-ISc", &script(&open)]);
    assert_eq!(run().finish().facts(), json!({"opened": "EACCES"}));

    // The caller with that group, in place of the caller without any.
    let (uid, gid) = (place.who.uid, place.who.gid);
    let words = if place.who.is_root() { 0 } else { 6 };
    let member =
        format!("shift {words}; exec setpriv --reuid {uid} --regid {gid} --groups {GROUP} \"$@\"");
    let found = run()
        .wrapped_by_root(&["sh", "-c", &member, "sh"])
        .finish()
        .facts();
    let expected = if place.who.is_root() { "EACCES" } else { "ok" };
    assert_eq!(found, json!({"opened": expected}));
}

fn what_cannot_be_shown_is_refused(place: &TestDir) {
    let policy = |device: &str| Policy::new(place).filesystem(&format!("devices: [{device}]"));
    let missing = format!("/dev/{}-missing", place.name());
    let policy_of_missing = policy(&missing);
    let line = policy_of_missing.line_of("devices:");
    let plan = policy_of_missing.compile(place);
    let done = Run::new(place, &plan, &["touch", "/output/started"]).finish();
    let said =
        format!("mount: the host path {missing} does not exist: ENOENT (policy line {line})");
    done.refused(125, &said);
    // `purple run` says the same.
    install(place);
    let words = [
        "run",
        "--policy",
        "policy.yaml",
        "--",
        "touch",
        "/output/started",
    ];
    let done = finished(purple(place, &words));
    assert_eq!(
        (done.code(), done.stderr.contains(&said)),
        (125, true),
        "{done}"
    );

    if !Uid::effective().is_root() {
        return skip(
            "devices-of-host-links",
            "only root can make a link below /dev",
        );
    }
    let mut made = Made(Vec::new());
    let link = path_of(place, "link");
    symlink("null", &link).expect("a link");
    made.0.push(link.clone());
    let link = link.to_str().expect("a name").to_owned();
    let plan = policy(&link).compile(place);
    let done = Run::new(place, &plan, &["touch", "/output/started"]).finish();
    let said = format!(
        "mount: the host path {link} leads through the symbolic link {link} to /dev/null, which a sandbox may have left; name the path \
         itself, if this is yours: /dev/null (policy line {line})"
    );
    done.refused(125, &said);
    assert!(!place.at("output/started").exists());
}

/// Shown as any other path, a device cannot be opened.
fn a_path_of_the_host_is_no_device(place: &TestDir) {
    let mut made = Made(Vec::new());
    let Some(path) = device(&mut made, place, "path", 0o666) else {
        return;
    };
    let plan = Policy::new(place).shows(&path, "/device").compile(place);
    let text = "show(shown=attempt(os.open, '/device', os.O_RDONLY))";
    let done = Run::new(place, &plan, &[PYTHON, "-ISc", &script(text)]).finish();
    assert_eq!(done.facts(), json!({"shown": "EACCES"}));
}
