//! Capabilities that a policy keeps hold in a user namespace of the program's own, and there only.

use super::inside::{facts, facts_under};
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::json;

scenarios! { one_capability the_strongest_capabilities none_by_default }

const LOOK: &str = "
lines = status()
caps = [lines['Cap' + s] for s in ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']]
";

fn one_capability(place: &TestDir) {
    let policy = Policy::new(place).section("capabilities: {add: [CAP_NET_BIND_SERVICE]}");
    let text = format!("{LOOK}
listener = socket.create_server(('127.0.0.1', 80))
client = socket.create_connection(('127.0.0.1', 80), timeout=5)
show(caps=caps, map=read('/proc/self/uid_map').split(), interfaces=interfaces(),
     host=attempt(socket.gethostbyname, 'localhost'), nested=syscall(272, 0x10000000),
     raw=attempt(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1), chown=attempt(os.chown, '/tmp', 0, 0),
     child=os.popen('grep CapEff /proc/self/status').read().split()[1])");
    let found = facts_under(place, &policy, &text);
    let bit = "0000000000000400";
    let expected = json!({"caps": [bit, bit, bit, bit, bit], "map": ["1000", "1000", "1"],
        "interfaces": ["lo"], "host": "ok", "nested": "EPERM", "raw": "EPERM", "chown": "EINVAL", "child": bit});
    assert_eq!(found, expected);
}

/// Even with every capability that matters, and with every call allowed, the mounts belong to
/// another user namespace.
fn the_strongest_capabilities(place: &TestDir) {
    let allow = "allow: [mount, umount2, pivot_root, chroot, open_tree, move_mount, fsopen, fsconfig, fsmount, \
        fspick, mount_setattr, setns, unshare, sethostname, ptrace, bpf, perf_event_open, keyctl, reboot, \
        settimeofday, open_by_handle_at, syslog]";
    let policy = Policy::new(place)
        .section("capabilities: {add: [CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, \
                  CAP_CHOWN, CAP_FOWNER, CAP_SETUID, CAP_SETGID, CAP_SYS_CHROOT, CAP_MKNOD, CAP_NET_ADMIN, CAP_SYSLOG, \
                  CAP_SYS_TIME, CAP_SYS_BOOT, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_BPF, CAP_SETFCAP]}")
        .syscalls(&["default_deny: false", allow]);
    let text = "
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
def mount(source, target, kind, flags):
    encode = lambda text: text.encode() if text else None
    return syscall(165, encode(source), encode(target), encode(kind), flags, None)
attributes = struct.pack('QQQQ', 0, 1, 0, 0)
handle = struct.pack('II', 8, 1) + struct.pack('QQ', 2, 0)
before = dict(remount=mount(None, '/usr', None, MS_REMOUNT | MS_BIND), root=mount(None, '/', None, MS_REMOUNT),
    umount=syscall(166, b'/usr', 0), unmask=syscall(166, b'/proc/keys', 2), fsopen=syscall(430, b'tmpfs', 0),
    setattr=syscall(442, -100, b'/usr', 0x8000, attributes, 32), hostname=syscall(170, b'x', 1),
    time=syscall(164, struct.pack('qq', 1, 0), None), reboot=syscall(169, 0xfee1dead, 672274793, 0, 0),
    shadow=attempt(os.chown, '/usr', 1000, 1000), init=syscall(101, 16, 1, 0, 0), pattern=attempt(write, '/proc/sys/kernel/core_pattern'),
    handle=syscall(304, os.open('/usr', os.O_RDONLY), handle, 0), log=syscall(103, 3, ctypes.create_string_buffer(10), 10),
    disk=attempt(os.mknod, '/tmp/disk', 0o60666, os.makedev(254, 0)), environ=attempt(read, '/proc/1/environ'),
    init_root=attempt(os.listdir, '/proc/1/root/'), init_ns=attempt(os.readlink, '/proc/1/ns/user'))
# A mount namespace of the inner user namespace's own: what came from outside is locked.
unshare = syscall(272, 0x20000)
inner = dict(remount=mount(None, '/usr', None, MS_REMOUNT | MS_BIND), umount=syscall(166, b'/usr', 2),
    unmask=syscall(166, b'/proc/keys', 2), sys=syscall(166, b'/proc/sys', 2), setattr=syscall(442, -100, b'/usr', 0x8000, attributes, 32),
    proc=mount('none', '/tmp', 'proc', 0), sysfs=mount('none', '/tmp', 'sysfs', 0),
    bind=mount('/proc', '/tmp', None, MS_BIND), user=syscall(272, 0x10000000))
writes = dict(usr=attempt(write, '/usr/new'), etc=attempt(write, '/etc/passwd'), setting=attempt(write, '/proc/sys/kernel/hostname'))
show(before=before, unshare=unshare, inner=inner, writes=writes)";
    let found = facts_under(place, &policy, text);
    for (what, result) in found["before"].as_object().expect("an object") {
        let result = result.as_str().expect("a name");
        assert!(
            ["EPERM", "EROFS", "EACCES", "EINVAL"].contains(&result),
            "{what}: {result}: {found}"
        );
    }
    for (what, result) in found["inner"].as_object().expect("an object") {
        let result = result.as_str().expect("a name");
        let expected = if what == "user" {
            "ENOSPC"
        } else {
            "EPERM EINVAL"
        };
        assert!(expected.contains(result), "{what}: {result}: {found}");
    }
    assert_eq!(
        found["writes"],
        json!({"usr": "EROFS", "etc": "EROFS", "setting": "EROFS"}),
        "{found}"
    );
}

fn none_by_default(place: &TestDir) {
    let found = facts(
        place,
        &format!(
            "{LOOK}\nshow(caps=caps, low=attempt(socket.create_server, ('127.0.0.1', 80)),
        map=read('/proc/self/uid_map').split())"
        ),
    );
    let none = "0000000000000000";
    let outside = place.who.outside().to_string();
    let expected = json!({"caps": [none, none, none, none, none], "low": "EACCES", "map": ["1000", outside, "1"]});
    assert_eq!(found, expected);
}
