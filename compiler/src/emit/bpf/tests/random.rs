//! Random policies and random calls.
//!
//! `PURPLE_RANDOM=100000 cargo test --release -p purplec --lib random_policies -- --nocapture` tries
//! that many policies instead of a few; `PURPLE_SEED` repeats a run with the seed that it printed.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use super::*;
use crate::syscalls::{Kind, signature};

/// A small generator of numbers (splitmix64), so that a printed seed repeats a run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// A value near an edge of some width, or a small one.
    fn edge(&mut self) -> u64 {
        let edges = [
            0,
            1,
            2,
            7,
            0xFF,
            0xFFFF,
            0x7FFF_FFFF,
            0x8000_0000,
            0xFFFF_FFFF,
            0x1_0000_0000,
            0x1_FFFF_FFFF,
            0x7FFF_FFFF_FFFF_FFFF,
            0x8000_0000_0000_0000,
            0xFFFF_FFFF_0000_0000,
            u64::MAX,
        ];
        let near = edges[self.below(edges.len())]
            .wrapping_add(self.next() % 3)
            .wrapping_sub(1);
        if self.below(8) == 0 {
            self.next()
        } else {
            near
        }
    }

    pub(crate) fn args(&mut self, known: &[u64]) -> [u64; 6] {
        [0; 6].map(|_| match self.below(3) {
            0 if !known.is_empty() => known[self.below(known.len())] ^ (self.next() & 1) << 32,
            1 if !known.is_empty() => known[self.below(known.len())]
                .wrapping_add(self.next() % 3)
                .wrapping_sub(1),
            _ => self.edge(),
        })
    }

    /// The text of a `syscalls` section, and the constants in its rules.
    pub(crate) fn section(&mut self, arch: Arch) -> (String, Vec<u64>) {
        let all: Vec<&str> = names(arch).map(|(name, _)| name).collect();
        let mut text = format!("default_deny: {}\n", self.below(2) == 0);
        let on_deny = [
            "",
            "on_deny: kill",
            "on_deny: kill_thread",
            "on_deny: trap",
            "on_deny: log",
            "on_deny: notify",
            "on_deny: !errno EIO",
        ];
        writeln!(text, "{}", self.pick(&on_deny)).unwrap();
        if arch == Arch::X86_64 {
            let archs = ["", "x86", "x32", "x86, x32"];
            writeln!(text, "architectures: [{}]", self.pick(&archs)).unwrap();
        }
        for list in ["allow", "deny"] {
            let count = self.below(60);
            let names: Vec<_> = (0..count).map(|_| self.pick(&all)).collect();
            writeln!(text, "{list}: [{}]", names.join(", ")).unwrap();
        }
        let mut constants = Vec::new();
        text.push_str("advanced_rules:\n  - {syscall: read, action: allow}\n");
        let few: Vec<&str> = (0..6)
            .map(|_| self.pick(&all))
            .chain(["socket", "ioctl"])
            .collect();
        // Now and then many rules on one or two calls.
        let (most, few) = if self.below(4) == 0 {
            (24, &few[5..7])
        } else {
            (16, few.as_slice())
        };
        for _ in 0..self.below(most) {
            let name = self.pick(few);
            let usable: Vec<_> = signature(arch, name)
                .unwrap_or_default()
                .iter()
                .enumerate()
                .filter(|(_, one)| !matches!(one.kind, Kind::Pointer | Kind::Pad))
                .map(|(at, one)| (at, one.mask()))
                .collect();
            let actions = [
                "allow",
                "deny",
                "errno",
                "kill",
                "kill_thread",
                "trap",
                "notify",
                "log",
            ];
            let action = self.pick(&actions);
            let errno = match action {
                "deny" | "errno" => self.pick(&["", ", errno: EACCES", ", errno: ENOENT"]),
                _ => "",
            };
            let mut conditions = Vec::new();
            for _ in 0..self.below(4).min(usable.len() * 3) {
                let (arg, width) = usable[self.below(usable.len())];
                let op = self.pick(&["eq", "ne", "lt", "le", "gt", "ge", "masked_eq", "masked_ne"]);
                let mask = self.edge() & width;
                let masked = op.starts_with("masked");
                let value = if constants.is_empty() || self.below(3) > 0 {
                    self.edge()
                } else {
                    constants[self.below(constants.len())]
                };
                let value = value & width & if masked { mask } else { u64::MAX };
                constants.push(value);
                let mask = if masked {
                    format!(", mask: {mask}")
                } else {
                    String::new()
                };
                conditions.push(format!("{{arg: {arg}, op: {op}, value: {value}{mask}}}"));
            }
            let conditions = conditions.join(", ");
            writeln!(
                text,
                "  - {{syscall: {name}, action: {action}{errno}, conditions: [{conditions}]}}"
            )
            .unwrap();
        }
        (text, constants)
    }
}

pub(crate) fn seed() -> u64 {
    let given = std::env::var("PURPLE_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .subsec_nanos()
            .into()
    };
    given.unwrap_or_else(now)
}

#[test]
fn random_policies_mean_what_their_programs_do() {
    let seed = seed();
    println!("PURPLE_SEED={seed}");
    let rounds = std::env::var("PURPLE_RANDOM")
        .ok()
        .and_then(|text| text.parse().ok());
    let mut random = Random(seed);
    let (mut policies, mut calls) = (0, 0);
    for _ in 0..rounds.unwrap_or(60) {
        let archs = [
            Arch::X86_64,
            Arch::Aarch64,
            Arch::S390x,
            Arch::Mips64,
            Arch::Arm,
        ];
        let arch = archs[random.below(archs.len())];
        let (text, constants) = random.section(arch);
        let section = serde_yaml::from_str(&text).unwrap();
        // A finding about the policy is no matter here: what is left of it still has a meaning.
        let meaning = resolve_section(Some(&section), arch, &Document::default(), &mut Sink::new());
        let (program, _) = match emit(&meaning, &mut Sink::new()) {
            Ok(Some(found)) => found,
            other => panic_with(&format!("PURPLE_SEED={seed}\n{text}\n{other:?}")),
        };
        policies += 1;
        for _ in 0..200 {
            let call = call(&mut random, &meaning, &constants);
            let expected = return_value(evaluate(&meaning, &call).action);
            let found = run(&program, &Data::new(&call, arch.big_endian()), |_, _| {});
            assert_eq!(found, Ok(expected), "PURPLE_SEED={seed} {call}\n{text}");
            calls += 1;
        }
    }
    println!("{policies} policies, {calls} calls, 0 mismatches");
}

#[expect(clippy::panic, reason = "the seed must be shown")]
fn panic_with(message: &str) -> ! {
    panic!("{message}")
}

pub(super) fn call(random: &mut Random, meaning: &Meaning, constants: &[u64]) -> Call {
    let interfaces: Vec<_> = meaning.interfaces().collect();
    let one = interfaces[random.below(interfaces.len())];
    let named: Vec<u32> = one.calls.keys().copied().collect();
    let with_rules: Vec<u32> = one
        .calls
        .iter()
        .filter(|(_, call)| !call.rules.is_empty())
        .map(|(nr, _)| *nr)
        .collect();
    let number = match random.below(4) {
        0 => one.arch.base() + u32::try_from(random.below(600)).unwrap(),
        1 => named[random.below(named.len())],
        2 => (random.edge() & 0xFFFF_FFFF).try_into().unwrap(),
        _ => with_rules[random.below(with_rules.len())],
    };
    Call {
        audit_arch: one.arch.audit(),
        number,
        args: random.args(constants),
    }
}
