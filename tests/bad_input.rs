//! Whatever is given in place of a program or a trace: one clear sentence, exit code 2, no panic, no backtrace.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{Ran, elfuse, run};
use crate::support::need::{Need, Suite};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.plain("bad_input::programs", programs);
    suite.plain("bad_input::unreadable_program", unreadable_program);
    suite.test("bad_input::missing_interpreter", &[Need::CrossCompiler], missing_interpreter);
    suite.plain("bad_input::traces", traces);
    suite.plain("bad_input::damaged_traces", damaged_traces);
    suite.plain("bad_input::command_lines", command_lines);
}

/// The demo guest: a good ELF to spoil.
fn good_elf() -> Result<Vec<u8>, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/demo/demo.elf");
    std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Checks that the command was refused in one sentence that names `about`.
fn refused(ran: &Ran, about: &str) -> Outcome {
    expect!(ran.code == 2, "exit code {} and not 2\n{}", ran.code, ran.shown());
    one_sentence(ran)?;
    expect!(ran.err_text().contains(about), "the message does not name `{about}`\n{}", ran.shown());
    Ok(())
}

fn one_sentence(ran: &Ran) -> Outcome {
    let text = ran.err_text();
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    let tidy = !text.contains("panicked") && !text.contains("backtrace") && !text.contains("Error {");
    expect!(lines == 1 && text.len() < 600 && tidy, "not one clear sentence\n{}", ran.shown());
    Ok(())
}

fn scratch() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&path, executable).map_err(|error| error.to_string())?;
    Ok(path)
}

fn programs() -> Outcome {
    let folder = scratch()?;
    let good = good_elf()?;
    let patched = |at: usize, bytes: &[u8]| {
        let mut elf = good.clone();
        elf[at..at + bytes.len()].copy_from_slice(bytes);
        elf
    };
    // Offsets in the ELF header: class 4, data 5, type 16, machine 18, phoff 32, phentsize 54, phnum 56; in the
    // first program header, at 64: offset 8, vaddr 16, filesz 32, memsz 40.
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("text", b"hello, this is no program\n".to_vec()),
        ("magic-only", good[..4].to_vec()),
        ("half-a-header", good[..40].to_vec()),
        ("no-program-headers-left", good[..80].to_vec()),
        ("segment-cut-short", good[..1000].to_vec()),
        ("x86-64", patched(18, &62_u16.to_le_bytes())),
        ("32-bit", patched(4, &[1])),
        ("big-endian", patched(5, &[2])),
        ("object-file", patched(16, &1_u16.to_le_bytes())),
        ("headers-beyond-the-end", patched(32, &u64::MAX.to_le_bytes())),
        ("tiny-header-entries", patched(54, &1_u16.to_le_bytes())),
        ("segment-offset-overflows", patched(64 + 8, &(u64::MAX - 0xfff).to_le_bytes())),
        ("segment-address-overflows", patched(64 + 16, &(u64::MAX - 0xfff).to_le_bytes())),
        ("file-size-above-memory-size", patched(64 + 40, &1_u64.to_le_bytes())),
        ("huge-memory-size", patched(64 + 40, &(u64::MAX / 2).to_le_bytes())),
    ];
    for (name, bytes) in cases {
        let program = write(folder.path(), name, &bytes)?;
        for sub_command in ["record", "run"] {
            let ran = run(elfuse([sub_command, "--"]).arg(&program).current_dir(folder.path()))?;
            refused(&ran, name).map_err(|why| format!("{sub_command} {name}: {why}"))?;
        }
        let left = folder.path().join(format!("{name}.etrace"));
        expect!(!left.exists(), "{name}: a trace was left behind for a program that never began");
    }
    Ok(())
}

fn unreadable_program() -> Outcome {
    let folder = scratch()?;
    refused(&run(elfuse(["run", "--"]).arg(folder.path()))?, &folder.path().to_string_lossy())?;
    let missing = folder.path().join("no-such-program");
    refused(&run(elfuse(["record", "--"]).arg(&missing).current_dir(folder.path()))?, "no-such-program")?;
    let secret = write(folder.path(), "secret", &good_elf()?)?;
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o000))
        .map_err(|error| error.to_string())?;
    if std::fs::File::open(&secret).is_err() {
        refused(&run(elfuse(["run", "--"]).arg(&secret))?, "secret")?;
    } // else: root reads everything
    let out = folder.path().join("no/such/folder/run.etrace");
    let program = write(folder.path(), "good", &good_elf()?)?;
    refused(&run(elfuse(["record", "-o"]).arg(out).arg("--").arg(program))?, "no/such/folder")
}

/// A dynamically linked program without the libraries of its system: the message tells the way out.
fn missing_interpreter() -> Outcome {
    let folder = scratch()?;
    let source = write(folder.path(), "dynamic.c", b"int main(void) { return 0; }\n")?;
    let program = folder.path().join("dynamic");
    let mut compiler = Command::new("aarch64-linux-gnu-gcc");
    compiler.arg("-Wl,--dynamic-linker=/no/such/ld-linux-aarch64.so.1").arg("-o").arg(&program).arg(source);
    run(&mut compiler)?.expect_code(0)?;
    refused(&run(elfuse(["run", "--"]).arg(&program))?, "--sysroot")
}

fn traces() -> Outcome {
    let folder = scratch()?;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut garbage = Vec::new();
    while garbage.len() < 1 << 16 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        garbage.extend(state.to_le_bytes());
    }
    let cases: [(&str, &[u8]); 4] =
        [("empty", b""), ("one-byte", b"e"), ("text", b"not a trace at all\n"), ("garbage", &garbage)];
    let mut paths = vec![folder.path().join("missing"), folder.path().to_path_buf()];
    for (name, bytes) in cases {
        paths.push(write(folder.path(), name, bytes)?);
    }
    for path in paths {
        for sub_command in ["info", "dump", "stats", "replay"] {
            let ran = run(elfuse([sub_command]).arg(&path))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            refused(&ran, &name).map_err(|why| format!("{sub_command} {}: {why}", path.display()))?;
        }
        let view = run(elfuse(["view", "--size", "80x24", "--dump", "--script", "q"]).arg(&path))?;
        refused(&view, "").map_err(|why| format!("view {}: {why}", path.display()))?;
    }
    Ok(())
}

/// Every cut and every flip of a good trace is either read with a remark or refused in a sentence.
fn damaged_traces() -> Outcome {
    let folder = scratch()?;
    let trace = folder.path().join("good.etrace");
    run(elfuse(["demo", "-o"]).arg(&trace))?.expect_code(0)?;
    let good = std::fs::read(&trace).map_err(|error| error.to_string())?;
    for step in 0..24 {
        let at = good.len() * step / 24;
        let mut flipped = good.clone();
        flipped[at] ^= 0x10;
        for (name, bytes) in [("cut", &good[..at]), ("flipped", &flipped[..])] {
            let path = write(folder.path(), name, bytes)?;
            for sub_command in ["info", "dump", "replay"] {
                let ran = run(elfuse([sub_command]).arg(&path))?;
                let calm = matches!(ran.code, 0 | 2 | 3) && !ran.err_text().contains("panicked");
                expect!(
                    calm,
                    "{sub_command} of a trace {name} at byte {at}: code {}\n{}",
                    ran.code,
                    ran.shown()
                );
            }
        }
    }
    Ok(())
}

fn command_lines() -> Outcome {
    for args in [
        &["no-such-command"][..],
        &["record"],
        &["record", "--no-such-option", "true"],
        &["replay"],
        &["record", "--vdso=no-such-revision", "true"],
        &["view", "--size", "wide", "x"],
        &["vdso", "build", "--rev", "no-such-revision"],
    ] {
        let ran = run(&mut elfuse(args))?;
        let calm = ran.code == 2
            && !ran.err.is_empty()
            && ran.out.is_empty()
            && !ran.err_text().contains("panicked");
        expect!(calm, "{args:?}: code {}\n{}", ran.code, ran.shown());
    }
    Ok(())
}
