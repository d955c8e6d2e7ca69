//! The real compiler and the real executor, run as root and as an ordinary user. Each scenario is
//! followed by a look at the host, which must be as it was.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod attacks;
mod audit;
mod capabilities;
mod carried;
mod coding_agent;
mod denials;
mod devices;
mod devices_of_host;
mod doctor;
mod emulated;
mod files;
mod filtered;
mod flags;
mod git;
mod handbook;
mod held_up;
mod helper_ends;
mod hidden;
mod home;
mod host;
mod inline_files;
mod inside;
mod kept;
mod kernel;
mod landlock;
mod layers;
mod layouts;
mod limits;
mod links;
mod network;
mod network_load;
mod noexec;
mod operator;
mod optional_paths;
mod outcome;
mod owners;
mod parallel;
mod patterns;
mod plans;
mod process;
mod process_limits;
mod processes;
mod profiles;
mod programs;
mod project;
mod protected;
mod query_network;
mod reached;
mod records;
mod refusals;
mod report;
mod runtimes;
mod set_group_id;
mod shares;
mod signals;
mod small_things;
mod sockets;
mod streams;
mod stubs;
mod subordinate;
mod surface;
mod syscalls;
mod terminal;
mod trust;
mod verdicts;
mod views;
mod workspace;
