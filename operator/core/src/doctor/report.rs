//! What an examination has found: one check for each thing that a sandbox needs or can use.

use purple_host::probe::StepError;
use serde::{Serialize, Serializer};

/// Everything that was found. As JSON it is what `schema/doctor.schema.json` describes.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The number of this form.
    pub purple_doctor: u32,
    /// Whether no required layer is missing.
    pub ready: bool,
    /// Who asked: `root` or `ordinary`.
    pub user: purplec::target::User,
    /// The kernel's release, as uname(2) says it.
    pub kernel: String,
    /// The machine, as uname(2) says it.
    pub machine: String,
    /// The checks, in the order in which a sandbox is built.
    pub checks: Vec<Check>,
}

/// One thing that a sandbox needs or can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is about.
    pub subject: Subject,
    /// Which runs need it.
    pub need: Need,
    /// What came of trying it.
    pub result: CheckResult,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The check's permanent name.
    pub id: &'static str,
    /// The layer of the sandbox that it belongs to.
    pub layer: &'static str,
    /// What is lost without it.
    pub why: &'static str,
}

/// Which runs need what is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// All under the shipped profiles.
    Always,
    /// Those whose policy has this, in words for people.
    OnlyWith(&'static str),
    /// None.
    Never,
}

/// What came of trying something. The texts are for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckResult {
    /// It works, with what is worth knowing of it.
    Ok(String),
    /// A part of it works, or it is not what people may expect.
    Degraded {
        /// What was found.
        found: String,
        /// What to type, or to change.
        fix: String,
    },
    /// It was not tried, because this is missing.
    Untried {
        /// What it needs.
        needs: String,
    },
    /// It does not work.
    Missing {
        /// What was found.
        found: String,
        /// What to type, or to change.
        fix: String,
    },
}

impl CheckResult {
    /// It works, and there is nothing to say about it.
    pub(super) const fn ok() -> Self {
        Self::Ok(String::new())
    }

    /// It works, or the error says why it does not; then `fix` says what helps.
    pub(super) fn of_step(result: Result<(), StepError>, fix: impl FnOnce() -> String) -> Self {
        match result {
            Ok(()) => Self::ok(),
            Err(StepError::NotReached { needs }) => Self::Untried { needs },
            Err(error) => Self::Missing {
                found: error.to_string(),
                fix: fix(),
            },
        }
    }

    /// Whether it works in full.
    pub(super) const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok(_))
    }
}

/// Whether something works, from the worst to the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does not, and runs need it.
    Missing,
    /// What it needs is missing.
    Untried,
    /// A part of it does, or no run under the shipped profiles needs it.
    Degraded,
    /// It does.
    Ok,
}

impl Check {
    /// One that every run needs.
    pub(super) const fn required(subject: Subject, result: CheckResult) -> Self {
        let need = Need::Always;
        Self {
            subject,
            need,
            result,
        }
    }

    /// One that no run needs.
    pub(super) const fn optional(subject: Subject, result: CheckResult) -> Self {
        let need = Need::Never;
        Self {
            subject,
            need,
            result,
        }
    }

    /// Whether it works.
    pub fn state(&self) -> State {
        match &self.result {
            CheckResult::Ok(_) => State::Ok,
            CheckResult::Missing { .. } if self.is_required() => State::Missing,
            CheckResult::Degraded { .. } | CheckResult::Missing { .. } => State::Degraded,
            CheckResult::Untried { .. } => State::Untried,
        }
    }

    /// Whether every run under the shipped profiles needs it.
    pub fn is_required(&self) -> bool {
        self.need == Need::Always
    }

    /// Whether runs are refused for it.
    pub fn is_obstacle(&self) -> bool {
        self.is_required() && self.state() < State::Degraded
    }

    /// What was found, for people.
    pub fn found(&self) -> String {
        match &self.result {
            CheckResult::Ok(found)
            | CheckResult::Degraded { found, .. }
            | CheckResult::Missing { found, .. } => found.clone(),
            CheckResult::Untried { needs } => format!("it needs {needs}"),
        }
    }

    /// What to type, or to change, where it is not ok.
    pub fn fix(&self) -> Option<&str> {
        match &self.result {
            CheckResult::Degraded { fix, .. } | CheckResult::Missing { fix, .. } => Some(fix),
            CheckResult::Ok(_) | CheckResult::Untried { .. } => None,
        }
    }
}

/// A check as JSON has it.
#[derive(Serialize)]
struct Members<'a> {
    id: &'a str,
    layer: &'a str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_by: Option<&'a str>,
    state: State,
    found: String,
    why: &'a str,
    fix: Option<&'a str>,
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Subject { id, layer, why } = self.subject;
        let required_by = match self.need {
            Need::OnlyWith(what) => Some(what),
            Need::Always | Need::Never => None,
        };
        Members {
            id,
            layer,
            required: self.is_required(),
            required_by,
            state: self.state(),
            found: self.found(),
            why,
            fix: self.fix(),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, CheckResult, Need, State, Subject};
    use purple_host::Errno;
    use purple_host::probe::StepError;

    const SUBJECT: Subject = Subject {
        id: "a",
        layer: "audit",
        why: "no notification",
    };

    fn check(need: Need, result: Result<(), StepError>) -> Check {
        Check {
            subject: SUBJECT,
            need,
            result: CheckResult::of_step(result, || "a kernel".to_owned()),
        }
    }

    #[test]
    fn what_only_some_policies_need_is_degraded_where_it_is_missing() {
        let failed = || {
            Err(StepError::Failed {
                step: "listening",
                errno: Errno::EBUSY,
            })
        };
        let some = check(Need::OnlyWith("`on_deny: notify`"), failed());
        assert_eq!((some.is_required(), some.state()), (false, State::Degraded));
        let json = serde_json::to_value(&some).unwrap_or_default();
        assert_eq!(json.get("required_by"), Some(&"`on_deny: notify`".into()));

        let all = check(Need::Always, failed());
        assert_eq!((all.is_obstacle(), all.state()), (true, State::Missing));
        let json = serde_json::to_value(all).unwrap_or_default();
        assert_eq!(json.get("required_by"), None, "required by all");
        let found = "listening: EBUSY (device or resource busy)";
        assert_eq!(json.get("found"), Some(&found.into()));
        assert_eq!(json.get("fix"), Some(&"a kernel".into()));
    }

    #[test]
    fn what_was_not_tried_names_what_it_needs_and_has_no_fix() {
        let needs = "unshare".to_owned();
        let check = check(Need::Always, Err(StepError::NotReached { needs }));
        assert!(check.is_obstacle());
        let json = serde_json::to_value(check).unwrap_or_default();
        assert_eq!(json.get("state"), Some(&"untried".into()));
        assert_eq!(json.get("found"), Some(&"it needs unshare".into()));
        assert_eq!(json.get("fix"), Some(&serde_json::Value::Null));
    }
}
