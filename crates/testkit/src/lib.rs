//! Never shipped: packages built in memory, and a loopback index.

pub mod index;
pub mod package;
