//! How a run ended: exactly, and in one of five words.

use crate::declare::words;

words! {
    /// How a run ended, exactly.
    Outcome {
        /// the command exited
        Exited = "exited",
        /// a signal ended the command: one of its own, one that was sent to it, or one from a filter that kills
        Signaled = "signaled",
        /// the time limit of the policy was reached
        Timeout = "timeout",
        /// the memory limit was reached, and the kernel killed the whole control group
        OutOfMemory = "out_of_memory",
        /// the sandbox's first process or purple-exec was killed from outside, or the report cannot be read
        Killed = "killed",
        /// the recorder of denied calls was killed, and the policy does not let a run continue without it
        RecorderEnded = "recorder_ended",
        /// the command was not started: a step failed, or the command cannot be executed
        Refused = "refused",
    }
}

words! {
    /// How a run ended, in one of five words.
    Status {
        /// the command exited with 0
        Completed = "completed",
        /// the command ended in another way
        Failed = "failed",
        /// the time limit was reached
        Timeout = "timeout",
        /// the run was ended for another reason
        Killed = "killed",
        /// the command was not started
        Refused = "refused",
    }
}

/// The exit status of purple-exec where it refuses a run before the command starts.
pub const SETUP_REFUSED: u8 = 125;

/// The exit status of purple-exec where the command was not found inside.
pub const COMMAND_NOT_FOUND: u8 = 127;

impl Outcome {
    /// What the exit status of a purple-exec means that has written no report: it writes none where it
    /// refuses a run before it looks at where the report goes, and where it was killed.
    pub const fn without_report(exit_code: u8) -> Self {
        match exit_code {
            SETUP_REFUSED => Self::Refused,
            _ => Self::Killed,
        }
    }
}

impl Status {
    /// What an outcome and an exit status are in one word.
    pub const fn of(outcome: Outcome, exit_code: u64) -> Self {
        match outcome {
            Outcome::Exited if exit_code == 0 => Self::Completed,
            Outcome::Exited | Outcome::Signaled => Self::Failed,
            Outcome::Timeout => Self::Timeout,
            Outcome::OutOfMemory | Outcome::Killed | Outcome::RecorderEnded => Self::Killed,
            Outcome::Refused => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Status};

    #[test]
    fn every_status_has_an_outcome() {
        for status in Status::ALL {
            let found = Outcome::ALL.iter().any(|outcome| {
                [0, 1]
                    .iter()
                    .any(|code| Status::of(*outcome, *code) == *status)
            });
            assert!(found, "{status:?}");
        }
    }

    #[test]
    fn only_an_exit_status_of_0_is_completed() {
        assert_eq!(Status::of(Outcome::Exited, 0), Status::Completed);
        for code in [1, 124, 125, 137, 255] {
            assert_eq!(Status::of(Outcome::Exited, code), Status::Failed);
        }
        for outcome in Outcome::ALL.iter().skip(1) {
            assert_eq!(Status::of(*outcome, 0), Status::of(*outcome, 1));
            assert_ne!(Status::of(*outcome, 0), Status::Completed, "{outcome:?}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::named(outcome.name().as_bytes()), Some(*outcome));
        }
        assert_eq!(Outcome::named(b"Exited"), None);
        assert_eq!(Outcome::named(b""), None);
    }
}
