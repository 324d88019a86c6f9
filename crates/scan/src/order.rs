//! Work out in order, results back in order, with a bounded number of results waiting in between.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::{Error, Scanned};

/// How many results may wait for an earlier one.
const WINDOW: usize = 1024;
/// How many bytes of results may wait for an earlier one.
const WINDOW_BYTES: usize = 128 << 20;

/// Hands out the numbers below a total in order and gives back their results in order.
#[derive(Debug)]
pub(crate) struct Order {
    total: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    claimed: usize,
    emitted: usize,
    waiting: BTreeMap<usize, (Scanned, usize)>,
    bytes: usize,
    over: bool,
    error: Option<Error>,
}

impl Order {
    pub(crate) fn new(total: usize) -> Self {
        Self { total, state: Mutex::default(), changed: Condvar::new() }
    }

    /// The next number to work on; waits while too much waits for an earlier one, which another worker then has. None where the work
    /// is done or has ended early.
    pub(crate) fn claim(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.over || state.claimed == self.total {
                return None;
            }
            let ahead = state.claimed - state.emitted;
            if ahead == 0 || (ahead < WINDOW && state.bytes < WINDOW_BYTES) {
                state.claimed += 1;
                return Some(state.claimed - 1);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Brings a result of about this many bytes.
    pub(crate) fn deliver(&self, number: usize, result: Scanned, bytes: usize) {
        let mut state = self.lock();
        state.bytes += bytes;
        state.waiting.insert(number, (result, bytes));
        self.changed.notify_all();
    }

    /// The next result in order; none where the work is done or has ended early.
    pub(crate) fn next(&self) -> Option<Scanned> {
        let mut state = self.lock();
        loop {
            if state.over || state.emitted == self.total {
                return None;
            }
            let emitted = state.emitted;
            if let Some((result, bytes)) = state.waiting.remove(&emitted) {
                state.emitted += 1;
                state.bytes -= bytes;
                self.changed.notify_all();
                return Some(result);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the work early; the first error is kept.
    pub(crate) fn end(&self, error: Option<Error>) {
        let mut state = self.lock();
        state.over = true;
        state.error = state.error.take().or(error);
        self.changed.notify_all();
    }

    /// The error that ended the work.
    pub(crate) fn into_error(self) -> Option<Error> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).error
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;

    fn result(n: usize) -> Scanned {
        Scanned::without_rows("p", &n.to_string(), Outcome::Failed, n.to_string())
    }

    #[test]
    fn results_come_back_in_order() {
        let order = Order::new(3);
        assert_eq!([order.claim(), order.claim(), order.claim(), order.claim()], [Some(0), Some(1), Some(2), None]);
        for n in [2, 0, 1] {
            order.deliver(n, result(n), 1);
        }
        let reasons: Vec<_> = std::iter::from_fn(|| order.next()).map(|s| s.scan.reason.unwrap()).collect();
        assert_eq!(reasons, ["0", "1", "2"]);
    }

    #[test]
    fn too_many_waiting_bytes_hold_all_but_the_next_back() {
        let order = Order::new(4);
        assert_eq!((order.claim(), order.claim()), (Some(0), Some(1)));
        order.deliver(1, result(1), WINDOW_BYTES);
        std::thread::scope(|scope| {
            let held = scope.spawn(|| order.claim());
            std::thread::sleep(std::time::Duration::from_millis(20));
            assert!(!held.is_finished());
            order.deliver(0, result(0), 0);
            assert!(order.next().is_some() && order.next().is_some());
            assert_eq!(held.join().unwrap(), Some(2));
        });
    }

    #[test]
    fn an_early_end_wakes_everyone_and_keeps_the_first_error() {
        let order = Order::new(2);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| order.next().is_none());
            order.end(Some(Error::Stopped));
            order.end(None);
            assert!(waiting.join().unwrap());
        });
        assert_eq!(order.claim(), None);
        assert!(matches!(order.into_error(), Some(Error::Stopped)));
    }
}
