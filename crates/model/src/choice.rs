//! Which release speaks for a project, and which of its files: what pip would pick.

use serde::{Deserialize, Serialize};

/// Which artifacts of a release speak for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The one file pip would pick on the newest CPython, manylinux x86_64: a wheel, else the sdist.
    Installed,
    /// The sdist, and the pure wheel or one wheel per platform family (manylinux x86_64, win_amd64, macOS arm64).
    Representative,
    /// The sdist alone.
    Sdist,
    /// Every file.
    All,
}
