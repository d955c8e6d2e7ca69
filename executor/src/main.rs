//! The `purple-exec` program. Everything is in the library; this makes it a program with no C
//! library and no allocator.
#![no_std]
#![no_main]

use purple_exec::sys::start::Start;

purple_exec::entry!(main);

fn main(start: &Start) -> u8 {
    purple_exec::run(start)
}
