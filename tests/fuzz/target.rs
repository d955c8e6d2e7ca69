//! What is done with one input, in the fuzzer and when the corpus is replayed.

use purplec::diagnostics::{Severity, Sink, render};
use purplec::format::format;
use purplec::parse;
use purplec::pipeline::{self, Options, Stage};
use purplec::source::Source;

/// Runs the stages on bytes. Panics where the compiler breaks one of its promises: a policy with no
/// finding has every stage, and a finding's place is in the text.
pub(crate) fn examine(bytes: &[u8]) {
    let mut sink = Sink::new();
    let source = parse::decode("policy.yaml", bytes.to_vec(), &mut sink);
    let options = Options {
        emit: Some(Stage::Ir),
        ..Options::default()
    };
    let outcome = match pipeline::compile(&source, &options, sink) {
        Ok(outcome) => outcome,
        Err(fault) => panic!("a fault of the compiler: {fault}"),
    };
    let found = &outcome.diagnostics;
    let failed = found.iter().any(|one| one.severity == Severity::Error);
    assert!(
        failed || outcome.listing.is_some(),
        "no finding and no result"
    );
    for one in found {
        let text = &outcome.sources.of(one.span).text;
        let places = one
            .related
            .iter()
            .map(|related| related.span)
            .chain([one.span]);
        for span in places.filter(|span| span.file == one.span.file) {
            assert!(
                span.start <= span.end && span.end <= text.len(),
                "{}: {span:?}",
                one.code
            );
        }
    }
    assert!(found.is_empty() || !render::human(&outcome.sources, found).is_empty());
    formatted(bytes);
}

/// Formats the text: what is YAML is formatted, and the result compiles to the same policy.
fn formatted(bytes: &[u8]) {
    let mut sink = Sink::new();
    let source = parse::decode("policy.yaml", bytes.to_vec(), &mut sink);
    if sink.has_errors() {
        return;
    }
    match format(&source, &mut sink) {
        Err(fault) => panic!("a fault of the formatter: {fault}"),
        Ok(None) => {}
        Ok(Some(text)) => assert_eq!(policy(&Source::new("policy.yaml", text)), policy(&source)),
    }
}

/// The policy that a text is; `None` where it is none.
fn policy(source: &Source) -> Option<String> {
    let options = Options {
        emit: Some(Stage::Policy),
        ..Options::default()
    };
    match pipeline::compile(source, &options, Sink::new()) {
        Ok(outcome) => outcome.listing,
        Err(fault) => panic!("a fault of the compiler: {fault}"),
    }
}
