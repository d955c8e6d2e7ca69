//! Times of day in UTC, as RFC 3339 writes them, from and to the time since 1970.

use core::time::Duration;

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
pub(crate) fn civil(mut days: u64) -> (u64, u64, u64) {
    let (mut year, mut month) = (1970_u64, 1_u64);
    loop {
        let Some(rest) = days.checked_sub(length(year, month)) else {
            return (year, month, days.saturating_add(1));
        };
        days = rest;
        (year, month) = following(year, month);
    }
}

fn length(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 });
    match month {
        2 => 28_u64.saturating_add(leap.into()),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn following(year: u64, month: u64) -> (u64, u64) {
    match month {
        12 => (year.saturating_add(1), 1),
        _ => (year, month.saturating_add(1)),
    }
}

/// The time since 1970 of a time of day in the one form that is written here,
/// `2000-02-29T23:59:59.123Z`; `None` for any other text.
pub fn parse_time(text: &[u8]) -> Option<Duration> {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000Z";
    let fits = |(byte, form): (&u8, &u8)| {
        if *form == b'0' {
            byte.is_ascii_digit()
        } else {
            byte == form
        }
    };
    if text.len() != FORM.len() || !text.iter().zip(FORM).all(fits) {
        return None;
    }
    let mut numbers = text
        .split(|byte| !byte.is_ascii_digit())
        .filter_map(|digits| core::str::from_utf8(digits).ok()?.parse::<u64>().ok());
    let mut below = |limit: u64| numbers.next().filter(|number| *number < limit);
    let (year, month, day) = (below(10_000)?, below(13)?, below(32)?);
    let (hours, minutes, seconds) = (below(24)?, below(60)?, below(60)?);
    let milliseconds = below(1000)?;
    if month == 0 || day == 0 || day > length(year, month) {
        return None;
    }
    let (mut at, mut days) = ((1970, 1), day.checked_sub(1)?);
    if (year, month) < at {
        return None;
    }
    while at < (year, month) {
        days = days.checked_add(length(at.0, at.1))?;
        at = following(at.0, at.1);
    }
    let whole = days
        .checked_mul(24)?
        .checked_add(hours)?
        .checked_mul(60)?
        .checked_add(minutes)?
        .checked_mul(60)?
        .checked_add(seconds)?;
    Duration::from_secs(whole).checked_add(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::{civil, parse_time};
    use core::time::Duration;

    #[test]
    fn dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(59), (1970, 3, 1));
        assert_eq!(civil(364), (1970, 12, 31));
        assert_eq!(civil(365), (1971, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_779), (2026, 11, 22));
    }

    #[test]
    fn what_is_written_is_read() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2000-02-29T23:59:59.123Z", 951_868_799_123),
            ("2026-11-22T00:00:00.007Z", 20_779 * 86_400_000 + 7),
        ] {
            let time = Duration::from_millis(millis);
            assert_eq!(parse_time(text.as_bytes()), Some(time), "{text}");
        }
    }

    #[test]
    fn another_text_is_no_time() {
        for text in [
            "",
            "2000-02-29T23:59:59Z",
            "2000-02-29 23:59:59.123Z",
            "2001-02-29T23:59:59.123Z",
            "2000-13-01T00:00:00.000Z",
            "2000-00-01T00:00:00.000Z",
            "2000-01-00T00:00:00.000Z",
            "1969-12-31T23:59:59.000Z",
            "2000-02-29T24:00:00.000Z",
            "2000-02-29T23:60:00.000Z",
            "2000-02-29T23:59:60.000Z",
            "+000-02-29T23:59:59.123Z",
        ] {
            assert_eq!(parse_time(text.as_bytes()), None, "{text}");
        }
    }
}
