//! The `elfuse-trace` command: parse, dispatch, exit code.

mod cli;

use clap::Parser;
use std::io::ErrorKind;
use std::process::ExitCode;

/// Exit code for anything that went wrong on our side.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        // Whoever read our output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            cli::say(&cli::sentence(&error));
            ExitCode::from(FAILED)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
    })
}
