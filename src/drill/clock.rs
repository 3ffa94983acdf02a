//! The drill's time: seconds since it began.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// When the drill began. A copy tells the same time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    begun: Instant,
    at: SystemTime,
}

impl Clock {
    /// Begins to count.
    pub fn start() -> Self {
        Self {
            begun: Instant::now(),
            at: SystemTime::now(),
        }
    }

    /// Seconds since the beginning, by a clock that nobody sets.
    pub fn now(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// The moment of a Unix time (seconds), as hosts write it, in seconds since the beginning. It
    /// is as right as that host's clock.
    pub fn of_unix(&self, seconds: f64) -> f64 {
        seconds - self.began().as_secs_f64()
    }

    /// The Unix time at the beginning.
    pub fn began(&self) -> Duration {
        self.at.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unix_time_is_told_in_seconds_since_the_beginning() {
        let clock = Clock::start();
        let began = clock.began().as_secs_f64();
        assert!((clock.of_unix(began + 2.5) - 2.5).abs() < 0.001);
        assert!(clock.now() >= 0.0);
    }
}
