//! The `purple-exec` program: the library, made a program by `purple-sys`.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

purple_sys::program!(purple_exec::run, purple_exec::SETUP_REFUSED);
