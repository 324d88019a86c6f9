//! What can go wrong in the stage.

/// An error of the stage.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lake cannot be read, or a step fails.
    #[error(transparent)]
    Lake(#[from] census_lake::Error),
    /// A step of `pipelines/prevalence/` fails.
    #[error("pipelines/prevalence/{file}.sql: {source}")]
    Step {
        /// The file's name.
        file: &'static str,
        /// DataFusion's message.
        source: census_lake::Error,
    },
    /// The patterns of all rules for one kind of term are too much together.
    #[error("the rules' patterns for {kind} terms: {source}")]
    Patterns {
        /// The kind.
        kind: &'static str,
        /// Why.
        source: Box<regex::Error>,
    },
    /// The SQL of a rule is wrong.
    #[error("rule `{rule}`: its `where` is wrong: {source}")]
    Where {
        /// The rule.
        rule: String,
        /// DataFusion's message.
        source: census_lake::Error,
    },
}
