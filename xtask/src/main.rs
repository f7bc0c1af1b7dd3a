//! Runs a milestone plan and tells the truth about it.
//!
//! The outside world is here: the command line, git, processes, the terminal. What is judged,
//! and how, is for the crates `checks` and `tasks`.


mod check;
mod commit;
mod contents;
mod failure;
mod process;
mod record;
mod repository;
#[cfg(test)]
mod scratch;
mod snapshot;
mod world;

fn main() {}
