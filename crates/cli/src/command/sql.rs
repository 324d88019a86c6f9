//! `census sql`: questions over every table and view.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use census_lake::{Format, Lake, SAVED, Saved, Session, export};
use rustyline::error::ReadlineError;

use super::print;
use crate::Ending;
use crate::args::{AnswerFormat, Common, Sql};
use crate::fault::Fault;

/// What is asked: a query, if there is one yet, and values for its parameters.
struct Question {
    query: Option<String>,
    values: BTreeMap<String, String>,
}

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Sql) -> Ending {
    if options.list {
        print(&list())?;
        return Ok(Vec::new());
    }
    let Question { query, values } = question(options)?;
    let session = Lake::open(&common.lake).await?.session().await?;
    match query {
        Some(query) => answer(&session, &query, &values, options).await?,
        None if std::io::stdin().is_terminal() => prompt(&session, &values, options).await?,
        None => answer(&session, &std::io::read_to_string(std::io::stdin())?, &values, options).await?,
    }
    Ok(Vec::new())
}

/// The saved queries: name and parameters, what each answers, what to give.
fn list() -> String {
    let mut text = String::new();
    for saved in SAVED {
        let parameters = saved.parameters();
        let usage: String = parameters.iter().map(|(name, _)| format!(" {name}=…")).collect();
        let lines = parameters.iter().map(|(name, what)| format!("    {name}: {what}\n")).collect::<String>();
        text += &format!("{}{usage}\n    {}\n{lines}", saved.name, saved.answers());
    }
    text
}

fn question(options: &Sql) -> Result<Question, Fault> {
    let (values, names): (Vec<&String>, Vec<&String>) = options.words.iter().partition(|word| word.contains('='));
    let values = values.iter().filter_map(|word| word.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let query = match (&options.file, &options.command, names[..].first()) {
        (Some(file), None, None) => Some(std::fs::read_to_string(file).map_err(|e| Fault::from_error(e).at(file.display()))?),
        (None, Some(command), None) => Some(command.clone()),
        (None, None, None) => None,
        (None, None, Some(name)) if names.len() == 1 => Some(saved(name)?.to_owned()),
        _ => return Err(Fault::new("more than one query", "give one of -c QUERY, -f FILE and a saved query's name")),
    };
    Ok(Question { query, values })
}

fn saved(name: &str) -> Result<&'static str, Fault> {
    let unknown = || Fault::new(format!("there is no saved query `{name}`"), "`census sql --list` lists them; -c takes SQL");
    Saved::find(name).map(|saved| saved.sql).ok_or_else(unknown)
}

async fn answer(session: &Session, query: &str, values: &BTreeMap<String, String>, options: &Sql) -> Result<(), Fault> {
    let format = match options.format {
        AnswerFormat::Table => Format::Table,
        AnswerFormat::Csv => Format::Csv,
        AnswerFormat::Json => Format::Json,
        AnswerFormat::Parquet => Format::Parquet,
    };
    if format == Format::Parquet && options.output.is_none() {
        return Err(Fault::new("Parquet is no text", "give --output FILE"));
    }
    let bytes = export(&session.query_with(query, values).await?, format)?;
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

async fn prompt(session: &Session, values: &BTreeMap<String, String>, options: &Sql) -> Result<(), Fault> {
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
            if let Err(fault) = answer(session, whole.trim_end_matches(';'), values, options).await {
                eprint!("{fault}");
            }
            query.clear();
        }
    }
}
