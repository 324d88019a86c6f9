//! Every table of the lake: its name, its columns, the order its rows are kept in.
//!
//! Everything is append-only. A change of state is a new row with the serial it holds from; "now" and "as of T" are views.

use arrow::datatypes::SchemaRef;

use crate::row::{Day, Row, Time};

/// Lists the tables: the variant, the name, the row, the table whose rows it keeps once they are history, the columns that rows are
/// sorted by, the columns that get bloom filters.
macro_rules! tables {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $row:ident $(of $now:ident)?, sort $sort:expr, bloom $bloom:expr;)+) => {
        /// A table of the lake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Table { $($(#[doc = $doc])+ $variant,)+ }

        impl Table {
            /// Every table. A batch commits to its tables in this order, so that what refers comes after what it refers to.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in SQL, and the directory in the lake.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What a row is.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }

            /// The columns.
            pub fn schema(self) -> SchemaRef {
                match self { $(Self::$variant => $row::schema(),)+ }
            }

            /// The columns that rows are sorted by within a file, all ascending.
            pub fn sort(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &$sort,)+ }
            }

            /// The columns with bloom filters.
            pub fn bloom(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &$bloom,)+ }
            }
        }

        $(table_row!($variant, $row $(, $now)?);)+
    };
}

/// A row belongs to the table that it is written to first.
macro_rules! table_row {
    ($variant:ident, $row:ident) => {
        impl TableRow for $row {
            const TABLE: Table = Table::$variant;
        }
    };
    ($variant:ident, $row:ident, $now:ident) => {};
}

/// A row that belongs to a table.
pub trait TableRow: Row {
    /// The table.
    const TABLE: Table;
}

tables! {
    /// A thing that can be seen.
    Terms = "terms", TermRow, sort ["term_id"], bloom ["value"];
    /// A URL term, taken apart.
    Urls = "urls", UrlRow, sort ["term_id"], bloom ["domain"];
    /// A file inside an artifact.
    Members = "members", MemberRow, sort ["artifact_id", "member"], bloom ["sha256"];
    /// A thing that could not be read.
    Gaps = "gaps", GapRow, sort ["artifact_id", "member"], bloom [];
    /// A term seen in a member, in one phase and one way.
    Facts = "facts", FactRow, sort ["bucket", "term_id", "artifact_id", "member"], bloom ["term_id", "artifact_id"];
    /// A fact that no current release needs.
    FactsHistory = "facts_history", FactRow of Facts, sort ["bucket", "term_id", "artifact_id", "member"], bloom ["term_id", "artifact_id"];
    /// The metadata of a scanned artifact.
    Metadata = "metadata", MetadataRow, sort ["artifact_id"], bloom [];
    /// A declared requirement.
    Dependencies = "dependencies", DependencyRow, sort ["artifact_id", "requires"], bloom [];
    /// Another project or library carried inside.
    Components = "components", ComponentRow, sort ["artifact_id", "name"], bloom [];
    /// An attempt to scan an artifact.
    Scans = "scans", ScanRow, sort ["artifact_id"], bloom [];
    /// A project in a ranking.
    Rankings = "rankings", RankingRow, sort ["ranked_on", "rank"], bloom [];
    /// A new state of a project.
    Projects = "projects", ProjectRow, sort ["project_id"], bloom ["project"];
    /// A new state of a project's file.
    Artifacts = "artifacts", ArtifactRow, sort ["project_id", "filename"], bloom ["project", "artifact_id"];
    /// An advisory.
    Advisories = "advisories", AdvisoryRow, sort ["id"], bloom [];
    /// A release that an advisory concerns.
    Vulnerabilities = "vulnerabilities", VulnerabilityRow, sort ["project"], bloom [];
    /// A rule of a catalog version.
    Rules = "rules", RuleRow, sort ["rule"], bloom [];
    /// A rule shown by an artifact.
    Findings = "findings", FindingRow, sort ["catalog", "bucket", "rule", "artifact_id"], bloom ["artifact_id"];
    /// A finding of a catalog that is no longer the newest.
    FindingsHistory = "findings_history", FindingRow of Findings, sort ["catalog", "bucket", "rule", "artifact_id"], bloom ["artifact_id"];
    /// A reviewer's word.
    Verdicts = "verdicts", VerdictRow, sort ["project"], bloom [];
    /// How many projects, or families, of a tier show a rule.
    Prevalence = "prevalence", PrevalenceRow, sort ["rule", "tier"], bloom [];
    /// A run of a stage.
    Runs = "runs", RunRow, sort ["started_at"], bloom [];
}

impl Table {
    /// The table with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.name() == name)
    }
}

crate::row! {
    /// A row of `terms`.
    pub struct TermRow {
        /// [`crate::id::term`].
        term_id: i64,
        /// The name of its [`crate::Kind`].
        kind: String,
        /// The value.
        value: String,
        /// The value less its last dotted part.
        module: String,
        /// The first dotted part of the value.
        root: String,
    }
}

crate::row! {
    /// A row of `urls`.
    pub struct UrlRow {
        /// The term.
        term_id: i64,
        /// The URL.
        url: String,
        /// The scheme, lower case.
        scheme: String,
        /// The host as written, lower case; empty where there is none.
        host: String,
        /// The registrable domain; empty for IP addresses and single labels.
        domain: String,
        /// The top-level domain without its dot; empty for IP addresses and single labels.
        tld: String,
        /// The port, where one is given.
        port: Option<i32>,
        /// The path.
        url_path: String,
    }
}

crate::row! {
    /// A row of `members`.
    pub struct MemberRow {
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that saw it.
        extractor: i32,
        /// Its number, from 0, in archive order.
        member: i32,
        /// The path inside the artifact; `outer!/inner` inside a nested archive.
        path: String,
        /// Code of [`crate::Role`].
        role: i8,
        /// The format its content has.
        format: String,
        /// Unpacked bytes.
        size: i64,
        /// The SHA-256 of its bytes.
        sha256: [u8; 32],
        /// Whether the archive marks it executable.
        executable: bool,
    }
}

crate::row! {
    /// A row of `gaps`.
    pub struct GapRow {
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that saw it.
        extractor: i32,
        /// The member, where one is meant.
        member: Option<i32>,
        /// The path, empty where the whole artifact is meant.
        path: String,
        /// The name of its [`crate::What`].
        what: String,
        /// Bytes concerned.
        bytes: i64,
    }
}

crate::row! {
    /// A row of `facts`: narrow and integer.
    pub struct FactRow {
        /// [`crate::id::bucket`] of the project.
        bucket: i16,
        /// The project.
        project_id: i64,
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that saw it.
        extractor: i32,
        /// The member's number.
        member: i32,
        /// The term.
        term_id: i64,
        /// Code of [`crate::Phase`].
        phase: i8,
        /// Code of [`crate::Role`].
        role: i8,
        /// Code of [`crate::How`].
        how: i8,
        /// Times seen.
        count: i32,
        /// First line, from 1; 0 where lines mean nothing.
        line: i32,
    }
}

crate::row! {
    /// A row of `metadata`.
    pub struct MetadataRow {
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that saw it.
        extractor: i32,
        /// `Summary`.
        summary: Option<String>,
        /// `License-Expression`, else `License`.
        license_expression: Option<String>,
        /// `License-File`.
        license_files: Vec<String>,
        /// The homepage.
        homepage: Option<String>,
        /// The source repository.
        repository: Option<String>,
        /// The domain of `Author-email`.
        author_domain: Option<String>,
        /// The domain of `Maintainer-email`.
        maintainer_domain: Option<String>,
        /// `Requires-Python`.
        requires_python: Option<String>,
        /// The build back end: pyproject's, or the wheel's `Generator`.
        build_backend: Option<String>,
    }
}

crate::row! {
    /// A row of `dependencies`.
    pub struct DependencyRow {
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that saw it.
        extractor: i32,
        /// The normalized name required.
        requires: String,
        /// The version specifier, empty where any will do.
        specifier: String,
        /// The extra that brings it in.
        extra: Option<String>,
        /// The environment marker.
        marker: Option<String>,
        /// The URL of a direct reference.
        url: Option<String>,
    }
}

crate::row! {
    /// A row of `components`.
    pub struct ComponentRow {
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that saw it.
        extractor: i32,
        /// The member that shows it.
        member: i32,
        /// Its name.
        name: String,
        /// Its version, where known.
        version: Option<String>,
        /// `vendored`, `bundled` or `sbom`.
        kind: String,
    }
}

crate::row! {
    /// A row of `scans`.
    pub struct ScanRow {
        /// Unique to the attempt.
        scan_id: String,
        /// The run.
        run_id: String,
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor.
        extractor: i32,
        /// `ok`, `partial`, `skipped`, `failed`, `timeout` or `crashed`.
        outcome: String,
        /// Why it is not ok.
        reason: Option<String>,
        /// Members read.
        members: i32,
        /// Bytes of the artifact.
        bytes_packed: i64,
        /// Bytes of its members.
        bytes_unpacked: i64,
        /// How long it took.
        duration_ms: i64,
        /// When it began.
        started_at: Time,
    }
}

crate::row! {
    /// A row of `rankings`.
    pub struct RankingRow {
        /// The day of the ranking.
        ranked_on: Day,
        /// Where it is from.
        source: String,
        /// The normalized name.
        project: String,
        /// From 1; ties are broken by name.
        rank: i32,
        /// Downloads in the ranking's period.
        downloads: i64,
    }
}

crate::row! {
    /// A row of `projects`.
    pub struct ProjectRow {
        /// The run that saw it.
        run_id: String,
        /// When.
        seen_at: Time,
        /// The index serial it holds from; 0 where the index tells none.
        serial: i64,
        /// The normalized name.
        project: String,
        /// [`crate::id::project`].
        project_id: i64,
        /// `active`, `archived`, `quarantined`, `deleted`, or `absent` (asked for, not in the index).
        status: String,
        /// The release that speaks for it.
        latest_version: Option<String>,
        /// How many releases.
        releases: i32,
        /// First upload.
        first_upload: Option<Time>,
        /// Last upload.
        last_upload: Option<Time>,
        /// The validator of the page it was read from, for the next conditional request.
        etag: Option<String>,
    }
}

crate::row! {
    /// A row of `artifacts`.
    pub struct ArtifactRow {
        /// The run that saw it.
        run_id: String,
        /// When.
        seen_at: Time,
        /// The index serial it holds from.
        serial: i64,
        /// [`crate::id::artifact`].
        artifact_id: i64,
        /// The project's id.
        project_id: i64,
        /// The normalized name.
        project: String,
        /// The PEP 440 version.
        version: String,
        /// The file's name.
        filename: String,
        /// Lower-case hex.
        sha256: String,
        /// `bdist_wheel`, `sdist`, `bdist_egg` or `other`.
        packagetype: String,
        /// Of the wheel's name.
        python_tag: Option<String>,
        /// Of the wheel's name.
        abi_tag: Option<String>,
        /// Of the wheel's name.
        platform_tag: Option<String>,
        /// Bytes, where the index tells.
        size: Option<i64>,
        /// When it was uploaded.
        upload_time: Option<Time>,
        /// `Requires-Python`.
        requires_python: Option<String>,
        /// Whether it is yanked.
        yanked: bool,
        /// Why.
        yanked_reason: Option<String>,
        /// `active` or `gone`.
        status: String,
        /// Where it is, as the index tells.
        url: String,
        /// The URL of its attestation.
        provenance: Option<String>,
    }
}

crate::row! {
    /// A row of `advisories`.
    pub struct AdvisoryRow {
        /// The OSV id.
        id: String,
        /// Other ids.
        aliases: Vec<String>,
        /// `vulnerable` or `malicious`.
        class: String,
        /// `low`, `medium`, `high`, `critical` or `unknown`.
        severity: String,
        /// The CVSS base score.
        cvss: Option<f64>,
        /// The affected ranges, as OSV's JSON.
        ranges: String,
        /// Whether it is known to be exploited (KEV).
        known_exploited: bool,
        /// The EPSS probability.
        epss: Option<f64>,
        /// When it was last changed.
        modified: Time,
    }
}

crate::row! {
    /// A row of `vulnerabilities`.
    pub struct VulnerabilityRow {
        /// The run.
        run_id: String,
        /// The normalized name.
        project: String,
        /// The release.
        version: String,
        /// The advisory.
        advisory: String,
        /// The first release without it.
        fixed_in: Option<String>,
        /// The embedded component it concerns.
        component: Option<String>,
        /// The member that shows the component.
        member: Option<i32>,
    }
}

crate::row! {
    /// A row of `rules`.
    pub struct RuleRow {
        /// `category/what`.
        rule: String,
        /// `behavior` or `issue`.
        kind: String,
        /// The category.
        category: String,
        /// Of an issue: `low`, `medium`, `high` or `critical`.
        severity: Option<String>,
        /// A behavior's sentence, an issue's title.
        sentence: String,
        /// Of an issue.
        problem: Option<String>,
        /// Of an issue.
        next_steps: Vec<String>,
        /// The measured precision; none where the rule is not validated.
        precision: Option<f64>,
        /// How many findings that was measured on.
        precision_n: Option<i32>,
        /// A hash of what shows the rule, lists by their names: equal where only lists or words changed.
        definition: String,
        /// The catalog version.
        catalog: String,
    }
}

crate::row! {
    /// A row of `findings`.
    pub struct FindingRow {
        /// [`crate::id::bucket`] of the project.
        bucket: i16,
        /// The project.
        project_id: i64,
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that saw it.
        extractor: i32,
        /// The rule.
        rule: String,
        /// Whether it counts by default: shown where code of this rule runs.
        counts: bool,
        /// Code of the most urgent [`crate::Phase`].
        phase: i8,
        /// Code of the [`crate::Role`] of the first evidence.
        role: i8,
        /// Code of the surest [`crate::How`].
        how: i8,
        /// Times seen.
        count: i32,
        /// The member of the first evidence.
        member: i32,
        /// The line of the first evidence.
        line: i32,
        /// The term of the first evidence.
        term_id: i64,
        /// The catalog version.
        catalog: String,
    }
}

crate::row! {
    /// A row of `verdicts`.
    pub struct VerdictRow {
        /// When.
        on: Time,
        /// The normalized name.
        project: String,
        /// The rule.
        rule: String,
        /// The file it is about.
        member_sha256: Option<String>,
        /// `true`, `false` or `accepted`.
        verdict: String,
        /// Who.
        by: String,
        /// Why.
        why: String,
    }
}

crate::row! {
    /// A row of `prevalence`.
    pub struct PrevalenceRow {
        /// The run.
        run_id: String,
        /// The point in time the numbers hold for.
        as_of: Time,
        /// The policy.
        policy: String,
        /// What is counted: `project`, or `family` (projects of one source repository).
        unit: String,
        /// The rule.
        rule: String,
        /// The tier.
        tier: String,
        /// Scanned projects that show it.
        yes: i64,
        /// Scanned projects where a gap could hide it.
        unknown: i64,
        /// Scanned projects: the denominator.
        scanned: i64,
        /// Projects with a release that has a readable file.
        eligible: i64,
        /// Projects of the tier, absent ones included.
        population: i64,
        /// By the share in the widest tier; none below the coverage that labels need.
        label: Option<String>,
    }
}

crate::row! {
    /// A row of `runs`.
    pub struct RunRow {
        /// Unique to the run.
        run_id: String,
        /// The stage.
        stage: String,
        /// When it began.
        started_at: Time,
        /// When it ended.
        finished_at: Time,
        /// `done` or `partial`.
        outcome: String,
        /// The serial of the index.
        index_serial: Option<i64>,
        /// The day of the ranking.
        ranked_on: Option<Day>,
        /// Where the ranking is from.
        ranking_source: Option<String>,
        /// The policy.
        policy: Option<String>,
        /// What was counted: `project` or `family`.
        unit: Option<String>,
        /// The point in time its numbers hold for.
        as_of: Option<Time>,
        /// The catalog version.
        catalog: Option<String>,
        /// The extractor version.
        extractor: Option<i32>,
        /// The TLD list's version.
        tlds: Option<String>,
        /// The label thresholds' version.
        labels: Option<String>,
        /// The day of the advisories.
        advisories_on: Option<Day>,
        /// The Delta version of every table it read or wrote, as a JSON object.
        versions: String,
        /// The settings that matter to the numbers, as a JSON object.
        settings: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_named_once_and_sorted_by_its_own_columns() {
        let names: std::collections::BTreeSet<_> = Table::ALL.iter().map(|t| t.name()).collect();
        assert_eq!(names.len(), Table::ALL.len());
        for &table in Table::ALL {
            assert_eq!(Table::from_name(table.name()), Some(table));
            for column in table.sort().iter().chain(table.bloom()) {
                assert!(table.schema().field_with_name(column).is_ok(), "{}: {column}", table.name());
            }
        }
    }
}
