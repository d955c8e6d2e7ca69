//! Threats 12 to 16: the system calls that a program has no business with, and other ways to them.

use super::attack::{attack, outside, stopped};
use purple_tests::identity::skip;
use purple_tests::inside::{facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::time::Duration;

scenarios! {
    other_entry_points
    nested_user_namespaces
    io_uring
    io_uring_without_a_network
    calls_into_the_kernel
    another_sandboxes_supervisor
    high_bits_that_the_kernel_drops
}

/// The exit status of a program that SIGSYS ended.
const BAD_CALL: i32 = 128 + 31;

/// Machine code that makes a 32-bit call: number and three arguments in, the result out.
const INT80: &str = "import mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
# push rbx; mov eax, edi; mov ebx, esi; mov r8d, ecx; mov ecx, edx; mov edx, r8d; int 0x80; pop rbx; ret
code.write(bytes.fromhex('53 89f8 89f3 4189c8 89d1 4489c2 cd80 5b c3'))
start = ctypes.addressof(ctypes.c_char.from_buffer(code))
int80 = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int)(start)
def by_int80(*words):
    result = int80(*words)
    return 'ok' if result >= 0 else errno.errorcode[-result]
";

fn other_entry_points(place: &TestDir) {
    // In the 32-bit table 20 is getpid, 26 ptrace, 310 unshare, 359 socket; 16 is AF_NETLINK.
    let calls = [
        "20, 0, 0, 0",
        "26, 0, 0, 0",
        "310, 0x10000000, 0, 0",
        "359, 16, 3, 0",
    ];
    let plan = Policy::new(place).compile(place);
    for call in calls {
        let text = format!("{INT80}show(it=by_int80({call}))");
        assert_eq!(outside(place, &text), json!({"it": "ok"}), "{call}");
        let done = python(place, &plan, &text).finish();
        assert_eq!(
            (done.code(), done.out().as_str()),
            (BAD_CALL, ""),
            "{call}: {done}"
        );
    }
    // x32 numbers have bit 30 set; 41 is socket there too.
    let text = "show(it=syscall(0x40000000 | 41, 16, 3, 0))";
    let done = python(place, &plan, text).finish();
    assert_eq!((done.code(), done.out().as_str()), (BAD_CALL, ""), "{done}");
    if outside(place, text) != json!({"it": "ok"}) {
        skip("calls::other_entry_points-x32", "this kernel has no x32");
    }
    // Where the policy opens the other interface, the verdict is the native one.
    let policy = Policy::new(place).syscalls(&["default_deny: false", "architectures: [x86]"]);
    let text = format!(
        "{INT80}show(unix=by_int80(359, 1, 1, 0), netlink=by_int80(359, 16, 3, 0), vsock=by_int80(359, 40, 1, 0),
     ptrace=by_int80(26, 0, 0, 0), unshare=by_int80(310, 0x10000000, 0, 0), multiplexed=by_int80(102, 1, 0, 0))"
    );
    let found = facts_under(place, &policy, &text);
    let expected = json!({"unix": "ok", "netlink": "EPERM", "vsock": "EPERM", "ptrace": "EPERM", "unshare": "EPERM",
        "multiplexed": "EPERM"});
    assert_eq!(found, expected);
}

/// The namespace, and what there is to do as root of it.
fn nested_user_namespaces(place: &TestDir) {
    let text = "
NEWUSER, SIGCHLD = 0x10000000, 17
arguments = struct.pack('8Q', NEWUSER, 0, 0, 0, SIGCHLD, 0, 0, 0)
def forked(attack):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, attack().encode())
        os._exit(0)
    os.wait()
    return os.read(reader, 99).decode()
def cloned(*call):
    pid = libc.syscall(*call)
    if pid == 0: os._exit(0)
    return 'ok' if pid > 0 else errno.errorcode[ctypes.get_errno()]
def as_root(*call):
    def attack():
        entered = syscall(272, NEWUSER | 0x20000 | 0x40000000)
        return syscall(*call) if entered == 'ok' else entered
    return forked(attack)
show(unshare=forked(lambda: syscall(272, NEWUSER)), clone=cloned(56, NEWUSER | SIGCHLD, 0, 0, 0, 0),
     clone3=cloned(435, arguments, len(arguments)), fsopen=as_root(430, b'overlay', 0),
     netfilter=as_root(41, 16, 3, 12), packet=as_root(41, 17, 3, 0), mount=as_root(165, b'none', b'/tmp', b'tmpfs', 0, None))";
    let test = "calls::nested_user_namespaces";
    attack(place, &Policy::new(place), test, text, &["EPERM", "ENOSPC"]);
    // The namespace's own limit holds where the filter lets everything through.
    let open = "allow: [unshare, mount, fsopen]";
    let policy = Policy::new(place).syscalls(&["default_deny: false", open]);
    attack(place, &policy, test, text, &["ENOSPC"]);
}

fn io_uring(place: &TestDir) {
    let text = "show(setup=syscall(425, 4, bytes(120)))";
    attack(
        place,
        &Policy::new(place),
        "calls::io_uring",
        text,
        &["EPERM"],
    );
}

/// A ring connects without any call that a filter sees: what holds is that there is no network.
fn io_uring_without_a_network(place: &TestDir) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let text = format!(
        "import mmap
parameters = bytearray(120)
ring = libc.syscall(425, 4, (ctypes.c_char * 120).from_buffer(parameters))
entries, completions = struct.unpack_from('2I', parameters)
submit, complete = struct.unpack_from('8I', parameters, 40), struct.unpack_from('8I', parameters, 80)
rings = mmap.mmap(ring, max(submit[6] + 4 * entries, complete[5] + 16 * completions))
queue = mmap.mmap(ring, 64 * entries, offset=0x10000000)
target = socket.socket()
address = ctypes.create_string_buffer(struct.pack('!HH4s8x', 0x0200, {port}, bytes([127, 0, 0, 1])))
CONNECT = 16
queue[:64] = struct.pack('BBHiQQIIQ24x', CONNECT, 0, 0, target.fileno(), 16, ctypes.addressof(address), 0, 0, 7)
struct.pack_into('I', rings, submit[1], 1)
assert libc.syscall(426, ring, 1, 1, 1, None, 0) == 1
_, result = struct.unpack_from('Qi', rings, complete[5])
show(connect='ok' if result == 0 else errno.errorcode[-result])"
    );
    let calls = "allow: [io_uring_setup, io_uring_enter]";
    let policy = Policy::new(place).syscalls(&["default_deny: false", calls]);
    attack(
        place,
        &policy,
        "calls::io_uring_without_a_network",
        &text,
        &["ECONNREFUSED"],
    );
}

/// Each with arguments that the kernel takes, or that do no harm.
fn calls_into_the_kernel(place: &TestDir) {
    let text = "
def reached(*call):
    # What the kernel says of bad arguments, it says to those who may.
    result = syscall(*call)
    return 'ok' if result in ('EINVAL', 'EFAULT', 'ENOEXEC', 'EBADF') else result
event = struct.pack('IIQQQQQ', 1, 112, 0, 0, 0, 0, 1 << 5 | 1 << 6).ljust(112, b'\\0')
array = struct.pack('IIIII', 2, 4, 4, 1, 0).ljust(72, b'\\0')
show(keyctl=syscall(250, 0, -3, 1), add_key=syscall(248, b'user', b'purple-test', b'x', 1, -2), bpf=syscall(321, 0, array, 72),
     perf=syscall(298, event, 0, -1, -1, 0), userfaultfd=syscall(323, 1), kexec=reached(246, 0, 99, 0, 0),
     module=reached(313, -1, b'', 0), ptrace=syscall(101, 0, 0, 0, 0), chroot=syscall(161, b'/'), handle=reached(304, -1, 0, 0),
     fanotify=syscall(300, 0x200, 0), syslog=syscall(103, 3, ctypes.create_string_buffer(8), 8), quotactl=reached(179, 0, 0, 0, 0),
     acct=reached(163, b'/proc'), ioperm=syscall(173, 0, 1, 1))";
    let test = "calls::calls_into_the_kernel";
    attack(place, &Policy::new(place), test, text, &["EPERM"]);
}

/// By its process id, as the one who started it may.
fn another_sandboxes_supervisor(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let mut child = Run::new(place, &plan, &["sh", "-c", "echo ready; cat"]).start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    assert!(
        out.read_line(&mut String::new())
            .is_ok_and(|length| length > 0)
    );
    let text = format!(
        "PID = {}
vector = (ctypes.c_char * 64)()
def pidfd(then):
    file = libc.syscall(434, PID, 0)
    return then(file) if file >= 0 else errno.errorcode[ctypes.get_errno()]
show(kill=attempt(os.kill, PID, 0), attach=syscall(101, 0x4206, PID, 0, 0), pidfd=pidfd(lambda file: 'ok'),
     signal=pidfd(lambda file: syscall(424, file, 0, None, 0)), descriptor=pidfd(lambda file: syscall(438, file, 0, 0)),
     same=syscall(312, PID, PID, 0, 0, 0), priority=attempt(os.getpriority, os.PRIO_PROCESS, PID),
     limits=syscall(302, PID, 7, None, (ctypes.c_char * 16)()), memory=attempt(lambda: open(f'/proc/{{PID}}/mem', 'rb').close()),
     environment=attempt(read, f'/proc/{{PID}}/environ'), namespace=attempt(os.readlink, f'/proc/{{PID}}/ns/mnt'))",
        child.id()
    );
    let free = outside(place, &text);
    let inside = python(place, &plan, &text).finish().facts();
    let test = "calls::another_sandboxes_supervisor";
    stopped(place, test, &free, &inside, &["ESRCH", "EPERM", "ENOENT"]);
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);
}

fn high_bits_that_the_kernel_drops(place: &TestDir) {
    let text = "HIGH = 1 << 32
families = dict(netlink=(16, 3), packet=(17, 3), vsock=(40, 1), xdp=(44, 3), alg=(38, 5))
show(**{name: syscall(41, HIGH | family, kind, 0) for name, (family, kind) in families.items()},
     pair=syscall(53, HIGH | 1, HIGH | 1, HIGH, ctypes.create_string_buffer(8)) and syscall(41, HIGH | 16, HIGH | 3, HIGH))";
    let test = "calls::high_bits_that_the_kernel_drops";
    attack(place, &Policy::new(place), test, text, &["EPERM"]);
}
