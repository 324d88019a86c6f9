//! Templates: Markdown and HTML. What is put into them is made inert and escaped for the language of the template, always.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value, escape_formatter};
use serde::Serialize;

use crate::inert::inert;
use crate::{Error, Share, number};

const TEMPLATES: [(&str, &str); 5] = [
    ("page.md", include_str!("../templates/page.md")),
    ("page.html", include_str!("../templates/page.html")),
    ("comparison.md", include_str!("../templates/comparison.md")),
    ("method.md", include_str!("../templates/method.md")),
    ("prevalence.md", include_str!("../templates/prevalence.md")),
];

const MARKDOWN: &str = "markdown";

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// Renders a template with what it is about.
pub(crate) fn render<T: Serialize>(template: &'static str, about: T) -> Result<String, Error> {
    let rendered = ENVIRONMENT.get_template(template).and_then(|page| page.render(Serde(about)));
    rendered.map_err(|source| Error::Template { template, source })
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment
        .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the delimiters are the usual ones"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("md") => AutoEscape::Custom(MARKDOWN.into()),
        _ => AutoEscape::Html,
    });
    environment.set_formatter(write_escaped);
    environment.add_filter("code", |text: &str| Value::from_safe_string(code_span(text)));
    environment.add_filter("thousands", number::thousands);
    environment.add_filter("bytes", number::bytes);
    environment.add_filter("probability", |share: f64| format!("{:.1}%", 100.0 * share));
    environment.add_filter("plural", |count: i64, name: &str| number::plural(count, name));
    environment.add_filter("counts", |share: Serde<Share>| share.counts(false));
    environment.add_filter("percent", |share: Serde<Share>| share.percent(false));
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).expect("the templates are tested");
    }
    environment
}

/// Writes a value: strings inert and escaped for the language of the template.
fn write_escaped(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let Some(text) = value.as_str().filter(|_| !value.is_safe()) else {
        return if value.is_safe() || matches!(state.auto_escape(), AutoEscape::Custom(_)) {
            write!(out, "{value}").map_err(Into::into)
        } else {
            escape_formatter(out, state, value)
        };
    };
    match state.auto_escape() {
        AutoEscape::Custom(_) => out.write_str(&escape_markdown(text)).map_err(Into::into),
        _ => escape_formatter(out, state, &Value::from(inert(text))),
    }
}

/// Text in which nothing is Markdown.
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in inert(text).chars() {
        if r"\`*_[]<>|~&#".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A code span: fenced by more backticks than stand in a row inside.
fn code_span(text: &str) -> String {
    let text = inert(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.is_empty() || text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        for (name, _) in TEMPLATES {
            assert!(ENVIRONMENT.get_template(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn code_spans_hold_backticks_and_text_is_no_markdown() {
        assert_eq!(code_span("a``b\n"), r"```a``b\n```");
        assert_eq!(code_span("`x"), "`` `x ``");
        assert_eq!(escape_markdown("<b>[x](y)|*"), r"\<b\>\[x\](y)\|\*");
    }
}
