//! Progress on standard error: bars on a terminal, plain lines elsewhere, nothing with `-q`.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Common;

/// How long plain lines are apart.
const PAUSE: Duration = Duration::from_secs(5);

/// How far a stage has come: things done, and bytes.
pub(crate) struct Meter {
    stage: &'static str,
    things: &'static str,
    way: Way,
    total: AtomicU64,
    done: AtomicU64,
    bytes: AtomicU64,
    begun: Instant,
}

enum Way {
    Bar(ProgressBar),
    Lines(Mutex<Instant>),
    Silent,
}

impl Meter {
    /// A meter for a stage that works on so many things; 0 where that is not known yet.
    pub(crate) fn new(common: &Common, stage: &'static str, things: &'static str, total: u64) -> Self {
        let way = match (common.quiet, std::io::stderr().is_terminal()) {
            (true, _) => Way::Silent,
            (_, true) => Way::Bar(bar(stage, things, total)),
            (_, false) => Way::Lines(Mutex::new(Instant::now())),
        };
        Self { stage, things, way, total: total.into(), done: 0.into(), bytes: 0.into(), begun: Instant::now() }
    }

    /// There are so many things.
    pub(crate) fn total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
        if let Way::Bar(bar) = &self.way {
            bar.set_length(total);
        }
    }

    /// One more is done.
    pub(crate) fn done(&self, name: &str) {
        self.done.fetch_add(1, Ordering::Relaxed);
        if let Way::Bar(bar) = &self.way {
            bar.inc(1);
            bar.set_message(format!("{} {}", self.rate(), census_report::inert(name)));
        }
        self.line(false);
    }

    /// So many more bytes.
    pub(crate) fn bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.line(false);
    }

    fn rate(&self) -> String {
        let (bytes, seconds) = (self.bytes.load(Ordering::Relaxed), self.begun.elapsed().as_secs_f64().max(0.001));
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a rate for people to read")]
        let rate = (bytes as f64 / seconds) as i64;
        if bytes == 0 { String::new() } else { format!("{}/s", census_report::bytes(rate)) }
    }

    fn line(&self, last: bool) {
        let Way::Lines(before) = &self.way else { return };
        let Ok(mut before) = before.lock() else { return };
        if !last && before.elapsed() < PAUSE {
            return;
        }
        *before = Instant::now();
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let left = match (done, total.saturating_sub(done), self.begun.elapsed().as_secs_f64()) {
            (1.., left @ 1.., seconds) => {
                #[expect(clippy::cast_precision_loss, reason = "an estimate")]
                let estimate = seconds / done as f64 * left as f64;
                format!(", about {} left", census_report::duration(estimate))
            }
            _ => String::new(),
        };
        eprintln!(
            "{}: {done} of {total} {}{}{left}",
            self.stage,
            self.things,
            Some(self.rate()).filter(|r| !r.is_empty()).map_or(String::new(), |r| format!(", {r}"))
        );
    }

    /// All is done.
    pub(crate) fn finish(&self) {
        match &self.way {
            Way::Bar(bar) => bar.finish_and_clear(),
            Way::Lines(_) if self.total.load(Ordering::Relaxed) > 0 => self.line(true),
            Way::Lines(_) | Way::Silent => {}
        }
    }
}

fn bar(stage: &'static str, things: &'static str, total: u64) -> ProgressBar {
    let template = format!("{stage:<11}{{bar:24}} {{pos}}/{{len}} {things} {{eta:>4}} left  {{wide_msg}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

/// A crawl's view of a meter.
pub(crate) struct Watch(pub(crate) Arc<Meter>);

impl census_crawl::Progress for Watch {
    fn population(&self, projects: usize) {
        self.0.total(projects as u64);
    }
    fn project(&self, name: &str) {
        self.0.done(name);
    }
    fn bytes(&self, bytes: u64) {
        self.0.bytes(bytes);
    }
}
