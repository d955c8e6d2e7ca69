//! The time that a run may take, as the supervisor and init each keep it.
//!
//! When it is over, init asks the command to end; after the grace that follows, init ends, and the
//! kernel ends everything inside with it. The supervisor kills init at that second moment too. So the
//! time holds while the supervisor is stopped, and while init is held up.

use core::time::Duration;
use purple_plan::Process;
use purple_sys::clock::{Clock, now};
use rustix::io::Errno;

/// What there is to do, now that some time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing yet, or nothing any more.
    Nothing,
    /// The time is over: the command is asked to end. This comes once.
    Ask,
    /// The grace is over too: everything is killed. This comes once.
    Kill,
}

/// A clock of one run. A copy of it goes off at the same moments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeout {
    /// When the run began, by the monotonic clock, as the deadline.
    start: Duration,
    grace: Duration,
    /// When something is to be done; `None` where there is no limit, and after the kill.
    deadline: Option<Duration>,
    /// Whether the time was over.
    is_over: bool,
}

impl Timeout {
    /// Begins to count.
    pub(crate) fn start(process: &Process<'_>) -> Result<Self, Errno> {
        let limit = Duration::from_millis(process.timeout_ms);
        let grace = Duration::from_millis(process.grace_ms);
        Ok(Self::from(now(Clock::Monotonic)?, limit, grace))
    }

    fn from(start: Duration, limit: Duration, grace: Duration) -> Self {
        Self {
            start,
            grace,
            deadline: (!limit.is_zero()).then_some(start.saturating_add(limit)),
            is_over: false,
        }
    }

    /// How long the run has taken.
    pub(crate) fn passed(&self) -> Result<Duration, Errno> {
        Ok(now(Clock::Monotonic)?.saturating_sub(self.start))
    }

    /// How long there is to wait; `None` for as long as it takes.
    pub(crate) fn left(&self) -> Result<Option<Duration>, Errno> {
        match self.deadline {
            None => Ok(None),
            Some(deadline) => Ok(Some(deadline.saturating_sub(now(Clock::Monotonic)?))),
        }
    }

    /// Whether the time was over when it was looked at last.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// What is due. It is the caller's to do it, and to do it before anything that may take time.
    pub(crate) fn check(&mut self) -> Result<Due, Errno> {
        match self.deadline {
            None => Ok(Due::Nothing),
            Some(_) => Ok(self.check_at(now(Clock::Monotonic)?)),
        }
    }

    fn check_at(&mut self, time: Duration) -> Due {
        let Some(deadline) = self.deadline.filter(|&deadline| time >= deadline) else {
            return Due::Nothing;
        };
        if self.is_over {
            self.deadline = None;
            return Due::Kill;
        }
        self.is_over = true;
        // From the deadline and not from now: who looks late does not give more time.
        self.deadline = Some(deadline.saturating_add(self.grace));
        Due::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::{Due, Timeout};
    use core::time::Duration;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_asks_once_and_kills_once() {
        let mut timeout = Timeout::from(at(100), at(10), at(5));
        let dues = [109, 110, 111, 114, 115, 116].map(|time| timeout.check_at(at(time)));
        let (nothing, ask, kill) = (Due::Nothing, Due::Ask, Due::Kill);
        assert_eq!(dues, [nothing, ask, nothing, nothing, kill, nothing]);
        assert!(timeout.is_over());
        assert_eq!(timeout.left(), Ok(None));
    }

    #[test]
    fn who_looks_late_gives_no_more_time() {
        let mut timeout = Timeout::from(at(100), at(10), at(5));
        assert_eq!(timeout.check_at(at(200)), Due::Ask);
        assert_eq!(timeout.check_at(at(200)), Due::Kill);
    }

    #[test]
    fn without_a_limit_nothing_is_ever_due() {
        let mut timeout = Timeout::from(at(100), at(0), at(5));
        assert_eq!(timeout.left(), Ok(None));
        assert_eq!(timeout.check_at(Duration::MAX), Due::Nothing);
        assert!(!timeout.is_over());
    }
}
