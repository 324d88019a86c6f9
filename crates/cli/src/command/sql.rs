//! `census sql`: questions over every table and view.

use std::io::IsTerminal;

use census_lake::{Format, Lake, Session, export};
use rustyline::error::ReadlineError;

use super::print;
use crate::Ending;
use crate::args::{AnswerFormat, Common, Sql};
use crate::fault::Fault;

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Sql) -> Ending {
    let session = Lake::open(&common.lake).await?.session().await?;
    match query(options)? {
        Some(query) => answer(&session, &query, options).await?,
        None if std::io::stdin().is_terminal() => prompt(&session, options).await?,
        None => answer(&session, &std::io::read_to_string(std::io::stdin())?, options).await?,
    }
    Ok(Vec::new())
}

fn query(options: &Sql) -> Result<Option<String>, Fault> {
    match &options.file {
        Some(file) => std::fs::read_to_string(file).map(Some).map_err(|e| Fault::from_error(e).at(file.display())),
        None => Ok(options.command.clone()),
    }
}

async fn answer(session: &Session, query: &str, options: &Sql) -> Result<(), Fault> {
    let format = match options.format {
        AnswerFormat::Table => Format::Table,
        AnswerFormat::Csv => Format::Csv,
        AnswerFormat::Json => Format::Json,
        AnswerFormat::Parquet => Format::Parquet,
    };
    if format == Format::Parquet && options.output.is_none() {
        return Err(Fault::new("Parquet is no text", "give --output FILE"));
    }
    let bytes = export(&session.query(query).await?, format)?;
    match &options.output {
        Some(file) => std::fs::write(file, bytes).map_err(|e| Fault::from_error(e).at(file.display())),
        None if format == Format::Table => print(&inert(&String::from_utf8_lossy(&bytes))),
        None => print(&String::from_utf8_lossy(&bytes)),
    }
}

/// A table whose cells cannot steer the terminal: they hold what packages hold.
fn inert(table: &str) -> String {
    table.lines().flat_map(|line| [census_report::inert(line).into_owned(), "\n".to_owned()]).collect()
}

async fn prompt(session: &Session, options: &Sql) -> Result<(), Fault> {
    let mut editor = rustyline::DefaultEditor::new()?;
    let mut query = String::new();
    loop {
        match editor.readline(if query.is_empty() { "census> " } else { "     -> " }) {
            Ok(line) => {
                query.push_str(&line);
                query.push('\n');
            }
            Err(ReadlineError::Interrupted) => query.clear(),
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let whole = query.trim();
        if whole.ends_with(';') {
            editor.add_history_entry(whole)?;
            if let Err(fault) = answer(session, whole.trim_end_matches(';'), options).await {
                eprint!("{fault}");
            }
            query.clear();
        }
    }
}
