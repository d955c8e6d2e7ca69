//! The `purplec` command.

fn main() {}
