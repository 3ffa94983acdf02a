//! A plan as a whole: what is to be looked for first in it, and the pages that are made of it.

mod document;
mod foremost;
mod html;
mod markdown;
mod pages;
mod text;

pub use document::Document;
pub use foremost::Foremost;
pub use pages::{Pages, Unwritten, Wanted};

#[cfg(test)]
mod tests;
