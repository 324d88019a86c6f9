//! Names made of syllables: pronounceable, and no two numbers give the same.

use std::fmt::Write;

use super::random::{Random, Use, scatter};

const CONSONANTS: &[u8; 16] = b"bcdfgklmnprstvxz";
const VOWELS: &[u8; 4] = b"aeio";

/// What a project's name has before and after its own part.
const BEFORE: [(&str, f64); 8] =
    [("", 70.0), ("py-", 8.0), ("django-", 4.0), ("pytest-", 3.0), ("open-", 2.0), ("fast-", 2.0), ("lib-", 1.0), ("x-", 1.0)];
const AFTER: [(&str, f64); 10] = [
    ("", 60.0),
    ("-tools", 5.0),
    ("-api", 5.0),
    ("-client", 5.0),
    ("-sdk", 4.0),
    ("-utils", 3.0),
    ("-core", 3.0),
    ("-ml", 2.0),
    ("-2", 1.0),
    ("-bot", 1.0),
];

/// A number as syllables, at least `least` of them.
pub(crate) fn syllables(mut number: u64, least: u32) -> String {
    let mut out = String::with_capacity(8);
    let mut written = 0;
    while number > 0 || written < least {
        let six = usize::try_from(number & 63).unwrap_or(0);
        out.push(char::from(CONSONANTS[six >> 2]));
        out.push(char::from(VOWELS[six & 3]));
        number >>= 6;
        written += 1;
    }
    out
}

/// Like [`syllables`], of a number below 2^24 whose neighbours are to look unlike it: four syllables.
pub(crate) fn scattered(number: u32) -> String {
    // Odd factors and shifts to the right can be undone: no two numbers below 2^24 give the same.
    let mut mixed = number.wrapping_mul(0x00e2_44a7) & 0x00ff_ffff;
    mixed ^= mixed >> 11;
    mixed = mixed.wrapping_mul(0x0073_7b15) & 0x00ff_ffff;
    mixed ^= mixed >> 13;
    syllables(u64::from(mixed), 4)
}

/// The normalized name of a project.
pub(crate) fn project(seed: u64, number: u32) -> String {
    let mut random = Random::of(seed, Use::Name, number.into());
    format!("{}{}{}", random.weighed(&BEFORE), scattered(number), random.weighed(&AFTER))
}

/// A few words.
pub(crate) fn sentence(random: &mut Random, words: u32) -> String {
    let mut out = String::new();
    for _ in 0..words {
        let word = syllables(scatter(u64::from(random.zipf(5_000))) & 0xfff, 2);
        let _ = write!(out, "{}{word}", if out.is_empty() { "" } else { " " });
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_number_has_its_own_name() {
        let n = 200_000;
        let names: HashSet<String> = (0..n).map(|number| project(3, number)).collect();
        assert_eq!(names.len(), n as usize);
        assert!(names.iter().all(|name| census_model::name::is_valid(name) && census_model::name::normalize(name) == *name));
        let names: HashSet<String> = (0..300_000).map(|number| syllables(number, 2)).collect();
        assert_eq!(names.len(), 300_000);
    }
}
