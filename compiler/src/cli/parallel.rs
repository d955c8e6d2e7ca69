//! Work on many things at once, with the results in order.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// How many threads the machine has room for.
pub(super) fn width() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does `work` on each item, on at most `threads` threads, and gives each result to `take` in the
/// order of the items, as soon as those before it are done.
pub(super) fn in_order<I: Sync, R: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> R + Sync,
    mut take: impl FnMut(R),
) {
    let threads = threads.min(items.len());
    if threads < 2 {
        for item in items {
            take(work(item));
        }
        return;
    }
    let next = AtomicUsize::new(0);
    let (done, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (done, next, work) = (done.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    if done.send((at, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        for (at, result) in results {
            waiting.insert(at, result);
            while let Some(result) = waiting.remove(&wanted) {
                take(result);
                wanted += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::in_order;
    use std::sync::{Condvar, Mutex};

    #[test]
    fn results_come_in_order_however_the_work_is_done() {
        let items: Vec<usize> = (0..500).collect();
        for threads in [0, 1, 2, 7, 1000] {
            let mut seen = Vec::new();
            in_order(&items, threads, |item| item * 2, |result| seen.push(result));
            assert!(
                seen.iter().copied().eq((0..500).map(|item| item * 2)),
                "{threads}"
            );
        }
    }

    #[test]
    fn a_later_result_waits_for_an_earlier_one() {
        let (last_done, wake) = (Mutex::new(false), Condvar::new());
        let mut seen = Vec::new();
        let work = |&item: &usize| {
            let mut done = last_done
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if item == 9 {
                *done = true;
                wake.notify_all();
            }
            // The first item is done after the last one.
            while item == 0 && !*done {
                done = wake
                    .wait(done)
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
            }
            item
        };
        in_order(&(0..10).collect::<Vec<_>>(), 2, work, |item| {
            seen.push(item);
        });
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }
}
