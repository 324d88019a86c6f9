//! Fuzzing on any toolchain: seeds are mutated without end, and an input that kills or stalls a parser is made small and kept.
//!
//! A crate that has parsers gives its [`Target`]s to [`main`] in a test without a harness. As an ordinary test that replays every input
//! kept so far (`data/fuzz/<target>/`) and a few hundred mutations, always the same. With `CENSUS_FUZZ_SECONDS` set it goes on for as
//! long, each target in a process of its own, so that neither an abort nor an endless loop ends the search.
//!
//! The mutations are a function of the seeds and a number alone: what killed a process is built again from the number it had come to.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::package::sha256_hex;

/// How many mutations an ordinary run tries on each target.
const FEW: u64 = 200;
/// No seed or mutation is longer.
const LONGEST: usize = 1 << 18;
/// An input that takes longer has stalled its parser.
const STALL: Duration = Duration::from_secs(20);
/// How often a failing input is tried to be made smaller.
const TRIALS: usize = 300;

/// A parser and what to begin with.
pub struct Target {
    /// Its name, and that of its directory of inputs.
    pub name: &'static str,
    seeds: Box<dyn Fn() -> Vec<Vec<u8>>>,
    run: Box<dyn Fn(&[u8])>,
}

/// What the inputs of a target are made of.
struct Stock(Vec<Vec<u8>>);

impl Target {
    /// A target: inputs that it reads, made when they are needed, and the parser, which must come back whatever it is given.
    pub fn new(name: &'static str, seeds: impl Fn() -> Vec<Vec<u8>> + 'static, run: impl Fn(&[u8]) + 'static) -> Self {
        Self { name, seeds: Box::new(seeds), run: Box::new(run) }
    }

    /// The seeds, and the inputs that were kept.
    fn stock(&self, kept: Vec<Vec<u8>>) -> Stock {
        Stock((self.seeds)().into_iter().chain(kept).filter(|seed| seed.len() <= LONGEST).collect())
    }
}

impl Stock {
    /// The input of this number.
    fn input(&self, number: u64) -> Vec<u8> {
        let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d);
        let Self(seeds) = self;
        let mut input = seeds.get(dice.below(seeds.len())).cloned().unwrap_or_default();
        for _ in 0..=dice.below(6) {
            let other = seeds.get(dice.below(seeds.len())).map_or(&[][..], Vec::as_slice);
            mutate(&mut input, other, &mut dice);
        }
        input.truncate(LONGEST);
        input
    }
}

/// A cheap source of numbers that are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below a bound; 0 where there is none.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap_or(0)
    }
}

/// Numbers at the edge of what fields can hold.
const EDGES: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// Bytes that mean something in many formats.
const WORDS: [&[u8]; 24] = [
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b"'",
    b"\\",
    b"\n",
    b"\r",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"://",
    b"$(",
    b"`",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"-1",
    b"99999999999999999999",
    b";",
    b"%",
    b"\xe2\x80\xae",
];

fn mutate(input: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(input.len() + 1);
    let length = 1 + dice.below(16.min(input.len() - at).max(1));
    let end = (at + length).min(input.len());
    match dice.below(9) {
        0 if at < input.len() => input[at] ^= 1 << dice.below(8),
        1 if at < input.len() => input[at] = dice.next().to_be_bytes()[0],
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            let times = 1 + dice.below(64);
            input.splice(at..at, piece.repeat(times));
        }
        4 => {
            let edge = EDGES[dice.below(EDGES.len())];
            let width = [1, 2, 4, 8][dice.below(4)];
            let bytes = if dice.below(2) == 0 { edge.to_le_bytes()[..width].to_vec() } else { edge.to_be_bytes()[8 - width..].to_vec() };
            let end = (at + width).min(input.len());
            input[at..end].copy_from_slice(&bytes[..end - at]);
        }
        5 => {
            let word = WORDS[dice.below(WORDS.len())];
            let times = if dice.below(8) == 0 { 1 + dice.below(4096) } else { 1 };
            input.splice(at..at, word.repeat(times));
        }
        6 => input.truncate(at),
        7 => {
            let from = dice.below(other.len() + 1);
            let to = (from + 1 + dice.below(256)).min(other.len());
            input.splice(at..at, other[from..to].iter().copied());
        }
        _ => {
            let from = dice.below(other.len() + 1);
            input.truncate(at);
            input.extend(&other[from..]);
        }
    }
}

/// Runs as a test, as a search, or, with the arguments that a search gives its children, as one of these.
pub fn main(targets: &[Target], kept: &Path, say: &dyn Fn(&str)) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let find = |name: &str| targets.iter().find(|target| target.name == name).expect("a target of this name");
    match words[..] {
        ["--child", name, from, progress] => {
            child(find(name), kept, from.parse().expect("a number"), Path::new(progress));
            ExitCode::SUCCESS
        }
        ["--one", name, input] => {
            (find(name).run)(&fs::read(input).expect("an input"));
            ExitCode::SUCCESS
        }
        _ if words.contains(&"--list") => {
            for target in targets {
                say(&format!("{}: test", target.name));
            }
            ExitCode::SUCCESS
        }
        _ => match std::env::var("CENSUS_FUZZ_SECONDS") {
            Ok(seconds) => search(targets, kept, Duration::from_secs(seconds.parse().expect("a number of seconds")), say),
            Err(_) => replay(targets, kept, &words, say),
        },
    }
}

/// The inputs kept of a target, in the order of their names.
fn inputs(kept: &Path, name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(kept.join(name)).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).expect("a kept input"))).collect()
}

/// Runs what is kept and a few mutations of the seeds.
fn replay(targets: &[Target], kept: &Path, words: &[&str], say: &dyn Fn(&str)) -> ExitCode {
    let wanted: Vec<&&str> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let mut failed = 0;
    for target in targets.iter().filter(|target| wanted.is_empty() || wanted.iter().any(|word| target.name.contains(**word))) {
        let stock = target.stock(Vec::new());
        let few = (0..FEW).map(|number| (PathBuf::from(format!("mutation {number}")), stock.input(number)));
        let seeds = stock.0.iter().enumerate().map(|(number, seed)| (PathBuf::from(format!("seed {number}")), seed.clone()));
        let mut ok = true;
        for (path, input) in inputs(kept, target.name).into_iter().chain(seeds).chain(few) {
            let begun = Instant::now();
            let came_back = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (target.run)(&input))).is_ok();
            if !came_back || begun.elapsed() > STALL {
                say(&format!("{}: {} {}", target.name, path.display(), if came_back { "takes too long" } else { "panics" }));
                ok = false;
            }
        }
        failed += u8::from(!ok);
        say(&format!("test {} ... {}", target.name, if ok { "ok" } else { "FAILED" }));
    }
    ExitCode::from(failed.min(1))
}

/// Mutates until it is killed, and always writes first which number it has come to.
fn child(target: &Target, kept: &Path, from: u64, progress: &Path) {
    let progress = fs::OpenOptions::new().write(true).open(progress).expect("the file of progress");
    let stock = target.stock(inputs(kept, target.name).into_iter().map(|(_, input)| input).collect());
    for number in from.. {
        progress.write_all_at(&number.to_le_bytes(), 0).expect("a word of progress");
        (target.run)(&stock.input(number));
    }
}

/// Gives every target its part of the time; what fails is made small and kept.
fn search(targets: &[Target], kept: &Path, time: Duration, say: &dyn Fn(&str)) -> ExitCode {
    let part = time / u32::try_from(targets.len()).expect("few targets").max(1);
    let mut found = 0;
    for target in targets {
        let (tried, failures) = search_one(target, kept, part, say).expect("processes can be started");
        say(&format!("{}: {tried} inputs, {failures} failures", target.name));
        found += failures;
    }
    ExitCode::from(u8::from(found > 0))
}

fn search_one(target: &Target, kept: &Path, part: Duration, say: &dyn Fn(&str)) -> io::Result<(u64, u32)> {
    let progress = tempfile::NamedTempFile::new()?;
    let stock = target.stock(inputs(kept, target.name).into_iter().map(|(_, input)| input).collect());
    let deadline = Instant::now() + part;
    // Each search begins elsewhere.
    let first = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs()) << 24;
    let (mut from, mut tried, mut failures) = (first, 0, 0);
    while Instant::now() < deadline {
        progress.as_file().write_all_at(&from.to_le_bytes(), 0)?;
        let arguments = ["--child".to_owned(), target.name.to_owned(), from.to_string(), progress.path().display().to_string()];
        let (at, failed) = watch(&mut start(&arguments)?, &progress, deadline)?;
        tried += at - from;
        from = at + 1;
        if failed {
            failures += 1;
            let small = smaller(target.name, stock.input(at))?;
            let path = kept.join(target.name).join(&sha256_hex(&small)[..16]);
            fs::create_dir_all(kept.join(target.name))?;
            fs::write(&path, &small)?;
            say(&format!("{}: {} bytes fail, kept as {}", target.name, small.len(), path.display()));
        }
    }
    Ok((tried, failures))
}

fn start(arguments: &[String]) -> io::Result<Child> {
    Command::new(std::env::current_exe()?).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

/// Waits for a child to die or to stall, until a deadline; tells the number it had come to, and whether that one failed.
fn watch(child: &mut Child, progress: &tempfile::NamedTempFile, deadline: Instant) -> io::Result<(u64, bool)> {
    let number = || {
        let mut word = [0; 8];
        progress.as_file().read_exact_at(&mut word, 0).map(|()| u64::from_le_bytes(word))
    };
    let (mut last, mut since) = (number()?, Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(20));
        if child.try_wait()?.is_some() {
            return Ok((number()?, true));
        }
        let now = number()?;
        if now != last {
            (last, since) = (now, Instant::now());
        }
        let stalled = since.elapsed() > STALL;
        if stalled || (Instant::now() >= deadline && since.elapsed() < STALL / 4) {
            child.kill()?;
            child.wait()?;
            return Ok((last, stalled));
        }
    }
}

/// Whether an input still fails, in a process of its own.
fn fails(name: &str, input: &[u8]) -> io::Result<bool> {
    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), input)?;
    let mut child = start(&["--one".to_owned(), name.to_owned(), file.path().display().to_string()])?;
    let begun = Instant::now();
    while begun.elapsed() < STALL {
        if let Some(status) = child.try_wait()? {
            return Ok(!status.success());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill()?;
    child.wait()?;
    Ok(true)
}

/// The input with as much taken out as it can lose and still fail.
fn smaller(name: &str, mut input: Vec<u8>) -> io::Result<Vec<u8>> {
    let (mut piece, mut trials) = (input.len() / 2, 0);
    while piece > 0 && trials < TRIALS {
        let mut at = 0;
        while at < input.len() && trials < TRIALS {
            let mut shorter = input.clone();
            shorter.drain(at..(at + piece).min(input.len()));
            trials += 1;
            if fails(name, &shorter)? { input = shorter } else { at += piece }
        }
        piece /= 2;
    }
    Ok(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_a_function_of_its_number() {
        let stock = Stock(vec![b"some words".to_vec(), b"others".to_vec()]);
        let all = |from: u64| (from..from + 500).map(|number| stock.input(number)).collect::<Vec<_>>();
        assert!(all(0) == all(0) && all(0) != all(500));
        let distinct: std::collections::HashSet<_> = all(0).into_iter().collect();
        assert!(distinct.len() > 400, "{}", distinct.len());
    }
}
