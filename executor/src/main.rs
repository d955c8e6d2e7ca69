//! The `purple-exec` command.

fn main() {}
