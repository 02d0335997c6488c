//! The edge to a real terminal: the only file that names crossterm.
//!
//! Three kinds of threads: one reads input, workers run jobs, and the caller's thread updates and draws. All
//! pending messages are taken in before a frame is drawn, frames are at least 16 ms apart, and when nothing
//! happens nothing runs. Whatever ends the viewer, a panic in a worker and a signal included, the terminal is
//! given back as it was.

use crate::Error;
use crate::jobs::{Context, Report};
use crate::key::{Code, Key};
use crate::model::{Effect, Model};
use crate::processes;
use crate::runner::{Replayer, Threads};
use crate::update::{Msg, process, update};
use crate::view::draw;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEventKind};
use crossterm::{cursor, execute, queue, style, terminal as term};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use signal_hook::consts::{SIGHUP, SIGTERM, SIGTSTP};
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

/// Shortest time between frames.
const FRAME: Duration = Duration::from_millis(16);
/// A prefix lists its continuations after this pause.
const HINT: Duration = Duration::from_millis(300);
/// How often the input thread looks whether it should end.
const INPUT_POLL: Duration = Duration::from_millis(250);
/// Rows per turn of the wheel.
const WHEEL: i64 = 3;

/// Whether the terminal is in our hands; taking it to false gives it back.
static ACTIVE: AtomicBool = AtomicBool::new(false);

type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

enum Wake {
    Msg(Msg),
    Signal(i32),
    InputClosed,
}

/// Runs the viewer until it is quit.
///
/// # Errors
/// If there is no terminal that can show it, input or output fails, a worker died, or a signal ended it.
pub(crate) fn run(mut model: Model, replay: Replayer) -> Result<(), Error> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Error::NoTerminal("standard input and output are not both a terminal"));
    }
    if std::env::var_os("TERM").is_some_and(|t| t == "dumb") {
        return Err(Error::NoTerminal("TERM is dumb"));
    }
    let (wake, wakes) = channel();
    let threads = workers(&model, replay, &wake)?;
    let signals = watch_signals(&wake)?;
    let guard = Guard::enter()?;
    let (stop, input) = watch_input(&wake)?;
    let size = term::size()?;
    model.size = size;
    let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 18, io::stdout()));
    let terminal = Terminal::new(backend)?;
    let mut app = App { terminal, model, threads, wake: wake.clone(), end: None, mouse: false };
    let effects = app.model.first_effects();
    app.perform(effects)?;
    let result = app.run(&wakes);
    stop.store(true, Ordering::Relaxed);
    signals.close();
    drop(guard);
    // It ends within one poll, so that it takes no input from whatever runs next; unless it stands in the
    // middle of a key that never ends, which is not worth waiting for.
    let due = Instant::now() + INPUT_POLL * 2;
    while !input.is_finished() && Instant::now() < due {
        thread::sleep(Duration::from_millis(5));
    }
    result
}

/// The threads that do the jobs of a model.
fn workers(model: &Model, replay: Replayer, wake: &Sender<Wake>) -> io::Result<Threads> {
    let reports = wake.clone();
    Threads::start(&Context::of(model), replay, move |serial, report| {
        let _ = reports.send(Wake::Msg(Msg::Report(serial, report)));
    })
}

struct App {
    terminal: Screen,
    model: Model,
    threads: Threads,
    wake: Sender<Wake>,
    end: Option<Result<(), Error>>,
    mouse: bool,
}

impl App {
    fn run(&mut self, wakes: &Receiver<Wake>) -> Result<(), Error> {
        let mut last = self.draw()?;
        while self.end.is_none() {
            self.wait(wakes)?;
            // Take in all that is there, and what comes until the next frame may be drawn.
            let due = last + FRAME;
            while self.end.is_none() {
                let left = due.saturating_duration_since(Instant::now());
                match wakes.recv_timeout(left) {
                    Ok(wake) => self.take(wake)?,
                    Err(_) => break,
                }
                // Input that never pauses must not keep the screen from being drawn.
                if last.elapsed() > FRAME * 4 {
                    break;
                }
            }
            if self.end.is_none() {
                last = self.draw()?;
            }
        }
        self.end.take().unwrap_or(Ok(()))
    }

    /// Blocks until something happens; an open prefix counts as something after a while.
    fn wait(&mut self, wakes: &Receiver<Wake>) -> Result<(), Error> {
        let wake = if self.model.pending.is_empty() || self.model.hint {
            wakes.recv().unwrap_or(Wake::InputClosed)
        } else {
            match wakes.recv_timeout(HINT) {
                Ok(wake) => wake,
                Err(RecvTimeoutError::Timeout) => Wake::Msg(Msg::Waited),
                Err(RecvTimeoutError::Disconnected) => Wake::InputClosed,
            }
        };
        self.take(wake)
    }

    fn take(&mut self, wake: Wake) -> Result<(), Error> {
        match wake {
            Wake::Msg(Msg::Report(_, Report::Died { lane })) => {
                self.end = Some(Err(Error::Worker(lane.name())));
                Ok(())
            }
            Wake::Msg(msg) => {
                let effects = update(&mut self.model, msg);
                self.perform(effects)
            }
            Wake::Signal(signal) => {
                self.end = Some(Err(Error::Signal(signal)));
                Ok(())
            }
            Wake::InputClosed => {
                self.end = Some(Err(Error::NoTerminal("the terminal has gone")));
                Ok(())
            }
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) -> Result<(), Error> {
        for effect in effects {
            match effect {
                Effect::Start(task) => self.threads.submit(task),
                Effect::Cancel(lane) => self.threads.cancel(lane),
                Effect::Copy(text) => {
                    let sequence = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
                    self.out().write_all(sequence.as_bytes())?;
                    self.out().flush()?;
                }
                Effect::Mouse(on) => {
                    self.mouse = on;
                    self.set_mouse()?;
                }
                Effect::Redraw => self.terminal.clear()?,
                Effect::Suspend => self.suspend()?,
                Effect::Process(stream, position) => self.change(stream, position.as_deref())?,
                Effect::Quit => self.end = Some(Ok(())),
            }
        }
        Ok(())
    }

    /// Goes on with another process, with threads of its own; the old ones end with what they do.
    fn change(&mut self, stream: u32, position: Option<&str>) -> Result<(), Error> {
        let effects = match processes::change(&self.model, stream) {
            Ok((model, replay)) => {
                self.threads = workers(&model, replay, &self.wake)?;
                self.model = model;
                let mut effects = self.model.first_effects();
                effects.extend(process::arrived(&mut self.model, position));
                effects
            }
            Err(why) => self.model.warn(why),
        };
        self.perform(effects)
    }

    fn out(&mut self) -> &mut CrosstermBackend<BufWriter<Stdout>> {
        self.terminal.backend_mut()
    }

    fn set_mouse(&mut self) -> io::Result<()> {
        if self.mouse {
            execute!(self.out(), event::EnableMouseCapture)
        } else {
            execute!(self.out(), event::DisableMouseCapture)
        }
    }

    fn draw(&mut self) -> Result<Instant, Error> {
        // After a panic in another thread the screen is no longer ours.
        if !ACTIVE.load(Ordering::Acquire) {
            return Ok(Instant::now());
        }
        let size = self.terminal.size()?;
        if (size.width, size.height) != self.model.size {
            let effects = update(&mut self.model, Msg::Resize(size.width, size.height));
            self.perform(effects)?;
        }
        queue!(self.out(), term::BeginSynchronizedUpdate)?;
        let model = &self.model;
        self.terminal.draw(|frame| draw(model, frame))?;
        execute!(self.out(), term::EndSynchronizedUpdate)?;
        Ok(Instant::now())
    }

    /// Gives the terminal back, stops like any program on Ctrl-z, and takes it again on `fg`.
    fn suspend(&mut self) -> Result<(), Error> {
        leave();
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        enter()?;
        self.set_mouse()?;
        self.terminal.clear()?;
        Ok(())
    }
}

/// Gives the terminal back when dropped.
struct Guard;

impl Guard {
    fn enter() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                leave();
                before(info);
            }));
        });
        enter()?;
        Ok(Guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

fn enter() -> io::Result<()> {
    // Colours are decided by our own palettes; crossterm's reading of NO_COLOR loses reversed rows.
    style::force_color_output(true);
    term::enable_raw_mode()?;
    ACTIVE.store(true, Ordering::Release);
    let result =
        execute!(io::stdout(), term::EnterAlternateScreen, event::EnableBracketedPaste, cursor::Hide);
    if result.is_err() {
        leave();
    }
    result
}

/// Gives the terminal back; does nothing if it is not ours. Errors are pointless here: there is nowhere to
/// show them.
fn leave() {
    if ACTIVE.swap(false, Ordering::AcqRel) {
        let _ = execute!(
            io::stdout(),
            term::EndSynchronizedUpdate,
            event::DisableMouseCapture,
            event::DisableBracketedPaste,
            term::LeaveAlternateScreen,
            cursor::Show
        );
        let _ = term::disable_raw_mode();
    }
}

fn watch_signals(wake: &Sender<Wake>) -> io::Result<signal_hook::iterator::Handle> {
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP])?;
    let handle = signals.handle();
    let wake = wake.clone();
    thread::Builder::new().name("view-signals".into()).spawn(move || {
        for signal in signals.forever() {
            let _ = wake.send(Wake::Signal(signal));
        }
    })?;
    Ok(handle)
}

fn watch_input(wake: &Sender<Wake>) -> io::Result<(Arc<AtomicBool>, thread::JoinHandle<()>)> {
    let stop = Arc::new(AtomicBool::new(false));
    let (wake, stopped) = (wake.clone(), Arc::clone(&stop));
    let thread = thread::Builder::new().name("view-input".into()).spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            let read = match event::poll(INPUT_POLL) {
                Ok(false) => continue,
                Ok(true) => event::read(),
                Err(error) => Err(error),
            };
            let wakeup = match read {
                Ok(event) => message(event).map(Wake::Msg),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => Some(Wake::InputClosed),
            };
            let closed = matches!(wakeup, Some(Wake::InputClosed));
            if wakeup.is_some_and(|w| wake.send(w).is_err()) || closed {
                return;
            }
        }
    })?;
    Ok((stop, thread))
}

fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => translate(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollDown => Some(Msg::Wheel(WHEEL)),
            MouseEventKind::ScrollUp => Some(Msg::Wheel(-WHEEL)),
            MouseEventKind::Down(_) => Some(Msg::Click(mouse.column, mouse.row)),
            _ => None,
        },
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

fn translate(key: KeyEvent) -> Option<Key> {
    let code = match key.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(Key { code, ctrl, alt })
}

/// RFC 4648 base 64, for the clipboard sequence.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0u32, |w, (i, b)| w | u32::from(*b) << (16 - 8 * i));
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        for (text, expect) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), expect);
        }
    }

    #[test]
    fn keys_are_translated() {
        let key = |code, modifiers| translate(KeyEvent::new(code, modifiers)).map(|k| k.to_string());
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT).as_deref(), Some("G"));
        assert_eq!(key(KeyCode::Char('d'), KeyModifiers::CONTROL).as_deref(), Some("Ctrl-d"));
        assert_eq!(key(KeyCode::Char('u'), KeyModifiers::ALT).as_deref(), Some("Alt-u"));
        assert_eq!(key(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }
}
