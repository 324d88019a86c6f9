//! Never shipped: packages built in memory, archives built to be hostile, a loopback index, a loopback S3.

pub mod hostile;
pub mod index;
pub mod package;
pub mod s3;
