//! Questions that people ask, saved in `pipelines/queries/`: a comment that says what is answered, the parameters, one SELECT.

/// A saved question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its name: the file's less its ending.
    pub name: &'static str,
    /// Its text. Parameters are written `$name`.
    pub sql: &'static str,
}

macro_rules! saved {
    ($($name:literal),+ $(,)?) => {
        &[$(Saved { name: $name, sql: include_str!(concat!("../../../pipelines/queries/", $name, ".sql")) }),+]
    };
}

/// Every saved question.
pub const SAVED: &[Saved] = saved![
    "who_calls",
    "where_called",
    "who_has_file",
    "sdist_and_wheel",
    "who_names_domain",
    "facts_of_project",
    "facts_of_file",
    "shows",
    "who_shows",
    "rarest",
    "together",
    "pairs",
    "changed",
    "numbers_changed",
    "started",
    "over_time",
];

/// What a parameter's line of the comment begins with.
const PARAMETER: &str = "--   ";

impl Saved {
    /// The saved question of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        SAVED.iter().find(|saved| saved.name == name)
    }

    /// The lines of the comment in front.
    fn comment(&self) -> impl Iterator<Item = &'static str> {
        self.sql.lines().take_while(|line| line.starts_with("--"))
    }

    /// What it answers.
    pub fn answers(&self) -> String {
        let lines = self.comment().filter(|line| !line.starts_with(PARAMETER));
        lines.map(|line| line.trim_start_matches('-').trim()).collect::<Vec<_>>().join(" ")
    }

    /// Its parameters: name, and what to give.
    pub fn parameters(&self) -> Vec<(&'static str, &'static str)> {
        self.comment().filter_map(|line| line.strip_prefix(PARAMETER)?.split_once(": ")).collect()
    }
}
