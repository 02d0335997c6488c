//! What keys do: where the cursor goes, what is said, what is shown.

use super::fake::{Fake, Machine, inputs};
use super::{screen, session, typed, with};
use crate::jobs::{Job, Task};
use crate::key::{Stroke, parse_script};
use crate::model::{Effect, Screen};
use crate::update::{Msg, context, update};
use crate::{Options, headless};

const LEN: u64 = 10_000;

#[test]
fn the_cursor_goes_where_the_keys_say() {
    // At 120x40 the list has 35 rows.
    let table: &[(&str, u64)] = &[
        ("j", 1),
        ("5j", 5),
        ("5jk", 4),
        ("3k", 0),
        ("G", 9_999),
        ("Ggg", 0),
        ("4194G", 4_194),
        ("99999G", 9_999),
        ("50%", 5_000),
        ("100%", 9_999),
        ("<C-d>", 17),
        ("<Space>", 33),
        ("<Space>b", 0),
        ("L", 34),
        ("M", 17),
        ("LH", 0),
        ("e", 2),
        ("3e", 22),
        ("100GE", 92),
        ("f", 3),
        ("2fF", 3),
        ("a", 4),
        ("2a", 14),
        ("GA", 9_994),
        ("]s", 6),
        ("]x", 7),
        ("]r", 43),
        ("G[r", 9_993),
        ("8Gt", 9),
        ("7Gt", 20),
        ("20GT", 7),
        ("1G*", 10),
        ("13G#", 3),
        ("8G%", 9),
        ("9G%", 8),
        ("]c", 9_999),
        ("ge123<Enter>", 123),
        ("geE77!<Enter>", 77),
        ("ge50%<Enter>", 5_000),
        ("ge+10ms<Enter>", 100),
        ("gt0.01<Enter>", 100),
        ("gt0.01001<Enter>", 101),
        ("gt22:13:20.05<Enter>", 500),
        ("gi1250<Enter>", 12),
        ("ge@1250<Enter>", 12),
        (":goto 321<Enter>", 321),
        (":next-err<Tab><Enter>", 2),
        ("mx9jgg'x", 0),
        ("7Gma99Gg;", 7),
        ("7Gma99G'a", 7),
        ("7G99Gg;g,", 99),
        ("7G99G''", 7),
        ("7G99G''''", 99),
        ("7Gma99Gmb50Gu", 99),
        ("7Gma99Gmb50GU", 7),
        ("/hello<Enter>", 1),
        ("/hello<Enter>n", 11),
        ("/hello<Enter>2nN", 11),
        ("/HELLO<Enter>", 0),
        ("/sys==openat<Enter>n", 12),
        ("/openat<Esc>", 0),
        ("g<Esc>j", 1),
        ("5<Esc>j", 1),
        ("s", 1),
        ("8Gs", 9),
    ];
    for &(script, expect) in table {
        assert_eq!(typed(LEN, script).model.cursor.0, expect, "{script}");
    }
}

#[test]
fn filters_show_only_what_matches() {
    let session = typed(LEN, "&sys==openat<Enter>");
    assert_eq!(session.model.shown().count(), 1_000);
    assert_eq!(session.model.cursor.0, 2, "the nearest match takes the cursor");
    let table: &[(&str, u64, u64)] = &[
        // script, cursor, shown
        ("&sys==openat<Enter>j", 12, 1_000),
        ("&sys==openat<Enter>G", 9_992, 1_000),
        ("5000G&sys==openat<Enter>", 5_002, 1_000),
        ("&sys==openat<Enter>j\\", 12, 10_000),
        ("&sys==openat<Enter>&<C-u><Enter>", 2, 10_000),
        ("&sys==openat<Enter>&<C-u>tid==1003<Enter>", 2, 4_000),
        ("&sys==openat<Enter>&<C-u>tid==1003<Enter><A-u>", 2, 1_000),
        ("&sys==openat<Enter><A-u>", 2, 10_000),
        ("&never<Enter>", 0, 0),
        ("&sys==openat<Esc>", 0, 10_000),
        ("&sys==nope<Enter>", 0, 10_000),
        ("2G=", 2, 1_000),
        ("2G=-", 2, 0),
        ("2G-", 3, 9_000),
        ("&sys==openat<Enter>/etc<Enter>", 12, 1_000),
        ("&sys==openat<Enter>50%", 5_002, 1_000),
        ("&sys==openat<Enter>f", 2, 1_000),
        (":filter sys==openat<Enter>", 2, 1_000),
    ];
    for &(script, cursor, shown) in table {
        let session = typed(LEN, script);
        assert_eq!(session.model.shown().count(), shown, "{script}");
        assert_eq!(session.model.cursor.0, cursor, "{script}");
    }
}

#[test]
fn counts_agree_with_a_naive_evaluation() {
    let fake = Fake::new(LEN);
    for (text, nr) in [("write", super::fake::WRITE), ("futex", super::fake::FUTEX)] {
        let naive =
            (0..LEN).filter(|n| crate::source::svc(&fake.make(*n)).is_some_and(|s| s.nr == nr)).count();
        let session = typed(LEN, &format!("&sys=={text}<Enter>"));
        assert_eq!(session.model.shown().count(), naive as u64, "{text}");
        assert!(session.model.filter.as_ref().unwrap().set.complete());
        // The sums count a call at its return, so that an entry without one (the last futex) is not in them.
        let returned = |e: &traces::Event| !matches!(e.body, traces::Body::SvcEnter(_));
        let naive = (0..LEN)
            .map(|n| fake.make(n))
            .filter(|e| returned(e) && crate::source::svc(e).is_some_and(|s| s.nr == nr))
            .count();
        assert_eq!(session.model.sums.calls[&nr].calls, naive as u64, "{text}");
    }
}

#[test]
fn a_fault_in_a_filter_names_its_column_and_keeps_the_prompt() {
    let session = typed(LEN, "&sys==openat && sis==x<Enter>");
    let prompt = session.model.prompt.as_ref().expect("still open");
    assert_eq!(prompt.error.as_ref().and_then(|(column, _)| *column), Some(14));
    let text = screen(&session);
    assert!(text.contains("column 15: no field is called that; nearest is `sys`"), "{text}");
}

#[test]
fn counts_appear_while_a_filter_is_typed() {
    let session = typed(LEN, "&sys==openat");
    assert!(screen(&session).contains("1,000 of 10,000 match"));
    assert_eq!(session.model.shown().count(), LEN, "nothing is hidden before Enter");
}

#[test]
fn screens_and_back() {
    for (script, screen, quit) in [
        ("g3", Screen::Vdso, false),
        ("g5", Screen::Cpu, false),
        ("<A-6>", Screen::Stats, false),
        ("g5q", Screen::Events, false),
        ("g5qq", Screen::Events, true),
        ("<Enter>", Screen::Cpu, false),
        ("Q", Screen::Events, true),
        ("<C-c>", Screen::Events, false),
        ("<C-c><C-c>", Screen::Events, true),
        ("<C-c>j<C-c>", Screen::Events, false),
        (":stats<Enter>", Screen::Stats, false),
        (":quit<Enter>", Screen::Events, true),
    ] {
        let session = typed(LEN, script);
        assert_eq!((session.model.screen, session.quit), (screen, quit), "{script}");
    }
}

#[test]
fn steps_move_the_replay_and_the_cursor() {
    // script, position of the replay, cursor
    for (script, position, cursor) in [
        ("g5", "E0", 0),
        ("5Gg5", "E5", 5),
        ("g5s", "E1", 1),
        ("g5sS", "E0", 0),
        ("5Gg5!", "E5!", 5),
        ("5Gg5!!", "E5", 5),
        ("5Gg5i", "E5+1", 5),
        ("5Gg5150i", "E6+50", 6),
        ("5Gg5150i150I", "E5!", 5),
        ("5Gg57i3I", "E5+4", 5),
        ("5Gg57iS", "E5", 5),
        ("5Gg5o", "E5+1", 5),
        ("g5geE7+42<Enter>", "E7+42", 7),
        ("g5e", "E2", 2),
        ("g5gi1250<Enter>", "E12+50", 12),
        ("g5ge@1200<Enter>", "E12!", 12),
        ("5Gs", "E6", 6),
        ("5Gg5sss", "E20", 20),
        ("5Gg5SS", "E3", 3),
    ] {
        let session = typed(LEN, script);
        let now = session.model.cpu.now.as_ref().expect("a state");
        assert_eq!(now.position().to_string(), position, "{script}");
        assert_eq!(session.model.cursor.0, cursor, "{script}");
        assert_eq!(session.model.cpu.wanted, None, "{script}");
    }
}

#[test]
fn stepping_back_returns_the_same_state() {
    let there = typed(LEN, "77Gg53i");
    let back = typed(LEN, "77Gg53i9i9I");
    let (a, b) = (there.model.cpu.now.unwrap(), back.model.cpu.now.unwrap());
    assert_eq!((&a.regs, &a.memory, a.stop), (&b.regs, &b.memory, b.stop));
}

#[test]
fn without_a_replay_the_cpu_screen_says_why() {
    let mut inputs = inputs(Fake::new(100));
    inputs.replay = Err("the trace was recorded as observe only.".into());
    let mut session = with(inputs, Options::default(), (120, 40));
    session.type_script("g5").unwrap();
    assert!(screen(&session).contains("there is no replay: the trace was recorded as observe only."));
    session.type_script("q?").unwrap();
    assert!(!screen(&session).contains("CPU state at this event") || session.model.help.is_some());
}

#[test]
fn a_divergence_is_shown() {
    let mut inputs = inputs(Fake::new(100));
    inputs.replay = Ok(Box::new(Machine { fail: true, ..Machine::new(100) }));
    let mut session = with(inputs, Options::default(), (120, 40));
    session.type_script("g5").unwrap();
    let text = screen(&session);
    assert!(text.contains("x1 differs at E7") && text.contains("replay diverged"), "{text}");
}

#[test]
fn words_on_the_screen() {
    for (script, expect) in [
        ("zq", "z q does nothing here; ? lists the keys"),
        ("&never<Enter>", "0 of 10,000 events match; \\ turns the filter off"),
        ("GJ", "J does nothing here"),
        ("G]e", "no error in that direction"),
        ("10000G", "there is no E10000; the last event is E9999"),
        ("&sys==openat<Enter>3G", "the filter hides E3; \\ turns it off"),
        ("g<Wait>", "vDSO and its anchor"),
        ("7Gma'<Wait>", "E7"),
        ("7Gma17Gmb", "mark b is E17"),
        ("7Gma17Gmbj", "Δab 1.0 ms"),
        ("m1", "m 1 does nothing here"),
        ("'q", "there is no mark q"),
        (":nonsense<Enter>", "no action has a name like that"),
        (":next<Enter>", "next could be next-error, next-fallback"),
        ("gtx", "`x` is no position"),
        ("y", "copied E0"),
        ("12", " 12"),
        ("cc", "time of day, UTC"),
        ("4G", "anchor reseed gen 0"),
        ("3G", "vdso.why    unseeded (seen)"),
        ("u", "no mark in that direction"),
        ("/hello<Enter>2n", "hit 3: 1,000 of 10,000 match"),
        ("g5<Tab><Tab>999j", "v31 00000000000000000000000000000000"),
    ] {
        let text = screen(&typed(LEN, script));
        assert!(text.contains(expect), "{script}: no `{expect}` in\n{text}");
    }
    assert_eq!(typed(LEN, "5Gy").copied, ["E5"]);
    assert_eq!(typed(LEN, "5Gg5iy").copied, ["E5+1"]);
}

#[test]
fn only_keys_that_work_are_in_the_footer() {
    let mut inputs = inputs(Fake::new(0));
    inputs.replay = Err("none".into());
    let session = with(inputs, Options::default(), (120, 40));
    let text = screen(&session);
    let footer = text.lines().last().unwrap();
    assert!(
        footer.contains("? all keys") && !footer.contains("down") && !footer.contains("step"),
        "{footer}"
    );
    assert!(text.contains("The trace has no events"));
}

#[test]
fn every_action_is_in_the_help_and_runs() {
    let table = crate::key_table();
    for action in crate::actions::ACTIONS.iter().flat_map(|g| g.iter()) {
        assert!(
            table.contains(action.title) && table.contains(&format!(":{}", action.name)),
            "{}",
            action.name
        );
        for len in [0, 1, 50] {
            for ctx in action.contexts {
                let mut session = session(len, (100, 30));
                session
                    .type_script(match ctx {
                        crate::actions::Ctx::Events => "",
                        crate::actions::Ctx::Vdso => "g3",
                        crate::actions::Ctx::Cpu => "g5",
                        crate::actions::Ctx::Stats => "g6",
                        crate::actions::Ctx::Help => "?",
                        crate::actions::Ctx::Picker => "gp",
                        crate::actions::Ctx::Prompt => ":",
                    })
                    .unwrap();
                if context(&session.model) != *ctx {
                    // A prompt needs events; an action that is not reachable cannot fail.
                    continue;
                }
                let _ = (action.run)(&mut session.model, &crate::actions::Call::default());
                let _ = screen(&session);
            }
        }
    }
}

#[test]
fn a_search_skips_blocks_by_their_summaries() {
    let mut fake = Fake::new(LEN);
    fake.summaries = true;
    let mut session = with(inputs(fake), Options::default(), (120, 40));
    session.type_script("e").unwrap();
    assert_eq!(session.model.cursor.0, 502, "only the sixth block says that it has errors");
    session.type_script("GE").unwrap();
    assert_eq!(session.model.cursor.0, 592);
}

#[test]
fn the_public_functions_agree() {
    let options = Options::default();
    let text = crate::headless(inputs(Fake::new(LEN)), options, (120, 40), "5j").unwrap();
    let session = with(inputs(Fake::new(LEN)), options, (120, 40));
    let mut session = session;
    session.type_script("5j").unwrap();
    assert_eq!(text, headless::text(&session.screen()));
    assert!(crate::headless(inputs(Fake::new(1)), options, (80, 24), "<nokey>").is_err());
}

#[test]
fn keys_typed_before_a_hop_has_landed_go_further() {
    let count = |keys: &str| {
        let mut model = session(LEN, (120, 40)).model;
        let mut counts = Vec::new();
        for stroke in parse_script(keys).unwrap() {
            let Stroke::Key(key) = stroke else { panic!("only keys") };
            for effect in update(&mut model, Msg::Key(key)) {
                if let Effect::Start(Task { job: Job::Hop(hop), .. }) = effect {
                    counts.push(hop.count);
                }
            }
        }
        counts
    };
    assert_eq!(count("sss"), [1, 2, 3]);
    assert_eq!(count("s4s"), [1, 5]);
    assert_eq!(count("ee"), [1, 2]);
    // Another direction, another goal or another place begins anew.
    assert_eq!(count("ssSeje"), [1, 2, 1, 1, 1]);
}
