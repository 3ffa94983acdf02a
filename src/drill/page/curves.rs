//! What the clients saw, as areas and lines over the axis.

use super::axis::{Axis, WIDTH};
use crate::drill::report::Slice;
use crate::report::Html;

/// More slices than this can't be told apart in a drawing.
const MOST: usize = 600;

/// How much of a lane even the least of what must be seen covers.
const LEAST: f64 = 3.0;

/// What is drawn one above the other in a slice: how much, and whether even a little must be seen.
pub type Layer = (fn(&Slice) -> u64, bool);

/// The slices, put together where there are more than can be drawn.
pub fn merged(slices: &[Slice]) -> Vec<Slice> {
    let each = slices.len().div_ceil(MOST).max(1);
    slices.chunks(each).filter_map(together).collect()
}

fn together(slices: &[Slice]) -> Option<Slice> {
    let (first, last) = (slices.first()?, slices.last()?);
    let sum = |field: fn(&Slice) -> u64| slices.iter().map(field).sum();
    let latencies: Vec<f64> = slices.iter().filter_map(|slice| slice.latency).collect();
    Some(Slice {
        from: first.from,
        seconds: last.from + last.seconds - first.from,
        acknowledged: sum(|slice| slice.acknowledged),
        refused: sum(|slice| slice.refused),
        unknown: sum(|slice| slice.unknown),
        reads: sum(|slice| slice.reads),
        failed_reads: sum(|slice| slice.failed_reads),
        // The longest: what was slow must not vanish because its neighbours were not.
        latency: latencies.into_iter().reduce(f64::max),
    })
}

/// How much that is a second.
pub fn rate(slice: &Slice, number: u64) -> f64 {
    // A count of transactions is far below what a float holds exactly.
    #[allow(clippy::cast_precision_loss)]
    let number = number as f64;
    if slice.seconds > 0.0 {
        number / slice.seconds
    } else {
        0.0
    }
}

/// A round number that is at least this.
pub fn round_up(number: f64) -> f64 {
    let power = 10f64.powf(number.max(1.0).log10().floor());
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let fits = steps.into_iter().map(|step| step * power);
    fits.into_iter()
        .find(|step| *step >= number)
        .unwrap_or(power * 10.0)
}

/// A number in a path, with at most two decimals.
fn short(number: f64) -> String {
    let mut html = Html::default();
    html.number(number);
    html.finish()
}

/// One area of a stack, as a path: those below it, and itself. `top` is what reaches `height`.
pub fn area(
    axis: Axis,
    slices: &[Slice],
    below: &[Layer],
    layer: Layer,
    (top, height): (f64, f64),
) -> String {
    let mut path = String::new();
    let tall = |slice: &Slice, (count, seen): Layer| match count(slice) {
        0 => 0.0,
        number => {
            let tall = rate(slice, number) / top * height;
            if seen { tall.max(LEAST) } else { tall }
        }
    };
    for slice in slices {
        let itself = tall(slice, layer);
        if itself <= 0.0 {
            continue;
        }
        let base: f64 = below.iter().map(|layer| tall(slice, *layer)).sum();
        // What must be seen is drawn down from the edge where the stack would leave the lane.
        let up = (base + itself).min(height);
        let (x, to) = (axis.x(slice.from), axis.x(slice.from + slice.seconds));
        let (foot, head) = (short(height - up + itself), short(height - up));
        path += &format!("M{} {foot}V{head}H{}V{foot}Z", short(x), short(to));
    }
    path
}

/// The powers of ten between which all latencies lie, if there are any.
pub fn decades(slices: &[Slice]) -> Option<(f64, f64)> {
    let latencies = || slices.iter().filter_map(|slice| slice.latency);
    let least = latencies().reduce(f64::min)?.max(0.01).log10().floor();
    let most = latencies().reduce(f64::max)?.max(0.01).log10().ceil();
    Some((least, most.max(least + 1.0)))
}

/// A line across the drawing.
pub fn across(y: f64) -> String {
    format!("M0 {}H{WIDTH}", short(y))
}

/// The latency as a line, by its logarithm; it breaks where nothing was acknowledged.
pub fn line(axis: Axis, slices: &[Slice], (least, most): (f64, f64), height: f64) -> String {
    let mut path = String::new();
    let mut goes_on = false;
    for slice in slices {
        let Some(latency) = slice.latency else {
            goes_on = false;
            continue;
        };
        let part = (latency.max(0.01).log10() - least) / (most - least);
        let y = short(height * (1.0 - part.clamp(0.0, 1.0)));
        path += &if std::mem::replace(&mut goes_on, true) {
            format!("V{y}")
        } else {
            format!("M{} {y}", short(axis.x(slice.from)))
        };
        path += &format!("H{}", short(axis.x(slice.from + slice.seconds)));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(from: f64, acknowledged: u64, refused: u64, latency: Option<f64>) -> Slice {
        Slice {
            from,
            seconds: 0.5,
            acknowledged,
            refused,
            unknown: 0,
            reads: 0,
            failed_reads: 0,
            latency,
        }
    }

    const ACKNOWLEDGED: Layer = (|slice| slice.acknowledged, false);
    const REFUSED: Layer = (|slice| slice.refused, true);

    #[test]
    fn areas_are_stacked_and_a_single_refusal_is_seen() {
        let axis = Axis::new(10.0);
        let slices = [slice(0.0, 50, 0, None), slice(0.5, 100, 1, None)];
        let drawn = |below: &[Layer], layer| area(axis, &slices, below, layer, (200.0, 100.0));
        assert_eq!(
            drawn(&[], ACKNOWLEDGED),
            "M0 100V50H50V100ZM50 100V0H100V100Z"
        );
        assert_eq!(drawn(&[ACKNOWLEDGED], REFUSED), "M50 3V0H100V3Z");
    }

    #[test]
    fn the_line_of_latency_breaks_where_nothing_was_acknowledged() {
        let latencies = [Some(1.0), Some(10.0), None, Some(100.0)];
        let slices: Vec<Slice> = (0u8..)
            .zip(latencies)
            .map(|(index, latency)| slice(f64::from(index) / 2.0, 1, 0, latency))
            .collect();
        assert_eq!(decades(&slices), Some((0.0, 2.0)));
        let drawn = line(Axis::new(2.0), &slices, (0.0, 2.0), 80.0);
        assert_eq!(drawn, "M0 80H250V40H500M750 0H1000");
        assert_eq!(decades(&[]), None);
    }

    #[test]
    fn a_long_drill_is_put_together_without_losing_a_write() {
        let slices: Vec<Slice> = (0u16..1300)
            .map(|index| slice(f64::from(index) / 2.0, 1, 0, Some(f64::from(index))))
            .collect();
        let few = merged(&slices);
        assert!(few.len() <= MOST, "{}", few.len());
        assert_eq!(
            few.iter().map(|slice| slice.acknowledged).sum::<u64>(),
            1300
        );
        assert_eq!((few[0].seconds, few[0].latency), (1.5, Some(2.0)));
        assert_eq!(merged(&slices[..3]).len(), 3);
    }

    #[test]
    fn the_top_of_a_scale_is_round() {
        let tops = [0.0, 1.0, 1.1, 2.0, 43.0, 501.0].map(|most| round_up(most).to_string());
        assert_eq!(tops, ["1", "1", "1.2", "2", "50", "600"]);
    }
}
