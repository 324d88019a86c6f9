//! The catalog that a command uses: that of `--data`, of `data/` where there is one, or the one in the program.

use std::path::Path;

use census_catalog::Catalog;

use crate::args::Common;
use crate::fault::Fault;

/// Loads it.
pub(crate) fn load(common: &Common) -> Result<Catalog, Fault> {
    let here = Path::new("data");
    let catalog = match &common.data {
        Some(directory) => Catalog::read(directory)?,
        None if here.join("rules").is_dir() => Catalog::read(here)?,
        None => Catalog::embedded()?,
    };
    Ok(catalog)
}
