//! Never shipped: packages built in memory, archives built to be hostile, fuzzing, a loopback index, a loopback S3.

pub mod fuzz;
pub mod hostile;
pub mod index;
pub mod package;
pub mod s3;
