//! The viewer in a real terminal, which tmux provides: input, screen, and the terminal given back however it
//! ends. This test binary runs itself as the program in the terminal.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};
use traces::describe::{Describe, Field, Line, Severity};
use traces::{BlobId, Body, Cycles, Event, EventIndex, InsnCount, Tid};
use tui::source::{Info, SourceError};
use tui::{Inputs, Language, LanguageError, Matcher, Options, Source};

const EVENTS: u64 = 100_000;

/// Set for the process that is the viewer: what it is to do wrong, if anything.
const ROLE: &str = "TUI_TEST_ROLE";
/// Where it leaves its process id.
const PID_FILE: &str = "TUI_TEST_PID_FILE";

struct Plain {
    info: Info,
    panics_at: Option<u64>,
}

impl Source for Plain {
    fn info(&self) -> &Info {
        &self.info
    }
    fn len(&self) -> u64 {
        EVENTS
    }
    fn event(&self, at: EventIndex) -> Result<Arc<Event>, SourceError> {
        assert_ne!(self.panics_at, Some(at.0), "told to");
        let body = Body::Switch { to: Tid(7) };
        Ok(Arc::new(Event { tid: Tid(7), icount: InsnCount(at.0), clock: Cycles(at.0 * 24), body }))
    }
    fn blob(&self, _: BlobId) -> Option<Vec<u8>> {
        None
    }
}

struct Words;

impl Describe for Words {
    fn line(&self, event: &Event, _: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Line {
        Line { text: format!("event {}", event.icount.0), ..Line::default() }
    }
    fn fields(&self, _: &Event, _: &dyn Fn(BlobId) -> Option<Vec<u8>>) -> Vec<Field> {
        Vec::new()
    }
    fn severity(&self, _: &Event) -> Severity {
        Severity::None
    }
    fn syscall_name(&self, _: u32) -> Option<&'static str> {
        None
    }
    fn syscall_number(&self, _: &str) -> Option<u32> {
        None
    }
    fn in_class(&self, _: u32, _: &str) -> Option<bool> {
        None
    }
    fn errno_name(&self, _: u32) -> Option<&'static str> {
        None
    }
    fn errno_number(&self, _: &str) -> Option<u32> {
        None
    }
}

struct NoLanguage;

impl Language for NoLanguage {
    fn compile(&self, _: &str) -> Result<Arc<dyn Matcher>, LanguageError> {
        Err(LanguageError { column: 0, message: "none here".into() })
    }
}

/// Not a test of its own: the viewer, when this binary runs inside of a terminal of the tests below.
#[test]
fn viewer() {
    let Ok(role) = std::env::var(ROLE) else { return };
    std::fs::write(std::env::var(PID_FILE).unwrap(), std::process::id().to_string()).unwrap();
    let panics_at = match role.as_str() {
        // The workers read everything, the screen only its first rows.
        "worker-panics" => Some(EVENTS - 1),
        "draw-panics" => Some(EVENTS / 2),
        _ => None,
    };
    // The sums must not be the ones to meet the event that drawing is to meet.
    let source = Plain { info: Info { cntfrq: 24_000_000, ..Info::default() }, panics_at };
    let source: Arc<dyn Source> =
        if role == "draw-panics" { Arc::new(Lazy(source)) } else { Arc::new(source) };
    let inputs = Inputs {
        source,
        describe: Arc::new(Words),
        language: Arc::new(NoLanguage),
        replay: Err("none.".into()),
        title: "test".into(),
        vdso: None,
        stream: 0,
        first: None,
        processes: None,
    };
    let code = match tui::run(inputs, Options::from_env()) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            2
        }
    };
    std::process::exit(code);
}

/// A source whose scans see nothing, so that only drawing asks for events.
struct Lazy(Plain);

impl Source for Lazy {
    fn info(&self) -> &Info {
        self.0.info()
    }
    fn len(&self) -> u64 {
        self.0.len()
    }
    fn event(&self, at: EventIndex) -> Result<Arc<Event>, SourceError> {
        self.0.event(at)
    }
    fn blob(&self, id: BlobId) -> Option<Vec<u8>> {
        self.0.blob(id)
    }
    fn scan(
        &self,
        _: std::ops::Range<u64>,
        _: &mut dyn FnMut(EventIndex, &Event) -> std::ops::ControlFlow<()>,
    ) {
    }
}

/// A tmux server of its own with one window.
struct Tmux {
    socket: String,
    dir: tempfile::TempDir,
}

impl Tmux {
    /// Starts the viewer in a terminal of 100x30; none if there is no tmux.
    fn start(role: &str, env: &str) -> Option<Tmux> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        if Command::new("tmux").arg("-V").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "the terminal tests need tmux");
            eprintln!("skipped: there is no tmux");
            return None;
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = tempfile::tempdir().unwrap();
        let socket = format!("tui-test-{}-{count}", std::process::id());
        let tmux = Tmux { socket, dir };
        let exe = std::env::current_exe().unwrap();
        let command = format!(
            "env {ROLE}={role} {PID_FILE}={} LC_ALL=C.UTF-8 RUST_BACKTRACE=0 {env} {} --exact viewer --nocapture -q; echo CODE=$?; stty -a; exec sleep 60",
            tmux.dir.path().join("pid").display(),
            exe.display(),
        );
        tmux.run(&["-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", "sh", "-c", &command]);
        Some(tmux)
    }

    fn run(&self, args: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.socket]).args(args).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn screen(&self) -> String {
        self.run(&["capture-pane", "-p"])
    }

    fn keys(&self, keys: &[&str]) {
        let mut args = vec!["send-keys"];
        args.extend(keys);
        self.run(&args);
    }

    /// Waits until the screen has a text.
    fn expect(&self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let screen = self.screen();
            if screen.contains(text) {
                return screen;
            }
            assert!(Instant::now() < end, "no `{text}` in\n{screen}");
            sleep(Duration::from_millis(30));
        }
    }

    fn pid(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("pid")).unwrap()
    }

    /// The viewer has ended with this code, and the terminal is as it was.
    fn expect_given_back(&self, code: u8) {
        let screen = self.expect("echoctl");
        assert!(screen.contains(&format!("CODE={code}")), "{screen}");
        assert!(
            screen.contains(" icanon") && screen.contains(" echo ") && !screen.contains("-icanon"),
            "{screen}"
        );
        let flags = self.run(&["display", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"]);
        assert_eq!(flags.trim(), "0 1 0");
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn keys_that_come_at_once_all_count_and_quitting_gives_the_terminal_back() {
    let Some(tmux) = Tmux::start("plain", "") else { return };
    tmux.expect("E 0/99,999");
    tmux.keys(&["-l", &"j".repeat(2000)]);
    tmux.expect("E 2,000/99,999");
    tmux.keys(&["G"]);
    tmux.expect("E 99,999/99,999");
    tmux.run(&["resize-window", "-x", "60", "-y", "12"]);
    tmux.expect("event 99999");
    tmux.run(&["resize-window", "-x", "20", "-y", "3"]);
    tmux.expect("needs 40x8");
    tmux.run(&["resize-window", "-x", "100", "-y", "30"]);
    tmux.expect("E 99,999/99,999");
    tmux.keys(&["F2"]);
    tmux.expect("mouse on");
    tmux.keys(&["q"]);
    tmux.expect_given_back(0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in ["-TERM", "-HUP"] {
        let Some(tmux) = Tmux::start("plain", "") else { return };
        tmux.expect("E 0/99,999");
        tmux.keys(&["F2"]);
        tmux.expect("mouse on");
        assert!(Command::new("kill").args([signal, &tmux.pid()]).status().unwrap().success());
        tmux.expect_given_back(2);
    }
}

#[test]
fn a_panic_in_a_worker_gives_the_terminal_back() {
    let Some(tmux) = Tmux::start("worker-panics", "") else { return };
    tmux.expect_given_back(2);
    assert!(tmux.screen().contains("told to"), "{}", tmux.screen());
}

#[test]
fn a_panic_while_drawing_gives_the_terminal_back() {
    let Some(tmux) = Tmux::start("draw-panics", "") else { return };
    tmux.expect("E 0/99,999");
    tmux.keys(&["50%"]);
    tmux.expect_given_back(101);
}

#[test]
fn without_colours_the_cursor_row_stays_reversed() {
    let Some(tmux) = Tmux::start("plain", "NO_COLOR=1") else { return };
    tmux.expect("E 0/99,999");
    tmux.keys(&["2j"]);
    tmux.expect("E 2/99,999");
    let screen = tmux.run(&["capture-pane", "-p", "-e"]);
    let row = screen.lines().find(|l| l.contains("event 2")).unwrap();
    let before = row.split("event 2").next().unwrap();
    let reversed = before.rsplit("\x1b[").find_map(|part| {
        let codes: Vec<&str> = part.split('m').next().unwrap_or_default().split(';').collect();
        (codes.contains(&"7") || codes.contains(&"0")).then(|| codes.contains(&"7"))
    });
    assert_eq!(reversed, Some(true), "{row:?}");
    for part in screen.split("\x1b[").skip(1) {
        for code in part.split('m').next().unwrap_or_default().split(';') {
            let colour = code.parse::<u8>().is_ok_and(|c| matches!(c, 30..=38 | 40..=48 | 90..=107));
            assert!(!colour, "SGR {code}");
        }
    }
    tmux.keys(&["q"]);
    tmux.expect_given_back(0);
}

#[test]
fn a_terminal_without_control_is_refused_with_advice() {
    let Some(tmux) = Tmux::start("plain", "TERM=dumb") else { return };
    tmux.expect_given_back(2);
    assert!(tmux.screen().contains("TERM is dumb; `dump` prints the events instead"));
}

#[test]
fn suspending_gives_the_terminal_back_for_a_while() {
    let Some(tmux) = Tmux::start("plain", "") else { return };
    tmux.expect("E 0/99,999");
    tmux.keys(&["C-z"]);
    let end = Instant::now() + Duration::from_secs(10);
    while tmux.run(&["display", "-p", "#{alternate_on}"]).trim() != "0" {
        assert!(Instant::now() < end);
        sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-CONT", &tmux.pid()]).status().unwrap().success());
    tmux.expect("E 0/99,999");
    assert_eq!(tmux.run(&["display", "-p", "#{alternate_on} #{cursor_flag}"]).trim(), "1 0");
    tmux.keys(&["q"]);
    tmux.expect_given_back(0);
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_runs_when_nothing_happens() {
    let Some(tmux) = Tmux::start("plain", "") else { return };
    tmux.expect("E 0/99,999");
    sleep(Duration::from_millis(800));
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", tmux.pid())).unwrap();
        let fields: Vec<u64> =
            stat.rsplit(')').next().unwrap().split(' ').filter_map(|f| f.parse().ok()).collect();
        // After the name and the state letter: utime and stime are fields 14 and 15 of proc(5).
        fields[10] + fields[11]
    };
    let before = ticks();
    sleep(Duration::from_secs(3));
    // A tick is 10 ms.
    assert!(ticks() - before <= 1, "{} ticks in three idle seconds", ticks() - before);
    tmux.keys(&["q"]);
    tmux.expect_given_back(0);
}
