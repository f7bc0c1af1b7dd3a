//! Runs a milestone plan and tells the truth about it.
//!
//! The outside world is here: the command line, git, processes, the terminal. What is judged,
//! and how, is for the crates `checks` and `tasks`.

mod aside;
mod baseline;
mod cache;
mod check;
mod checkout;
mod claimed;
mod cli;
mod command;
mod commit;
mod contents;
mod directories;
mod environment;
mod evidence;
mod executed;
mod failure;
mod history;
mod journal;
mod logs;
mod output;
mod plans;
mod process;
mod proof;
mod record;
mod render;
mod repository;
mod schema;
#[cfg(test)]
mod scratch;
mod session;
mod signals;
mod snapshot;
mod stage;
mod temporary;
mod test_output;
mod trailers;
mod trust;
mod world;
mod written;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Some(code) = process::supervise(std::env::args_os()) {
        return code;
    }
    let code = match cli::parse(std::env::args_os()).and_then(command::run) {
        Ok(code) => code,
        Err(failure) => {
            render::failure::print(&failure);
            failure.exit
        }
    };
    ExitCode::from(code)
}
