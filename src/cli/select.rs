//! Which processes of a trace an option means: a guest process id, or a stream as `s2`.

use anyhow::{Result, bail};
use traces::Trace;

/// A process as the command line names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Chosen {
    /// By its guest process id; several can have had it one after the other.
    Pid(u32),
    /// By its stream.
    Stream(u32),
}

impl std::fmt::Display for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Chosen::Pid(pid) => write!(f, "{pid}"),
            Chosen::Stream(stream) => write!(f, "s{stream}"),
        }
    }
}

/// Reads `5` or `s2`.
pub(crate) fn parse(text: &str) -> Result<Chosen, String> {
    let number = |digits: &str| digits.parse::<u32>().ok();
    let chosen = match text.strip_prefix('s') {
        Some(digits) => number(digits).map(Chosen::Stream),
        None => number(text).map(Chosen::Pid),
    };
    chosen.ok_or_else(|| "a process is written as its id, 5, or as its stream, s2".to_owned())
}

/// The streams that are meant, ascending; all if nothing was said.
pub(super) fn streams(trace: &Trace, chosen: &[Chosen]) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for one in chosen {
        let before = found.len();
        found.extend(all(trace).into_iter().filter(|&id| match one {
            Chosen::Stream(stream) => id == *stream,
            Chosen::Pid(pid) => trace.stream(id).is_ok_and(|stream| stream.pid() == Some(*pid)),
        }));
        if found.len() == before {
            bail!("there is no process {one} in this trace; `elfuse-trace info` lists them");
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(if chosen.is_empty() { all(trace) } else { found })
}

/// The one stream that is meant; the first process if nothing was said.
pub(super) fn one(trace: &Trace, chosen: Option<Chosen>) -> Result<u32> {
    let Some(chosen) = chosen else { return Ok(0) };
    match streams(trace, &[chosen])?.as_slice() {
        [stream] => Ok(*stream),
        several => {
            let names: Vec<String> = several.iter().map(|id| format!("s{id}")).collect();
            bail!("several processes had the id {chosen}: {}; name one by its stream", names.join(", "))
        }
    }
}

/// All streams; there is always a first one, though it may be empty.
fn all(trace: &Trace) -> Vec<u32> {
    let mut ids: Vec<u32> = trace.streams().collect();
    if ids.first() != Some(&0) {
        ids.insert(0, 0);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_named_by_id_or_stream() {
        assert_eq!(parse("5"), Ok(Chosen::Pid(5)));
        assert_eq!(parse("s2"), Ok(Chosen::Stream(2)));
        for bad in ["", "s", "-1", "2s", "ss1", "4294967296"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
