//! The parts that the grammar of quantities finds in a text, and the errors that all kinds share.

use super::error::QuantityError;
use generated::Grammar;
pub(super) use generated::Rule;
use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::Pair;
use std::ops::Range;

mod generated {
    //! What `pest` generates.

    #[derive(pest_derive::Parser)]
    #[grammar = "quantity/quantity.pest"]
    pub(super) struct Grammar;
}

pub(super) fn signed(pair: &Pair<'_, Rule>, help: &str) -> QuantityError {
    let what = if pair.as_str() == "-" {
        "a negative number"
    } else {
        "a sign"
    };
    QuantityError::new(range(pair), format!("{what} is not accepted")).with_help(help)
}

/// The parts that a grammar finds in a text, or where it stopped.
pub(super) fn parse<'t>(
    rule: Rule,
    text: &'t str,
    help: &str,
) -> Result<Vec<Pair<'t, Rule>>, QuantityError> {
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

pub(super) fn shown(text: &str) -> String {
    crate::diagnostics::quote(text)
}

pub(super) fn range(pair: &Pair<'_, Rule>) -> Range<usize> {
    let span = pair.as_span();
    span.start()..span.end()
}
