//! A program as annotated assembly: each instruction with what it tests, in names, where its jumps
//! go, and at each return the lines of the policy that give its verdict.

mod reached;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use purple_plan::SourceLine;

use super::cases::cases;
use super::names::{self, Names};
use crate::diagnostics::render::visible;
use crate::emit::bpf::instruction::{
    AND, ARCH, ARGUMENTS, Instruction, JEQ, JGE, JGT, JSET, JUMP, LOAD, NUMBER, Program, RETURN,
};
use crate::emit::{PlanMeaning, action};
use crate::ir::syscalls::{Action, Condition, Test};
use crate::source::Span;
use crate::syscalls::{Arch, X32_BIT, newest, signature, syscall_name};
use reached::{Reached, Word, targets};

/// The listing of a plan's program. `notifies`: it notifies the supervisor of calls that are denied with an
/// error.
/// `line` says where a place in the policy is.
pub fn assembly(
    recorded: &PlanMeaning,
    notifies: bool,
    program: &Program,
    line: &dyn Fn(SourceLine) -> Option<String>,
) -> String {
    let reached = Reached::of(recorded.meaning(), program);
    let mut listing = Listing {
        recorded,
        notifies,
        reached,
        line,
        places: BTreeMap::new(),
    };
    let rows: Vec<(String, String)> = program
        .instructions
        .iter()
        .enumerate()
        .map(|(at, one)| (text(at, *one), listing.note(at, *one)))
        .collect();
    let width = rows
        .iter()
        .map(|(text, _)| text.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    for (at, (text, note)) in rows.iter().enumerate() {
        let row = match note.as_str() {
            "" => format!("{at:4}  {text}"),
            note => format!("{at:4}  {text:width$}  ; {}", visible(note)),
        };
        out.extend([row.as_str(), "\n"]);
    }
    out
}

/// An instruction as it is.
fn text(at: usize, one: Instruction) -> String {
    let (yes, no) = targets(at, one);
    let test = |sign: &str| format!("if {sign} {:#x} goto {yes} else {no}", one.k);
    match one.code {
        LOAD => match one.k {
            NUMBER => "load nr".to_owned(),
            ARCH => "load arch".to_owned(),
            offset => format!("load [{offset}]"),
        },
        AND => format!("and {:#x}", one.k),
        JUMP => format!("goto {yes}"),
        JEQ => test("=="),
        JGT => test(">"),
        JGE => test(">="),
        JSET => test("&"),
        RETURN => format!("return {:#010x}", one.k),
        code => format!("unknown {code:#x}"),
    }
}

struct Listing<'p> {
    recorded: &'p PlanMeaning,
    notifies: bool,
    reached: Reached,
    line: &'p dyn Fn(SourceLine) -> Option<String>,
    /// The verdicts on a call, each with its place.
    places: BTreeMap<(Arch, u32), Vec<(Action, SourceLine)>>,
}

impl Listing<'_> {
    /// What an instruction does, in names.
    fn note(&mut self, at: usize, one: Instruction) -> String {
        let word = self.reached.word(at);
        match (one.code, word.offset) {
            (RETURN, _) => self.verdict(at, one.k),
            (LOAD, _) if one.k >= ARGUMENTS => self.by_call(at, |arch, number| {
                Some(argument(arch, number, one.k)?.whole())
            }),
            (AND, offset) if offset >= ARGUMENTS => self.by_call(at, |arch, number| {
                let found = argument(arch, number, offset)?;
                Some(format!("{} & {}", found.whole(), found.bits(one.k)))
            }),
            (JEQ | JGT | JGE | JSET, ARCH) => Arch::ALL
                .iter()
                .find(|arch| arch.audit() == one.k)
                .map_or_else(String::new, |arch| arch.name().to_owned()),
            (JEQ | JGT | JGE | JSET, NUMBER) => self.number(at, one),
            (JEQ | JGT | JGE | JSET, _) => self.by_call(at, |arch, number| {
                argument(arch, number, word.offset)?.test(one, word)
            }),
            _ => String::new(),
        }
    }

    /// What a test of the number asks, on the interfaces that come here.
    fn number(&self, at: usize, one: Instruction) -> String {
        let archs: BTreeSet<Arch> = self.reached.calls(at).iter().map(|call| call.0).collect();
        let Some(arch) = archs.first().copied() else {
            return String::new();
        };
        let name = |number: u32| {
            let mut names = archs.iter().filter_map(|arch| syscall_name(*arch, number));
            names.next().map(str::to_owned)
        };
        match (one.code, one.k) {
            (JEQ, u32::MAX) => "no call".to_owned(),
            (JEQ, number) => name(number).unwrap_or_default(),
            (JGE, X32_BIT) if arch.has_x32() => "x32 calls".to_owned(),
            (JGE, number) if number == newest(arch) + 1 => "newer than the table".to_owned(),
            (JGE, number) => {
                name(number).map_or_else(String::new, |name| format!("{name} and after"))
            }
            (JGT, number) => name(number).map_or_else(String::new, |name| format!("after {name}")),
            _ => String::new(),
        }
    }

    /// The same for each call that comes to an instruction: those of one text together.
    fn by_call(&self, at: usize, of: impl Fn(Arch, u32) -> Option<String>) -> String {
        let mut texts: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
        for &(arch, number) in self.reached.calls(at) {
            if let (Some(text), Some(name)) = (of(arch, number), syscall_name(arch, number)) {
                texts.entry(text).or_default().insert(name);
            }
        }
        let each = texts.iter().map(|(text, names)| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            format!("{}: {text}", few(&names))
        });
        few(&each.collect::<Vec<_>>())
    }

    /// A verdict, and the lines that give it to the calls that come here.
    fn verdict(&mut self, at: usize, value: u32) -> String {
        let native = self.recorded.meaning().native.arch;
        let Some(action) = action(value) else {
            return String::new();
        };
        let mut found: BTreeSet<(u8, u32)> = BTreeSet::new();
        let calls: Vec<(Arch, u32)> = self.reached.calls(at).iter().copied().collect();
        for call in &calls {
            let recorded = self.recorded;
            let verdicts = self.places.entry(*call).or_insert_with(|| {
                let cases = cases(recorded, call.0, call.1, &[]).into_iter();
                cases.map(|case| (case.action, case.line)).collect()
            });
            let notifies = |one: Action| self.notifies && matches!(one, Action::Errno(_));
            let given = |one: Action| one == action || (action == Action::Notify && notifies(one));
            let here = verdicts
                .iter()
                .filter(|(one, line)| given(*one) && line.is_some());
            found.extend(here.map(|(_, line)| (line.source(), line.line())));
        }
        let lines: Vec<String> = found
            .into_iter()
            .filter_map(|(source, line)| (self.line)(SourceLine::new(source, line)))
            .collect();
        let verdict = names::action(native, action);
        match (lines.as_slice(), calls.is_empty()) {
            ([], true) if action == Action::KillProcess => {
                format!("{verdict}: a call through an interface that the policy does not list")
            }
            ([], true) => format!("{verdict}: newer than every call that the compiler knew"),
            ([], false) => verdict,
            (lines, _) => format!("{verdict}: {}", few(lines)),
        }
    }
}

/// One of a call's arguments, or half of it.
struct WordHalf {
    names: Names,
    position: usize,
    /// The bits of it that the kernel looks at.
    width: u64,
    high: bool,
}

/// The argument of which a call has a word at an offset.
fn argument(arch: Arch, number: u32, offset: u32) -> Option<WordHalf> {
    let words = offset.checked_sub(ARGUMENTS)? / 4;
    let position = usize::try_from(words / 2).ok()?;
    let high = (words % 2 == 1) != arch.big_endian();
    let names = Names::of(arch, number);
    let known = signature(arch, syscall_name(arch, number)?).unwrap_or_default();
    let width = known.get(position).map_or(u64::MAX, |one| one.mask());
    Some(WordHalf {
        names,
        position,
        width,
        high,
    })
}

impl WordHalf {
    fn whole(&self) -> String {
        let name = self.names.argument(self.position);
        match (self.width > u64::from(u32::MAX), self.high) {
            (false, false) => name,
            (_, true) => format!("high half of {name}"),
            (true, false) => format!("low half of {name}"),
        }
    }

    fn bits(&self, bits: u32) -> String {
        let bits = self.names.bits(
            self.position,
            u64::from(bits) << if self.high { 32 } else { 0 },
        );
        if bits.contains('|') {
            format!("({bits})")
        } else {
            bits
        }
    }

    /// What a test of the word asks.
    fn test(&self, one: Instruction, word: Word) -> Option<String> {
        if self.high || self.width > u64::from(u32::MAX) {
            return self.half(one, word);
        }
        let value = u64::from(one.k);
        let mask = u64::from(word.mask) & self.width;
        let all = mask == self.width;
        let test = match one.code {
            JEQ if all => Test::Eq(value),
            JEQ => Test::MaskedEq { mask, value },
            JGT if all => Test::Gt(value),
            JGE if all => Test::Ge(value),
            JSET => Test::MaskedNe {
                mask: mask & value,
                value: 0,
            },
            _ => return self.half(one, word),
        };
        let arg = u8::try_from(self.position).ok()?;
        Some(self.names.condition(&Condition {
            arg,
            width: self.width,
            test,
            span: Span::default(),
        }))
    }

    fn half(&self, one: Instruction, word: Word) -> Option<String> {
        let sign = match one.code {
            JEQ => "==",
            JGT => ">",
            JGE => ">=",
            JSET => {
                return Some(format!(
                    "{} & {}",
                    self.whole(),
                    self.bits(one.k & word.mask)
                ));
            }
            _ => return None,
        };
        let mut text = self.whole();
        if word.mask != u32::MAX && write!(text, " & {}", self.bits(word.mask)).is_err() {
            // Writing to a string cannot fail.
        }
        Some(format!("{text} {sign} {:#x}", one.k))
    }
}

/// The first of many texts.
fn few(texts: &[String]) -> String {
    const SHOWN: usize = 4;
    let (shown, rest) = texts.split_at_checked(SHOWN).unwrap_or((texts, &[]));
    match rest.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
