//! Programs against the evaluator.
