//! What was found, and how it is shown.

use purplec::diagnostics::render::visible;
use serde::Serialize;
use std::collections::BTreeSet;

/// Whether something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It does not.
    Missing,
    /// What it needs is missing.
    Untried,
    /// A part of it does, or it is not what people may expect.
    Degraded,
    /// It does.
    Ok,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Untried => "not tried",
            Self::Degraded => "degraded",
            Self::Ok => "ok",
        }
    }

    /// The colour that terminals know it by: red, grey, yellow, green (ECMA-48).
    const fn colour(self) -> &'static str {
        match self {
            Self::Missing => "31",
            Self::Untried => "90",
            Self::Degraded => "33",
            Self::Ok => "32",
        }
    }
}

/// What the reason begins with where something was not tried.
pub(super) const UNTRIED: &str = "not tried: ";

/// One thing that a sandbox needs or can use.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Check {
    /// Its permanent name.
    pub(super) id: &'static str,
    /// The layer of the sandbox that it belongs to.
    pub(super) layer: &'static str,
    /// Whether no run under the shipped profiles goes without it.
    pub(super) required: bool,
    /// What a policy has where a run is refused without it, for people; none where no run is, or all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) required_by: Option<&'static str>,
    /// Whether it works.
    pub(super) state: State,
    /// What was found.
    pub(super) found: String,
    /// What is lost without it.
    pub(super) why: &'static str,
    /// What to type, or to change, where it is not ok.
    pub(super) fix: Option<String>,
}

impl Check {
    /// One that works.
    pub(super) fn ok(id: &'static str, layer: &'static str, why: &'static str) -> Self {
        let (required, state, found) = (true, State::Ok, String::new());
        Self {
            id,
            layer,
            required,
            required_by: None,
            state,
            found,
            why,
            fix: None,
        }
    }

    /// One that works or is missing for a reason, with what helps.
    pub(super) fn new(
        (id, layer, why): (&'static str, &'static str, &'static str),
        found: Result<String, String>,
        fix: impl FnOnce() -> String,
    ) -> Self {
        let check = Self::ok(id, layer, why);
        match found {
            Ok(found) => check.found(found),
            Err(found) => match found.strip_prefix(UNTRIED) {
                Some(needs) => Self {
                    state: State::Untried,
                    ..check.found(needs)
                },
                None => check.found(found).is(State::Missing, fix()),
            },
        }
    }

    /// The same with what was found.
    pub(super) fn found(self, found: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            ..self
        }
    }

    /// The same in a worse state, with what helps.
    pub(super) fn is(self, state: State, fix: impl Into<String>) -> Self {
        Self {
            state,
            fix: Some(fix.into()),
            ..self
        }
    }

    /// The same, which a sandbox can do without.
    pub(super) fn optional(self) -> Self {
        let state = if self.state == State::Missing {
            State::Degraded
        } else {
            self.state
        };
        Self {
            required: false,
            state,
            ..self
        }
    }

    /// The same, which only sandboxes of policies that have this cannot do without.
    pub(super) fn required_by(self, what: &'static str) -> Self {
        Self {
            required_by: Some(what),
            ..self.optional()
        }
    }
}

/// Everything that was found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// The number of this form.
    pub(super) purple_doctor: u32,
    /// Whether no required layer is missing.
    pub(super) ready: bool,
    /// Who asked: `root` or `ordinary`.
    pub(super) user: purplec::target::User,
    /// The kernel's release, as uname(2) says it.
    pub(super) kernel: String,
    /// The machine, as uname(2) says it.
    pub(super) machine: String,
    /// The checks, in the order in which a sandbox is built.
    pub(super) checks: Vec<Check>,
}

impl Report {
    /// For people: the worst first, one line for what works.
    pub(super) fn human(&self, colour: bool) -> String {
        let paint = |code: &str, text: &str| {
            if colour {
                format!("\x1b[{code}m{text}\x1b[0m")
            } else {
                text.to_owned()
            }
        };
        let mut checks: Vec<&Check> = self.checks.iter().collect();
        checks.sort_by_key(|check| (check.state, !check.required));
        let wide = checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
        let mut out = String::new();
        for check in checks {
            let word = paint(check.state.colour(), &format!("{:9}", check.state.word()));
            let line = format!("{word} {:wide$}  {}", check.id, visible(&check.found));
            out.extend([line.trim_end(), "\n"]);
            if let Some(fix) = &check.fix {
                let indent = " ".repeat(wide.saturating_add(12));
                let needed = match (check.required, check.required_by) {
                    (true, _) => String::new(),
                    (false, Some(what)) => format!(" (required by {what})"),
                    (false, None) => " (optional)".to_owned(),
                };
                out.extend([&indent, "why: ", check.why, &needed, "\n"]);
                out.extend([&indent, "fix: ", &visible(fix), "\n"]);
            }
        }
        let missing = self
            .checks
            .iter()
            .filter(|check| check.required && check.state < State::Degraded);
        let missing: BTreeSet<&str> = missing.map(|check| check.layer).collect();
        let who = match self.user {
            purplec::target::User::Root => "root",
            purplec::target::User::Ordinary => "this user",
        };
        let host = visible(&format!("Linux {}, {}", self.kernel, self.machine));
        let layers: Vec<_> = missing.into_iter().collect();
        let verdict = if layers.is_empty() {
            format!("{who} can run sandboxes here with every layer")
        } else {
            format!("what is missing for {who}: {}", layers.join(", "))
        };
        let verdict = paint("1", &verdict);
        out.extend([&verdict, " (", &host, ")\n"]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Report, State};

    /// What a check without which no run is refused looks like, for people and for programs.
    #[test]
    fn what_only_some_policies_require_is_said_with_what_requires_it() {
        let check = |found: Result<String, String>| {
            Check::new(("a", "audit", "nobody is told"), found, || {
                "a kernel".to_owned()
            })
        };
        let human = |check: Check| {
            let report = Report {
                purple_doctor: 1,
                ready: true,
                user: purplec::target::User::Root,
                kernel: String::new(),
                machine: String::new(),
                checks: vec![check],
            };
            report.human(false)
        };
        let missing = || check(Err("EBUSY".to_owned()));
        let some = missing().required_by("`on_deny: notify`");
        assert_eq!((some.required, some.state), (false, State::Degraded));
        let json = serde_json::to_value(&some).unwrap_or_default();
        assert_eq!(json.get("required_by"), Some(&"`on_deny: notify`".into()));
        assert!(human(some).contains("why: nobody is told (required by `on_deny: notify`)\n"));

        assert!(human(missing().optional()).contains("nobody is told (optional)\n"));
        assert!(human(missing()).contains("nobody is told\n"));
        let json = serde_json::to_value(missing()).unwrap_or_default();
        assert_eq!(json.get("required_by"), None, "required by all");
    }
}
