//! Never shipped: packages built in memory, a loopback index, a loopback S3.

pub mod index;
pub mod package;
pub mod s3;
