//! The command line.

use super::select::{self, Chosen};
use clap::{Args, Parser, Subcommand, ValueEnum};
use elfuse_trace::sched::chaos::Setting;
use std::ffi::OsString;
use std::path::PathBuf;

/// Record, replay and trace aarch64-Linux programs the way elfuse runs them.
#[derive(Debug, Parser)]
#[command(name = "elfuse-trace", version, arg_required_else_help = true)]
#[command(after_help = "Examples:
  elfuse-trace record ./prog arg        record a run into prog.etrace
  elfuse-trace view prog.etrace         look at it, step through it
  elfuse-trace stats prog.etrace        calls, vDSO hits and fallbacks
  elfuse-trace dump -e trace=%clock prog.etrace

Exit codes: 0 done, the guest's own for record and run (128+n for signal n), 1 nothing found,
2 our error, 3 a replay differed from its recording.")]
pub(crate) struct Cli {
    /// When to colour output; NO_COLOR is respected.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a program and write everything it takes to replay it into a trace
    Record(RecordArgs),
    /// Run a program without a trace
    #[command(after_help = "Examples:
  elfuse-trace run ./prog one two
  elfuse-trace run --vdso none --env LC_ALL=C -- ./prog")]
    Run(GuestArgs),
    /// Execute a recorded run again and verify it
    Replay(ReplayArgs),
    /// Print the events of a trace like strace, or as JSON lines
    Dump(DumpArgs),
    /// Say what a trace is and whether it is whole
    #[command(after_help = "Examples:
  elfuse-trace info run.etrace
  elfuse-trace info --format json run.etrace")]
    Info(TraceArgs),
    /// Add a trace up: calls, time, vDSO hits, fallbacks, reseeds
    #[command(after_help = "Examples:
  elfuse-trace stats run.etrace
  elfuse-trace stats --format json run.etrace | jq .vdso")]
    Stats(TraceArgs),
    /// Look at a trace in the terminal
    View(ViewArgs),
    /// Build or show the vDSO page
    #[command(after_help = "Examples:
  elfuse-trace vdso dump --rev seqlock
  elfuse-trace vdso build --rev carry -o page.so")]
    Vdso(VdsoArgs),
    /// Record the built-in demo guest and say what it shows
    #[command(after_help = "Examples:
  elfuse-trace demo
  elfuse-trace demo --extract . && elfuse-trace record ./demo")]
    Demo(DemoArgs),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

/// What runs, and in which surroundings.
#[derive(Debug, Args)]
pub(crate) struct GuestArgs {
    /// Directory that answers for / where it has the file: the root of an arm64 system
    #[arg(long, value_name = "DIR")]
    pub(crate) sysroot: Option<PathBuf>,
    /// Set a variable of the guest's environment; can be repeated
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub(crate) env: Vec<OsString>,
    /// Start with an empty environment
    #[arg(long)]
    pub(crate) clear_env: bool,
    /// Directory to start in
    #[arg(long, value_name = "DIR")]
    pub(crate) workdir: Option<PathBuf>,
    /// Leave the host's files as they are: writes go to DIR, a new temporary directory if absent
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub(crate) deny_host_writes: Option<Option<PathBuf>>,
    /// User and group id that the guest sees
    #[arg(long, value_name = "UID[:GID]", default_value = "1000:1000", value_parser = user)]
    pub(crate) user: (u32, u32),
    /// Let the guest have no sockets but those of AF_UNIX
    #[arg(long)]
    pub(crate) no_network: bool,
    /// Revision of the vDSO page: carry, abi-note, seqlock, or none
    #[arg(long, value_name = "REV", default_value = "carry", value_parser = ["carry", "abi-note", "seqlock", "none"])]
    pub(crate) vdso: String,
    /// Use the vDSO page in this file of 4096 bytes
    #[arg(long, value_name = "FILE", conflicts_with = "vdso")]
    pub(crate) vdso_image: Option<PathBuf>,
    /// How the guest's memory rights are enforced
    #[arg(long, value_enum, default_value_t = Memory::Auto, value_name = "MODE")]
    pub(crate) memory: Memory,
    /// Decide by dice how long threads run, who is next and who preempts: SEED repeats the decisions of a run, a
    /// fresh one is told on stderr; vdso or vdso:SEED stops threads inside the vDSO page, too
    #[arg(long, value_name = "[vdso:]SEED", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) chaos: Option<Setting>,
    /// The program and its arguments; put -- before it if it begins with a dash
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "PROG")]
    pub(crate) command: Vec<OsString>,
}

/// How memory rights are enforced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Memory {
    /// The better one here
    Auto,
    /// A permission byte a page, tested at each access
    Checked,
    /// The host's page protection
    Protected,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  elfuse-trace record ./prog one two
  elfuse-trace record -o run.etrace --sysroot /opt/arm64 -- python3 -c 'print(1)'
  elfuse-trace record --chaos=7 ./prog          with scheduling decided by dice, from seed 7")]
pub(crate) struct RecordArgs {
    /// The trace to write; the program's name with .etrace in the working directory if absent
    #[arg(short, long, value_name = "TRACE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) guest: GuestArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  elfuse-trace replay run.etrace                verify the whole run
  elfuse-trace replay --digest run.etrace       and print the digest of its final state
  elfuse-trace replay --to E123 run.etrace      stop before event 123 and show the registers
  elfuse-trace replay --to s2:E17 run.etrace    the same in stream 2, one of several processes
  elfuse-trace replay --process 5 --to 50% run.etrace")]
pub(crate) struct ReplayArgs {
    /// The trace
    pub(crate) trace: PathBuf,
    /// Print the digest of registers and memory at the end
    #[arg(long)]
    pub(crate) digest: bool,
    /// Stop at a position: E123, E123!, E123+42, @insns, +1.5s, 50%; s2:E17 is one in stream 2
    #[arg(long, value_name = "POS")]
    pub(crate) to: Option<String>,
    /// The process that --to is about: its id, or its stream as s2; the first one if absent
    #[arg(long, value_name = "PID|sN", value_parser = select::parse, requires = "to")]
    pub(crate) process: Option<Chosen>,
    /// Say nothing but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// How the guest's memory rights are enforced
    #[arg(long, value_enum, default_value_t = Memory::Auto, value_name = "MODE")]
    pub(crate) memory: Memory,
}

/// Text for people or JSON for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// The trace
    pub(crate) trace: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  elfuse-trace dump run.etrace
  elfuse-trace dump -tt -T -e trace=%file run.etrace
  elfuse-trace dump --numbers -e 'trace=!read,write' run.etrace
  elfuse-trace dump --filter 'vdso.why == age-cap' --format json run.etrace
  elfuse-trace dump --process 5 --process s7 run.etrace      two of several processes
  elfuse-trace dump -e trace=execve,%process run.etrace      who started whom")]
pub(crate) struct DumpArgs {
    /// The trace
    pub(crate) trace: PathBuf,
    /// Which calls: trace=name,%class,/regex/, with ! for all but these
    #[arg(short, value_name = "EXPR")]
    pub(crate) expression: Option<String>,
    /// Which events, in the filter language of the viewer
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// Only this process: its id, or its stream as s2; can be repeated
    #[arg(long, value_name = "PID|sN", value_parser = select::parse)]
    pub(crate) process: Vec<Chosen>,
    /// How to print; json is one object a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Longest string to print
    #[arg(short, default_value_t = 32, value_name = "N")]
    pub(crate) strsize: usize,
    /// Print the time of day (UTC) of each event; -tt with microseconds, -ttt as seconds since 1970
    #[arg(short = 't', action = clap::ArgAction::Count, conflicts_with_all = ["relative", "elapsed"])]
    pub(crate) time: u8,
    /// Print the time since the event before
    #[arg(short = 'r', conflicts_with = "elapsed")]
    pub(crate) relative: bool,
    /// Print the guest time since the start of the run
    #[arg(long)]
    pub(crate) elapsed: bool,
    /// Print how long each call took
    #[arg(short = 'T')]
    pub(crate) durations: bool,
    /// Print the number of each event, for `replay --to` and the viewer; s2:E17 where there are several processes
    #[arg(long)]
    pub(crate) numbers: bool,
    /// Print only what strace prints, for programs that read its output
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  elfuse-trace view run.etrace
  elfuse-trace view --process 5 run.etrace      begin with process 5; gp lists them all
  elfuse-trace view --size 120x40 --script 'G' --dump run.etrace    print the last screen and leave")]
pub(crate) struct ViewArgs {
    /// The trace
    pub(crate) trace: PathBuf,
    /// The process to begin with: its id, or its stream as s2; the first one if absent
    #[arg(long, value_name = "PID|sN", value_parser = select::parse)]
    pub(crate) process: Option<Chosen>,
    /// Size of the screen for --dump
    #[arg(long, value_name = "WxH", default_value = "120x40", value_parser = size, requires = "dump")]
    pub(crate) size: (u16, u16),
    /// Keys to press before --dump, as typed: j G /text<Enter> <C-d>
    #[arg(long, value_name = "KEYS", default_value = "", requires = "dump")]
    pub(crate) script: String,
    /// Print the screen as text and leave
    #[arg(long)]
    pub(crate) dump: bool,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(crate) ascii: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VdsoArgs {
    #[command(subcommand)]
    pub(crate) command: VdsoCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VdsoCommand {
    /// Write the page to a file or to standard output
    Build {
        /// Revision: carry, abi-note, seqlock
        #[arg(long, default_value = "carry")]
        rev: String,
        /// Where to write it
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Show symbols, branches and code of a page
    Dump {
        /// Revision: carry, abi-note, seqlock
        #[arg(long, default_value = "carry")]
        rev: String,
        /// A page in a file instead
        #[arg(long, value_name = "FILE")]
        image: Option<PathBuf>,
        /// How to print
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The trace to write
    #[arg(short, long, value_name = "TRACE", default_value = "demo.etrace")]
    pub(crate) output: PathBuf,
    /// Write the demo program and its source here instead of running it
    #[arg(long, value_name = "DIR")]
    pub(crate) extract: Option<PathBuf>,
}

fn user(text: &str) -> Result<(u32, u32), String> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    let number =
        |part: &str| part.parse::<u32>().map_err(|_| format!("`{part}` is not a user or group number"));
    Ok((number(uid)?, number(gid)?))
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let side = |text: &str| text.parse::<u16>().ok().filter(|n| (1..=1000).contains(n));
    let parsed = text.split_once('x').and_then(|(w, h)| Some((side(w)?, side(h)?)));
    parsed.ok_or_else(|| "a size is written WIDTHxHEIGHT, for example 120x40; at most 1000x1000".to_owned())
}
