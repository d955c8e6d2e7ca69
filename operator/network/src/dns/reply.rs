//! Replies that go inside, written anew.

use super::numbers::{A, AAAA, Code, IN};
use super::query::Query;
use std::net::IpAddr;

/// Flags: a response, recursion available.
const RESPONSE: u16 = 0x8080;
const RECURSION: u16 = 0x0100;
const TRUNCATED: u16 = 0x0200;

fn head(id: u16, flags: u16, code: Code, questions: u8, answers: u16) -> Vec<u8> {
    let mut message = Vec::with_capacity(512);
    message.extend(id.to_be_bytes());
    message.extend((RESPONSE | flags | u16::from(code.number())).to_be_bytes());
    message.extend([0, questions]);
    message.extend(answers.to_be_bytes());
    message.extend([0; 4]);
    message
}

/// The answer to a query: a code, and addresses under the name that was asked for.
pub fn reply(query: &Query, code: Code, addresses: &[IpAddr], ttl: u32) -> Vec<u8> {
    let count = u16::try_from(addresses.len()).unwrap_or(u16::MAX);
    let flags = if query.recursion { RECURSION } else { 0 };
    let mut message = head(query.id, flags, code, 1, count);
    message.extend(&query.question);
    for address in addresses.iter().take(usize::from(count)) {
        // The name is that of the question, which stands behind the header's twelve bytes.
        message.extend([0xc0, 12]);
        message.extend(if address.is_ipv4() { A } else { AAAA }.to_be_bytes());
        message.extend(IN.to_be_bytes());
        message.extend(ttl.to_be_bytes());
        match address {
            IpAddr::V4(address) => {
                message.extend([0, 4]);
                message.extend(address.octets());
            }
            IpAddr::V6(address) => {
                message.extend([0, 16]);
                message.extend(address.octets());
            }
        }
    }
    message
}

/// The answer that says that the answer is too long for a datagram: it is asked for again over TCP.
pub fn truncated(query: &Query) -> Vec<u8> {
    let flags = if query.recursion { RECURSION } else { 0 };
    let mut message = head(query.id, flags | TRUNCATED, Code::None, 1, 0);
    message.extend(&query.question);
    message
}

/// The answer to what is no question.
pub(crate) fn code_alone(id: u16, code: Code) -> Vec<u8> {
    head(id, 0, code, 0, 0)
}
