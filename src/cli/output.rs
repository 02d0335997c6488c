//! Where output goes and whether it is coloured.

use super::args::Color;
use std::io::{BufWriter, IsTerminal, StdoutLock, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

static COLORED: AtomicBool = AtomicBool::new(false);

/// Decides on colour: the flag, then NO_COLOR, then CLICOLOR_FORCE, then whether there is a terminal.
pub(crate) fn choose_color(choice: Color) {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let colored = match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if set("CLICOLOR_FORCE") => true,
        Color::Auto => stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
    };
    COLORED.store(colored, Ordering::Relaxed);
}

/// Whether to colour.
pub(crate) fn colored() -> bool {
    COLORED.load(Ordering::Relaxed)
}

/// Text in an ANSI style (`1` bold, `31` red, ...), if colour is wanted.
pub(crate) fn paint(style: &str, text: &str) -> String {
    if colored() { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
}

/// The error and its causes, without those that the error itself already tells.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.contains(&cause) {
            told = if told.is_empty() { cause } else { format!("{told}: {cause}") };
        }
    }
    told
}

/// Says something on standard error; if nobody can hear it, so be it.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "elfuse-trace: {text}");
}

/// Text out of a trace, without control characters that would act on a terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Standard output, buffered.
pub(crate) fn out() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 << 10, stdout().lock())
}

/// Prints a value as JSON on one line.
pub(crate) fn json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut out = out();
    // Not straight into the output: a broken pipe is to come as what it is, not as an error of JSON.
    out.write_all(&serde_json::to_vec(value)?)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// A number with its thousands apart.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_apart() {
        assert_eq!(super::grouped(0), "0");
        assert_eq!(super::grouped(999), "999");
        assert_eq!(super::grouped(1_000), "1,000");
        assert_eq!(super::grouped(12_345_678), "12,345,678");
    }
}
