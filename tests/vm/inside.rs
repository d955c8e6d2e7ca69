//! Inside the machine: process 1, which makes the system, runs the tests one by one and says what came
//! of each on the second serial port.

use crate::machine::chosen;
use crate::{Fault, image, name, tests};
use nix::errno::Errno;
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::mount::{MsFlags, mount};
use nix::sys::reboot::{RebootMode, reboot};
use purple_tests::host::HostSnapshot;
use purple_tests::identity::Identity;
use purple_tests::test_dir::TestDir;
use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// Where the machine says what came of the tests.
const RESULTS: &str = "/dev/ttyS1";

/// Seconds that a test may take: several times what it takes, for other tests may run beside the machine.
const LIMIT: &str = "300";

/// Runs as process 1, to the end of the machine.
pub(crate) fn run() -> ExitCode {
    if let Err(fault) = system().and_then(|()| all()) {
        eprintln!("vm: {fault}");
    }
    // Only fails for want of the right to do so: process 1 has it.
    let Err(error) = reboot(RebootMode::RB_AUTOBOOT);
    eprintln!("vm: no reboot: {error}");
    ExitCode::FAILURE
}

/// Runs one scenario in a place of its own, then looks at the machine.
pub(crate) fn scenario(wanted: &str, who: &str) -> ExitCode {
    let Some((found, _)) = tests().find(|&((scenario, _), _)| scenario == wanted) else {
        eprintln!("no scenario is called {wanted}");
        return ExitCode::FAILURE;
    };
    let test = name(found, who);
    let identity = if who == "as_root" {
        Identity::root(&test)
    } else {
        Identity::user(&test)
    };
    if let Some(identity) = identity {
        let place = TestDir::new(identity);
        let host = HostSnapshot::take(&place);
        found.1(&place);
        host.assert_unchanged();
    }
    ExitCode::SUCCESS
}

/// Makes `/system` the root, with what a system has below it. The first root of all cannot be left
/// by `pivot_root(2)`, which sandboxes do; a mount over it can.
fn system() -> Result<(), Fault> {
    on(Some("/system"), "/system", None, MsFlags::MS_BIND)?;
    std::env::set_current_dir("/system").map_err(|error| format!("/system: {error}"))?;
    on(Some("/system"), "/", None, MsFlags::MS_MOVE)?;
    nix::unistd::chroot(".").map_err(|error| format!("chroot: {error}"))?;
    std::env::set_current_dir("/").map_err(|error| format!("/: {error}"))?;
    for (place, kind) in [("/proc", "proc"), ("/sys", "sysfs"), ("/dev", "devtmpfs")] {
        on(Some(kind), place, Some(kind), MsFlags::empty())?;
    }
    for dir in ["/dev/pts", "/dev/shm", "/dev/mqueue"] {
        fs::create_dir_all(dir).map_err(|error| format!("{dir}: {error}"))?;
    }
    on(Some("devpts"), "/dev/pts", Some("devpts"), MsFlags::empty())?;
    on(Some("shm"), "/dev/shm", Some("tmpfs"), MsFlags::empty())?;
    on(Some("scratch"), "/scratch", Some("tmpfs"), MsFlags::empty())?;
    on(
        Some("cgroup2"),
        "/sys/fs/cgroup",
        Some("cgroup2"),
        MsFlags::empty(),
    )?;
    load_modules()?;
    // Places lie on a disk: older kernels map no ids on file systems in memory.
    let _numbers: String = disk("/scratch/tmp.disk", 128 << 20, "/tmp")?;
    fs::set_permissions("/tmp", Permissions::from_mode(0o1777))
        .map_err(|error| format!("/tmp: {error}"))?;
    Ok(())
}

/// Loads all modules. One that needs another is refused until that is there.
fn load_modules() -> Result<(), Fault> {
    let entries = fs::read_dir("/modules").map_err(|error| format!("/modules: {error}"))?;
    let mut waiting: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    while !waiting.is_empty() {
        let mut refused = Vec::new();
        let mut why = String::new();
        let before = waiting.len();
        for path in waiting {
            let loaded = load(&path);
            if let Err(error) = loaded {
                why = error;
                refused.push(path);
            }
        }
        if refused.len() == before {
            return Err(why);
        }
        waiting = refused;
    }
    Ok(())
}

fn load(path: &Path) -> Result<(), Fault> {
    let fault = |error: String| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| fault(error.to_string()))?;
    finit_module(&file, c"", ModuleInitFlags::empty()).map_err(|error| fault(error.to_string()))
}

/// Loads one of the machine's modules.
pub(crate) fn load_module(name: &str) -> Result<(), Fault> {
    load(&Path::new("/modules").join(format!("{name}.ko")))
}

/// Unloads a module, once what has used it is gone.
pub(crate) fn unload_module(name: &str) -> Result<(), Fault> {
    let c_name = CString::new(name).map_err(|error| format!("{name}: {error}"))?;
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match delete_module(&c_name, DeleteModuleFlags::O_NONBLOCK) {
            // Namespaces of sandboxes that have ended are taken down later.
            Err(Errno::EAGAIN) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(100));
            }
            done => return done.map_err(|errno| format!("{name}: {errno}")),
        }
    }
}

/// Mounts a new ext4 on a new disk that is a file. Gives the disk's numbers.
pub(crate) fn disk(file: &str, bytes: u64, place: &str) -> Result<String, Fault> {
    let made = File::create(file).and_then(|disk| disk.set_len(bytes));
    made.map_err(|error| format!("{file}: {error}"))?;
    let device = command("losetup", &["--find", "--show", file])?;
    file_system(&device, place)?;
    numbers(&device)
}

/// The same on the first part of a disk of 16 MiB. Gives the numbers of the part and of the disk.
pub(crate) fn disk_part(file: &str, place: &str) -> Result<(String, String), Fault> {
    // A partition table (MBR): one entry with a type, the first sector and how many there are.
    const BYTES: usize = 16 << 20;
    let mut content = vec![0; BYTES];
    content[446 + 4] = 0x83;
    content[446 + 8..446 + 12].copy_from_slice(&2048_u32.to_le_bytes());
    content[446 + 12..446 + 16].copy_from_slice(&30_000_u32.to_le_bytes());
    content[510..512].copy_from_slice(&[0x55, 0xaa]);
    fs::write(file, content).map_err(|error| format!("{file}: {error}"))?;
    let device = command("losetup", &["--find", "--show", "--partscan", file])?;
    let part = format!("{device}p1");
    file_system(&part, place)?;
    Ok((numbers(&part)?, numbers(&device)?))
}

/// The major and minor number of a block device.
fn numbers(device: &str) -> Result<String, Fault> {
    let name = device.trim_start_matches("/dev/");
    let path = format!("/sys/class/block/{name}/dev");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    Ok(text.trim().to_owned())
}

fn file_system(device: &str, place: &str) -> Result<(), Fault> {
    fs::create_dir_all(place).map_err(|error| format!("{place}: {error}"))?;
    let options = [
        "-q",
        "-F",
        "-E",
        "lazy_itable_init=1",
        "-O",
        "^has_journal",
        device,
    ];
    let _said: String = command("mkfs.ext4", &options)?;
    let none: Option<&str> = None;
    mount(Some(device), place, Some("ext4"), MsFlags::empty(), none)
        .map_err(|error| format!("mount on {place}: {error}"))
}

fn on(source: Option<&str>, place: &str, kind: Option<&str>, flags: MsFlags) -> Result<(), Fault> {
    let none: Option<&Path> = None;
    mount(source, place, kind, flags, none).map_err(|error| format!("mount on {place}: {error}"))
}

/// Runs a command, which must succeed, and gives the line that it prints.
fn command(program: &str, arguments: &[&str]) -> Result<String, Fault> {
    let out = Command::new(program)
        .args(arguments)
        .env("PATH", "/usr/bin:/usr/sbin")
        .output();
    let out = out.map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&out.stderr);
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
    } else {
        Err(format!("{program} {arguments:?}: {said}"))
    }
}

/// Runs every test that the kernel's command line asks for.
fn all() -> Result<(), Fault> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let words = arguments.iter().map(String::as_str).collect::<Vec<_>>();
    let fault = |error| format!("{RESULTS}: {error}");
    let mut results = File::options().write(true).open(RESULTS).map_err(fault)?;
    for (scenario, who) in tests() {
        let test = name(scenario, who);
        if chosen(&test, &words) {
            results
                .write_all(one(scenario.0, who, &test).as_bytes())
                .map_err(fault)?;
        }
    }
    results.write_all(b"done\n").map_err(fault)
}

/// Runs one test in a process of its own, and says what came of it.
fn one(scenario: &str, who: &str, test: &str) -> String {
    let start = Instant::now();
    let out = Command::new("/usr/bin/timeout")
        .args([
            LIMIT,
            &format!("{}/vm", image::PROGRAM_DIR),
            "--scenario",
            scenario,
            who,
        ])
        .env_clear()
        .env("PATH", "/usr/bin:/usr/sbin")
        .env("PURPLE_TEST_USER", image::USER)
        .env("PURPLE_BIN_DIR", image::PROGRAM_DIR)
        .output();
    let out = match out {
        Ok(out) => out,
        Err(error) => return format!("failed {test}\n  {error}\n"),
    };
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    if !out.status.success() {
        return format!(
            "failed {test}\n  {}\n  {}\n",
            out.status,
            said.trim().replace('\n', "\n  ")
        );
    }
    let skip = said
        .lines()
        .find_map(|line| line.strip_prefix("SKIP ")?.split_once(": "));
    match skip {
        Some((_, why)) => format!("skipped {test}: {why}\n"),
        None => format!("passed {test} {:.1}\n", start.elapsed().as_secs_f64()),
    }
}
