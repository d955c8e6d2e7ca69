//! The table: what was measured, the target beside it, and whether it was met.

use crate::rounds::Times;
use std::time::Duration;

/// Everything that is printed, in the order it is printed in.
#[derive(Debug, Default)]
pub(crate) struct Table {
    ratios: Vec<Row>,
    amounts: Vec<Row>,
    times: Vec<Row>,
    skips: Vec<String>,
}

#[derive(Debug)]
struct Row {
    what: String,
    value: String,
    target: String,
}

impl Table {
    /// How `mine` relates to `others`, which says the same on every machine, and the most that it
    /// may be: the middle of the rounds, and beside it the least time of each.
    pub(crate) fn ratio(&mut self, what: &str, mine: &Times, others: &Times, most: Option<f64>) {
        let value = mine.ratio_to(others);
        let least = mine.at(0).as_secs_f64() / others.at(0).as_secs_f64();
        let target =
            most.map_or_else(String::new, |most| verdict(&format!("{most:.2}"), value <= most));
        let value = format!("{value:7.3} {least:7.3}");
        self.ratios.push(Row { what: what.to_owned(), value, target });
    }

    /// An amount with its unit, and the most that it may be.
    pub(crate) fn amount(&mut self, what: &str, value: u64, unit: &str, most: Option<u64>) {
        let target =
            most.map_or_else(String::new, |most| verdict(&most.to_string(), value <= most));
        self.amounts.push(Row { what: what.to_owned(), value: format!("{value} {unit}"), target });
    }

    /// A value in words, and where there is a target, what it is and whether it is met.
    pub(crate) fn text(&mut self, what: &str, value: String, target: Option<(String, bool)>) {
        let target = target.map_or_else(String::new, |(most, met)| verdict(&most, met));
        self.amounts.push(Row { what: what.to_owned(), value, target });
    }

    /// Something that must not be there.
    pub(crate) fn absent(&mut self, what: &str, is_there: bool) {
        let value = if is_there { "present" } else { "absent" }.to_owned();
        self.amounts.push(Row {
            what: what.to_owned(),
            value,
            target: verdict("absent", !is_there),
        });
    }

    /// Times of one thing, and the most that their median may be.
    pub(crate) fn times(&mut self, what: &str, times: &Times, most: Option<Duration>) {
        let milli = |time: Duration| format!("{:7.3}", time.as_secs_f64() * 1000.0);
        let (min, median, p90) = (times.at(0), times.median(), times.at(90));
        let value = [min, median, p90].map(milli).join(" ");
        let target = most.map_or_else(String::new, |most| {
            verdict(&format!("{} ms", most.as_millis()), median <= most)
        });
        self.times.push(Row { what: what.to_owned(), value, target });
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
        println!("Linux {version}, {} processors, load {}", processors, proc("loadavg").trim());
        println!();
        section("ratio by round", " median   least", &self.ratios);
        section("amount", "", &self.amounts);
        section("time in ms", "    min  median     p90", &self.times);
        for skip in &self.skips {
            println!("{skip}");
        }
    }
}

fn verdict(most: &str, met: bool) -> String {
    format!("{most:>7}  {}", if met { "met" } else { "MISSED" })
}

fn section(what: &str, value: &str, rows: &[Row]) {
    println!("{what:<58} {value:>23}   target");
    for Row { what, value, target } in rows {
        println!("  {what:<56} {value:>23}  {target}");
    }
    println!();
}
