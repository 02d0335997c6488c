//! A numeric program, as a compiler makes it of plain and of vector instructions: each result is qemu-aarch64's to the bit.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{elfuse, run, target_dir};
use crate::support::guest::{qemu, record, replay_digest};
use crate::support::need::{Need, Suite};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names and options of the builds. The second has half-precision arithmetic and dot products in its loops.
const BUILDS: &[(&str, &[&str])] =
    &[("plain", &["-O2"]), ("vector", &["-O3", "-march=armv8.2-a+fp16+dotprod"])];

/// Sections that the program prints a hash of.
const SECTIONS: usize = 7;

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    for (name, options) in BUILDS {
        let needs = [Need::CrossCompiler, Need::Qemu];
        suite.test(format!("numeric::{name}"), &needs, move || compare(name, options));
    }
}

fn compare(name: &str, options: &[&str]) -> Outcome {
    let elf = build(name, options)?;
    let oracle = run(&mut qemu(&elf))?.expect_code(0)?;
    let text = oracle.out_text();
    let hash = |line: &&str| {
        let last = line.split_whitespace().last().unwrap_or_default();
        last.len() == 16 && last.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    expect!(text.lines().filter(hash).count() == SECTIONS, "qemu does not print {SECTIONS} hashes:\n{text}");

    let plain = run(elfuse(["run", "--"]).arg(&elf))?.expect_code(0)?;
    expect!(plain.out == oracle.out, "run prints\n{}\nand qemu prints\n{}", plain.shown(), oracle.shown());
    let recorded = record(&[], &elf, &[])?;
    let ran = recorded.ran.clone().expect_code(0)?;
    expect!(ran.out == oracle.out, "record prints\n{}\nand qemu prints\n{}", ran.shown(), oracle.shown());
    replay_digest(&recorded.trace)?;
    Ok(())
}

fn build(name: &str, options: &[&str]) -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/numeric.c");
    let folder = target_dir().join("guests");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let elf = folder.join(format!("numeric-{name}"));
    let mut compiler = Command::new("aarch64-linux-gnu-gcc");
    compiler.args(["-std=gnu11", "-g1", "-Wall", "-Wextra", "-Werror", "-static"]).args(options);
    compiler.arg("-o").arg(&elf).arg(&source).arg("-lm");
    run(&mut compiler)?
        .expect_code(0)
        .map_err(|why| format!("{} does not build: {why}", source.display()))?;
    Ok(elf)
}
