//! How much a policy leaves open: a number from 0 to 10 for each layer and for all of them, and
//! the changes that would lower it most.
//!
//! `docs/exposure-score.md` has the formula for people; its tables are compared with the ones here
//! by a test. The formula only adds up: each thing granted has points, more of it never has fewer, and
//! so granting more never lowers a score. All arithmetic is on whole numbers.

mod factor;
mod factors;
mod points;

pub use factor::{Factor, Layer};
pub use points::POINTS;

use crate::ir::Ir;
use crate::resolve::Resolved;
use crate::source::Span;

/// What a policy leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Each layer's score in tenths, 0 to 100, in the order of [`Layer::ALL`].
    pub layers: Vec<(Layer, u32)>,
    /// The overall score in tenths, 0 to 100.
    pub overall: u32,
    /// Everything that counts.
    pub factors: Vec<Factor>,
    /// The three changes that lower the overall score most, the best first: what to write, and the
    /// layer's and the overall score after it, in tenths.
    pub changes: Vec<Change>,
}

/// A change that lowers a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What to write.
    pub what: String,
    /// The layer that it is in.
    pub layer: Layer,
    /// That layer's score after the change, in tenths.
    pub layer_after: u32,
    /// The overall score after the change, in tenths.
    pub overall_after: u32,
    /// The place in the policy, where there is one.
    pub span: Option<Span>,
}

/// The score of a policy, of what it was resolved and lowered to. `key` gives the places of keys.
pub fn score(resolved: &Resolved, ir: &Ir, key: impl Fn(&str) -> Span) -> Score {
    of(factors::factors(resolved, ir, &key))
}

/// How many changes are named.
const CHANGES: usize = 3;

fn of(factors: Vec<Factor>) -> Score {
    let sums = Layer::ALL.map(|layer| (layer, sum(&factors, layer)));
    let before = exact(&sums);
    // By what the overall score is after the change.
    let mut best: Vec<(u32, &Factor, u32)> = Vec::new();
    for factor in &factors {
        let Some((_, left)) = &factor.change else {
            continue;
        };
        // The same calculation, with the change made.
        let changed = sums.map(|(layer, sum)| {
            if layer == factor.layer {
                (
                    layer,
                    sum.saturating_sub(factor.points).saturating_add(*left),
                )
            } else {
                (layer, sum)
            }
        });
        let after = exact(&changed);
        if after < before {
            let layer = changed.iter().find(|(layer, _)| *layer == factor.layer);
            best.push((after, factor, layer.map_or(0, |(_, sum)| (*sum).min(MOST))));
        }
    }
    // Stable: what lowers it as much stays in the order of the layers.
    best.sort_by_key(|(after, ..)| *after);
    let changes = best
        .into_iter()
        .take(CHANGES)
        .filter_map(|(after, factor, layer_after)| {
            let (what, _) = factor.change.as_ref()?;
            Some(Change {
                what: what.clone(),
                layer: factor.layer,
                layer_after,
                overall_after: rounded(after),
                span: factor.span,
            })
        });
    Score {
        layers: sums.map(|(layer, sum)| (layer, sum.min(MOST))).to_vec(),
        overall: rounded(before),
        changes: changes.collect(),
        factors,
    }
}

/// The highest score of a layer, in tenths.
const MOST: u32 = 100;

/// The sum of a layer's points. Its score is this, [`MOST`] at most.
fn sum(factors: &[Factor], layer: Layer) -> u32 {
    let points = factors
        .iter()
        .filter(|factor| factor.layer == layer)
        .map(|factor| factor.points);
    points.fold(0, u32::saturating_add)
}

/// The overall score in thousandths, of the layers' sums: the weighted mean, or six tenths of the
/// worst of the first four layers where that is more. One open door is enough, however well the
/// others are shut.
fn exact(sums: &[(Layer, u32)]) -> u32 {
    let score = |sum: u32| sum.min(MOST);
    let mean: u32 = sums
        .iter()
        .map(|(one, sum)| score(*sum) * one.weight())
        .sum();
    let worst = sums
        .iter()
        .take(4)
        .map(|(_, sum)| score(*sum))
        .max()
        .unwrap_or(0);
    mean.max(worst * 60)
}

const fn rounded(exact: u32) -> u32 {
    (exact + 50) / 100
}

/// The word for an overall score in tenths.
pub const fn word(score: u32) -> &'static str {
    match score {
        0..20 => "low",
        20..35 => "medium",
        35..60 => "high",
        _ => "extreme",
    }
}

/// A score in tenths as people write it: `2.7`.
pub fn number(score: u32) -> String {
    format!("{}.{}", score / 10, score % 10)
}

#[cfg(test)]
mod tests;
