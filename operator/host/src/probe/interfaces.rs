//! Which system call interfaces the kernel has beside its own.

/// The names of those whose programs it runs: `x86` and `x32` on `x86_64`.
#[cfg(target_arch = "x86_64")]
pub fn foreign() -> Vec<&'static str> {
    use crate::sys::interface::{getpid_by_x32, getpid_by_x86};
    type Call = fn() -> nix::Result<()>;
    const CALL: &str = "a call";
    let interfaces: [(&str, Call); 2] = [("x86", getpid_by_x86), ("x32", getpid_by_x32)];
    let works = |call: Call| {
        let steps = super::run(|reporter| {
            reporter.step(CALL, &call());
        });
        steps.result(CALL).is_ok()
    };
    interfaces
        .into_iter()
        .filter(|(_, call)| works(*call))
        .map(|(name, _)| name)
        .collect()
}

/// No other interface is tried on this machine.
#[cfg(not(target_arch = "x86_64"))]
pub fn foreign() -> Vec<&'static str> {
    Vec::new()
}
