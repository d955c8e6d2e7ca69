//! The few devices that there are work, and no other can be made.

use super::inside::{PYTHON, facts};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;

scenarios! { devices_work no_other_device shared_memory_works }

fn devices_work(place: &TestDir) {
    let found = facts(
        place,
        "def roundtrip():
    import pty
    leader, follower = pty.openpty()
    os.write(follower, b'through\\n')
    return [os.read(leader, 20).decode(), os.ttyname(follower).startswith('/dev/pts/'), os.isatty(follower)]
show(zero=os.read(os.open('/dev/zero', os.O_RDONLY), 3).hex(), null=os.read(os.open('/dev/null', os.O_RDONLY), 1).hex(),
     written=os.write(os.open('/dev/null', os.O_WRONLY), b'12345'), full=attempt(os.write, os.open('/dev/full', os.O_WRONLY), b'x'),
     random=len(os.read(os.open('/dev/urandom', os.O_RDONLY), 16)), pty=roundtrip())",
    );
    let expected = json!({"zero": "000000", "null": "", "written": 5, "full": "ENOSPC", "random": 16,
        "pty": ["through\r\n", true, true]});
    assert_eq!(found, expected);
}

fn no_other_device(place: &TestDir) {
    let found = facts(
        place,
        "import stat
show(dev=sorted(os.listdir('/dev')), pts=sorted(os.listdir('/dev/pts')),
     null=attempt(os.mknod, '/tmp/null', 0o666 | stat.S_IFCHR, os.makedev(1, 3)),
     disk=attempt(os.mknod, '/output/disk', 0o666 | stat.S_IFBLK, os.makedev(254, 0)),
     chmod=attempt(os.chmod, '/dev/null', 0o600), unlink=attempt(os.unlink, '/dev/null'))",
    );
    let dev = [
        "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
        "urandom", "zero",
    ];
    assert_eq!(found["dev"], json!(dev));
    assert_eq!(found["pts"], json!(["ptmx"]));
    assert_eq!(
        (&found["null"], &found["disk"]),
        (&json!("EACCES"), &json!("EACCES"))
    );
    assert_eq!(found["chmod"], "EROFS");
    // The file is where something is mounted: that comes first.
    assert!(
        ["EBUSY", "EROFS"].contains(&found["unlink"].as_str().expect("a name")),
        "{found}"
    );
}

fn shared_memory_works(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let text = "
from multiprocessing import Process, shared_memory
def child(name):
    memory = shared_memory.SharedMemory(name)
    memory.buf[0] = 42
    memory.close()
if __name__ == '__main__':
    memory = shared_memory.SharedMemory(create=True, size=16)
    process = Process(target=child, args=(memory.name,))
    process.start(); process.join()
    print(memory.buf[0], process.exitcode)
    memory.close(); memory.unlink()
";
    assert_eq!(
        Run::new(place, &plan, &[PYTHON, "-c", text])
            .finish()
            .good(),
        "42 0\n"
    );
}
