//! Progress of long work, on standard error and only on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// A bar that appears if the work takes longer than a moment.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for `total` units of what `label` says.
    pub(crate) fn new(label: &'static str, total: u64) -> Progress {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8))
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3}%  {eta:>4} left");
        bar.set_style(style.expect("the template is a constant"));
        bar.set_prefix(label);
        bar.enable_steady_tick(Duration::from_millis(250));
        Progress(bar)
    }

    /// Says how much is done.
    pub(crate) fn at(&self, done: u64) {
        self.0.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
