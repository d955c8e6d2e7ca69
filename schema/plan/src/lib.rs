//! The byte format of a sealed plan.
