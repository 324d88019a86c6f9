//! The nouns of Census, the Arrow schema of every table, and the rules that all stages share:
//! how a project is named, which release and file speak for it, what a tier is.
//!
//! Reads and writes nothing: no I/O, no clock. Depends on no other crate of the workspace.
//!
//! ```
//! use census_model::{id, name};
//!
//! assert_eq!(name::normalize("Zope.Interface"), "zope-interface");
//! let project = id::project("zope-interface");
//! assert!(id::bucket(project) < 64);
//! ```

pub mod choice;
pub mod fact;
pub mod gap;
pub mod id;
pub mod name;
pub mod row;
pub mod tables;
pub mod tier;

pub use choice::Policy;
pub use fact::{Fact, How, Kind, Phase, Role, Term};
pub use gap::{Gap, What};
pub use row::{Day, Row, Time};
pub use tables::Table;
