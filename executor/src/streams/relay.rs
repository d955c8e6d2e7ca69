//! What the supervisor does with the relays while it waits: everything at once, and nothing for long.

use super::event::Event;
use super::job::{MASTER, STOPPED};
use super::terminal::Terminal;
use super::{Relay, STEP, Streams, reopen, set, shown};
use crate::message::{Refused, say};
use core::time::Duration;
use purple_sys::clock::{Clock, now};
use purple_sys::descriptors::take_passed;
use purple_sys::signal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::Errno;

/// What is polled at most: the signals, init's words, and two each for the terminal and the relays.
const MOST_POLLED: usize = 2 + 2 + 2 * 3;

impl Streams {
    /// Whether there is anything to wait for beside signals.
    pub(super) fn is_busy(&self) -> bool {
        self.channel.is_some() || self.terminal.is_some() || self.relays.iter().any(Option::is_some)
    }

    /// Waits for something that the supervisor has to deal with, at most `left`, and relays meanwhile.
    pub(crate) fn next(&mut self, left: Option<Duration>) -> Result<Event, Errno> {
        let signal = if !self.is_busy() {
            signal::wait(signal::Set::ALL, left)?
        } else if self.turn(left)? {
            signal::wait(signal::Set::ALL, Some(Duration::ZERO))?
        } else {
            None
        };
        Ok(match (signal, &mut self.stopped) {
            (Some(number), _) => Event::Signal(number),
            (None, stopped) => stopped.take().map_or(Event::Nothing, Event::Stopped),
        })
    }

    /// Waits once for everything, and lets go on what can. Whether there is a signal to take.
    fn turn(&mut self, left: Option<Duration>) -> Result<bool, Errno> {
        let look_after = self.terminal.as_ref().and_then(Terminal::look_after);
        let left = match (left, look_after) {
            (Some(left), Some(soon)) => Some(left.min(soon)),
            (left, soon) => left.or(soon),
        };
        let timeout = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        let ready = self.poll(timeout.as_ref())?;
        let [signals, init, inside, outside, relays @ ..] = ready;
        if !init.is_empty() {
            self.hear_init()?;
        }
        if let Some(terminal) = &mut self.terminal {
            if !inside.is_empty() || !outside.is_empty() {
                let _printed: bool = terminal.go_on(outside);
            }
            if terminal.is_given_back() {
                // As if the program had been stopped for it.
                self.stopped = Some(signal::number::TTIN);
            }
        }
        let (pairs, _) = relays.as_chunks::<2>();
        for (relay, [pipe, caller]) in self.relays.iter_mut().zip(pairs) {
            match relay {
                Some(Relay::In(input)) if !pipe.is_empty() || !caller.is_empty() => {
                    input.go_on(*pipe);
                }
                Some(Relay::Out(output)) if !pipe.is_empty() || !caller.is_empty() => {
                    let _moved: bool = output.go_on(*caller);
                }
                _ => {}
            }
        }
        Ok(!signals.is_empty())
    }

    /// What has happened to the signals, init's channel, and each relay's two descriptors.
    fn poll(&self, timeout: Option<&Timespec>) -> Result<[PollFlags; MOST_POLLED], Errno> {
        let signals = self.signals.as_ref().ok_or(Errno::BADF)?.as_fd();
        // What is not waited for: no event of this one.
        let nothing = (signals, PollFlags::empty());
        let channel = self.channel.as_ref();
        let mut wanted = [nothing; MOST_POLLED];
        let [first, second, inside, outside, rest @ ..] = &mut wanted;
        *first = (signals, PollFlags::IN);
        *second = channel.map_or(nothing, |channel| (channel.as_fd(), PollFlags::IN));
        if let Some(terminal) = &self.terminal {
            let interest = terminal.interest().map(|one| one.unwrap_or(nothing));
            [*inside, *outside] = interest;
        }
        let (pairs, _) = rest.as_chunks_mut::<2>();
        for (relay, pair) in self.relays.iter().zip(pairs) {
            let interest = match relay {
                Some(Relay::In(input)) => input.interest(),
                Some(Relay::Out(output)) => output.interest(),
                None => [None, None],
            };
            *pair = interest.map(|one| one.unwrap_or(nothing));
        }
        let mut fds = wanted.map(|(fd, events)| PollFd::from_borrowed_fd(fd, events));
        match poll(&mut fds, timeout) {
            // There is no end to the time, so the kernel has not waited.
            Ok(0) if timeout.is_none() => Err(Errno::NOSYS),
            Ok(_) => Ok(fds.map(|fd| fd.revents())),
            // A stop and its end interrupt it.
            Err(Errno::INTR) => Ok([PollFlags::empty(); MOST_POLLED]),
            Err(errno) => Err(errno),
        }
    }

    /// Takes all that init says: of many stops, the latest counts.
    fn hear_init(&mut self) -> Result<(), Errno> {
        /// More words than the channel holds.
        const MOST: usize = 1024;
        for _ in 0..MOST {
            if !self.hear_word()? {
                break;
            }
        }
        Ok(())
    }

    /// Whether there may be another word.
    fn hear_word(&mut self) -> Result<bool, Errno> {
        let Some(channel) = &self.channel else {
            return Ok(false);
        };
        match take_passed(channel.as_fd()) {
            Err(Errno::AGAIN | Errno::INTR) => return Ok(false),
            Ok(Some(passed)) => match (passed.word, passed.fd) {
                (MASTER, Some(master)) => {
                    if let Some(terminal) = &mut self.terminal {
                        terminal.connect(master);
                    }
                }
                (word, None) if word & STOPPED != 0 => {
                    self.stopped = Some(u32::from(word & !STOPPED));
                }
                (number, file) => set(&mut self.reopened, usize::from(number), file),
            },
            // It says nothing more.
            Ok(None) => self.channel = None,
            Err(errno) => return Err(errno),
        }
        Ok(true)
    }

    /// Once everything inside has ended: passes on what is there as far as it is taken now, and leaves
    /// the caller's input where the program has left its own.
    pub(crate) fn end(&mut self) {
        while self.channel.is_some() && self.hear_init().is_ok() {
            // Until it is closed, which it is, or there is nothing.
            if !self.has_word() {
                break;
            }
        }
        self.channel = None;
        if let Some(terminal) = &mut self.terminal {
            // The sandbox's terminal has ended the lines already: the caller's must not do so again.
            while terminal.go_on(PollFlags::empty()) {}
            terminal.leave();
        }
        // What is written moves the position of an open file that is both.
        for relay in self.relays.iter_mut().flatten() {
            if let Relay::Out(output) = relay {
                output.end();
            }
        }
        for relay in self.relays.iter_mut().flatten() {
            if let Relay::In(input) = relay {
                input.end();
            }
        }
        for (number, file) in self.reopened.iter().enumerate() {
            if let Some(file) = file
                && let Err(errno) = reopen::carry_back(file.as_fd(), number)
            {
                say!(STEP, "the position of descriptor ", shown(number), errno);
            }
        }
    }

    fn has_word(&self) -> bool {
        const AT_ONCE: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let ready = self.poll(Some(&AT_ONCE));
        ready.is_ok_and(|[_, init, ..]| !init.is_empty())
    }

    /// The first descriptor of whose bytes a part is lost, but for a reader or writer who went away, and why.
    pub(crate) fn lost(&self) -> Option<(usize, Errno)> {
        let mut relays = self.relays.iter().flatten();
        relays.find_map(|relay| match relay {
            Relay::Out(output) => output.failed(),
            Relay::In(input) => input.failed(),
        })
    }

    /// Says so.
    pub(crate) fn say_lost(&self) {
        if let Some((number, errno)) = self.lost() {
            let what = "a part of what went through descriptor ";
            say!(STEP, what, shown(number), " is lost", errno);
        }
    }

    /// Passes on the rest of the output, as long as the command could have waited for its reader: at most
    /// `left`. A signal that asks this program to end ends it.
    pub(crate) fn finish(&mut self, left: Option<Duration>) -> Result<(), Refused> {
        self.pass_rest(left);
        self.terminal.as_ref().map_or(Ok(()), Terminal::end)
    }

    fn pass_rest(&mut self, left: Option<Duration>) {
        // Without a clock, nothing is waited for.
        let now = || now(Clock::Monotonic).unwrap_or(Duration::MAX);
        let end = left.map(|left| now().saturating_add(left));
        while self.is_unfinished() {
            let left = end.map(|end| end.saturating_sub(now()));
            if left.is_some_and(|left| left.is_zero()) {
                return;
            }
            if let Some(terminal) = &self.terminal {
                terminal.close();
            }
            match self.turn(left) {
                Ok(false) => {}
                Ok(true) => match signal::wait(signal::Set::ALL, Some(Duration::ZERO)) {
                    Ok(Some(number)) if signal::asks_to_end(number) => return,
                    Ok(Some(signal::number::TSTP)) if signal::stop_by_default().is_ok() => {}
                    Ok(_) => {}
                    Err(_) => return,
                },
                // What cannot be waited for cannot be passed on.
                Err(_) => return,
            }
        }
    }

    fn is_unfinished(&self) -> bool {
        let mut relays = self.relays.iter().flatten();
        self.terminal
            .as_ref()
            .is_some_and(|terminal| !terminal.is_over())
            || relays.any(|relay| matches!(relay, Relay::Out(output) if !output.is_over()))
    }
}
