//! The same keys with worker threads and without: the screen that is left when all is done is the same.

use super::fake::{Fake, inputs};
use super::{screen, typed};
use crate::jobs::{Context, Report};
use crate::key::{Stroke, parse_script};
use crate::model::{Effect, Model};
use crate::runner::Threads;
use crate::update::{Msg, update};
use crate::{Options, Palette, Session, build};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const LEN: u64 = 60_000;

fn perform(threads: &Threads, effects: Vec<Effect>) {
    for effect in effects {
        match effect {
            Effect::Start(task) => threads.submit(task),
            Effect::Cancel(lane) => threads.cancel(lane),
            _ => {}
        }
    }
}

/// Takes reports in until nothing runs.
fn settle(model: &mut Model, threads: &Threads, reports: &Receiver<(u64, Report)>) {
    let end = Instant::now() + Duration::from_secs(20);
    while !model.progress.is_empty() {
        assert!(Instant::now() < end, "still at work: {:?}", model.progress);
        if let Ok((serial, report)) = reports.recv_timeout(Duration::from_millis(50)) {
            let effects = update(model, Msg::Report(serial, report));
            perform(threads, effects);
        }
    }
}

/// Types a script at threads; `wait` after each key, or only at the end.
fn threaded(script: &str, wait: bool) -> Session {
    let options = Options { palette: Palette::Colors16, ascii: false };
    let (mut model, replay) = build(inputs(Fake::new(LEN)), options, (120, 40));
    let context =
        Context { source: Arc::clone(&model.data.source), describe: Arc::clone(&model.data.describe) };
    let (sender, reports) = channel();
    let threads = Threads::start(&context, replay, move |serial, report| {
        let _ = sender.send((serial, report));
    })
    .unwrap();
    let effects = model.first_effects();
    perform(&threads, effects);
    for stroke in parse_script(script).unwrap() {
        let Stroke::Key(key) = stroke else { panic!("only keys") };
        let effects = update(&mut model, Msg::Key(key));
        perform(&threads, effects);
        if wait {
            settle(&mut model, &threads, &reports);
        }
    }
    settle(&mut model, &threads, &reports);
    Session::resume(model, context, None)
}

#[test]
fn threads_lead_to_the_same_screen() {
    for script in
        ["e3e", "&sys==openat<Enter>50%", "/hello<Enter>nn", "5000Gg557i3I", "5Gg5sss", "g3GA", "g6"]
    {
        let (with, without) = (threaded(script, true), typed(LEN, script));
        assert_eq!(screen(&with), screen(&without), "{script}");
    }
}

#[test]
fn the_newest_wish_wins_and_the_old_ones_end() {
    // The last wish of each script does not depend on whether those before were carried out.
    for script in [
        "&sys==openat<Enter>&<C-u>sys==write<Enter>&<C-u>tid==1003<Enter>gg",
        "/hello<Enter>/openat<Enter>/never<Enter>gg",
        "eEfFaAtT]x[x]s[s100G",
        "g51000G2000G3000G4000G",
        "&sys==write<Esc>&tid==1004<Esc>&<Esc>42G",
    ] {
        for _ in 0..5 {
            let (with, without) = (threaded(script, false), typed(LEN, script));
            let look = |session: &Session| {
                let model = &session.model;
                let now = model.cpu.now.as_ref().map(|s| (s.position(), s.regs.clone()));
                (model.shown().count(), model.filter.as_ref().map(|f| f.set.complete()), now)
            };
            assert_eq!(look(&with), look(&without), "{script}");
        }
    }
}

#[test]
fn what_is_stopped_says_so_and_can_begin_again() {
    let session = threaded("&sys==write<Enter><C-c>", false);
    assert!(session.model.progress.is_empty());
    // The sums were stopped too; a screen that needs them begins them anew.
    let again = threaded("<C-c>g3", false);
    assert_eq!(again.model.sums, typed(LEN, "").model.sums);
    assert_eq!(screen(&again), screen(&typed(LEN, "g3")));
    let session = threaded("&sys==write<Enter><C-c>&<C-u>sys==openat<Enter>", false);
    assert_eq!(session.model.shown().count(), LEN / 10);
}
