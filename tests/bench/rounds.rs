//! Timing by rounds: in each, everybody runs once, so that what disturbs the machine disturbs all.

use crate::Fault;
use std::time::{Duration, Instant};

/// Times of one contender, by round.
#[derive(Debug, Default, Clone)]
pub(crate) struct Times {
    rounds: Vec<Duration>,
}

impl Times {
    /// From times by round.
    pub(crate) fn new(rounds: Vec<Duration>) -> Self {
        Self { rounds }
    }

    /// How many rounds there were.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.len()
    }

    /// By round, in nanoseconds.
    pub(crate) fn nanoseconds(&self) -> Vec<u64> {
        let number = |time: &Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.rounds.iter().map(number).collect()
    }

    /// The time that this percentage of rounds stays below.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        let mut sorted = self.rounds.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted
            .get(last * percent / 100)
            .copied()
            .unwrap_or_default()
    }

    /// The time in the middle.
    pub(crate) fn median(&self) -> Duration {
        self.at(50)
    }

    /// The middle of the ratios to `other`, round by round.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        let ratio =
            |(mine, others): (&Duration, &Duration)| mine.as_secs_f64() / others.as_secs_f64();
        let mut ratios = self
            .rounds
            .iter()
            .zip(&other.rounds)
            .map(ratio)
            .collect::<Vec<_>>();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Runs every contender once a round, each round in another order. Two rounds before the first
/// fill the caches and are not counted.
pub(crate) fn run<C>(
    contenders: &mut [C],
    rounds: usize,
    mut once: impl FnMut(&mut C) -> Result<Duration, Fault>,
) -> Result<Vec<Times>, Fault> {
    const WARM_UP: usize = 2;
    let mut times = vec![Times::default(); contenders.len()];
    for round in 0..rounds + WARM_UP {
        for place in 0..contenders.len() {
            // Forwards and backwards in turn, each time from another start.
            let step = if round % 2 == 0 {
                place
            } else {
                contenders.len() - 1 - place
            };
            let index = (step + round / 2) % contenders.len();
            if let (Some(contender), Some(times)) =
                (contenders.get_mut(index), times.get_mut(index))
            {
                let time = once(contender)?;
                if round >= WARM_UP {
                    times.rounds.push(time);
                }
            }
        }
    }
    Ok(times)
}

/// How long `work` takes.
pub(crate) fn clock<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}
