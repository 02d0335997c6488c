//! The reference: `guest.c` under qemu-aarch64, a batch of cases a process.

use crate::case::{Case, End, RW_SIZE, SLOT_WORDS, Signal};
use cpu::Regs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Bytes of `struct output`.
const OUTPUT: usize = 816 + 32;
/// How long a batch may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the reference ended a case.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// With these registers and this memory; the data only if it was asked for.
    End(Box<End>, Vec<u64>),
    /// It died or hung.
    Died(String),
}

/// The guest, built, and a CPU model to run it on.
#[derive(Clone)]
pub(crate) struct Reference {
    guest: PathBuf,
    model: &'static str,
}

impl Reference {
    /// Builds the guest, under a name of its own because tests run at the same time, for a CPU model.
    ///
    /// # Errors
    /// What the compiler says.
    pub(crate) fn new(name: &str, model: &'static str) -> Result<Self, String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff/guest.c");
        let guest = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cpu-diff-{name}"));
        let built = Command::new("aarch64-linux-gnu-gcc")
            .args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-builtin"])
            .args(["-fno-stack-protector", "-nostdlib", "-static", "-Wl,-Ttext-segment=0x20000000", "-o"])
            .arg(&guest)
            .arg(&source)
            .output()
            .map_err(|error| format!("aarch64-linux-gnu-gcc: {error}"))?;
        if !built.status.success() {
            return Err(format!(
                "{} does not build: {}",
                source.display(),
                String::from_utf8_lossy(&built.stderr)
            ));
        }
        Ok(Reference { guest, model })
    }

    /// Runs a batch with the code slots of [`crate::ours::Ours::load`]. With `data`, the answers hold the writable data.
    ///
    /// # Errors
    /// If the reference cannot be run at all.
    pub(crate) fn run(&self, code: &[u32], cases: &[Case], data: bool) -> Result<Vec<Answer>, String> {
        let mut answers = Vec::with_capacity(cases.len());
        while answers.len() < cases.len() {
            let rest = &cases[answers.len()..];
            let (out, why) = self.process(code, rest, data)?;
            let each = OUTPUT + if data { RW_SIZE as usize } else { 0 };
            answers.extend(out.chunks_exact(each).map(answer));
            if answers.len() < cases.len() {
                answers.push(Answer::Died(why));
            }
        }
        Ok(answers)
    }

    /// One process: its output and, in words, how it ended.
    fn process(&self, code: &[u32], cases: &[Case], data: bool) -> Result<(Vec<u8>, String), String> {
        let mut child = Command::new("qemu-aarch64-static")
            // The first 2 GiB belong to the guest, so that wild accesses below hit nothing of the reference's own.
            .args(["-R", "0x80000000", "-cpu", self.model])
            .arg(&self.guest)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("qemu-aarch64-static: {error}"))?;
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let input = input(code, cases, data);
        // A guest that dies early closes the pipe; what it left tells.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let stdout = drain(child.stdout.take().expect("stdout is a pipe"));
        let stderr = drain(child.stderr.take().expect("stderr is a pipe"));
        let end = Instant::now() + PATIENCE;
        let status = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status.to_string(),
                None if Instant::now() > end => {
                    drop(child.kill());
                    drop(child.wait());
                    break format!("still running after {} s", PATIENCE.as_secs());
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        drop(feeder.join());
        let out = stdout.join().map_err(|_| "a pipe thread panicked".to_owned())?;
        let err = stderr.join().map_err(|_| "a pipe thread panicked".to_owned())?;
        Ok((out, format!("{status}: {}", String::from_utf8_lossy(&err).trim())))
    }
}

fn drain<R: Read + Send + 'static>(mut from: R) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        drop(from.read_to_end(&mut bytes));
        bytes
    })
}

/// `struct header`, the code slots, and a `struct input` for each case.
fn input(code: &[u32], cases: &[Case], data: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |value: u64| bytes.extend(value.to_le_bytes());
    put(cases.len() as u64);
    put((code.len() / SLOT_WORDS) as u64);
    put(u64::from(data));
    put(0);
    for pair in code.chunks(2) {
        put(u64::from(pair[0]) | u64::from(pair[1]) << 32);
    }
    for case in cases {
        let regs = &case.regs;
        for x in regs.x {
            put(x);
        }
        let rest =
            [regs.sp, case.pc(), regs.nzcv.into(), regs.fpcr.into(), regs.fpsr.into(), regs.tpidr_el0, 0];
        for value in rest {
            put(value);
        }
        for v in regs.v {
            put(v as u64);
            put((v >> 64) as u64);
        }
        put(case.seed);
        put(0);
    }
    bytes
}

/// A `struct output`, and the data if it follows.
fn answer(bytes: &[u8]) -> Answer {
    let words: Vec<u64> = bytes
        .chunks_exact(8)
        .map(|chunk| u64::from_le_bytes(chunk.try_into().expect("chunks of 8")))
        .collect();
    let mut regs = Regs {
        sp: words[31],
        pc: words[32],
        nzcv: words[33] as u32,
        fpcr: words[34] as u32 & 0x07C8_0000,
        fpsr: words[35] as u32 & 0x0800_009F,
        tpidr_el0: words[36],
        ..Regs::default()
    };
    regs.x.copy_from_slice(&words[..31]);
    for (v, pair) in regs.v.iter_mut().zip(words[38..102].chunks(2)) {
        *v = u128::from(pair[0]) | u128::from(pair[1]) << 64;
    }
    let number = words[102];
    let addressed = matches!(number, 7 | 11);
    let (code, address) = if addressed { (words[103], words[104] << 8 >> 8) } else { (0, 0) };
    let signal = Signal { number, code, address };
    Answer::End(Box::new(End { regs, signal, digest: words[105] }), words[106..].to_vec())
}
