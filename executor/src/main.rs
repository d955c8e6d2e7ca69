//! The `purple-exec` program. Everything is in the library, its entry point too.
#![no_std]
#![no_main]

extern crate purple_exec as _;
