//! Sizes and rates, durations, ports, addresses and dates: text to numbers, with an error's place
//! inside the text.

mod address;
mod date;
mod duration;
mod port;

pub use address::{address, address_block};
pub use date::{Date, date};
pub use duration::duration;
pub use port::ports;

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pair;
use std::ops::Range;

/// A size in bytes: `4096`, `512M`, `2GiB`, `1GB`. `K`, `M`, `G`, `T` and `Ki`, `KiB`, ... are
/// powers of 1024; `KB`, `MB`, `GB`, `TB` are powers of 1000. Zero is not a size.
pub fn size(text: &str) -> Result<u64, QuantityError> {
    measured(text, Kind::Size)
}

/// A rate in bytes per second: a size with an optional `ps` or `/s` at its end.
pub fn rate(text: &str) -> Result<u64, QuantityError> {
    measured(text, Kind::Rate)
}

/// What is wrong with a quantity, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantityError {
    /// The bytes of the text that are wrong.
    pub range: Range<usize>,
    /// What was found.
    pub message: String,
    /// What to type instead.
    pub help: String,
}

impl QuantityError {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            range,
            message: message.into(),
            help: String::new(),
        }
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

use grammar::{Grammar, Rule};

mod grammar {
    //! What `pest` generates.

    #[derive(pest_derive::Parser)]
    #[grammar = "resolve/quantity.pest"]
    pub(super) struct Grammar;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Size,
    Rate,
}

impl Kind {
    fn help(self) -> &'static str {
        match self {
            Kind::Size => {
                "write a whole number of bytes, or one with a unit: `4096`, `512M`, `2GiB`"
            }
            Kind::Rate => "write bytes per second, or a number with a unit: `100M`, `100MBps`",
        }
    }
}

fn measured(text: &str, kind: Kind) -> Result<u64, QuantityError> {
    let help = kind.help();
    let pairs = parse(Rule::size, text, help)?;
    let mut number: u64 = 0;
    let mut factor: u64 = 1;
    for pair in pairs {
        let at = range(&pair);
        match pair.as_rule() {
            Rule::sign => return Err(signed(&pair, help)),
            Rule::digits => {
                number = pair.as_str().parse().map_err(|_| too_large(at, kind))?;
                if number == 0 {
                    return Err(QuantityError::new(range(&pair), "zero is not a limit")
                        .with_help("leave the key out for the default, or give a number above 0"));
                }
            }
            Rule::fraction => {
                return Err(QuantityError::new(at, "a fraction is not accepted")
                    .with_help("use a smaller unit: `1536M` for one and a half `G`"));
            }
            Rule::word => factor = unit(pair.as_str(), at, kind)?,
            Rule::per => {
                let accepted = kind == Kind::Rate && pair.as_str() == "/s";
                if !accepted {
                    return Err(QuantityError::new(
                        at,
                        format!("{} does not belong here", shown(pair.as_str())),
                    )
                    .with_help(help));
                }
            }
            _ => {}
        }
    }
    number
        .checked_mul(factor)
        .ok_or_else(|| too_large(0..text.len(), kind))
}

/// The factor that a unit stands for.
fn unit(word: &str, at: Range<usize>, kind: Kind) -> Result<u64, QuantityError> {
    let base = match kind {
        Kind::Rate => word.strip_suffix("ps").unwrap_or(word),
        Kind::Size => word,
    };
    let mut letters = base.chars();
    let power = match letters.next() {
        // `100Bps`, and `100ps`, whose unit is only its end.
        None => 0,
        Some('B') if base == "B" => return Ok(1),
        Some('K' | 'k') => 1,
        Some('M') => 2,
        Some('G') => 3,
        Some('T') => 4,
        Some(_) => return Err(unknown_unit(word, at, kind)),
    };
    match letters.as_str() {
        "" | "i" | "iB" => Ok(1024_u64.pow(power)),
        "B" => Ok(1000_u64.pow(power)),
        _ => Err(unknown_unit(word, at, kind)),
    }
}

fn unknown_unit(word: &str, at: Range<usize>, kind: Kind) -> QuantityError {
    let upper = word
        .chars()
        .next()
        .map(|first| first.to_ascii_uppercase().to_string());
    let corrected = upper.filter(|first| matches!(first.as_str(), "K" | "M" | "G" | "T"));
    let help = match (corrected, kind) {
        (_, Kind::Size) if word.ends_with("ps") => {
            "this is a size, not a rate: leave `ps` out".to_owned()
        }
        (Some(first), _) => {
            format!(
                "the units are `{first}` and `{first}iB` (powers of 1024) and `{first}B` (of 1000)"
            )
        }
        (None, _) => "the units are `K`, `M`, `G`, `T`, also `KiB`, `KB` and so on".to_owned(),
    };
    QuantityError::new(at, format!("{} is not a unit", shown(word))).with_help(help)
}

fn too_large(at: Range<usize>, kind: Kind) -> QuantityError {
    let noun = match kind {
        Kind::Size => "size",
        Kind::Rate => "rate",
    };
    QuantityError::new(at, format!("the {noun} does not fit in 64 bits"))
        .with_help("leave the key out for the default")
}

fn signed(pair: &Pair<'_, Rule>, help: &str) -> QuantityError {
    let what = if pair.as_str() == "-" {
        "a negative number"
    } else {
        "a sign"
    };
    QuantityError::new(range(pair), format!("{what} is not accepted")).with_help(help)
}

/// The parts that a grammar finds in a text, or where it stopped.
fn parse<'t>(rule: Rule, text: &'t str, help: &str) -> Result<Vec<Pair<'t, Rule>>, QuantityError> {
    match Grammar::parse(rule, text) {
        Ok(mut pairs) => Ok(pairs
            .next()
            .map(|whole| whole.into_inner().collect())
            .unwrap_or_default()),
        Err(error) => {
            let at = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            let rest = text.get(at..).unwrap_or("");
            let (range, message) = match rest.chars().next() {
                Some(_) => (
                    at..text.len(),
                    format!("{} does not belong here", shown(rest)),
                ),
                None if text.is_empty() => (0..0, "the text is empty".to_owned()),
                None => (0..text.len(), format!("{} is not complete", shown(text))),
            };
            Err(QuantityError::new(range, message).with_help(help))
        }
    }
}

fn shown(text: &str) -> String {
    crate::diagnostics::quote(text)
}

fn range(pair: &Pair<'_, Rule>) -> Range<usize> {
    let span = pair.as_span();
    span.start()..span.end()
}

#[cfg(test)]
#[path = "quantity_tests.rs"]
mod tests;
