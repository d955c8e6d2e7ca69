//! Sizes in bytes, and rates in bytes per second.

use super::error::QuantityError;
use super::grammar::{Rule, parse, range, shown, signed};
use purple_plan::MAX_TMPFS_BYTES;
use std::ops::Range;

/// The largest size, in bytes: 8,388,607 TiB, the last whole TiB below 2^63. What lies above, the
/// kernel rounds to a tmpfs without a limit (see [`MAX_TMPFS_BYTES`]), or counts as no limit on
/// memory (`page_counter_memparse` in `mm/page_counter.c`: `PAGE_COUNTER_MAX`).
pub const LARGEST_SIZE: u64 = MAX_TMPFS_BYTES;

/// The largest rate, in bytes per second: 1024 TiB. Up to Linux 6.0 the kernel multiplied a rate by
/// the time in ticks in 64 bits, so that larger ones wrapped (`tg_with_in_bps_limit` in
/// block/blk-throttle.c); 2^64 - 1 means no limit.
pub const LARGEST_RATE: u64 = 1 << 50;

/// A size in bytes: `4096`, `512M`, `2GiB`, `1GB`. `K`, `M`, `G`, `T` and `Ki`, `KiB`, ... are
/// powers of 1024; `KB`, `MB`, `GB`, `TB` are powers of 1000. Zero is not a size, and none is above
/// [`LARGEST_SIZE`].
pub fn size(text: &str) -> Result<u64, QuantityError> {
    measured(text, SizeUnit::Size)
}

/// A rate in bytes per second: a size with an optional `ps` or `/s` at its end, up to
/// [`LARGEST_RATE`].
pub fn rate(text: &str) -> Result<u64, QuantityError> {
    measured(text, SizeUnit::Rate)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SizeUnit {
    Size,
    Rate,
}

impl SizeUnit {
    /// The largest, as a number and as a text.
    const fn largest(self) -> (u64, &'static str) {
        match self {
            SizeUnit::Size => (LARGEST_SIZE, "8388607T"),
            SizeUnit::Rate => (LARGEST_RATE, "1024T"),
        }
    }

    fn help(self) -> &'static str {
        match self {
            SizeUnit::Size => {
                "write a whole number of bytes, or one with a unit: `4096`, `512M`, `2GiB`"
            }
            SizeUnit::Rate => "write bytes per second, or a number with a unit: `100M`, `100MBps`",
        }
    }
}

fn measured(text: &str, kind: SizeUnit) -> Result<u64, QuantityError> {
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
                    return Err(
                        QuantityError::new(range(&pair), "zero is not a limit").with_help(
                            "leave the key out for the default, or write a number above 0",
                        ),
                    );
                }
            }
            Rule::fraction => {
                return Err(QuantityError::new(at, "a fraction is not accepted")
                    .with_help("use a smaller unit: `1536M` for one and a half `G`"));
            }
            Rule::word => factor = unit(pair.as_str(), at, kind)?,
            Rule::per => {
                let accepted = kind == SizeUnit::Rate && pair.as_str() == "/s";
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
        .filter(|&total| total <= kind.largest().0)
        .ok_or_else(|| too_large(0..text.len(), kind))
}

/// The factor that a unit stands for.
fn unit(word: &str, at: Range<usize>, kind: SizeUnit) -> Result<u64, QuantityError> {
    let base = match kind {
        SizeUnit::Rate => word.strip_suffix("ps").unwrap_or(word),
        SizeUnit::Size => word,
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

fn unknown_unit(word: &str, at: Range<usize>, kind: SizeUnit) -> QuantityError {
    let upper = word
        .chars()
        .next()
        .map(|first| first.to_ascii_uppercase().to_string());
    let corrected = upper.filter(|first| matches!(first.as_str(), "K" | "M" | "G" | "T"));
    let help = match (corrected, kind) {
        (_, SizeUnit::Size) if word.ends_with("ps") => {
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

fn too_large(at: Range<usize>, kind: SizeUnit) -> QuantityError {
    let noun = match kind {
        SizeUnit::Size => "size",
        SizeUnit::Rate => "rate",
    };
    let (_, largest) = kind.largest();
    QuantityError::new(
        at,
        format!("the {noun} is above {largest}, the most that the kernel counts"),
    )
    .with_help("leave the key out for the default")
}
