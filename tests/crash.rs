//! What is left of a trace when the recorder is killed, and what a replay says about a trace that was changed.

use crate::expect;
use crate::support::Outcome;
use crate::support::command::{elfuse, run};
use crate::support::guest::{events, guest, record, replay_digest};
use crate::support::need::{Need, Suite};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use traces::event::Effect;
use traces::{Body, Event, Options, Trace, Writer};

/// How often the recorder is killed.
const KILLS: u32 = 20;

/// An event reaches the file at most 100 ms late; the rest is for a busy machine.
const LATE: Duration = Duration::from_millis(350);

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.test("crash::killed_recorder", &[Need::CrossCompiler], killed_recorder);
    suite.test("crash::changed_read", &[Need::CrossCompiler], changed_read);
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

/// Linux's number of `read`.
const READ: u32 = 63;

/// One bit in what a `read` returned: the guest then does something else, and the replay has to notice.
fn changed_read() -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let place = folder.path().to_string_lossy().into_owned();
    let recorded = record(&[], &guest("files")?, &[&place])?;
    recorded.ran.clone().expect_code(0)?;

    let copy = folder.path().join("copy.etrace");
    rewrite(&recorded.trace, &copy, |_, _| ())?;
    let (original, copied) = (replay_digest(&recorded.trace)?, replay_digest(&copy)?);
    expect!(original == copied, "a trace written anew replays to {copied} and not {original}");

    let changed = folder.path().join("changed.etrace");
    let mut at = None;
    rewrite(&recorded.trace, &changed, |index, event| {
        if at.is_none() && flip_read(event) {
            at = Some(index);
        }
    })?;
    let at = at.ok_or("the trace has no read of 64 bytes")?;
    let ran = run(elfuse(["replay"]).arg(&changed))?.expect_code(3)?;
    let text = ran.err_text();
    let digits =
        |word: &str| word.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().ok();
    let named: Vec<u64> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| digits(word.strip_prefix('E')?))
        .collect();
    expect!(
        named.iter().any(|event| *event > at),
        "the read is E{at}; the replay names no event after it:\n{text}"
    );
    Ok(())
}

/// Flips a bit in the bytes that a `read` of 64 brought.
fn flip_read(event: &mut Event) -> bool {
    let Body::Svc(svc) = &mut event.body else { return false };
    if svc.nr != READ || svc.ret != 64 {
        return false;
    }
    // The data has the bytes of the inputs first, then those of the effects.
    let before: u32 = svc.inputs.iter().map(|input| input.len).sum();
    let is_write = matches!(svc.effects.first(), Some(Effect::Write { len: 64, .. }));
    match svc.data.get_mut(before as usize + 10) {
        Some(byte) if is_write => *byte ^= 1,
        _ => return false,
    }
    true
}

/// Writes a trace anew, event by event, each as `change` leaves it.
fn rewrite(from: &Path, to: &Path, mut change: impl FnMut(u64, &mut Event)) -> Outcome {
    let trace = Trace::open(from).map_err(|error| error.to_string())?;
    let mut writer =
        Writer::create(to, trace.header(), Options::default()).map_err(|error| error.to_string())?;
    for index in 0..trace.event_count() {
        let mut event =
            Event::clone(&*trace.event(traces::EventIndex(index)).map_err(|error| error.to_string())?);
        change(index, &mut event);
        for effect in effects(&mut event.body) {
            if let Effect::WriteBlob { blob, .. } = effect {
                *blob = writer.blob(&trace.blob(*blob).map_err(|error| error.to_string())?);
            }
        }
        writer.push(&event);
    }
    let totals = writer.finish();
    expect!(totals.events == trace.event_count(), "{} events of {}", totals.events, trace.event_count());
    Ok(())
}

fn effects(body: &mut Body) -> &mut [Effect] {
    match body {
        Body::Start(start) => &mut start.effects,
        Body::Svc(svc) | Body::SvcEnter(svc) | Body::SvcExit(svc) => &mut svc.effects,
        Body::Reseed(reseed) => &mut reseed.effects,
        Body::Signal(signal) => &mut signal.effects,
        _ => &mut [],
    }
}
