//! Searches against a plain look-up, and their cost against every search that there is.

use super::*;
use crate::emit::bpf::generate::graph::Node;

/// Bits are tested of numbers alone.
const WORD: Word = Word::whole(16);

/// Cells from where they start, what they lead to, and their weights.
fn cells(graph: &mut Graph, all: &[(u32, u32, u64)]) -> Vec<Cell> {
    let next = all
        .iter()
        .skip(1)
        .map(|(first, ..)| *first - 1)
        .chain([u32::MAX]);
    let cell = |(&(first, to, weight), last): (&(u32, u32, u64), u32)| Cell {
        first,
        last,
        to: graph.ret(to),
        weight,
    };
    all.iter().zip(next).map(cell).collect()
}

/// Where a value leads, and how many tests it takes.
fn follow(graph: &Graph, mut label: Label, value: u32) -> (u32, u64) {
    let mut steps = 0;
    loop {
        match graph.get(label) {
            Node::Return(verdict) => return (verdict, steps),
            Node::Test(test) => {
                steps += 1;
                label = if test.holds(value) { test.yes } else { test.no };
            }
        }
    }
}

/// What a search costs by definition.
fn cost(graph: &Graph, root: Label, cells: &[Cell]) -> u64 {
    let tests = graph.below(root).into_iter();
    let tests = tests
        .filter(|label| matches!(graph.get(*label), Node::Test(_)))
        .count();
    let steps: u64 = cells
        .iter()
        .map(|cell| cell.weight * follow(graph, root, cell.first).1)
        .sum();
    SIZE * u64::try_from(tests).unwrap_or(0) + steps
}

fn without(cells: &[Cell], cell: &Cell) -> Vec<Cell> {
    cells.iter().copied().filter(|one| one != cell).collect()
}

/// The cheapest search, by trying every split and every test for equality everywhere.
fn cheapest(cells: &[Cell]) -> u64 {
    let cells = joined(cells);
    if cells.len() < 2 {
        return 0;
    }
    let here: u64 = SIZE + cells.iter().map(|cell| cell.weight).sum::<u64>();
    let splits = (1..cells.len()).map(|at| {
        let (low, high) = cells.split_at(at);
        cheapest(low) + cheapest(high)
    });
    let equal = cells.iter().filter(|cell| cell.single());
    let equal = equal.map(|cell| cheapest(&without(&cells, cell)));
    here + splits.chain(equal).min().unwrap_or(0)
}

#[test]
fn no_search_is_cheaper() {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut worse = 0;
    for _ in 0..400 {
        let mut graph = Graph::default();
        let mut first = 0;
        let all: Vec<(u32, u32, u64)> = (0..2 + random(6))
            .map(|_| {
                let start = first;
                first += u32::try_from(1 + random(2) * random(4)).unwrap_or(1);
                (
                    start,
                    u32::try_from(random(3)).unwrap_or(0),
                    random(4) * random(300),
                )
            })
            .collect();
        let cells = cells(&mut graph, &all);
        let root = search(&mut graph, WORD, &cells);
        for value in 0..first + 2 {
            let cell = cells
                .iter()
                .find(|cell| (cell.first..=cell.last).contains(&value));
            let expected = cell.map(|cell| follow(&graph, cell.to, 0).0);
            assert_eq!(
                Some(follow(&graph, root, value).0),
                expected,
                "{value} of {all:?}"
            );
        }
        let (found, least) = (cost(&graph, root, &cells), cheapest(&cells));
        // A heavy value may be asked for inside the tree, where the search does not look.
        assert!(found <= least + least / 10, "{found} for {least}: {all:?}");
        worse += u32::from(found > least);
    }
    assert!(worse < 20, "{worse} of 400 are not the cheapest");
}

#[test]
fn a_number_between_like_neighbours_takes_one_instruction() {
    let mut graph = Graph::default();
    let cells = cells(&mut graph, &[(0, 1, 10), (7, 2, 1), (8, 1, 10)]);
    let root = search(&mut graph, WORD, &cells);
    assert!(matches!(
        graph.get(root),
        Node::Test(Test {
            code: JEQ,
            k: 7,
            ..
        })
    ));
    assert_eq!(graph.below(root).len(), 3);
}

#[test]
fn many_cells_are_searched_in_few_steps() {
    let mut graph = Graph::default();
    let all: Vec<_> = (0..3000).map(|at| (at * 2, at % 5, 1)).collect();
    let cells = cells(&mut graph, &all);
    let root = search(&mut graph, WORD, &cells);
    let most = cells
        .iter()
        .map(|cell| follow(&graph, root, cell.first).1)
        .max();
    assert!(most.is_some_and(|most| most < 30), "{most:?}");
    let right = |cell: &Cell| follow(&graph, root, cell.last).0 == follow(&graph, cell.to, 0).0;
    assert!(cells.iter().all(right));
}

#[test]
fn numbers_are_taken_apart_by_bits_where_that_is_cheaper() {
    let mut graph = Graph::default();
    // The exceptions have none of the bits of 0x42, and two of three others have one.
    let exceptions = [16, 41, 53];
    let value = |value| (value, u32::from(exceptions.contains(&value)), 50);
    let all: Vec<(u32, u32, u64)> = (0..103).map(value).chain([(103, 2, 1)]).collect();
    let cells = cells(&mut graph, &all);
    let by = |graph: &mut Graph, word| {
        let root = search(graph, word, &cells);
        for cell in &cells {
            assert_eq!(
                follow(graph, root, cell.last).0,
                follow(graph, cell.to, 0).0
            );
        }
        (root, cost(graph, root, &cells))
    };
    let (root, with) = by(&mut graph, Word::whole(NUMBER));
    let (_, without) = by(&mut graph, WORD);
    let bits = |label: &Label| matches!(graph.get(*label), Node::Test(Test { code: JSET, .. }));
    assert!(graph.below(root).iter().any(bits));
    assert!(with < without, "{with} for {without}");
}
