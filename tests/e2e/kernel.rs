//! Kernel files and mounts: nothing there to change or to learn.

use super::inside::{facts, facts_under};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};

scenarios! {
    kernel_settings_cannot_be_written
    kernel_secrets_cannot_be_read
    mounts_cannot_be_changed
    mounts_cannot_be_changed_without_the_filter
    no_nested_user_namespace
    keys_of_the_caller_stay_outside
}

/// Every system call of the baseline that changes mounts or namespaces, allowed by name.
const MOUNT_CALLS: &str = "[mount, umount2, pivot_root, chroot, open_tree, move_mount, fsopen, \
                           fsconfig, fsmount, fspick, mount_setattr, setns, unshare]";

fn each_is_one_of(found: &Value, names: &[&str]) {
    for (what, result) in found.as_object().expect("an object") {
        assert!(
            names.contains(&result.as_str().expect("a name")),
            "{what}: {result}"
        );
    }
}

fn kernel_settings_cannot_be_written(place: &TestDir) {
    let found = facts(
        place,
        "paths = ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/proc/sys/kernel/hostname',
    '/proc/sys/user/max_user_namespaces', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/vm/drop_caches',
    '/proc/sysrq-trigger', '/proc/irq/default_smp_affinity', '/proc/pressure/cpu', '/proc/pressure/memory',
    '/sys/kernel/uevent_helper',
    '/sys/power/state', '/sys/module/kernel/parameters/panic', '/sys/class/net/lo/mtu',
    '/proc/self/uid_map', '/proc/1/oom_score_adj', '/proc/timer_list']
show(**{path: attempt(write, path, '1') for path in paths})",
    );
    each_is_one_of(&found, &["EROFS", "EACCES", "EPERM", "ENOENT"]);
    assert_eq!(found["/proc/sys/kernel/hostname"], "EROFS");
    assert_eq!(found["/proc/sys/user/max_user_namespaces"], "EROFS");
}

fn kernel_secrets_cannot_be_read(place: &TestDir) {
    let found = facts(
        place,
        "def content(path):
    try:
        with open(path, 'rb') as file:
            return file.read(64).hex() or 'empty'
    except OSError as error:
        return errno.errorcode[error.errno]
paths = ['/proc/kcore', '/proc/keys', '/proc/kallsyms', '/proc/timer_list', '/proc/vmallocinfo', '/proc/kmsg',
    '/proc/interrupts', '/proc/sched_debug', '/proc/latency_stats', '/proc/slabinfo', '/proc/kpagecount']
show(**{path: content(path) for path in paths},
     **{path: attempt(os.listdir, path) for path in ['/proc/acpi', '/proc/scsi', '/sys/firmware', '/sys/kernel']})",
    );
    each_is_one_of(&found, &["EACCES", "ENOENT", "EPERM", "empty"]);
    assert_eq!(found["/sys/kernel"], "EACCES");
}

/// Attempts to make read-only mounts writable and to uncover what is covered.
const ATTEMPTS: &str = "
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_PRIVATE = 1, 32, 4096, 1 << 18
def mount(source, target, kind, flags, data=None):
    encode = lambda text: text.encode() if text else None
    return syscall(165, encode(source), encode(target), encode(kind), flags, data)
attributes = struct.pack('QQQQ', 0, 1, 0, 0)
def attempts():
    return dict(
    remount=mount(None, '/usr', None, MS_REMOUNT | MS_BIND), root=mount(None, '/', None, MS_REMOUNT),
    bind=mount('/usr', '/tmp', None, MS_BIND), tmpfs=mount('none', '/tmp', 'tmpfs', 0),
    proc=mount('none', '/tmp', 'proc', 0), shared=mount(None, '/', None, MS_PRIVATE),
    umount=syscall(166, b'/usr', 0), unmask=syscall(166, b'/proc/keys', 2),
    open_tree=syscall(428, -100, b'/usr', 1), fsopen=syscall(430, b'tmpfs', 0), fspick=syscall(433, -100, b'/', 0),
    setattr=syscall(442, -100, b'/usr', 0x8000, attributes, 32), move=syscall(429, -100, b'/tmp', -100, b'/usr', 0),
    pivot=syscall(155, b'/tmp', b'/tmp'), chroot=syscall(161, b'/tmp'),
    unshare=syscall(272, 0x20000), setns=syscall(308, os.open('/proc/self/ns/uts', os.O_RDONLY), 0),
    hostname=syscall(170, b'x', 1))
show(**attempts())";

fn mounts_cannot_be_changed(place: &TestDir) {
    each_is_one_of(&facts(place, ATTEMPTS), &["EPERM"]);
}

/// The filter is not what holds: without it, the capability is missing.
fn mounts_cannot_be_changed_without_the_filter(place: &TestDir) {
    let allow = format!("allow: {MOUNT_CALLS}");
    let policy = Policy::new(place).syscalls(&["default_deny: false", &allow]);
    each_is_one_of(&facts_under(place, &policy, ATTEMPTS), &["EPERM"]);
}

fn no_nested_user_namespace(place: &TestDir) {
    let attempts = "NEWUSER, SIGCHLD = 0x10000000, 17
arguments = struct.pack('QQQQQQQQ', NEWUSER, 0, 0, 0, SIGCHLD, 0, 0, 0)
def clone():
    pid = libc.syscall(56, NEWUSER | SIGCHLD, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    return 'ok' if pid > 0 else errno.errorcode[ctypes.get_errno()]
def clone3():
    pid = libc.syscall(435, arguments, len(arguments))
    if pid == 0: os._exit(0)
    return 'ok' if pid > 0 else errno.errorcode[ctypes.get_errno()]
show(unshare=syscall(272, NEWUSER), clone=clone(), clone3=clone3())";
    let found = facts(place, attempts);
    assert_eq!(
        found,
        json!({"unshare": "EPERM", "clone": "ENOSPC", "clone3": "ENOSPC"})
    );
    let policy = Policy::new(place).syscalls(&["default_deny: false", "allow: [unshare]"]);
    let found = facts_under(place, &policy, attempts);
    assert_eq!(
        found,
        json!({"unshare": "ENOSPC", "clone": "ENOSPC", "clone3": "ENOSPC"})
    );
}

/// A key in the caller's session keyring is found outside, and not inside, even where `keyctl` is
/// allowed.
fn keys_of_the_caller_stay_outside(place: &TestDir) {
    let search = "import ctypes, errno, os, sys
call = ctypes.CDLL(None, use_errno=True).syscall
def search():
    if call(250, 10, -3, b'user', b'purple-secret', 0) > 0:
        return 'found'
    return errno.errorcode[ctypes.get_errno()]
";
    let outside = format!(
        "{search}call(250, 1, None)
call(248, b'user', b'purple-secret', b'x', 1, -3)
assert search() == 'found'
os.execv(sys.argv[1], sys.argv[1:])"
    );
    let policy = Policy::new(place).syscalls(&["default_deny: false", "allow: [keyctl]"]);
    let inside = format!("{search}print(search())");
    let done = Run::new(place, &policy.compile(place), &["python3", "-c", &inside])
        .wrapped(&["/usr/bin/python3", "-c", &outside])
        .finish();
    assert_eq!(done.good(), "ENOKEY\n");
}
