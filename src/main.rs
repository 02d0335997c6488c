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
            eprintln!("elfuse-trace: {}", sentence(&error));
            ExitCode::from(FAILED)
        }
    }
}

/// The error and its causes, without those that the error itself already tells.
fn sentence(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.contains(&cause) {
            told = if told.is_empty() { cause } else { format!("{told}: {cause}") };
        }
    }
    told
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
    })
}
