//! Counting different things in bounded room, so that none of them hides others.
//!
//! The first things have a row each. When there is no room for more rows, each class of things has a few rows of its own, and
//! a count for the rest of the class; and where there are too many classes, their group has a count.

use std::collections::BTreeMap;

/// So many classes of a group are told apart, and so many things of a class have rows.
const MAX_CLASSES: usize = 64;
const MAX_SAMPLES: usize = 4;

/// A thing that belongs to a class, and with it to a group. There are few groups.
pub(super) trait Classed: Ord {
    type Group: Ord + std::fmt::Debug;
    type Class: Ord + std::fmt::Debug;

    fn group(&self) -> Self::Group;
    fn class(&self) -> Self::Class;
}

#[derive(Debug)]
struct Class<K> {
    samples: BTreeMap<K, u64>,
    others: u64,
}

#[derive(Debug)]
struct Group<K: Classed> {
    classes: BTreeMap<K::Class, Class<K>>,
    others: u64,
}

/// Things with how often each came.
#[derive(Debug)]
pub(super) struct Tally<K: Classed> {
    first: BTreeMap<K, u64>,
    limit: usize,
    groups: BTreeMap<K::Group, Group<K>>,
}

fn add(times: &mut u64) {
    *times = times.saturating_add(1);
}

/// Counts a thing that has a row, or can have one.
fn count_in<K: Ord>(rows: &mut BTreeMap<K, u64>, limit: usize, key: K) -> Result<(), K> {
    if let Some(times) = rows.get_mut(&key) {
        add(times);
    } else if rows.len() < limit {
        let _none = rows.insert(key, 1);
    } else {
        return Err(key);
    }
    Ok(())
}

impl<K: Classed> Tally<K> {
    /// With so many rows for what comes first.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            first: BTreeMap::new(),
            limit,
            groups: BTreeMap::new(),
        }
    }

    pub(super) fn count(&mut self, key: K) {
        let Err(key) = count_in(&mut self.first, self.limit, key) else {
            return;
        };
        let group = self.groups.entry(key.group()).or_insert_with(|| Group {
            classes: BTreeMap::new(),
            others: 0,
        });
        let class = key.class();
        if group.classes.len() >= MAX_CLASSES && !group.classes.contains_key(&class) {
            return add(&mut group.others);
        }
        let class = group.classes.entry(class).or_insert_with(|| Class {
            samples: BTreeMap::new(),
            others: 0,
        });
        if count_in(&mut class.samples, MAX_SAMPLES, key).is_err() {
            add(&mut class.others);
        }
    }

    /// Every row: those of the classes first, of which there are fewer.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&K, u64)> {
        self.groups
            .values()
            .flat_map(|group| group.classes.values())
            .flat_map(|class| &class.samples)
            .chain(&self.first)
            .map(|(key, times)| (key, *times))
    }

    /// What has no row: counts by group and class, without a class where there were too many.
    pub(super) fn beyond(&self) -> impl Iterator<Item = (&K::Group, Option<&K::Class>, u64)> {
        self.groups
            .iter()
            .flat_map(|(name, group)| {
                let classes = group.classes.iter();
                let classes = classes.map(move |(class, one)| (name, Some(class), one.others));
                classes.chain([(name, None, group.others)])
            })
            .filter(|(_, _, times)| *times > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Classed, MAX_CLASSES, MAX_SAMPLES, Tally};

    impl Classed for (u32, u32) {
        type Group = bool;
        type Class = u32;

        fn group(&self) -> bool {
            self.0.is_multiple_of(2)
        }

        fn class(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn nothing_is_hidden_by_many_others() {
        let mut tally = Tally::new(10);
        let mut total = 0;
        // An odd class with many members, and many odd classes.
        for number in 0..1000 {
            tally.count((1, number));
            tally.count((2 * number + 3, 0));
            total += 2;
        }
        assert!(tally.rows().count() <= 10 + MAX_CLASSES * MAX_SAMPLES);
        tally.count((8, 7));
        tally.count((8, 7));
        assert!(tally.rows().any(|row| row == (&(8, 7), 2)));
        let of_one = tally.beyond().find(|(_, class, _)| *class == Some(&1));
        assert!(of_one.is_some_and(|(_, _, times)| times > 900));
        let of_none = tally.beyond().find(|(_, class, _)| class.is_none());
        assert!(of_none.is_some_and(|(group, _, times)| !group && times > 900));
        let rows: u64 = tally.rows().map(|(_, times)| times).sum();
        let beyond: u64 = tally.beyond().map(|(_, _, times)| times).sum();
        assert_eq!(rows + beyond, total + 2);
    }
}
