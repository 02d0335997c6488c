//! The harness itself: a missing prerequisite fails under `CI=true` and is named as skipped elsewhere.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{Ran, run};
use crate::support::need::Suite;
use std::process::Command;

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.plain("skipping::is_never_silent", is_never_silent);
}

/// Runs one test that needs tools in an environment that has none.
fn without_tools(ci: &str) -> Result<Ran, String> {
    let exe = std::env::current_exe().map_err(|error| error.to_string())?;
    run(Command::new(exe).args(["--exact", "guests::exit42"]).env("PATH", "/nowhere").env("CI", ci))
}

fn is_never_silent() -> Outcome {
    let strict = without_tools("true")?.expect_code(101)?;
    expect!(strict.out_text().contains("aarch64-linux-gnu-gcc"), "under CI=true it says\n{}", strict.shown());
    let lenient = without_tools("")?.expect_code(0)?;
    let talk = lenient.err_text();
    let named = talk.contains("skipped") && talk.contains("guests::exit42: no aarch64-linux-gnu-gcc");
    expect!(named && lenient.out_text().contains("1 ignored"), "elsewhere it says\n{}", lenient.shown());
    Ok(())
}
