//! The policy that filters are compared with: the allow list of a container engine, and what the
//! peers make of it.

use crate::Fault;
use crate::workshop::succeed;
use purple_tests::repository;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const NAMES: &str = include_str!("container.txt");

/// `SECCOMP_RET_ALLOW`, `SECCOMP_RET_ERRNO` with EPERM and with ENOSYS, `SECCOMP_RET_KILL_PROCESS`.
pub(crate) const ALLOW: u32 = 0x7fff_0000;
const DENY: u32 = 0x0005_0001;
const NO_SUCH_CALL: u32 = 0x0005_0026;
const KILL: u32 = 0x8000_0000;

/// `AUDIT_ARCH_X86_64` (linux/audit.h).
const AUDIT_ARCH: u32 = 0xc000_003e;

/// The calls whose first argument is looked at, and the values that pass: a plain `socket` is for
/// the unix, inet and inet6 families.
const CHECKED: [&str; 2] = ["socket", "socketpair"];
const FAMILIES: [u32; 3] = [1, 2, 10];

/// What a container engine has beside the list: only some arguments of three calls, and no `clone3`.
const RULES: &str = "  advanced_rules:
  - {syscall: socket, action: allow, conditions: [{arg: 0, op: ne, value: 40}]}
  - {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0}]}
  - {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 8}]}
  - {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0x20000}]}
  - {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0x20008}]}
  - {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0xffffffff}]}
  - {syscall: clone, action: allow, conditions: [{arg: 0, op: masked_eq, mask: 0x7e020000, value: 0}]}
  - {syscall: clone3, action: errno, errno: ENOSYS}
";

/// The same for libseccomp.
const PEER_RULES: [(&str, u32, &str); 8] = [
    ("socket", ALLOW, "not 40"),
    ("personality", ALLOW, "is 4294967295 0"),
    ("personality", ALLOW, "is 4294967295 8"),
    ("personality", ALLOW, "is 4294967295 131072"),
    ("personality", ALLOW, "is 4294967295 131080"),
    ("personality", ALLOW, "is 4294967295 4294967295"),
    ("clone", ALLOW, "is 2114060288 0"),
    ("clone3", NO_SUCH_CALL, "any"),
];

/// What is made of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// As it is.
    Plain,
    /// With the rules.
    Rules,
    /// As it is, for x86 and x32 too.
    Interfaces,
}

/// The allowed calls of x86-64 by number, and whether their first argument is looked at.
#[derive(Debug)]
pub(crate) struct Container {
    calls: BTreeMap<u32, bool>,
    table: BTreeMap<String, u32>,
}

impl Container {
    /// With the numbers of the compiler's own table.
    pub(crate) fn read() -> Result<Self, Fault> {
        let path = repository::root().join("compiler/data/syscalls/numbers.tsv");
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let number = |line: &str| {
            let mut columns = line.split('\t');
            Some((
                columns.next()?.to_owned(),
                columns.next()?.parse::<u32>().ok()?,
            ))
        };
        let table: BTreeMap<String, u32> = text.lines().filter_map(number).collect();
        let entry = |name: &str| {
            let number = table.get(name).ok_or_else(|| format!("no call `{name}`"))?;
            Ok((*number, CHECKED.contains(&name)))
        };
        let calls = names().map(entry).collect::<Result<_, Fault>>()?;
        Ok(Self { calls, table })
    }

    /// The numbers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.calls.keys().copied()
    }

    /// Has a compiler make its program, with these arguments.
    pub(crate) fn compiled(
        compiler: &Path,
        arguments: &[&str],
        variant: Variant,
        to: &Path,
    ) -> Result<(), Fault> {
        let names = names().collect::<Vec<_>>().join(", ");
        let (policy, plan) = (to.with_extension("yaml"), to.with_extension("plan"));
        let more = match variant {
            Variant::Plain => "",
            Variant::Rules => RULES,
            Variant::Interfaces => "  architectures: [x86, x32]\n",
        };
        let text = format!("name: container\nsyscalls:\n  allow: [{names}]\n{more}");
        fs::write(&policy, text).map_err(|error| format!("{}: {error}", policy.display()))?;
        let purplec = || Command::new(compiler);
        succeed(
            purplec()
                .arg("compile")
                .args(arguments)
                .arg(policy)
                .arg("-o")
                .arg(&plan),
        )?;
        succeed(purplec().arg("show").arg(plan).arg("--bpf").arg(to)).map(|_output| ())
    }

    /// Has libseccomp make its program, as it comes (1) or as a binary tree (2).
    pub(crate) fn libseccomp(
        &self,
        maker: &Path,
        variant: Variant,
        to: &Path,
        optimize: u8,
    ) -> Result<(), Fault> {
        let rules = if variant == Variant::Rules {
            PEER_RULES.as_slice()
        } else {
            &[]
        };
        let rules = rules.iter().filter_map(|(name, action, rule)| {
            Some((*self.table.get(*name)?, format!("{action} {rule}")))
        });
        let mut lines = rules.collect::<Vec<_>>();
        let ruled = lines.iter().map(|(number, _)| *number).collect::<Vec<_>>();
        for (number, checked) in self
            .calls
            .iter()
            .filter(|(number, _)| !ruled.contains(number))
        {
            if *checked {
                let rule = |value| (*number, format!("{ALLOW} is 4294967295 {value}"));
                lines.extend(FAMILIES.iter().map(rule));
            } else {
                lines.push((*number, format!("{ALLOW} any")));
            }
        }
        let lines = lines
            .iter()
            .map(|(number, rule)| format!("{number} {rule}\n"));
        let list = lines.collect::<String>();
        let failed = |error| format!("libseccomp's program: {error}");
        let interfaces = if variant == Variant::Interfaces {
            "3"
        } else {
            "1"
        };
        let mut command = Command::new(maker);
        command
            .arg(to)
            .arg(DENY.to_string())
            .arg(optimize.to_string())
            .arg(interfaces);
        let mut child = command.stdin(Stdio::piped()).spawn().map_err(failed)?;
        // The pipe is closed at the end of the statement.
        child
            .stdin
            .take()
            .map_or(Ok(()), |mut pipe| pipe.write_all(list.as_bytes()))
            .map_err(failed)?;
        let status = child.wait().map_err(failed)?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("libseccomp's program: {status}"))
        }
    }

    /// A plain balanced tree over the ranges of numbers, as a peer that tries nothing else.
    pub(crate) fn balanced(&self) -> Vec<u8> {
        let mut tree = Tree {
            reversed: Vec::new(),
        };
        let [kill, deny, allow] = [KILL, DENY, ALLOW].map(|verdict| tree.push(0x06, verdict, 0, 0));
        let mut family = deny;
        for value in FAMILIES {
            family = tree.branch(0x15, value, allow, family);
        }
        let family = tree.push(0x20, 16, 0, 0);
        let mut ranges: Vec<(u32, usize)> = vec![(0, deny)];
        for number in 0..=self.calls.keys().max().map_or(0, |last| last + 1) {
            let to = match self.calls.get(&number) {
                None => deny,
                Some(true) => family,
                Some(false) => allow,
            };
            if ranges.last().is_none_or(|(_, last)| *last != to) {
                ranges.retain(|(first, _)| *first != number);
                ranges.push((number, to));
            }
        }
        let search = tree.search(&ranges);
        let _x32 = tree.branch(0x35, 0x4000_0000, kill, search);
        let number = tree.push(0x20, 0, 0, 0);
        let _arch = tree.branch(0x15, AUDIT_ARCH, number, kill);
        let _start = tree.push(0x20, 4, 0, 0);
        tree.reversed.into_iter().rev().flatten().collect()
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    NAMES.lines().filter(|line| !line.starts_with('#'))
}

/// Instructions, the last one first; places are counted from the end.
struct Tree {
    reversed: Vec<[u8; 8]>,
}

impl Tree {
    fn push(&mut self, code: u16, k: u32, yes: u8, no: u8) -> usize {
        let ([c0, c1], [k0, k1, k2, k3]) = (code.to_le_bytes(), k.to_le_bytes());
        self.reversed.push([c0, c1, yes, no, k0, k1, k2, k3]);
        self.reversed.len()
    }

    fn branch(&mut self, code: u16, k: u32, yes: usize, no: usize) -> usize {
        let [yes, no] =
            [yes, no].map(|to| u8::try_from(self.reversed.len() - to).unwrap_or(u8::MAX));
        self.push(code, k, yes, no)
    }

    fn search(&mut self, ranges: &[(u32, usize)]) -> usize {
        match ranges {
            [] => 1,
            [(_, to)] => *to,
            _ => {
                let (low, high) = ranges.split_at(ranges.len() / 2);
                let (yes, no) = (self.search(high), self.search(low));
                self.branch(0x35, high.first().map_or(0, |(first, _)| *first), yes, no)
            }
        }
    }
}

/// Runs a classic BPF program (linux/filter.h) on one call of x86-64: the verdict, and how many
/// instructions it took.
pub(crate) fn follow(program: &[u8], number: u32, first: u32) -> Option<(u32, usize)> {
    let mut accumulator = 0_u32;
    let mut at = 0_usize;
    for count in 1.. {
        let [code, code_high, yes, no, k @ ..] = *program.get(at * 8..)?.first_chunk::<8>()?;
        let (code, k) = (u16::from_le_bytes([code, code_high]), u32::from_le_bytes(k));
        at += 1;
        let mut jump = |holds| at += usize::from(if holds { yes } else { no });
        match code {
            // BPF_LD | BPF_W | BPF_ABS of struct seccomp_data: number, architecture, the
            // instruction pointer, and the first argument; the others are zero.
            0x20 => {
                let word = usize::try_from(k / 4).ok()?;
                accumulator = [number, AUDIT_ARCH, 0, 0, first]
                    .get(word)
                    .copied()
                    .unwrap_or(0);
            }
            // BPF_JMP with BPF_JA, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET.
            0x05 => at += usize::try_from(k).ok()?,
            0x15 => jump(accumulator == k),
            0x25 => jump(accumulator > k),
            0x35 => jump(accumulator >= k),
            0x45 => jump(accumulator & k != 0),
            // BPF_ALU | BPF_AND.
            0x54 => accumulator &= k,
            // BPF_RET.
            0x06 => return Some((k, count)),
            _ => return None,
        }
    }
    None
}
