//! A plan's filters as a policy, which compiles to the same programs. It is compiled here, and
//! compared, before anybody sees it.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use purple_plan::{Plan, SourceLine};

use super::groups::folded;
use super::names::{Names, errno, key};
use crate::diagnostics::render::visible;
use crate::diagnostics::{Severity, Sink};
use crate::emit::bpf::{Program, check};
use crate::emit::{PlanMeaning, place_of};
use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning, Meaning, Rule, Strength};
use crate::parse::written;
use crate::pipeline::{self, Options};
use crate::resolve::syscalls::{is_of_the_fallback, is_of_the_guard, names_no_error};
use crate::seal::{enforced, hex, notifies};
use crate::source::Source;
use crate::syscalls::{
    Arch, replaced, signature, syscall, syscall_name, syscall_number, variants, with_fallback,
};
use rules::{alternatives, comparison, unguarded};

/// The filters of a plan as a policy: all of them, or the one for an architecture. `line` says
/// where a place is, for the comments.
pub fn policy(
    plan: &Plan<'_>,
    only: Option<Arch>,
    line: &dyn Fn(SourceLine) -> Option<String>,
) -> Result<String, NoPolicy> {
    let filters = filters(plan, only)?;
    let archs: Vec<Arch> = filters.iter().map(|one| one.arch).collect();
    let Some(first) = filters.first() else {
        return Err(NoPolicy::NoFilter);
    };
    let name = plan.meta.policy_name.to_string_lossy();
    let names_no_error = names_no_error(first.recorded.meaning());
    let printed = |style| {
        Page {
            meaning: first.recorded.meaning(),
            style,
            names_no_error,
            line,
        }
        .print(&name)
    };
    let mut reasons = Vec::new();
    for style in Style::TRIED {
        let body = printed(style);
        match compiled(&body, &filters, &archs) {
            Ok(same) => return Ok(heading(plan, &filters, same) + &body),
            Err(why) => reasons.push(why),
        }
    }
    if archs.len() > 1 {
        return Err(NoPolicy::Several(archs));
    }
    let why = reasons.into_iter().next().unwrap_or_default();
    Err(NoPolicy::None(first.arch, why))
}

/// Why there is no policy to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPolicy {
    /// The plan has no filter, or none for the architecture.
    NoFilter,
    /// The plan's filter for an architecture is of another compiler.
    Unknown,
    /// The filter does not do what the plan says.
    Wrong(Arch, String),
    /// No one policy gives the filters of all these; for one of them there may be one.
    Several(Vec<Arch>),
    /// This compiler makes another filter of what could be said, or none, for this reason.
    None(Arch, String),
}

impl fmt::Display for NoPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFilter => f.write_str("the plan has no such filter"),
            Self::Unknown => f.write_str("this compiler cannot read the plan's filter"),
            Self::Wrong(arch, why) => {
                write!(
                    f,
                    "the filter for {arch} is not what the plan says the policy means: {why}"
                )
            }
            Self::Several(archs) => {
                let names: Vec<&str> = archs.iter().map(|arch| arch.name()).collect();
                let names = names.join(", ");
                write!(
                    f,
                    "no single policy compiles to the filters for {names}: choose one with `--arch`"
                )
            }
            Self::None(arch, why) => {
                write!(
                    f,
                    "the filter for {arch} cannot be written as a policy: {why}"
                )
            }
        }
    }
}

impl std::error::Error for NoPolicy {}

/// How near the policy's programs are to the plan's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Equivalence {
    /// They do the same for every call.
    Meaning,
    /// They are the same bytes.
    Bytes,
}

struct Filter<'p> {
    arch: Arch,
    recorded: PlanMeaning,
    program: &'p [u8],
}

fn filters<'p>(plan: &Plan<'p>, only: Option<Arch>) -> Result<Vec<Filter<'p>>, NoPolicy> {
    let mut found = Vec::new();
    for one in &plan.filters {
        let native = |arch: &Arch| arch.is_native() && arch.audit() == one.audit_arch;
        let arch = Arch::ALL
            .into_iter()
            .find(native)
            .ok_or(NoPolicy::Unknown)?;
        if only.is_some_and(|only| only != arch) {
            continue;
        }
        let recorded = PlanMeaning::read(plan, one.audit_arch).ok_or(NoPolicy::Unknown)?;
        let program = Program::from_le_bytes(one.program).ok_or(NoPolicy::Unknown)?;
        check(&enforced(plan, recorded.meaning()), &program)
            .map_err(|wrong| NoPolicy::Wrong(arch, wrong.to_string()))?;
        found.push(Filter {
            arch,
            recorded,
            program: one.program,
        });
    }
    found.sort_by_key(|one| one.arch);
    Ok(found)
}

/// How near what a policy compiles to is to these filters; or why it is something else.
fn compiled(body: &str, filters: &[Filter<'_>], archs: &[Arch]) -> Result<Equivalence, String> {
    let options = Options {
        architectures: archs.to_vec(),
        ..Options::default()
    };
    let outcome = pipeline::compile(&Source::new("shown", body), &options, Sink::new())
        .map_err(|fault| fault.to_string())?;
    let Some(bytes) = outcome.plan else {
        let mut found = outcome.diagnostics.into_iter();
        let error = found.find(|one| one.severity == Severity::Error);
        return Err(error.map_or_else(String::new, |one| one.message));
    };
    let plan = Plan::decode(&bytes).map_err(|error| error.to_string())?;
    let mut all = Equivalence::Bytes;
    for filter in filters {
        let made = plan
            .filters
            .iter()
            .find(|one| one.audit_arch == filter.arch.audit());
        let made = made.map(|one| one.program).unwrap_or_default();
        if made != filter.program {
            let program = Program::from_le_bytes(made).unwrap_or_default();
            check(filter.recorded.meaning(), &program).map_err(|wrong| wrong.to_string())?;
            all = Equivalence::Meaning;
        }
    }
    Ok(all)
}

fn heading(plan: &Plan<'_>, filters: &[Filter<'_>], same: Equivalence) -> String {
    let which: Vec<String> = filters
        .iter()
        .map(|one| format!("{} ({} instructions)", one.arch, one.program.len() / 8))
        .collect();
    let same = match same {
        Equivalence::Meaning if notifies(plan) => {
            "it compiles to a filter with the same result for every call, and without the audit log"
        }
        Equivalence::Bytes => "it compiles to the same bytes",
        Equivalence::Meaning => "it compiles to a filter with the same result for every call",
    };
    format!(
        "# The filter of plan sha256:{}\n# for {}, as a policy: {same}.\n",
        hex(&plan.digest),
        which.join(", ")
    )
}

/// How the policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Style {
    /// Calls as groups, where they are all there.
    grouped: bool,
    /// Arguments and values in names.
    named: bool,
    /// The rules as the policy of the plan has them, and not by the names of calls.
    in_order: bool,
}

impl Style {
    /// The ways that are tried. Names read best; where one of them is not the same on each interface, numbers are.
    /// Where two calls do one job (`lseek` and `_llseek`), each may say a part of the rules for both, and
    /// their order matters.
    const TRIED: [Self; 3] = [
        Self {
            grouped: true,
            named: true,
            in_order: false,
        },
        Self {
            grouped: false,
            named: false,
            in_order: false,
        },
        Self {
            grouped: false,
            named: false,
            in_order: true,
        },
    ];
}

struct Page<'m> {
    meaning: &'m Meaning,
    style: Style,
    /// Whether the policy names no error for denied calls.
    names_no_error: bool,
    line: &'m dyn Fn(SourceLine) -> Option<String>,
}

/// The calls of all interfaces that have one name.
type ByName<'m> = BTreeMap<&'static str, Vec<(&'m ArchMeaning, u32, &'m CallMeaning)>>;

impl Page<'_> {
    fn print(&self, name: &str) -> String {
        let native = &self.meaning.native;
        let mut out = String::new();
        let mut put = |line: String| out.extend([line.trim_end(), "\n"]);
        put(format!("name: {}", written(name)));
        put("syscalls:".to_owned());
        let default = (self.line)(place_of(native.default.span));
        let default = default.map_or_else(String::new, |line| format!("  # {}", visible(&line)));
        put(format!("  default_deny: {}{default}", native.default.deny));
        match native.denial {
            Action::Errno(_) if self.names_no_error => {}
            Action::Errno(number) => {
                put(format!(
                    "  on_deny: {{errno: {}}}",
                    errno(native.arch, number)
                ));
            }
            other => put(format!("  on_deny: {}", key(other))),
        }
        let compat: Vec<&str> = self
            .meaning
            .compat
            .iter()
            .map(|one| one.arch.name())
            .collect();
        if !compat.is_empty() {
            put(format!("  architectures: [{}]", compat.join(", ")));
        }
        let calls = self.calls();
        let listed = |is: fn(&CallMeaning) -> bool| -> BTreeSet<&'static str> {
            let any = calls
                .iter()
                .filter(|(_, all)| all.iter().any(|one| is(one.2)));
            any.map(|(name, _)| *name).collect()
        };
        let allowed = listed(|call| call.allowed.is_some());
        let mut denied = listed(|call| call.denied.is_some());
        denied.retain(|name| self.stands_for(name, |call| call.denied.is_some()));
        // These are denied with what they carry, wherever a policy restricts that.
        denied.retain(|name| !matches!(*name, "socketcall" | "ipc") || compat.is_empty());
        for (key, names, allows) in [("allow", &allowed, true), ("deny", &denied, false)] {
            let entries = if self.style.grouped {
                folded(names, self.meaning, allows)
            } else {
                names.iter().map(|name| (*name).to_owned()).collect()
            };
            if !entries.is_empty() {
                put(format!("  {key}:"));
                wrapped(&entries).into_iter().for_each(&mut put);
            }
        }
        let rules = self.rules(&calls);
        if !rules.is_empty() {
            put("  advanced_rules:".to_owned());
            rules.into_iter().for_each(&mut put);
        }
        out
    }

    fn calls(&self) -> ByName<'_> {
        let mut calls = ByName::new();
        for one in self.meaning.interfaces() {
            for (number, call) in &one.calls {
                let name = syscall_name(one.arch, *number).unwrap_or(call.name);
                calls.entry(name).or_default().push((one, *number, call));
            }
        }
        calls
    }

    /// Whether something holds for all calls that an entry of this name denies, on each interface.
    fn stands_for(&self, name: &str, holds: impl Fn(&CallMeaning) -> bool) -> bool {
        self.meaning.interfaces().all(|one| {
            let mut names = variants(one.arch, name);
            match syscall(one.arch, name) {
                Some((name, _)) => names.push(name),
                None => names.extend(replaced(name).into_iter().flat_map(|it| it.by(one.arch))),
            }
            let numbers = names
                .into_iter()
                .filter_map(|name| syscall_number(one.arch, name));
            numbers
                .into_iter()
                .all(|number| one.calls.get(&number).is_some_and(&holds))
        })
    }

    /// Whether another call does this one's job on some interface, with arguments of its own.
    fn is_replaced(&self, name: &str) -> bool {
        let elsewhere = |arch| replaced(name).is_some_and(|it| !it.by(arch).is_empty());
        let mut archs = self.meaning.interfaces().map(|one| one.arch);
        archs.any(|arch| syscall(arch, name).is_none() && elsewhere(arch))
    }

    /// A line for each rule.
    fn rules(&self, calls: &ByName<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, all) in calls {
            // The interfaces have the same rules; one where they come from nowhere has none.
            let Some((one, number, call)) = all
                .iter()
                .max_by_key(|(one, _, call)| (call.rules.len(), std::cmp::Reverse(one.arch)))
            else {
                continue;
            };
            let names = Names::of(one.arch, *number);
            let hidden = call.hidden.is_some();
            let reached = call
                .rules
                .iter()
                .filter(|rule| !hidden || rule.strength <= Strength::Deny);
            // What denies a call denies those that do its job beside it, too.
            let spoken = reached.filter(|rule| {
                let is_fallback = self.names_no_error && is_of_the_fallback(one, call, rule);
                if is_fallback || is_of_the_guard(one, call, rule) {
                    return false;
                }
                let from = |one: &Rule| (one.strength, one.span) == (rule.strength, rule.span);
                let has = |call: &CallMeaning| call.rules.iter().any(from);
                let says = |name: &str| {
                    (rule.conditions.is_empty() || !self.is_replaced(name))
                        && self.stands_for(name, has)
                };
                // The call with the widest arguments says it: its constants may not fit others.
                let width = |name: &str| (bits(one.arch, name), std::cmp::Reverse(name.to_owned()));
                let mut others = variants(one.arch, name).into_iter();
                let wider = others.any(|other| width(other) > width(name) && says(other));
                rule.strength > Strength::Deny || (says(name) && !wider)
            });
            let reached = unguarded(one.arch, name, spoken.cloned().collect());
            for rules in alternatives(&reached, self.style.named) {
                let place = rules.first().map(|rule| place_of(rule.span));
                let line = self.rule(one, name, &names, rules);
                lines.extend(place.zip(line));
            }
            // Rules on `clone` hide `clone3`; nothing else in this policy hides a call.
            if let Some(span) = call.hidden.filter(|_| *name != "clone3") {
                let head = format!("    - {{syscall: {name}, action: errno, errno: ENOSYS}}");
                let place = place_of(span);
                lines.push((place, self.with_line(head, place)));
            }
        }
        if self.style.in_order {
            lines.sort_by_key(|(place, _)| (place.source(), place.line()));
        }
        lines.into_iter().map(|(_, line)| line).collect()
    }

    fn rule(&self, one: &ArchMeaning, name: &str, names: &Names, rules: &[Rule]) -> Option<String> {
        let rule = rules.first()?;
        let mut action = key(rule.action).to_owned();
        if rule.strength == Strength::Deny {
            action = match rule.action {
                action if action == one.denial && !self.has_own_error(name) => "deny".to_owned(),
                Action::Errno(number) => format!("errno, errno: {}", errno(one.arch, number)),
                other => key(other).to_owned(),
            };
        }
        let conditions = if rule.conditions.is_empty() {
            String::new()
        } else if self.style.named
            && rule
                .conditions
                .iter()
                .all(|one| names.is_distinct(one.arg.into()))
        {
            format!(", conditions: \"{}\"", names.any(rules))
        } else {
            let all: Vec<String> = rule.conditions.iter().map(comparison).collect();
            format!(", conditions: [{}]", all.join(", "))
        };
        let head = format!("    - {{syscall: {name}, action: {action}{conditions}}}");
        Some(self.with_line(head, place_of(rule.span)))
    }

    /// Whether a rule that denies the call and names no error gives it another one than all calls.
    fn has_own_error(&self, name: &str) -> bool {
        self.names_no_error && with_fallback().contains(&name)
    }

    fn with_line(&self, text: String, line: SourceLine) -> String {
        match (self.line)(line) {
            Some(line) => format!("{text}  # {}", visible(&line)),
            None => text,
        }
    }
}

/// How many bits a call's arguments have together.
fn bits(arch: Arch, name: &str) -> u32 {
    signature(arch, name)
        .into_iter()
        .flatten()
        .map(|one| one.bits)
        .sum()
}

/// The entries as one list over several lines.
fn wrapped(entries: &[String]) -> Vec<String> {
    const WIDTH: usize = 96;
    let mut lines = vec!["    [".to_owned()];
    for (at, entry) in entries.iter().enumerate() {
        let comma = if at + 1 == entries.len() { "" } else { ", " };
        let line = lines
            .last_mut()
            .filter(|line| line.len() + entry.len() < WIDTH);
        match line {
            Some(line) => line.extend([entry, comma]),
            None => lines.push(format!("     {entry}{comma}")),
        }
    }
    if let Some(line) = lines.last_mut() {
        line.push(']');
    }
    lines
}
