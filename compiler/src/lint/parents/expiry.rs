//! What a parent grants until a day, and the policy beyond it.

use super::places::connections;
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::network::Connections;
use crate::lint::scope::Scope;
use crate::quantity::Date;
use crate::resolve::host::within;
use crate::resolve::{Grant, Granted, Resolved};
use crate::source::Span;
use std::collections::BTreeMap;

/// How many pairs of destinations are compared by what they reach: beyond that it takes too long, and names are compared.
const MOST_PAIRS: usize = 16_384;

/// Runs the lint.
pub(super) fn lint(
    (parents, before): (&Resolved, &[Grant]),
    grants: &[Grant],
    scope: &mut Scope<'_>,
) {
    if before.iter().all(|grant| grant.last.is_none()) {
        return;
    }
    let mut calls: BTreeMap<&str, Vec<&Grant>> = BTreeMap::new();
    for grant in before {
        if let Granted::Calls(of) = &grant.what {
            for call in of {
                calls.entry(call).or_default().push(grant);
            }
        }
    }
    let own = || grants.iter().filter(|grant| grant.span.file == 0);
    let old = Destinations::of(parents, before);
    let new = Destinations::of(scope.resolved, own());
    let reach = old.len().saturating_mul(new.len()) <= MOST_PAIRS;
    for own in own() {
        let found = match &own.what {
            Granted::Calls(of) => {
                let parts = of.iter().filter_map(|call| calls.get(call.as_str()));
                first_end(own, parts.cloned())
            }
            Granted::Destination(_) if reach => beyond(own, (&new, &old)),
            what => {
                let same: Vec<&Grant> = before
                    .iter()
                    .filter(|one| has_part(&one.what, what))
                    .collect();
                first_end(own, std::iter::once(same))
            }
        };
        if let Some((day, grant)) = found {
            report(own, grant, day, scope);
        }
    }
}

fn report(own: &Grant, grant: &Grant, day: Date, scope: &mut Scope<'_>) {
    let until = match own.last {
        Some(last) => format!("until {last}"),
        None => "without an end".to_owned(),
    };
    let what = if own.name == grant.name {
        "it".to_owned()
    } else {
        quote(&grant.name)
    };
    let message = format!(
        "{} is granted {until}; {what} was until {day}",
        quote(&own.name)
    );
    scope.report(
        Diagnostic::note("loosens-parent", own.span, message)
            .with_related(grant.span, "an inherited text grants it with an end")
            .with_help(format!(
                "add `expires: {day}`, or leave it out to keep what is inherited"
            )),
    );
}

/// The first day on which one of several things ended that the policy grants for longer.
fn first_end<'b>(
    own: &Grant,
    parts: impl Iterator<Item = Vec<&'b Grant>>,
) -> Option<(Date, &'b Grant)> {
    let ends = parts.filter_map(|part| end(&part));
    let ends = ends.filter(|(day, _)| own.last.is_none_or(|own| own > *day));
    ends.min_by_key(|(day, _)| *day)
}

/// The last day of grants of one thing, and the one that says so; `None` where one of them has no end.
fn end<'b>(grants: &[&'b Grant]) -> Option<(Date, &'b Grant)> {
    let days = grants.iter().map(|grant| Some((grant.last?, *grant)));
    let days: Option<Vec<_>> = days.collect();
    days?.into_iter().max_by_key(|(day, _)| *day)
}

/// Whether two grants are about the same. A directory is granted with all that lies below it.
fn has_part(one: &Granted, other: &Granted) -> bool {
    match (one, other) {
        (Granted::Path(one), Granted::Path(other)) => within(one, other) || within(other, one),
        _ => one == other,
    }
}

/// The destinations that a policy grants, and what each reaches: a group of names reaches several.
struct Destinations<'g>(Vec<(&'g Grant, Connections)>);

impl<'g> Destinations<'g> {
    fn of(resolved: &Resolved, grants: impl IntoIterator<Item = &'g Grant>) -> Self {
        let mut by_place: BTreeMap<Span, Vec<Connections>> = BTreeMap::new();
        for allowed in &resolved.network.allowed {
            let sets = by_place.entry(allowed.span).or_default();
            sets.push(connections(&allowed.value));
        }
        let all = grants.into_iter().filter_map(|grant| {
            let Granted::Destination(_) = grant.what else {
                return None;
            };
            let sets = by_place.remove(&grant.span)?;
            Some((grant, Connections::union_of(sets)))
        });
        Self(all.collect())
    }

    const fn len(&self) -> usize {
        self.0.len()
    }
}

/// The first day on which a parent's grant of something ended that the policy grants for longer, and that no other grant of
/// the parents' reaches for as long.
fn beyond<'g>(
    own: &Grant,
    (new, old): (&Destinations<'_>, &Destinations<'g>),
) -> Option<(Date, &'g Grant)> {
    let (_, reached) = new.0.iter().find(|(grant, _)| grant.span == own.span)?;
    let is_longer = |one: Option<Date>, than: Date| one.is_none_or(|one| one > than);
    let mut found: Option<(Date, &'g Grant)> = None;
    for (grant, set) in &old.0 {
        let Some(day) = grant.last.filter(|day| is_longer(own.last, *day)) else {
            continue;
        };
        if found.is_some_and(|(first, _)| first <= day) {
            continue;
        }
        let mut both = reached.intersection(set);
        for (other, set) in &old.0 {
            if both.is_empty() {
                break;
            }
            if is_longer(other.last, day) {
                both = both.difference(set);
            }
        }
        if !both.is_empty() {
            found = Some((day, grant));
        }
    }
    found
}
