//! What every renderer gives for small made-up data, and what it never gives whatever the data.

mod hostile;
mod samples;

use census_report::{ArtifactRead, Columns, Page, RenderOptions, TableOptions};
use insta::assert_snapshot;

const ALL: RenderOptions = RenderOptions { all: true, width: 80, color: false };

#[test]
fn a_page_reads_in_ten_seconds() {
    assert_snapshot!("page", samples::jedi().text(RenderOptions::default()));
    assert_snapshot!("page_all", samples::jedi().text(ALL));
}

#[test]
fn a_page_tells_what_is_wrong_and_what_could_not_be_read() {
    assert_snapshot!("trouble", samples::trouble().text(RenderOptions::default()));
    assert_snapshot!("trouble_all", samples::trouble().text(ALL));
}

#[test]
fn a_page_is_a_document_too() {
    let options = RenderOptions::default();
    assert_snapshot!("page_md", samples::jedi().markdown(options).unwrap());
    assert_snapshot!("page_html", samples::jedi().html(options).unwrap());
    assert_snapshot!("trouble_md", samples::trouble().markdown(options).unwrap());
    assert_snapshot!("trouble_html", samples::trouble().html(options).unwrap());
}

#[test]
fn json_holds_the_page_as_it_is() {
    for page in [samples::jedi(), samples::trouble()] {
        let json = page.json().unwrap();
        assert_eq!(serde_json::from_str::<Page>(&json).unwrap(), page);
        assert!(json.find("\"project\"") < json.find("\"version\"") && json.find("\"behaviors\"") < json.find("\"issues\""));
    }
}

/// A release of which nothing is known yet, of which everything failed, and of which nothing was seen.
fn empty_pages() -> [Page; 3] {
    let bare = Page { project: "bare".into(), version: "1".into(), latest: true, ..Page::default() };
    let failed = ArtifactRead {
        kind: "sdist".into(),
        outcome: "failed".into(),
        reason: Some("the archive is damaged".into()),
        ..ArtifactRead::default()
    };
    let read = ArtifactRead { kind: "wheel".into(), outcome: "ok".into(), installed: true, ..ArtifactRead::default() };
    [bare.clone(), Page { artifacts: vec![failed], ..bare.clone() }, Page { artifacts: vec![read], ..bare }]
}

#[test]
fn an_empty_page_says_why_it_is_empty() {
    let options = RenderOptions::default();
    let [bare, failed, silent] = empty_pages();
    assert_snapshot!("empty_bare", bare.text(options));
    assert_snapshot!("empty_failed", failed.text(options));
    assert_snapshot!("empty_silent", silent.text(options));
    for page in [bare, failed] {
        for text in [page.text(options), page.markdown(options).unwrap(), page.html(options).unwrap()] {
            assert!(text.to_lowercase().contains("not scanned"), "{text}");
            assert!(!text.contains("none known") && !text.contains("No behavior"), "{text}");
        }
    }
    assert!(silent.markdown(options).unwrap().contains("No behavior was seen."));
    assert!(silent.html(options).unwrap().contains("No behavior was seen."));
}

#[test]
fn the_table_of_prevalence() {
    let table = samples::prevalence();
    assert_snapshot!("prevalence", table.text(TableOptions::default()));
    assert_snapshot!("prevalence_counts", table.text(TableOptions { counts: true, bounds: true, coverage: true, all: true, color: false }));
    assert_snapshot!("prevalence_bounds", table.text(TableOptions { bounds: true, ..TableOptions::default() }));
    assert_snapshot!("prevalence_small", samples::small().text(TableOptions::default()));
    assert_snapshot!("prevalence_md", table.markdown(TableOptions::default()).unwrap());
}

#[test]
fn the_table_for_other_programs() {
    let table = samples::prevalence();
    let csv = table.csv().unwrap();
    assert!(csv.lines().count() == 1 + table.rows.len() * table.tiers.len() && csv.ends_with("\r\n"));
    assert!(csv.contains("\"execution/a, \"\"b\"\"\""), "{csv}");
    assert_snapshot!("prevalence_csv", csv.replace("\r\n", "\n"));
    assert_eq!(serde_json::from_str::<census_report::Prevalence>(&table.json().unwrap()).unwrap(), table);
}

#[test]
fn a_table_without_rules_says_so() {
    let table = census_report::Prevalence { rows: Vec::new(), ..samples::prevalence() };
    assert!(table.text(TableOptions::default()).contains("No rules"));
    assert!(table.csv().unwrap().starts_with("run_id,as_of,"));
}

#[test]
fn runs_and_rules_in_words() {
    assert_snapshot!("run", samples::run().text());
    assert_snapshot!("run_nothing_new", samples::nothing_new().text());
    assert_snapshot!("explain_behavior", samples::explained().text(80));
    assert_snapshot!("explain_issue", samples::explained_issue().text(80));
    assert_snapshot!("explain_columns", Columns::default().text());
}

#[test]
fn color_changes_nothing_but_color() {
    let (plain, color) = (RenderOptions::default(), RenderOptions { color: true, ..RenderOptions::default() });
    let colored = samples::trouble().text(color);
    let stripped = ["0", "1", "2", "31", "33"].iter().fold(colored.clone(), |text, code| text.replace(&format!("\u{1b}[{code}m"), ""));
    assert_ne!(colored, stripped);
    assert_eq!(stripped, samples::trouble().text(plain));
}
