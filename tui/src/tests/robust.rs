//! Any size, any length, any key: no panic, and no more events asked for than the screen has rows.

use super::fake::{Fake, inputs};
use super::{screen, session, with};
use crate::key::{Code, Key};
use crate::source::Source;
use crate::update::Msg;
use crate::{Options, Palette};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const SCREENS: [&str; 6] = ["", "g3", "g5", "g6", "?", ":g"];

#[test]
fn every_size_draws() {
    for len in [0, 1, 1000] {
        for screen_keys in SCREENS {
            let mut session = session(len, (120, 40));
            session.type_script(screen_keys).unwrap();
            for width in 0..=60 {
                for height in 0..=20 {
                    session.send(Msg::Resize(width, height));
                    let text = screen(&session);
                    assert_eq!(text.lines().count(), usize::from(height));
                    if (1..40).contains(&width) && height > 0 {
                        let needs: String = "needs 40x8".chars().take(usize::from(width)).collect();
                        assert!(text.starts_with(needs.trim_end()), "{width}x{height}: {text}");
                    }
                }
            }
        }
    }
}

#[test]
fn larger_sizes_draw() {
    for screen_keys in SCREENS {
        let mut session = session(100_000, (120, 40));
        session.type_script(screen_keys).unwrap();
        session.type_script("G").unwrap();
        for size in
            [(40, 8), (79, 17), (80, 17), (80, 18), (119, 9), (160, 8), (400, 120), (1000, 3), (65, 200)]
        {
            session.send(Msg::Resize(size.0, size.1));
            assert_eq!(screen(&session).lines().count(), usize::from(size.1), "{size:?}");
        }
    }
}

#[test]
fn drawing_asks_for_no_more_than_the_screen_shows() {
    for len in [10, 10_000_000, 4_000_000_000] {
        for size in [(80, 24), (120, 40), (200, 60), (300, 60)] {
            let fake = Arc::new(Fake::new(len));
            let mut inputs = inputs(Fake::new(1));
            inputs.source = Arc::clone(&fake) as Arc<dyn Source>;
            let (mut model, replay) = crate::build(inputs, Options::default(), size);
            // No jobs: they may read as much as they like.
            drop(replay);
            for script_position in [0, len / 2, len - 1] {
                model.cursor = traces::EventIndex(script_position);
                model.row = 7;
                for screen in
                    [crate::model::Screen::Events, crate::model::Screen::Vdso, crate::model::Screen::Stats]
                {
                    model.screen = screen;
                    fake.asked.store(0, Ordering::Relaxed);
                    let backend = ratatui::backend::TestBackend::new(size.0, size.1);
                    let mut terminal = ratatui::Terminal::new(backend).unwrap();
                    terminal.draw(|frame| crate::view::draw(&model, frame)).unwrap();
                    let asked = fake.asked.load(Ordering::Relaxed);
                    assert!(asked <= u64::from(size.1) + 64, "{len} {size:?} {screen:?}: {asked}");
                }
            }
        }
    }
}

#[test]
fn the_scroll_thumb_is_visible_and_never_goes_back() {
    for len in [100, 70_000, 10_000_000, 4_000_000_000] {
        let mut inputs = inputs(Fake::new(1));
        inputs.source = Arc::new(Fake::new(len));
        let (mut model, _) = crate::build(inputs, Options::default(), (80, 24));
        let mut last = 0;
        for percent in 0..=100 {
            model.cursor = traces::EventIndex((len - 1) * percent / 100);
            let backend = ratatui::backend::TestBackend::new(80, 24);
            let mut terminal = ratatui::Terminal::new(backend).unwrap();
            terminal.draw(|frame| crate::view::draw(&model, frame)).unwrap();
            let buffer = terminal.backend().buffer();
            let first = (0..24).find(|y| buffer.cell((79, *y)).unwrap().symbol() == "█");
            let first = first.unwrap_or_else(|| panic!("no thumb at {percent} % of {len}"));
            assert!(first >= last, "{percent} % of {len}");
            last = first;
        }
    }
}

/// Numbers that look random and are the same every time (xorshift64*).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % below
    }
}

#[test]
fn any_keys_in_any_order() {
    let keys: Vec<char> = "jkgGeEfFaAtTuU]['m%*#/&=-\\n Nsiozx!?:qcybHLM059;,rdv~\"&|".chars().collect();
    let codes = [
        Code::Enter,
        Code::Esc,
        Code::Tab,
        Code::BackTab,
        Code::Backspace,
        Code::Up,
        Code::Down,
        Code::Left,
        Code::Home,
        Code::End,
        Code::PageDown,
        Code::PageUp,
        Code::F(1),
        Code::Delete,
    ];
    for seed in 1..=24u64 {
        let mut random = Seeded(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let len = [0, 1, 7, 300, 9_000][random.next(5)];
        let mut session = session(len, (100, 30));
        let mut log = Vec::new();
        for _ in 0..400 {
            let msg = match random.next(12) {
                0 => Msg::Key(Key::plain(codes[random.next(codes.len())])),
                1 => Msg::Key(Key {
                    ctrl: true,
                    ..Key::char("duwalzhepo"[random.next(10)..].chars().next().unwrap())
                }),
                2 if random.next(4) == 0 => Msg::Resize(
                    u16::try_from(random.next(200)).unwrap(),
                    u16::try_from(random.next(60)).unwrap(),
                ),
                3 if random.next(4) == 0 => Msg::Paste("sys==openat\u{1b}[31m\n".into()),
                4 if random.next(4) == 0 => Msg::Waited,
                5 if random.next(4) == 0 => Msg::Click(
                    u16::try_from(random.next(120)).unwrap(),
                    u16::try_from(random.next(40)).unwrap(),
                ),
                _ => Msg::Key(Key::char(keys[random.next(keys.len())])),
            };
            if let Msg::Key(key) = &msg {
                log.push(key.to_string());
            }
            session.send(msg);
            session.settle();
            assert!(len == 0 || session.model.cursor.0 < len, "seed {seed}: {}", log.join(" "));
            assert!(session.model.progress.is_empty(), "seed {seed}: a job hangs after {}", log.join(" "));
            if random.next(8) == 0 {
                let _ = screen(&session);
            }
        }
    }
}

#[test]
fn an_unreadable_event_is_a_row_that_says_so() {
    let mut fake = Fake::new(100);
    fake.broken = Some(5);
    let mut session = with(inputs(fake), Options::default(), (120, 40));
    session.type_script("5j").unwrap();
    assert!(screen(&session).contains("unreadable: E5 is in a damaged block"));
    session.type_script("sStT=-%*g3g5").unwrap();
    let _ = screen(&session);
}

#[test]
fn ascii_means_ascii_and_mono_means_no_colour() {
    for screen_keys in SCREENS.iter().chain(&["7Gma17Gmbg3", "&sys==openat<Enter>", "77Gg55i"]) {
        let options = Options { palette: Palette::Mono, ascii: true };
        let mut session = with(inputs(Fake::new(1000)), options, (160, 48));
        session.type_script(screen_keys).unwrap();
        let buffer = session.screen();
        for cell in &buffer.content {
            assert!(cell.symbol().is_ascii(), "{screen_keys}: {:?}", cell.symbol());
            let reset = ratatui::style::Color::Reset;
            assert_eq!((cell.fg, cell.bg), (reset, reset), "{screen_keys}");
        }
    }
}

#[test]
fn foreign_bytes_never_reach_the_terminal() {
    let mut inputs = inputs(Fake::new(10));
    inputs.title = "evil\x1b[31m\u{202e}.etrace".into();
    let mut fake = Fake::new(10);
    fake.info.banner = Some("cut\x1b]0;x\x07".into());
    inputs.source = Arc::new(fake);
    let session = with(inputs, Options::default(), (120, 40));
    for cell in &session.screen().content {
        assert!(!cell.symbol().contains(char::is_control) && !cell.symbol().contains('\u{202e}'));
    }
}
