//! The hidden command that a scan starts its workers with.

/// Its name. It takes no other argument, and `main` runs it before anything else.
pub(crate) const NAME: &str = "worker";
