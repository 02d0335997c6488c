//! The commands: one file each, wiring only.

mod args;
mod demo;
mod dump;
mod info;
mod output;
mod progress;
mod record;
mod replay;
mod select;
mod stats;
mod vdso;
mod view;

pub(crate) use args::Cli;
pub(crate) use output::{say, sentence};

use anyhow::Result;
use args::Command;
use std::io::Write;

/// Exit code for a replay that differs from its recording.
const DIVERGED: u8 = 3;

/// Runs the command; answers the exit code.
pub(crate) fn run(cli: Cli) -> Result<u8> {
    output::choose_color(cli.color);
    match cli.command {
        Command::Record(args) => record::record(args),
        Command::Run(args) => record::run(args),
        Command::Replay(args) => replay::replay(&args),
        Command::Dump(args) => dump::dump(&args),
        Command::Info(args) => info::info(&args),
        Command::Stats(args) => stats::stats(&args),
        Command::View(args) => view::view(&args),
        Command::Vdso(args) => vdso::vdso(&args),
        Command::Demo(args) => demo::demo(args),
        Command::Completions { shell } => {
            let mut command = <Cli as clap::CommandFactory>::command();
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, "elfuse-trace", &mut script);
            let mut out = output::out();
            out.write_all(&script)?;
            out.flush()?;
            Ok(0)
        }
    }
}
