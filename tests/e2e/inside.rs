//! What a program inside finds, as the tests here ask for it.

pub(crate) use purple_tests::inside::{PYTHON, facts, facts_under, python, script};
