//! Never shipped: packages built in memory, and a loopback index.

pub mod package;
