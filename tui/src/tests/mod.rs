//! Tests of whole screens, driven by key scripts over a trace in memory.

pub(crate) mod fake;
mod keys;
mod processes;
mod real;
mod robust;
mod screens;
mod threads;

use crate::headless::Session;
use crate::{Inputs, Options, Palette, build};
use fake::{Fake, inputs};

/// A session over a fake trace.
pub(crate) fn session(len: u64, size: (u16, u16)) -> Session {
    with(inputs(Fake::new(len)), Options { palette: Palette::Colors16, ascii: false }, size)
}

/// A session over any inputs.
pub(crate) fn with(inputs: Inputs, options: Options, size: (u16, u16)) -> Session {
    let (model, replay) = build(inputs, options, size);
    Session::new(model, replay)
}

/// A session after a script.
pub(crate) fn typed(len: u64, script: &str) -> Session {
    let mut session = session(len, (120, 40));
    session.type_script(script).unwrap();
    session
}

/// The screen of a session as text.
pub(crate) fn screen(session: &Session) -> String {
    crate::headless::text(&session.screen())
}
