//! What a program inside finds: Python scripts that print one JSON value.

use crate::policy::Policy;
use crate::run::Run;
use crate::test_dir::TestDir;
use serde_json::Value;
use std::path::Path;

/// Debian's own interpreter, whatever stands first in `PATH`.
pub const PYTHON: &str = "/usr/bin/python3";

/// `attempt` gives the name of the error that a call ends in, or `ok`; `syscall` makes a system
/// call by number; `show` prints what was found.
const PRELUDE: &str = r#"
import ctypes, errno, fcntl, json, os, socket, struct, sys, termios
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def attempt(call, *arguments):
    try:
        call(*arguments)
        return "ok"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
def syscall(number, *arguments):
    plain = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    if libc.syscall(ctypes.c_long(number), *plain) == -1:
        return errno.errorcode[ctypes.get_errno()]
    return "ok"
def write(path, text="x"):
    with open(path, "w") as file:
        file.write(text)
def read(path):
    with open(path) as file:
        return file.read()
def status(process="self"):
    lines = read(f"/proc/{process}/status").splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
def interfaces():
    return [line.partition(":")[0].strip() for line in read("/proc/self/net/dev").splitlines()[2:]]
def show(**found):
    print(json.dumps(found))
"#;

/// A script with the prelude in front.
pub fn script(text: &str) -> String {
    format!("{PRELUDE}{text}")
}

/// A run of a Python script.
pub fn python<'p>(place: &'p TestDir, plan: &Path, text: &str) -> Run<'p> {
    Run::new(place, plan, &[PYTHON, "-ISc", &script(text)])
}

/// What a Python script finds under the policy that tests start from.
#[track_caller]
pub fn facts(place: &TestDir, text: &str) -> Value {
    facts_under(place, &Policy::new(place), text)
}

/// What a Python script finds under a policy.
#[track_caller]
pub fn facts_under(place: &TestDir, policy: &Policy, text: &str) -> Value {
    python(place, &policy.compile(place), text).finish().facts()
}
