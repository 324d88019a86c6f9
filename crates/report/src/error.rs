//! What can go wrong in rendering.

/// A page could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template failed.
    #[error("template {template}: {source}")]
    Template {
        /// The template's name.
        template: &'static str,
        /// Why.
        source: minijinja::Error,
    },
    /// A value has no JSON form.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A row could not be written as CSV.
    #[error("CSV: {0}")]
    Csv(#[from] csv::Error),
}
