//! The tables: what was measured, the target beside it, and whether it was met. They are Markdown, and
//! can be read as they are.

use crate::rounds::Times;
use std::time::Duration;

/// Everything that is printed, in the order it is printed in.
#[derive(Debug)]
pub(crate) struct Table {
    ratios: Section,
    amounts: Section,
    overheads: Section,
    times: Section,
    skips: Vec<String>,
}

#[derive(Debug)]
struct Section {
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With nothing in it.
    pub(crate) fn new() -> Self {
        let section = |head| Section {
            head,
            rows: Vec::new(),
        };
        Self {
            ratios: section(&[
                "ratio",
                "median by round",
                "of the least",
                "rounds",
                "target",
                "",
            ]),
            amounts: section(&["amount", "", "target", ""]),
            overheads: section(&[
                "overhead of a running program",
                "ns outside",
                "in Purple, x",
                "in bubblewrap, x",
                "rounds",
            ]),
            times: section(&[
                "time in ms",
                "least",
                "median",
                "9 of 10",
                "rounds",
                "target",
                "",
            ]),
            skips: Vec::new(),
        }
    }

    /// How `mine` relates to `others`, which says the same on every machine, and the most that it
    /// may be: the middle of the rounds, and beside it the least time of each.
    pub(crate) fn ratio(&mut self, what: &str, mine: &Times, others: &Times, most: Option<f64>) {
        let value = mine.ratio_to(others);
        let least = mine.at(0).as_secs_f64() / others.at(0).as_secs_f64();
        let [target, met] = verdict(most.map(|most| (format!("{most:.2}"), value <= most)));
        let rounds = mine.rounds().to_string();
        let cells = [
            what.to_owned(),
            format!("{value:.3}"),
            format!("{least:.3}"),
            rounds,
        ];
        self.ratios
            .rows
            .push(cells.into_iter().chain([target, met]).collect());
    }

    /// An amount with its unit, and the most that it may be.
    pub(crate) fn amount(&mut self, what: &str, value: u64, unit: &str, most: Option<u64>) {
        let target = most.map(|most| (most.to_string(), value <= most));
        self.text(
            what,
            format!("{value} {unit}").trim_end().to_owned(),
            target,
        );
    }

    /// A value in words, and where there is a target, what it is and whether it is met.
    pub(crate) fn text(&mut self, what: &str, value: String, target: Option<(String, bool)>) {
        let [target, met] = verdict(target);
        self.amounts
            .rows
            .push(vec![what.to_owned(), value, target, met]);
    }

    /// How many there are in a second, by the time of one, and the least that there may be.
    pub(crate) fn rate(&mut self, what: &str, times: &Times, least: Option<f64>) {
        let value = 1.0 / times.median().as_secs_f64();
        let target = least.map(|least| (format!("{least:.0}"), value >= least));
        let what = format!("starts a second and processor: {what}");
        self.text(
            &what,
            format!("{value:.0} in {} rounds", times.rounds()),
            target,
        );
    }

    /// Something that must not be there.
    pub(crate) fn absent(&mut self, what: &str, is_there: bool) {
        let value = if is_there { "present" } else { "absent" };
        self.text(
            what,
            value.to_owned(),
            Some(("absent".to_owned(), !is_there)),
        );
    }

    /// Processor times of a loop of so many turns: outside, and how many times as long inside.
    pub(crate) fn overhead(
        &mut self,
        what: &str,
        turns: u32,
        alone: &Times,
        own: &Times,
        peer: Option<&Times>,
    ) {
        let nanoseconds = alone.median().as_secs_f64() * 1e9 / f64::from(turns);
        let peer = peer.map_or("-".to_owned(), |peer| {
            format!("{:.3}", peer.ratio_to(alone))
        });
        self.overheads.rows.push(vec![
            what.to_owned(),
            format!("{nanoseconds:.0}"),
            format!("{:.3}", own.ratio_to(alone)),
            peer,
            alone.rounds().to_string(),
        ]);
    }

    /// Times of one thing, and the most that their median may be.
    pub(crate) fn times(&mut self, what: &str, times: &Times, most: Option<Duration>) {
        let milli = |time: Duration| format!("{:.3}", time.as_secs_f64() * 1000.0);
        let (min, median, p90) = (times.at(0), times.median(), times.at(90));
        let target = most.map(|most| (most.as_millis().to_string(), median <= most));
        let cells = [min, median, p90]
            .map(milli)
            .into_iter()
            .chain([times.rounds().to_string()]);
        let cells = [what.to_owned()]
            .into_iter()
            .chain(cells)
            .chain(verdict(target));
        self.times.rows.push(cells.collect());
    }

    /// Something that cannot be measured here.
    pub(crate) fn skip(&mut self, name: &str, why: &str) {
        let line = format!("SKIP {name}: {why}");
        if !self.skips.contains(&line) {
            self.skips.push(line);
        }
    }

    /// Prints everything, and first what else this machine had to do.
    pub(crate) fn print(&self) {
        let proc = |file| std::fs::read_to_string(format!("/proc/{file}")).unwrap_or_default();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let kernel = proc("sys/kernel/osrelease");
        let version = kernel.split(['-', '\n']).next().unwrap_or_default();
        let load = proc("loadavg")
            .split(' ')
            .take(3)
            .collect::<Vec<_>>()
            .join(" ");
        println!("Linux {version}, {processors} processors, load {load} at the end.");
        for section in [&self.ratios, &self.amounts, &self.overheads, &self.times] {
            section.print();
        }
        if !self.skips.is_empty() {
            println!();
        }
        for skip in &self.skips {
            println!("{skip}");
        }
    }
}

fn verdict(target: Option<(String, bool)>) -> [String; 2] {
    target.map_or_else(Default::default, |(target, met)| {
        [target, if met { "met" } else { "**MISSED**" }.to_owned()]
    })
}

impl Section {
    /// A table whose columns are as wide as what is in them, the first to the left and the others to
    /// the right.
    fn print(&self) {
        if self.rows.is_empty() {
            return;
        }
        let widths = self.head.iter().enumerate().map(|(column, name)| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(String::len)
                .chain([name.len(), 3])
                .max()
                .unwrap_or_default()
        });
        let widths = widths.collect::<Vec<_>>();
        let line = |cells: Vec<&str>| {
            let cells = cells
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| {
                    if column == 0 {
                        format!("{cell:<width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                });
            println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
        };
        println!();
        line(self.head.to_vec());
        let rule = |(column, width): (usize, &usize)| {
            let dashes = "-".repeat(width - 1);
            if column == 0 {
                format!("{dashes}-")
            } else {
                format!("{dashes}:")
            }
        };
        let rules = widths.iter().enumerate().map(rule).collect::<Vec<_>>();
        line(rules.iter().map(String::as_str).collect());
        for row in &self.rows {
            line(row.iter().map(String::as_str).collect());
        }
    }
}
