//! Chance. With a seed it is the same each time, though not the one that Python would draw.

use super::super::registry::Registry;
use super::super::trace;
use super::{items, wrong};
use minijinja::value::Kwargs;
use minijinja::{Error, Value};
use sha2::{Digest, Sha256};

pub(super) fn register(to: &mut Registry) {
    to.filter("random", random);
    to.filter(
        "shuffle",
        |list: &Value, seed: Option<Value>, options: Kwargs| -> Result<Value, Error> {
            let mut chance = Chance::new(seed, &options)?;
            options.assert_all_used()?;
            let mut list = items(list, "shuffle")?;
            for at in (1..list.len()).rev() {
                list.swap(
                    at,
                    usize::try_from(chance.below(at as u64 + 1)?).unwrap_or(at),
                );
            }
            Ok(Value::from(list))
        },
    );
}

/// A source of numbers: the system's, or those that follow from a seed.
struct Chance {
    seed: Option<String>,
    drawn: u64,
}

impl Chance {
    fn new(seed: Option<Value>, options: &Kwargs) -> Result<Self, Error> {
        let seed = seed.map_or_else(
            || options.get::<Option<Value>>("seed"),
            |given| Ok(Some(given)),
        )?;
        let seed = seed
            .filter(|seed| !seed.is_none())
            .map(|seed| seed.to_string());
        if seed.is_none() {
            trace::note_volatile();
        }
        Ok(Self { seed, drawn: 0 })
    }

    fn next(&mut self) -> Result<u64, Error> {
        self.drawn += 1;
        match &self.seed {
            Some(seed) => {
                let digest = Sha256::digest(format!("{}\0{seed}", self.drawn));
                Ok(digest
                    .iter()
                    .take(8)
                    .fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            None => getrandom::u64().map_err(|error| wrong(error.to_string())),
        }
    }

    fn below(&mut self, end: u64) -> Result<u64, Error> {
        Ok(self.next()? % end.max(1))
    }
}

fn random(
    end: &Value,
    start: Option<i64>,
    step: Option<i64>,
    seed: Option<Value>,
    options: Kwargs,
) -> Result<Value, Error> {
    let start = start
        .map_or_else(
            || options.get::<Option<i64>>("start"),
            |given| Ok(Some(given)),
        )?
        .unwrap_or(0);
    let step = step
        .map_or_else(
            || options.get::<Option<i64>>("step"),
            |given| Ok(Some(given)),
        )?
        .unwrap_or(1);
    let mut chance = Chance::new(seed, &options)?;
    options.assert_all_used()?;
    let Some(end) = end.as_i64().filter(|_| end.is_number()) else {
        let list = match end.as_str() {
            Some(text) => text.chars().map(Value::from).collect(),
            None => items(end, "random")?,
        };
        let at = usize::try_from(chance.below(list.len() as u64)?).unwrap_or(0);
        return list
            .get(at)
            .cloned()
            .ok_or_else(|| wrong("`random` has nothing to choose from"));
    };
    let span = u64::try_from(end.saturating_sub(start)).unwrap_or(0);
    let Some(step) = u64::try_from(step)
        .ok()
        .filter(|step| *step > 0 && span > 0)
    else {
        return Err(wrong(
            "`random` needs a `start` below its end and a `step` above 0",
        ));
    };
    let offset = chance.below(span.div_ceil(step))? * step;
    Ok(Value::from(
        start.saturating_add(i64::try_from(offset).unwrap_or(i64::MAX)),
    ))
}
