//! What is left of a trace when the recorder is killed, and what a replay says about a trace that was changed.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{elfuse, run};
use crate::support::guest::{events, guest};
use crate::support::need::{Need, Suite};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often the recorder is killed.
const KILLS: u32 = 20;

/// An event reaches the file at most 100 ms late; the rest is for a busy machine.
const LATE: Duration = Duration::from_millis(350);

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.test("crash::killed_recorder", &[Need::CrossCompiler], killed_recorder);
}

fn killed_recorder() -> Outcome {
    let elf = guest("getpid_loop")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    let mut state = u64::from(now.subsec_nanos()) | 1;
    for round in 0..KILLS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pause = Duration::from_millis((state >> 33) % 900);
        kill_after(&elf, pause, round == KILLS - 1)
            .map_err(|why| format!("kill {round}, {} ms after the first line: {why}", pause.as_millis()))?;
    }
    Ok(())
}

/// Kills the recorder `pause` after the first line of the guest and looks at what is left.
fn kill_after(elf: &Path, pause: Duration, replay: bool) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = folder.path().join("killed.etrace");
    let mut command = elfuse(["record", "-o"]);
    command.arg(&trace).arg("--").arg(elf).arg("0").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let lines = BufReader::new(child.stdout.take().expect("stdout is a pipe")).lines();
    let (sender, ticks) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let tick = line.strip_prefix("tick ").and_then(|number| number.parse::<usize>().ok());
            if sender.send((Instant::now(), tick)).is_err() {
                break;
            }
        }
    });
    let first = ticks.recv_timeout(Duration::from_secs(30));
    std::thread::sleep(pause);
    let killed = Instant::now();
    child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
    reader.join().map_err(|_| "the reader of the guest's lines panicked".to_owned())?;
    let first = first.map_err(|_| "the guest prints nothing".to_owned())?;

    let seen: Vec<_> = std::iter::once(first).chain(ticks.try_iter()).collect();
    expect!(seen.iter().all(|(_, tick)| tick.is_some()), "the guest prints something else than its ticks");
    let flushed = seen.iter().filter(|(at, _)| *at + LATE < killed).count();

    let info = run(elfuse(["info"]).arg(&trace))?.expect_code(0)?;
    expect!(
        info.out_text().contains("recovered"),
        "info does not say that the trace is recovered:\n{}",
        info.shown()
    );
    let kept = events(&trace, &["-e", "trace=write"])?.len();
    expect!(kept >= flushed, "{kept} lines are in the trace, {flushed} were written {LATE:?} before the end");
    if replay {
        run(elfuse(["replay"]).arg(&trace))?.expect_code(0)?;
    }
    Ok(())
}
