//! Devices of the host.

use super::host::within;
use super::paths::inside;
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, nearest, quote};
use crate::source::Span;
use purple_policy::DeviceEntry;

/// Names for devices: a path that must exist, and paths that a host may lack.
pub(crate) const NAMED: [(&str, &str, &[&str]); 3] = [
    // Direct Rendering Infrastructure: the graphics cards of Intel, AMD and free drivers (drm(7)).
    ("gpu-dri", "/dev/dri", &[]),
    // The devices of NVIDIA's driver (its README, "Device nodes"): control, memory of CUDA, sixteen cards, partitions of cards.
    ("gpu-nvidia", "/dev/nvidiactl", &NVIDIA),
    // Documentation/virt/kvm/api.rst.
    ("kvm", "/dev/kvm", &[]),
];

const NVIDIA: [&str; 20] = [
    "/dev/nvidia-caps",
    "/dev/nvidia-modeset",
    "/dev/nvidia-uvm",
    "/dev/nvidia-uvm-tools",
    "/dev/nvidia0",
    "/dev/nvidia1",
    "/dev/nvidia10",
    "/dev/nvidia11",
    "/dev/nvidia12",
    "/dev/nvidia13",
    "/dev/nvidia14",
    "/dev/nvidia15",
    "/dev/nvidia2",
    "/dev/nvidia3",
    "/dev/nvidia4",
    "/dev/nvidia5",
    "/dev/nvidia6",
    "/dev/nvidia7",
    "/dev/nvidia8",
    "/dev/nvidia9",
];

/// What every sandbox has below `/dev`, or makes itself.
pub(crate) const OWN: [&str; 14] = [
    "/dev/fd",
    "/dev/full",
    "/dev/mqueue",
    "/dev/null",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/random",
    "/dev/shm",
    "/dev/stderr",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
];

/// A device of the host, at the same path inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The path.
    pub path: String,
    /// Whether a host without it is no error.
    pub optional: bool,
    /// Where the policy names it.
    pub span: Span,
}

/// The devices.
pub(super) fn resolve(entries: &[DeviceEntry], scope: &mut Scope<'_>) -> Vec<Device> {
    let mut all: Vec<Device> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let at = match entry {
            DeviceEntry::Device(_) => format!("/filesystem/devices/{index}"),
            DeviceEntry::Long(_) => format!("/filesystem/devices/{index}/device"),
        };
        for device in devices(entry.device(), &at, scope) {
            let other = all.iter().find(|other| is_same_or_below(other, &device));
            if let Some(other) = other {
                let message = format!("{} is used twice", quote(&device.path));
                let found = Diagnostic::error("duplicate-path", device.span, message)
                    .with_help("each path inside has one meaning: remove one, or change it")
                    .with_related(other.span, "used here first");
                scope.report(found);
            } else {
                all.push(device);
            }
        }
    }
    all
}

/// What an entry stands for.
fn devices(written: &str, at: &str, scope: &mut Scope<'_>) -> Vec<Device> {
    let span = scope.span(at);
    let named = NAMED.iter().find(|(name, ..)| *name == written);
    if let Some(&(_, path, more)) = named {
        let required = [(path, false)].into_iter();
        let all = required.chain(more.iter().map(|path| (*path, true)));
        let device = |(path, optional): (&str, bool)| Device {
            path: path.to_owned(),
            optional,
            span,
        };
        return all.map(device).collect();
    }
    let names = NAMED.map(|(name, ..)| name);
    if !written.starts_with('/') {
        let mut help = format!("there are `{}`, and paths below `/dev`", names.join("`, `"));
        if let Some(near) = nearest(written, names) {
            help = format!("did you mean `{near}`? {help}");
        }
        let message = format!("there is no device {}", quote(written));
        scope.report(Diagnostic::error("unknown-device", span, message).with_help(help));
        return Vec::new();
    }
    let Some(path) = inside(written, at, scope) else {
        return Vec::new();
    };
    let is_own = OWN.iter().any(|own| within(&path, own));
    if is_own || !path.starts_with("/dev/") {
        let (message, help) = if is_own {
            ("every sandbox has its own", "remove the entry")
        } else {
            (
                "it is not below `/dev`",
                "name a device file below `/dev`, such as `/dev/ttyUSB0`",
            )
        };
        let message = format!("{} cannot be shown as a device: {message}", quote(written));
        scope.report(Diagnostic::error("unknown-device", span, message).with_help(help));
        return Vec::new();
    }
    vec![Device {
        path,
        optional: false,
        span,
    }]
}

/// Whether one device is at the path of another one, or in a directory that is shown.
fn is_same_or_below(one: &Device, other: &Device) -> bool {
    within(&one.path, &other.path) || within(&other.path, &one.path)
}
