//! Days of the calendar.

use std::fmt;

use super::error::QuantityError;
use super::grammar::{Rule, parse, range, shown};

/// A day, in the Gregorian calendar and UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year, from 1970.
    year: u16,
    /// From 1.
    month: u8,
    /// From 1.
    day: u8,
}

/// A day as ISO 8601 writes it: `2027-01-31`.
pub fn date(text: &str) -> Result<Date, QuantityError> {
    let help = "write a day as year, month and day: `2027-01-31`";
    let pairs = parse(Rule::date, text, help)?;
    let numbers: Vec<_> = pairs
        .iter()
        .filter(|pair| pair.as_rule() == Rule::digits)
        .collect();
    let [year, month, day] = numbers.as_slice() else {
        return Err(
            QuantityError::new(0..text.len(), format!("{} is not a day", shown(text)))
                .with_help(help),
        );
    };
    let lengths = [(year, 4, "year"), (month, 2, "month"), (day, 2, "day")];
    for (part, length, what) in lengths {
        if part.as_str().len() != length {
            let message = format!(
                "the {what} has {length} digits; found {}",
                shown(part.as_str())
            );
            return Err(QuantityError::new(range(part), message).with_help(help));
        }
    }
    let refuse = |part, message: String, help: String| {
        Err(QuantityError::new(range(part), message).with_help(help))
    };
    let (Ok(of_year), Ok(of_month), Ok(of_day)) = (
        year.as_str().parse::<u16>(),
        month.as_str().parse::<u8>(),
        day.as_str().parse::<u8>(),
    ) else {
        return refuse(
            year,
            format!("{} is not a day", shown(text)),
            help.to_owned(),
        );
    };
    if of_year < FIRST_YEAR {
        let message = format!("the year {of_year} is long over");
        return refuse(year, message, help.to_owned());
    }
    if !(1..=12).contains(&of_month) {
        let message = format!("there is no month {}", month.as_str());
        return refuse(
            month,
            message,
            "months go from 01 to 12, after the year".to_owned(),
        );
    }
    let last = days_in(of_year, of_month);
    if !(1..=last).contains(&of_day) {
        let message = format!(
            "{}-{} has no day {}",
            year.as_str(),
            month.as_str(),
            day.as_str()
        );
        return refuse(day, message, format!("its last day is the {last}th"));
    }
    Ok(Date {
        year: of_year,
        month: of_month,
        day: of_day,
    })
}

const FIRST_YEAR: u16 = 1970;

impl Date {
    /// The day of a time in seconds since 1970-01-01 00:00 UTC (time(2)); `None` beyond 9999.
    pub fn from_unix(seconds: u64) -> Option<Self> {
        let mut days = seconds / 86400;
        let mut year = FIRST_YEAR;
        loop {
            let length = if is_leap(year) { 366 } else { 365 };
            if days < length {
                break;
            }
            days -= length;
            year += 1;
            if year > 9999 {
                return None;
            }
        }
        let mut month = 1;
        while days >= u64::from(days_in(year, month)) {
            days -= u64::from(days_in(year, month));
            month += 1;
        }
        Some(Self {
            year,
            month,
            day: u8::try_from(days).ok()? + 1,
        })
    }

    /// Days since 1970-01-01.
    pub fn number(self) -> u32 {
        let years = (FIRST_YEAR..self.year).map(|year| if is_leap(year) { 366 } else { 365 });
        let months = (1..self.month).map(|month| u32::from(days_in(self.year, month)));
        years.sum::<u32>() + months.sum::<u32>() + u32::from(self.day) - 1
    }
}

const fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}
