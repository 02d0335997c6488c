//! What a test needs beyond cargo, and what happens when it is not there.
//!
//! Nothing is skipped silently: under `CI=true` a missing prerequisite fails the test, elsewhere the test is
//! counted as ignored and named after the closing line with the reason.

use super::Outcome;
use libtest_mimic::{Arguments, Conclusion, Failed, Trial};
use std::path::{Path, PathBuf};

/// Something that `make check` installs and plain cargo does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// The cross compiler `aarch64-linux-gnu-gcc` with a static libc.
    CrossCompiler,
    /// `qemu-aarch64-static`, the oracle.
    Qemu,
    /// The unpacked arm64 programs of `scripts/sysroot.sh`.
    Sysroot,
    /// A program of the host.
    Tool(&'static str),
}

impl Need {
    /// What is missing and how to get it; none if it is there.
    #[must_use]
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Need::CrossCompiler => absent_tool("aarch64-linux-gnu-gcc"),
            Need::Qemu => absent_tool("qemu-aarch64-static"),
            Need::Tool(name) => absent_tool(name),
            Need::Sysroot => {
                let busybox = sysroot().join("usr/bin/busybox");
                (!busybox.exists())
                    .then(|| format!("no arm64 programs in {}: run scripts/sysroot.sh", sysroot().display()))
            }
        }
    }
}

fn absent_tool(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    (!found).then(|| format!("no {name}: run scripts/setup.sh check"))
}

/// Where the arm64 programs are: `$ELFUSE_TRACE_SYSROOT`, else `target/sysroot`.
#[must_use]
pub(crate) fn sysroot() -> PathBuf {
    std::env::var_os("ELFUSE_TRACE_SYSROOT")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sysroot"), PathBuf::from)
}

/// The tests of a run.
pub(crate) struct Suite {
    args: Arguments,
    trials: Vec<Trial>,
    skipped: Vec<(String, String)>,
    strict: bool,
}

impl Suite {
    /// An empty suite, run as the command line says (libtest's options).
    #[must_use]
    pub(crate) fn from_args() -> Self {
        let strict = std::env::var("CI").is_ok_and(|value| value == "true");
        Suite { args: Arguments::from_args(), trials: Vec::new(), skipped: Vec::new(), strict }
    }

    /// Adds a test that needs nothing beyond cargo.
    pub(crate) fn plain(&mut self, name: impl Into<String>, body: impl FnOnce() -> Outcome + Send + 'static) {
        self.test(name, &[], body);
    }

    /// Adds a test with what it needs.
    pub(crate) fn test(
        &mut self,
        name: impl Into<String>,
        needs: &[Need],
        body: impl FnOnce() -> Outcome + Send + 'static,
    ) {
        let name = name.into();
        let missing: Vec<String> = needs.iter().filter_map(|need| need.missing()).collect();
        let trial = if missing.is_empty() {
            Trial::test(name, || body().map_err(Failed::from))
        } else if self.strict {
            let why = format!("a prerequisite is absent although CI=true: {}", missing.join("; "));
            Trial::test(name, || Err(Failed::from(why)))
        } else {
            self.skipped.push((name.clone(), missing.join("; ")));
            // Run with --ignored, it says what is missing.
            let why = missing.join("; ");
            Trial::test(name, || Err(Failed::from(why))).with_ignored_flag(true)
        };
        self.trials.push(trial);
    }

    /// Runs the tests and names those that were skipped.
    pub(crate) fn run(self) -> Conclusion {
        let listing = self.args.list;
        let conclusion = libtest_mimic::run(&self.args, self.trials);
        if !listing && !self.skipped.is_empty() {
            eprintln!(
                "{} tests were skipped for want of a prerequisite (they fail under CI=true):",
                self.skipped.len()
            );
            for (name, why) in &self.skipped {
                eprintln!("  {name}: {why}");
            }
        }
        conclusion
    }
}
