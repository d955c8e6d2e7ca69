//! Sizes and rates, durations, ports, addresses, destinations and dates: text to numbers, with an error's place
//! inside the text.

mod address;
mod date;
mod destination;
mod duration;
mod error;
mod grammar;
mod port;
mod size;

pub(crate) use address::number;
pub use address::{AddressBlock, address, address_block};
pub use date::{Date, date};
pub use destination::{Hosts, Target, TargetError, TargetFault, target};
pub use duration::duration;
pub use error::QuantityError;
pub use port::{Ports, Protocol, ports};
pub use size::{LARGEST_RATE, LARGEST_SIZE, rate, size};

#[cfg(test)]
mod tests;
