//! The filter: how long it is, how many instructions a call runs, how long the kernel takes to
//! load it and to ask it, beside what the peers make of the same allow list.

use crate::Fault;
use crate::container::{ALLOW, Container, Variant, follow};
use crate::rounds::Times;
use crate::table::Table;
use crate::workshop::{Workshop, succeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Times the loading of a program.
pub(crate) const INSTALL: &str = include_str!("peers/install.c");

/// Times calls under a program.
pub(crate) const CALLS: &str = include_str!("peers/calls.c");

/// Makes libseccomp's program.
pub(crate) const LIBSECCOMP: &str = include_str!("peers/libseccomp.c");

/// The targets.
const MOST_INSTRUCTIONS: usize = 66;
const MOST_MEAN: f64 = 8.7;
const MOST_WITH_RULES: u64 = 90;
/// Below 270.
const MOST_OF_INTERFACES: u64 = 269;
const MOST_OF_LIBSECCOMP: f64 = 0.15;
const MOST_OF_OPTIMISED: f64 = 0.5;
/// As much as under a peer's filter, and what two runs of one filter differ by.
const MOST_OF_A_CALL: f64 = 1.02;

/// A call that the list denies (`kexec_load`), and one that is checked, allowed, and fails at once:
/// a socket of the family `AF_UNIX` of no type that exists.
const CALLED: [(&str, [i64; 3]); 2] = [("denied", [246, 0, 0]), ("checked", [41, 1, 99])];

/// openat2(2): its flags and mode lie in memory, so purplec answers it with ENOSYS wherever modes are
/// checked, and programs call openat(2) instead.
const OPENAT2: u32 = 437;

struct Contender {
    name: &'static str,
    file: PathBuf,
    loading: Vec<Duration>,
    calls: [Vec<Duration>; CALLED.len()],
}

/// Measures all of them.
pub(crate) fn measure(workshop: &Workshop, rounds: usize, table: &mut Table) -> Result<(), Fault> {
    let shipped = fs::metadata(workshop.dir.join("filter")).map_err(|error| error.to_string())?;
    table.amount(
        "filter of ai-dev-safe",
        shipped.len() / 8,
        "instructions",
        None,
    );
    let container = Container::read()?;
    let mut contenders = contenders(workshop, &container, table)?;
    for one in &contenders {
        amounts(one, &container, table)?;
    }
    lengths(workshop, &container, table)?;
    let (Some(install), Some(calls)) = (workshop.program("install"), workshop.program("calls"))
    else {
        table.skip("filter-install", "gcc is not installed");
        return Ok(());
    };
    // Forth and back, so that nobody has the quieter half of the time.
    for _ in 0..10 {
        contenders.reverse();
        for one in &mut contenders {
            let some = rounds.div_ceil(10).to_string();
            one.loading
                .extend(run(&install, &one.file, std::slice::from_ref(&some))?);
            for (times, (_, call)) in one.calls.iter_mut().zip(CALLED) {
                let [number, first, second] = call.map(|number| number.to_string());
                times.extend(run(
                    &calls,
                    &one.file,
                    &[some.clone(), number, first, second],
                )?);
            }
        }
    }
    compare(&contenders, table);
    Ok(())
}

const OURS: &str = "purplec";

/// Ours, but for the generator.
const OTHER: &str = "purplec --backend libseccomp";

/// How long the programs for more than the plain list are.
fn lengths(workshop: &Workshop, container: &Container, table: &mut Table) -> Result<(), Fault> {
    for (variant, what, most) in [
        (Variant::Rules, "the list with rules", MOST_WITH_RULES),
        (
            Variant::Interfaces,
            "the list for x86-64, x86 and x32",
            MOST_OF_INTERFACES,
        ),
    ] {
        let to = workshop.dir.join("container-more");
        let mut row = |name: &str, most| {
            let bytes = fs::metadata(&to)
                .map_err(|error| format!("{name}: {error}"))?
                .len();
            table.amount(&format!("{what}: {name}"), bytes / 8, "long", most);
            Ok::<_, Fault>(())
        };
        Container::compiled(&workshop.dir.join(OURS), &[], variant, &to)?;
        row(OURS, Some(most))?;
        if let Some(maker) = workshop.program("libseccomp") {
            for (name, optimize) in [("libseccomp", 1), ("libseccomp optimised", 2)] {
                container.libseccomp(&maker, variant, &to, optimize)?;
                row(name, None)?;
            }
        }
        // It makes programs for one interface.
        if let Some(compiler) = workshop
            .other_compiler
            .as_ref()
            .filter(|_| variant == Variant::Rules)
        {
            Container::compiled(compiler, &["--backend", "libseccomp"], variant, &to)?;
            row(OTHER, None)?;
        }
    }
    Ok(())
}

fn contenders(
    workshop: &Workshop,
    container: &Container,
    table: &mut Table,
) -> Result<Vec<Contender>, Fault> {
    let file = |name: &str| workshop.dir.join(format!("container-{name}"));
    let mut all = vec![(OURS, file("ours")), ("balanced tree", file("balanced"))];
    Container::compiled(&workshop.dir.join(OURS), &[], Variant::Plain, &file("ours"))?;
    fs::write(file("balanced"), container.balanced()).map_err(|error| error.to_string())?;
    if let Some(maker) = workshop.program("libseccomp") {
        container.libseccomp(&maker, Variant::Plain, &file("libseccomp"), 1)?;
        container.libseccomp(&maker, Variant::Plain, &file("optimised"), 2)?;
        all.push(("libseccomp", file("libseccomp")));
        all.push(("libseccomp optimised", file("optimised")));
    } else {
        table.skip("libseccomp", "libseccomp-dev is not installed");
    }
    if let Some(compiler) = &workshop.other_compiler {
        let (backend, to) = (["--backend", "libseccomp"], file("backend"));
        Container::compiled(compiler, &backend, Variant::Plain, &to)?;
        all.push((OTHER, to));
    } else {
        table.skip(
            "backend-libseccomp",
            "purplec was not built with libseccomp",
        );
    }
    let contender = |(name, file)| Contender {
        name,
        file,
        loading: Vec::new(),
        calls: Default::default(),
    };
    Ok(all.into_iter().map(contender).collect())
}

/// The length, and what calls run.
fn amounts(one: &Contender, container: &Container, table: &mut Table) -> Result<(), Fault> {
    let program =
        fs::read(&one.file).map_err(|error| format!("{}: {error}", one.file.display()))?;
    // A socket of the family AF_UNIX, so that it is allowed.
    let executed =
        container
            .numbers()
            .filter(|number| *number != OPENAT2)
            .map(|number| match follow(&program, number, 1) {
                Some((ALLOW, count)) => Ok(count),
                other => Err(format!("{}: call {number}: {other:x?}", one.name)),
            });
    let executed = executed.collect::<Result<Vec<_>, _>>()?;
    let most = executed.iter().copied().max().unwrap_or_default();
    let (sum, count) = (executed.iter().sum::<usize>(), executed.len());
    let hundredths = (sum * 100 + count / 2) / count.max(1);
    let mean = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let length = program.len() / 8;
    let met = length <= MOST_INSTRUCTIONS && sum * 10 <= count * 87;
    let target = (one.name == OURS).then(|| (format!("{MOST_INSTRUCTIONS}, {MOST_MEAN}"), met));
    let value = format!("{length} long, {mean} mean, {most} most");
    table.text(
        &format!("{count} calls allowed: {}", one.name),
        value,
        target,
    );
    let [denied, checked] = CALLED
        .map(|(_, [number, first, _])| {
            Some((u32::try_from(number).ok()?, u32::try_from(first).ok()?))
        })
        .map(|call| call.and_then(|(number, first)| Some(follow(&program, number, first)?.1)));
    let shown = |count: Option<usize>| count.map_or("?".to_owned(), |count| count.to_string());
    let value = format!("{} denied, {} checked", shown(denied), shown(checked));
    table.text(
        &format!("  instructions of one call: {}", one.name),
        value,
        None,
    );
    Ok(())
}

fn compare(contenders: &[Contender], table: &mut Table) {
    let Some((ours, peers)) = contenders.split_first() else {
        return;
    };
    let times = |times: &Vec<Duration>| Times::new(times.clone());
    for peer in peers {
        let most = match peer.name {
            "libseccomp" => Some(MOST_OF_LIBSECCOMP),
            "libseccomp optimised" => Some(MOST_OF_OPTIMISED),
            _ => None,
        };
        let what = format!("loading a filter: {OURS} / {}", peer.name);
        table.ratio(&what, &times(&ours.loading), &times(&peer.loading), most);
        for ((name, _), (our, their)) in CALLED.iter().zip(ours.calls.iter().zip(&peer.calls)) {
            let what = format!("a {name} call: {OURS} / {}", peer.name);
            table.ratio(&what, &times(our), &times(their), Some(MOST_OF_A_CALL));
        }
    }
    for one in contenders {
        table.times(
            &format!("loading a filter: {}", one.name),
            &times(&one.loading),
            None,
        );
        for ((name, _), calls) in CALLED.iter().zip(&one.calls) {
            table.times(
                &format!("1000 {name} calls: {}", one.name),
                &times(calls),
                None,
            );
        }
    }
}

/// The times that a program prints, in nanoseconds.
fn run(program: &Path, filter: &Path, arguments: &[String]) -> Result<Vec<Duration>, Fault> {
    let lines = succeed(Command::new(program).arg(filter).args(arguments))?;
    let time = |line: &str| line.parse().map(Duration::from_nanos);
    let times = lines.lines().map(time).collect::<Result<Vec<_>, _>>();
    times.map_err(|error| format!("{}: {error}", program.display()))
}
