//! Verifying: whatever is damaged is found and named, and nothing else.

use std::path::{Path, PathBuf};

use census_lake::{Damage, Lake};
use census_model::Table;

use super::scanned;

async fn filled() -> (tempfile::TempDir, Lake) {
    let directory = tempfile::tempdir().unwrap();
    let lake = Lake::open_or_create(directory.path().to_str().unwrap()).await.unwrap();
    for artifact in 0..12 {
        lake.commit(scanned(artifact, &["os.chmod", "os.chown"])).await.unwrap();
    }
    (directory, lake)
}

/// The files of a table, or of its log, that end so.
fn files(directory: &Path, table: Table, end: &str) -> Vec<PathBuf> {
    let log = directory.join(table.name()).join("_delta_log");
    let place = if end == "parquet" { directory.join(table.name()) } else { log };
    let mut files: Vec<PathBuf> = std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_str().unwrap().ends_with(end));
    files.sort();
    files
}

/// The one thing that is wrong, which must be about this file.
#[track_caller]
fn only<'a>(damages: &'a [Damage], table: Table, file: &Path) -> &'a str {
    assert!(!damages.is_empty(), "{} is damaged, and nobody sees it", file.display());
    for damage in damages {
        assert_eq!(damage.table, table.name(), "{damages:?}");
    }
    let name = file.file_name().unwrap().to_str().unwrap();
    &damages.iter().find(|damage| damage.file.ends_with(name)).unwrap_or_else(|| panic!("{name} is not named: {damages:?}")).what
}

#[tokio::test]
async fn a_sound_lake_has_nothing_wrong() {
    let (_directory, lake) = filled().await;
    let verified = lake.verify().await.unwrap();
    assert_eq!(verified.damages, []);
    assert!(verified.files > 36 && verified.rows > 36 && verified.bytes > 0 && verified.entries > 48, "{verified:?}");
}

#[tokio::test]
async fn a_flipped_byte_is_found_wherever_it_is() {
    let (directory, lake) = filled().await;
    let mut seed = 7_u64;
    for round in 0..24 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let table = [Table::Facts, Table::Members, Table::Terms, Table::Scans][round % 4];
        let files = files(directory.path(), table, "parquet");
        let file = &files[usize::try_from(seed >> 33).unwrap() % files.len()];
        let sound = std::fs::read(file).unwrap();
        let mut damaged = sound.clone();
        let at = usize::try_from(seed >> 17).unwrap() % damaged.len();
        damaged[at] ^= 1 << (seed % 8);
        std::fs::write(file, &damaged).unwrap();
        only(&lake.verify().await.unwrap().damages, table, file);
        std::fs::write(file, &sound).unwrap();
    }
    assert_eq!(lake.verify().await.unwrap().damages, []);
}

#[tokio::test]
async fn a_file_that_is_cut_or_gone_is_named() {
    let (directory, lake) = filled().await;
    let file = files(directory.path(), Table::Facts, "parquet").remove(3);
    let sound = std::fs::read(&file).unwrap();
    std::fs::write(&file, &sound[..sound.len() / 2]).unwrap();
    let verified = lake.verify().await.unwrap();
    assert!(only(&verified.damages, Table::Facts, &file).contains("bytes in place of"), "{verified:?}");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(only(&lake.verify().await.unwrap().damages, Table::Facts, &file), "is missing");
}

#[tokio::test]
async fn damage_to_a_log_is_named() {
    let (directory, lake) = filled().await;
    let entries = files(directory.path(), Table::Facts, ".json");
    let checkpoint = files(directory.path(), Table::Facts, ".checkpoint.parquet").remove(0);
    for (file, damage) in [(&entries[11], "{not json"), (&entries[4], "{not json"), (&entries[4], ""), (&checkpoint, "PAR1")] {
        let sound = std::fs::read(file).unwrap();
        std::fs::write(file, damage).unwrap();
        only(&lake.verify().await.unwrap().damages, Table::Facts, file);
        std::fs::write(file, &sound).unwrap();
    }
    // Cut at the end of a line, an entry is still well formed.
    let sound = std::fs::read_to_string(&entries[5]).unwrap();
    std::fs::write(&entries[5], sound.lines().next().unwrap()).unwrap();
    assert_eq!(only(&lake.verify().await.unwrap().damages, Table::Facts, &entries[5]), "is cut short");
    std::fs::remove_file(&entries[5]).unwrap();
    assert_eq!(only(&lake.verify().await.unwrap().damages, Table::Facts, &entries[5]), "is missing");
}
