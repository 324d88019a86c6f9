//! The program as its users meet it: every test starts the real `census` on a lake, a mirror and an index of its own.
#![expect(clippy::print_stderr, reason = "a test that cannot run here says why")]

mod adhoc;
mod ecosystem;
mod errors;
mod house;
mod killed;
mod past;
mod place;
mod planted;
mod rules;
mod shape;
