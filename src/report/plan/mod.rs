//! A plan as a whole: what is to be looked for first in it.

mod foremost;
mod text;

pub use foremost::Foremost;
