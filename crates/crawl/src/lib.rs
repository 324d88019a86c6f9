//! The crawl: what the index and the ranking say, as rows of what changed, and the chosen files in a mirror.
//!
//! Reads a Simple API index (or a directory of files), a ranking, and the states already known, which the caller hands in as
//! rows. Gives new rows to a [`Sink`] and writes files into a [`Mirror`]. Knows nothing of the lake. May depend on `model`.
//!
//! One conditional request a project at most; what did not change gives no row; one bad project never stops the others. The
//! rows come in the order of the population, whatever the concurrency, and a project's rows come once its files are there.
//!
//! ```
//! use std::path::Path;
//!
//! use census_crawl::{Config, Crawl, Environment, Known, Rows};
//! use census_model::Time;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let place = std::env::temp_dir().join("census-crawl-example");
//! std::fs::create_dir_all(place.join("files")).unwrap();
//! std::fs::write(place.join("files/foo-1.0.tar.gz"), b"not really an archive").unwrap();
//!
//! let config = Config { find_links: Some(place.join("files")), ..Config::default() };
//! let crawl = Crawl::open(config, &Environment::empty(), &place.join("mirror"), Known::default(), "run-1", Time(0)).unwrap();
//! let mut rows = Rows::default();
//! let summary = crawl.run(&mut rows, ()).await.unwrap();
//! assert_eq!(rows.projects[0].latest_version.as_deref(), Some("1.0"));
//! assert_eq!((summary.projects, summary.chosen), (1, 1));
//! # });
//! ```

mod config;
mod error;
mod html;
mod http;
mod index;
mod links;
mod mirror;
mod outcome;
mod page;
mod population;
mod ranking;
mod run;
mod settings;
mod source;
mod state;

pub use config::Config;
pub use error::Error;
pub use http::{Http, Options};
pub use index::Index;
pub use links::Links;
pub use mirror::{Checked, Mirror};
pub use outcome::{Failure, LeftOut, Reason, Summary};
pub use page::{Answer, File, Names, Page};
pub use ranking::Ranking;
pub use run::{Crawl, Progress, Rows, Sink};
pub use settings::{Environment, IndexUrl};
pub use source::Source;
pub use state::Known;
