//! The compiler from outside: its library as other crates see it, and its binary as people call it.

mod check;
mod command_line;
mod explain;
mod filtered_network;
mod fixes;
mod forged;
mod formatting;
mod groups;
mod oracles;
mod parents;
mod plans;
mod query;
mod reviewing;
mod run;
mod schema;
