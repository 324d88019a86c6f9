//! Numbers as people read them.

use crate::Share;

/// `9,941`.
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if n < 0 {
        text.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 project`, `2 projects`.
pub(crate) fn plural(n: i64, name: &str) -> String {
    format!("{} {name}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// `195 MB`, in powers of 1000, with one decimal below 10.
pub fn bytes(n: i64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut size = approximate(n);
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < units.len() {
        size /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && size < 9.95);
    format!("{size:.decimals$} {}", units[unit])
}

/// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`.
pub fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    #[expect(clippy::cast_possible_truncation, reason = "a duration in seconds: saturates far beyond any run")]
    let whole = seconds.round() as i64;
    match whole {
        ..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `part` of `whole` in percent, and never rounded to none or to all where it is neither.
pub(crate) fn percent(part: i64, whole: i64) -> String {
    format!("{}%", percent_number(part, whole))
}

fn percent_number(part: i64, whole: i64) -> String {
    let value = 100.0 * approximate(part) / approximate(whole);
    if part == 0 || part == whole {
        format!("{value:.1}")
    } else if value < 0.01 {
        "<0.01".to_owned()
    } else if value < 0.095 {
        format!("{value:.2}")
    } else if value > 99.9 {
        ">99.9".to_owned()
    } else {
        format!("{value:.1}")
    }
}

/// A number of things in memory.
pub(crate) fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Counts fit a float exactly up to 2^53: there are fewer packages than that.
#[expect(clippy::cast_precision_loss, reason = "counts and sizes stay below 2^53")]
pub(crate) fn approximate(n: i64) -> f64 {
    n as f64
}

impl Share {
    /// The share of the scanned that show it, 0 to 1; none where nothing was scanned.
    pub fn ratio(&self) -> Option<f64> {
        (self.scanned > 0).then(|| approximate(self.yes) / approximate(self.scanned))
    }

    /// `61/998`; with bounds `61..63/998`.
    pub(crate) fn counts(&self, bounds: bool) -> String {
        if self.scanned == 0 {
            return "-".to_owned();
        }
        let yes = thousands(self.yes);
        let upper = if bounds && self.unknown > 0 { format!("..{}", thousands(self.yes + self.unknown)) } else { String::new() };
        format!("{yes}{upper}/{}", thousands(self.scanned))
    }

    /// `6.1%`; with bounds `6.1..6.3%`; of a sample `6.1 ±0.4%`.
    pub(crate) fn percent(&self, bounds: bool) -> String {
        if self.scanned == 0 {
            return "-".to_owned();
        }
        if let Some(estimate) = self.estimate {
            let half = (estimate.high - estimate.low) / 2.0;
            let decimals = if half < 0.095 { 2 } else { 1 };
            let mut text = format!("{:.decimals$}", estimate.percent);
            if bounds && self.unknown > 0 {
                let hidden = 100.0 * approximate(self.unknown) / approximate(self.scanned);
                text.push_str(&format!("..{:.decimals$}", estimate.percent + hidden));
            }
            return format!("{text} ±{half:.decimals$}%");
        }
        let mut text = percent_number(self.yes, self.scanned);
        if bounds && self.unknown > 0 {
            text.push_str("..");
            text.push_str(&percent_number(self.yes + self.unknown, self.scanned));
        }
        text.push('%');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Estimate;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0, 999, 1000, -41_200_113].map(thousands), ["0", "999", "1,000", "-41,200,113"]);
        assert_eq!([0, 999, 1000, 9_960, 195_000_000, i64::MAX].map(bytes), ["0 B", "999 B", "1.0 kB", "10 kB", "195 MB", "9.2 EB"]);
        assert_eq!([0.04, 9.96, 59.4, 59.6, 7500.0].map(duration), ["0.0 s", "10 s", "59 s", "1 min 00 s", "2 h 05 min"]);
    }

    #[test]
    fn percentages_never_claim_none_or_all() {
        let shown = [(0, 9), (1, 764_000), (3, 10_000), (61, 998), (9_999, 10_000), (9, 9)].map(|(part, whole)| percent(part, whole));
        assert_eq!(shown, ["0.0%", "<0.01%", "0.03%", "6.1%", ">99.9%", "100.0%"]);
    }

    #[test]
    fn shares_show_their_denominators_and_bounds() {
        let share = Share { yes: 61, unknown: 2, scanned: 998, eligible: 999, estimate: None };
        assert_eq!((share.counts(false), share.counts(true)), ("61/998".into(), "61..63/998".into()));
        assert_eq!((share.percent(false), share.percent(true)), ("6.1%".into(), "6.1..6.3%".into()));
        assert_eq!(Share { estimate: Some(Estimate { percent: 6.12, low: 5.7, high: 6.54 }), ..share }.percent(false), "6.1 ±0.4%");
        assert_eq!((Share::default().counts(true), Share::default().percent(false)), ("-".into(), "-".into()));
        assert_eq!(Share::default().ratio(), None);
    }
}
