//! Two clocks: processor time and wall time.

use std::ops::Add;
use std::time::{Duration, Instant};

/// What something took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Processor time.
    pub(crate) cpu: Duration,
    /// Time on the wall.
    pub(crate) wall: Duration,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, wall: self.wall + other.wall }
    }
}

/// A watch that counts what passed since it was last looked at.
pub(crate) struct Watch {
    cpu: Duration,
    wall: Instant,
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), cpu: processor_time() }
    }

    /// Adds what passed since the start or the last lap.
    pub(crate) fn lap(&mut self, to: &mut Cost) {
        let before = std::mem::replace(self, Self::start());
        *to = *to + Cost { cpu: self.cpu.saturating_sub(before.cpu), wall: self.wall - before.wall };
    }
}

/// The processor time of this process: with it counts the thread that extraction starts for deeply nested code.
fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one `timespec`, to a place that is one.
    #[expect(unsafe_code, reason = "the standard library has no clock of processor time")]
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(result, 0, "every Linux has this clock");
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lap_begins_where_the_last_one_ended() {
        let mut watch = Watch::start();
        let start = watch.cpu;
        while processor_time() == start {}
        let mut lap = Cost::default();
        watch.lap(&mut lap);
        assert!(lap.cpu > Duration::ZERO);
        assert_eq!(watch.cpu, start + lap.cpu);
    }

    #[test]
    fn costs_add_up() {
        let one = Cost { cpu: Duration::from_millis(1), wall: Duration::from_millis(2) };
        assert_eq!(one + one, Cost { cpu: Duration::from_millis(2), wall: Duration::from_millis(4) });
    }
}
