//! A flag that this version does not know is refused, in each set of flags.

use crate::refusal::{refused, refused_mount};
use crate::sample::STEP;
use purple_plan::{DecodeError, Landlock, Mount};

#[test]
fn unknown_flags() {
    for bit in 0..32 {
        let flag = 1_u32 << bit;
        if bit >= 1 {
            assert_eq!(
                refused(|t| t.process.flags |= flag),
                DecodeError::Value,
                "process {bit}"
            );
            assert_eq!(
                refused(|t| t.network.flags |= flag),
                DecodeError::Value,
                "network {bit}"
            );
        }
        if bit >= 4 {
            assert_eq!(
                refused_mount(Mount {
                    flags: flag,
                    ..STEP
                }),
                DecodeError::Value
            );
        }
        if bit >= 9 {
            assert_eq!(
                refused(|t| t.process.umask |= flag),
                DecodeError::Value,
                "umask {bit}"
            );
        }
        if bit >= 12 {
            assert_eq!(
                refused_mount(Mount { mode: flag, ..STEP }),
                DecodeError::Value
            );
        }
    }
    for bit in 0..64 {
        let flag = 1_u64 << bit;
        let refused_landlock = |set: fn(&mut Landlock, u64)| {
            refused(move |t| set(t.landlock.first_mut().expect("a level"), flag))
        };
        if bit >= 17 {
            assert_eq!(
                refused_landlock(|l, flag| l.fs |= flag),
                DecodeError::Value,
                "{bit}"
            );
            let path = refused(|t| t.paths.iter_mut().for_each(|path| path.access |= flag));
            assert_eq!(path, DecodeError::Value, "{bit}");
        }
        if bit >= 2 {
            assert_eq!(
                refused_landlock(|l, flag| l.net |= flag),
                DecodeError::Value,
                "{bit}"
            );
            assert_eq!(
                refused_landlock(|l, flag| l.scope |= flag),
                DecodeError::Value,
                "{bit}"
            );
            let port = refused(|t| t.ports.iter_mut().for_each(|port| port.access |= flag));
            assert_eq!(port, DecodeError::Value, "{bit}");
        }
        if let Ok(flag) = u32::try_from(flag) {
            if bit >= 1 {
                let path = refused(|t| t.paths.iter_mut().for_each(|path| path.flags |= flag));
                assert_eq!(path, DecodeError::Value, "{bit}");
            }
            if bit >= 4 {
                let audit = refused(|t| t.audit.iter_mut().for_each(|audit| audit.flags |= flag));
                assert_eq!(audit, DecodeError::Value, "{bit}");
            }
        }
    }
    let spaces = [7, 17, 25, 26, 27, 28, 29, 30];
    let attrs = [0, 1, 2, 3, 4, 5, 6, 7, 21];
    for bit in 0..64 {
        let flag = 1_u64 << bit;
        if !spaces.contains(&bit) {
            assert_eq!(
                refused(|t| t.process.namespaces |= flag),
                DecodeError::Value,
                "{bit}"
            );
            assert_eq!(
                refused(|t| t.process.inner_namespaces |= flag),
                DecodeError::Value
            );
        }
        if !attrs.contains(&bit) {
            assert_eq!(
                refused_mount(Mount {
                    attrs: flag,
                    ..STEP
                }),
                DecodeError::Value,
                "{bit}"
            );
        }
    }
}
