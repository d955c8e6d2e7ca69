//! Which names gave which address, and until when.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// An address stays open this much longer than its answer holds: a connection follows a lookup.
const AFTER: Duration = Duration::from_mins(1);

/// So many addresses are known at once, and so many names of each.
const MAX_ADDRESSES: usize = 4096;
const MAX_NAMES: usize = 16;

#[derive(Debug)]
struct Name {
    name: String,
    until: Instant,
}

/// The addresses that names gave.
#[derive(Debug, Default)]
pub(crate) struct Known {
    names: BTreeMap<IpAddr, Vec<Name>>,
}

impl Known {
    /// `name` gave `address`, for `ttl` seconds. `false`: there is no room.
    pub(crate) fn learn(&mut self, address: IpAddr, name: &str, ttl: u32, now: Instant) -> bool {
        let until = now + Duration::from_secs(u64::from(ttl)) + AFTER;
        if !self.names.contains_key(&address) && self.names.len() >= MAX_ADDRESSES {
            self.forget(now);
            if self.names.len() >= MAX_ADDRESSES {
                return false;
            }
        }
        let names = self.names.entry(address).or_default();
        if let Some(known) = names.iter_mut().find(|known| known.name == name) {
            known.until = known.until.max(until);
            return true;
        }
        names.retain(|known| known.until > now);
        if names.len() >= MAX_NAMES {
            return false;
        }
        names.push(Name {
            name: name.to_owned(),
            until,
        });
        true
    }

    /// The names by which `address` is known now.
    pub(crate) fn names(&self, address: IpAddr, now: Instant) -> Vec<String> {
        self.names
            .get(&address)
            .into_iter()
            .flatten()
            .filter(|known| known.until > now)
            .map(|known| known.name.clone())
            .collect()
    }

    /// Some name by which `address` was known, for reports.
    pub(crate) fn any_name(&self, address: IpAddr) -> Option<&str> {
        let names = self.names.get(&address)?;
        names.last().map(|known| known.name.as_str())
    }

    /// Forgets what holds no longer.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.names.retain(|_, names| {
            names.retain(|known| known.until > now);
            !names.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use super::{AFTER, Known, MAX_ADDRESSES, MAX_NAMES};
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, Instant};

    fn address(number: usize) -> IpAddr {
        Ipv4Addr::from_bits(u32::try_from(number).expect("a small number")).into()
    }

    #[test]
    fn a_name_holds_for_its_time_and_a_minute() {
        let mut known = Known::default();
        let now = Instant::now();
        assert!(known.learn(address(1), "a", 10, now));
        assert!(known.learn(address(1), "b", 100, now));
        assert_eq!(known.names(address(1), now), ["a", "b"]);
        let later = now + AFTER + Duration::from_secs(10);
        assert_eq!(known.names(address(1), later), ["b"]);
        // A shorter answer later takes nothing back.
        assert!(known.learn(address(1), "b", 1, now));
        assert_eq!(known.names(address(1), later), ["b"]);
        known.forget(later + Duration::from_secs(90));
        assert_eq!(known.any_name(address(1)), None);
    }

    #[test]
    fn room_for_so_many_and_no_more() {
        let mut known = Known::default();
        let now = Instant::now();
        for number in 0..MAX_ADDRESSES {
            assert!(known.learn(address(number), "a", 1, now));
        }
        assert!(!known.learn(address(MAX_ADDRESSES), "a", 1, now));
        for number in 1..MAX_NAMES {
            assert!(known.learn(address(0), &number.to_string(), 1, now));
        }
        assert!(!known.learn(address(0), "more", 1, now));
        assert!(known.learn(address(MAX_ADDRESSES), "a", 1, now + AFTER * 2));
    }
}
