//! The program: arguments in, connections carried until the executor is gone.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match purple_net::run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed, nobody wants to know.
            let _ignored = writeln!(std::io::stderr(), "purple-net: {error}").is_ok();
            ExitCode::FAILURE
        }
    }
}
