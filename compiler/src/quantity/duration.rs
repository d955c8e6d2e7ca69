//! Durations in whole seconds.

use super::error::QuantityError;
use super::grammar::{Rule, parse, range, shown, signed};

/// A time in seconds: `90`, `90s`, `15m`, `1h30m`, `2d`. Zero is not a time.
pub fn duration(text: &str) -> Result<u64, QuantityError> {
    let mut total: u64 = 0;
    let mut above = u64::MAX;
    let pairs = parse(Rule::duration, text, HELP)?;
    let parts = pairs
        .iter()
        .filter(|pair| pair.as_rule() == Rule::time)
        .count();
    for pair in pairs {
        if pair.as_rule() == Rule::sign {
            return Err(signed(&pair, HELP));
        }
        if pair.as_rule() != Rule::time {
            continue;
        }
        let whole = range(&pair);
        let whole = whole.start..whole.start + pair.as_str().trim_end().len();
        let (mut number, mut seconds, mut unit) = (0_u64, 1_u64, None);
        for piece in pair.into_inner() {
            let at = range(&piece);
            match piece.as_rule() {
                Rule::digits => number = piece.as_str().parse().map_err(|_| too_long(at))?,
                Rule::fraction => {
                    return Err(QuantityError::new(at, "a fraction is not accepted")
                        .with_help("use a smaller unit: `90m` instead of `1.5h`"));
                }
                Rule::word => {
                    seconds = factor(piece.as_str()).ok_or_else(|| unknown(piece.as_str(), at))?;
                    unit = Some(piece.as_str());
                }
                _ => {}
            }
        }
        if unit.is_none() && parts > 1 {
            let message = format!(
                "{} has no unit",
                shown(text.get(whole.clone()).unwrap_or(""))
            );
            return Err(QuantityError::new(whole, message).with_help(HELP));
        }
        if seconds >= above {
            let message = "the units go from the largest to the smallest, each once";
            return Err(QuantityError::new(whole, message).with_help("write `1h30m`"));
        }
        above = seconds;
        total = number
            .checked_mul(seconds)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| too_long(whole))?;
    }
    if total == 0 {
        return Err(QuantityError::new(0..text.len(), "zero is not a time")
            .with_help("leave the key out for no limit, or write a time above 0"));
    }
    Ok(total)
}

const HELP: &str = "write seconds, or a time with units: `90s`, `15m`, `1h30m`";

/// The seconds of a unit.
fn factor(unit: &str) -> Option<u64> {
    match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        "d" => Some(86400),
        _ => None,
    }
}

fn unknown(unit: &str, at: std::ops::Range<usize>) -> QuantityError {
    let lower = unit.to_ascii_lowercase();
    let help = match lower.as_str() {
        "ms" | "us" | "ns" | "msec" => {
            "a time is whole seconds: the smallest unit is `s`".to_owned()
        }
        "w" | "week" | "weeks" => "write days: `7d`".to_owned(),
        lower if lower.starts_with("mo") || lower.starts_with('y') => {
            "write days: `30d`".to_owned()
        }
        lower => match lower.chars().next() {
            Some(first) if "smhd".contains(first) => format!("write `{first}`"),
            _ => "the units are `d`, `h`, `m` and `s`".to_owned(),
        },
    };
    QuantityError::new(at, format!("{} is not a unit of time", shown(unit))).with_help(help)
}

fn too_long(at: std::ops::Range<usize>) -> QuantityError {
    QuantityError::new(at, "the time does not fit in 64 bits")
        .with_help("leave the key out for no limit")
}
