//! A plan that was saved is carried out as it was told, or not at all.

#![allow(clippy::unwrap_used)]

mod again;
mod ground;
mod harms;
mod held;
mod joins;
