//! Every test that crosses crate boundaries, in one executable. A tier is a module, and is chosen by the
//! beginning of the tests' names: `cargo nextest run -p purple-tests e2e::files`.

#[macro_use(scenarios)]
extern crate purple_tests;

mod adversarial;
mod e2e;
mod spec;
mod tidy;
