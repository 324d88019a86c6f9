//! Snapshots: the state of every table at one moment, each batch in all of its tables or in none.
//!
//! Tables are committed one after another, and read so too: a batch that is being committed meanwhile shows in some of them. Its
//! intent tells the rest. Intents that stand are listed after the tables were read, and so are those that were closed while they
//! were; what these add is taken as added everywhere. What takes files away from a table holds where it was seen there, and is left
//! out elsewhere where it was not.

use census_model::Table;
use futures::future::join_all;
use object_store::path::Path;

use crate::Error;
use crate::delta::{Delta, Opened, State};
use crate::intent::{Change, Intent, Listing};
use crate::store::Store;

/// How often it is tried to see the tables while nobody merges the files of a batch that is being committed.
const TRIES: usize = 10;

/// A table on the way to being part of a snapshot.
struct Seen {
    opened: Opened,
    state: State,
}

/// The states of all tables at one moment.
pub(crate) async fn states(store: &Store) -> Result<Vec<State>, Error> {
    for _ in 0..TRIES {
        let before = Intent::list(store).await?;
        // Every look is waited for, also where one has failed: what runs in the background must not outlive its runtime.
        let looks = join_all(Table::ALL.iter().map(|&table| see(store, table))).await;
        let mut tables = looks.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut whole = true;
        for intent in Intent::since(store, &before).await? {
            whole &= settle(store, &mut tables, &intent).await?;
        }
        if whole {
            return Ok(tables.into_iter().map(|seen| seen.state).collect());
        }
    }
    Err(Error::Restless)
}

async fn see(store: &Store, table: Table) -> Result<Seen, Error> {
    let opened = Delta::new(store, table).opened(None).await?;
    let data = opened.data()?;
    let rows = data.iter().filter_map(|file| file.rows).sum::<usize>() as u64;
    let state = State { table, version: opened.version(), files: data.into_iter().map(|file| file.path).collect(), rows };
    Ok(Seen { opened, state })
}

/// Makes a batch whole in what was seen, or leaves it out; tells whether that could be done.
async fn settle(store: &Store, tables: &mut [Seen], intent: &Intent) -> Result<bool, Error> {
    let mut hold = true;
    for (at, change) in intent.changes.iter().enumerate() {
        let table = intent.table(store, change)?;
        let Some(seen) = tables.iter_mut().find(|seen| seen.state.table == table) else { continue };
        let made = seen.has_made(intent, change).await?;
        if at == 0 && !change.removes.is_empty() {
            hold = made;
        } else if made && !hold && !seen.leave_out(change) {
            return Ok(false);
        } else if !made && hold {
            seen.add(change);
        }
    }
    Ok(true)
}

impl Seen {
    fn paths(&self, change: &Change) -> Vec<Path> {
        change.adds.iter().map(|add| self.opened.path(&add.path)).collect()
    }

    async fn has_made(&self, intent: &Intent, change: &Change) -> Result<bool, Error> {
        let shows = self.paths(change).iter().any(|path| self.state.files.binary_search(path).is_ok());
        Ok(shows || self.opened.has_made(&intent.id).await?)
    }

    fn add(&mut self, change: &Change) {
        self.state.files.extend(self.paths(change));
        self.state.files.sort();
    }

    /// Takes the files of a change out again; tells whether they were all there.
    fn leave_out(&mut self, change: &Change) -> bool {
        let paths = self.paths(change);
        let before = self.state.files.len();
        self.state.files.retain(|file| !paths.contains(file));
        before - self.state.files.len() == paths.len()
    }
}

impl Intent {
    /// The intents that stand now, and those that were closed since `before` was listed: oldest first.
    async fn since(store: &Store, before: &Listing) -> Result<Vec<Self>, Error> {
        let now = Self::list(store).await?;
        let mut intents = Vec::new();
        for id in now.standing.iter().chain(now.closed.difference(&before.closed)) {
            intents.extend(Self::read(store, id).await?);
        }
        intents.sort_by(|one, other| one.id.cmp(&other.id));
        intents.dedup_by(|one, other| one.id == other.id);
        Ok(intents)
    }
}
