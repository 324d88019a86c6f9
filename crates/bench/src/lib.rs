//! Benchmarks, and the synthetic ecosystem that they run over.
//!
//! [`scanning`] reads artifacts (of a mirror, or of a directory of plainly named files) and measures what scanning them costs,
//! beside the bare sum of inflating, hashing and parsing them. [`ecosystem`] writes a lake of as many projects as wanted, and rules;
//! [`prevalence`] measures what the numbers of it cost, [`engine`] the SQL alone.
//! With `--write` figures are appended to `data/bench/`. Never shipped; may depend on every crate.

mod bare;
mod clock;
mod command;
mod corpus;
pub mod ecosystem;
pub mod engine;
mod error;
mod figure;
pub mod prevalence;
mod scan;
pub mod scanning;

pub use error::Error;
