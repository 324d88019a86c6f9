//! What a package wrote never steers what it is shown in.

use census_model::{Kind, What};
use census_report::{Evidence, Page, RenderOptions, TableOptions, Unread};
use proptest::prelude::*;

use crate::samples;

/// Everything a package chooses, set to the same string.
fn page_of(hostile: &str) -> Page {
    let mut page = samples::trouble();
    let evidence = |e: &mut Evidence| {
        e.value = hostile.into();
        e.path = hostile.into();
        e.note = Some(hostile.to_owned());
        e.kind = Kind::Url;
    };
    page.behaviors.iter_mut().flat_map(|b| &mut b.evidence).for_each(evidence);
    page.issues.iter_mut().flat_map(|i| &mut i.evidence).for_each(evidence);
    page.unread.push(Unread { artifact: "wheel".into(), path: hostile.into(), what: What::Name, bytes: 0 });
    page.unread.rotate_right(1);
    page.version = hostile.into();
    page.project = hostile.into();
    for artifact in &mut page.artifacts {
        artifact.filename = hostile.into();
        artifact.reason = Some(hostile.to_owned());
    }
    page
}

/// Every form of a page.
fn forms(page: &Page) -> Vec<String> {
    let options = RenderOptions { all: true, ..RenderOptions::default() };
    vec![page.text(options), page.markdown(options).unwrap(), page.html(options).unwrap(), page.json().unwrap()]
}

fn steers(c: char) -> bool {
    c != '\n'
        && (c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'))
}

#[test]
fn escapes_and_bidirectional_controls_come_out_as_text() {
    let page = page_of("a\u{1b}[2J\u{1b}]0;x\u{7}\r\n\u{9b}31m\u{202e}\u{2066}b");
    for form in forms(&page) {
        assert!(!form.contains(steers), "{form:?}");
        assert!(form.contains("u{1b}") || form.contains("u001b") || form.contains(r"u{1b\}"), "{form}");
    }
    assert!(page.text(RenderOptions::default()).contains(r"a\u{1b}[2J\u{1b}]0;x\u{7}\r\n\u{9b}31m\u{202e}\u{2066}b"));
}

#[test]
fn markup_comes_out_as_text() {
    let page = page_of("\"><script>alert(1)</script><img src=x onerror=y>'");
    let html = page.html(RenderOptions::default()).unwrap();
    assert!(!html.contains("<script") && !html.contains("<img") && html.contains("&lt;script&gt;"), "{html}");
    let markdown = page.markdown(RenderOptions::default()).unwrap();
    for line in markdown.lines() {
        let outside: String = line.split('`').step_by(2).collect();
        assert!(!outside.replace(r"\<", "").contains('<'), "{line}");
    }
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    let page = page_of("``` [x](https://a.example) | `");
    let markdown = page.markdown(RenderOptions::default()).unwrap();
    assert!(markdown.contains("```` ``` [x](https://a.example) | ` ````"), "{markdown}");
    assert!(markdown.starts_with(r"# \`\`\` \[x\](https://a.example) \| \`"), "{markdown}");
}

#[test]
fn a_rule_of_a_hostile_catalog_does_not_steer_either() {
    let mut table = samples::prevalence();
    table.rows[0].sentence = "\u{1b}[31m|".into();
    let options = TableOptions::default();
    for form in [table.text(options), table.markdown(options).unwrap(), table.json().unwrap()] {
        assert!(!form.contains(steers), "{form:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_form_holds_a_control_character_but_the_line_feed(hostile in any::<String>(), controls in "[\\x00-\\x1f\\x7f-\\u{9f}<>`|\\u{2028}-\\u{202e}]{0,12}") {
        for form in forms(&page_of(&format!("{hostile}{controls}"))) {
            prop_assert!(!form.contains(steers), "{:?}", form);
        }
    }

    #[test]
    fn text_has_no_trailing_blanks(hostile in any::<String>(), width in 0usize..200) {
        let text = page_of(&hostile).text(RenderOptions { all: true, width, color: false });
        prop_assert!(text.lines().all(|line| line.trim_end() == line), "{:?}", text);
    }
}
