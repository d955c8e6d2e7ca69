//! The `purple` command.

fn main() {}
