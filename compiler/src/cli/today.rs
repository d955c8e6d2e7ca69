//! Which day it is: the one thing that a check looks at besides the policy.

use purplec::diagnostics::render::visible;
use purplec::quantity::Date;
use std::time::SystemTime;

/// The day in UTC, of `SOURCE_DATE_EPOCH` where it is set
/// (<https://reproducible-builds.org/specs/source-date-epoch/>), else of the clock. The error is a
/// whole message.
pub(super) fn today() -> Result<Date, String> {
    let seconds = match std::env::var_os("SOURCE_DATE_EPOCH") {
        None => SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .map(|t| t.as_secs()),
        Some(text) => Some(
            text.to_str()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| {
                    let text = text.to_string_lossy();
                    format!(
                        "purplec: SOURCE_DATE_EPOCH is not a number of seconds: {}",
                        visible(&text)
                    )
                })?,
        ),
    };
    seconds
        .and_then(Date::from_unix)
        .ok_or_else(|| "purplec: the day is not between 1970 and 9999".to_owned())
}
