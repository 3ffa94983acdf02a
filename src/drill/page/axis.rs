//! The one time axis that all lanes of the drawing share.

use serde::Serialize;

/// How wide the drawing is in its own units; the page stretches it.
pub const WIDTH: f64 = 1000.0;

/// How many marks the axis has at most.
const TICKS: f64 = 10.0;

/// Lengths of time that are good to read between two marks.
const STEPS: [f64; 14] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
];

/// From the beginning of the drill to its end.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    end: f64,
}

impl Axis {
    /// An axis that ends then.
    pub fn new(end: f64) -> Self {
        // A drill that ended at once has an axis all the same.
        Self {
            end: if end.is_finite() { end.max(1.0) } else { 1.0 },
        }
    }

    /// Its end, in seconds.
    pub fn end(self) -> f64 {
        self.end
    }

    /// Where the moment stands in a drawing of [`WIDTH`]; what is outside stands at the edge.
    pub fn x(self, at: f64) -> f64 {
        if at.is_nan() {
            return 0.0;
        }
        at.clamp(0.0, self.end) / self.end * WIDTH
    }

    /// The same in percent.
    pub fn percent(self, at: f64) -> f64 {
        self.x(at) * 100.0 / WIDTH
    }

    /// From a moment to another, in percent.
    pub fn stretch(self, from: f64, to: f64) -> Stretch {
        let (left, right) = (self.percent(from), self.percent(to));
        Stretch {
            left,
            width: (right - left).max(0.0),
        }
    }

    /// The moments that are marked.
    pub fn ticks(self) -> Vec<f64> {
        let fits = |step: &f64| self.end / step <= TICKS;
        let hours = (self.end / TICKS / 3600.0).ceil() * 3600.0;
        let step = STEPS.into_iter().find(fits).unwrap_or(hours);
        let next = |at: &f64| Some(at + step).filter(|at| *at <= self.end);
        std::iter::successors(Some(0.0), next).collect()
    }
}

/// A stretch of the axis, in percent.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stretch {
    left: f64,
    width: f64,
}

/// In which row each mark stands so that none covers another of its row; their places ascend.
pub fn rows(places: &[f64], apart: f64) -> Vec<usize> {
    let mut last: Vec<f64> = Vec::new();
    let row_of = |at: &f64| {
        let row = last.iter().position(|before| at - before >= apart);
        let row = row.unwrap_or_else(|| {
            last.push(0.0);
            last.len() - 1
        });
        last[row] = *at;
        row
    };
    places.iter().map(row_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_few_round_marks() {
        assert_eq!(Axis::new(9.0).ticks().len(), 10);
        assert_eq!(
            Axis::new(180.0).ticks(),
            [
                0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 140.0, 160.0, 180.0
            ]
        );
        assert_eq!(Axis::new(0.0).ticks(), [0.0, 1.0]);
        assert_eq!(Axis::new(100.0 * 3600.0).ticks().len(), 11);
        assert_eq!(Axis::new(f64::NAN).ticks(), [0.0, 1.0]);
    }

    #[test]
    fn what_is_outside_stands_at_the_edge() {
        let axis = Axis::new(200.0);
        let places = [-3.0, 50.0, 200.0, 999.0].map(|at| axis.percent(at));
        assert_eq!(
            places.map(|place| place.to_string()).join(" "),
            "0 25 100 100"
        );
    }

    #[test]
    fn marks_that_would_cover_one_another_stand_in_rows() {
        assert_eq!(rows(&[0.0, 1.0, 2.0, 7.0, 7.5], 6.0), [0, 1, 2, 0, 1]);
    }
}
