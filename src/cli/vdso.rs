//! `vdso build` and `vdso dump`.

use super::args::{Format, VdsoArgs, VdsoCommand};
use super::output;
use anyhow::{Context, Result, bail};
use elfuse_trace::debug::disasm;
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::path::Path;
use vdso::{Layout, Params, Revision};

/// `elfuse-trace vdso`.
pub(crate) fn vdso(args: &VdsoArgs) -> Result<u8> {
    match &args.command {
        VdsoCommand::Build { rev, output } => build(rev, output.as_deref())?,
        VdsoCommand::Dump { rev, image, format } => dump(rev, image.as_deref(), *format)?,
    }
    Ok(0)
}

/// The revision of that name.
pub(super) fn revision(name: &str) -> Result<Revision> {
    let Some(revision) = Revision::from_name(name) else {
        let known: Vec<&str> = Revision::ALL.iter().map(|r| r.name()).collect();
        bail!("there is no vDSO revision `{name}`; there are {}", known.join(", "));
    };
    Ok(revision)
}

fn page(rev: &str) -> Result<[u8; 4096]> {
    Ok(vdso::build(&Params { revision: revision(rev)?, ..Params::default() })?.bytes)
}

fn build(rev: &str, output: Option<&Path>) -> Result<()> {
    let bytes = page(rev)?;
    match output {
        Some(path) => {
            std::fs::write(path, bytes).with_context(|| format!("{}: cannot be written", path.display()))?;
        }
        None if std::io::stdout().is_terminal() => {
            bail!("the page is no text; name a file with -o, or use `vdso dump`")
        }
        None => {
            let mut out = output::out();
            out.write_all(&bytes)?;
            out.flush()?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Shown {
    revision: &'static str,
    mult: u32,
    shift: u8,
    age_shift: u8,
    vvar: u16,
    functions: Vec<Entry>,
    branches: Vec<Way>,
}

#[derive(Serialize)]
struct Entry {
    symbol: &'static str,
    offset: u16,
    size: u16,
    svc: u16,
}

#[derive(Serialize)]
struct Way {
    offset: u16,
    function: &'static str,
    reason: &'static str,
}

fn dump(rev: &str, image: Option<&Path>, format: Format) -> Result<()> {
    let bytes = match image {
        Some(file) => *super::record::read_page(file)?,
        None => page(rev)?,
    };
    let Some(layout) = Layout::of(&bytes) else {
        bail!("the page is no revision that this program knows; look at it with readelf and objdump");
    };
    let shown = Shown {
        revision: layout.revision.name(),
        mult: layout.mult,
        shift: layout.shift,
        age_shift: layout.age_shift,
        vvar: layout.vvar,
        functions: layout
            .functions()
            .iter()
            .map(|f| Entry { symbol: f.symbol, offset: f.offset, size: f.size, svc: f.svc })
            .collect(),
        branches: layout
            .branches()
            .iter()
            .map(|b| Way { offset: b.offset, function: b.function.name(), reason: b.reason.name() })
            .collect(),
    };
    if format == Format::Json {
        return output::json(&shown);
    }
    let mut out = output::out();
    writeln!(
        out,
        "revision {}: time = delta * {} >> {}, anchors serve for 2^{} cycles, vvar at {:#05x}",
        shown.revision, shown.mult, shown.shift, shown.age_shift, shown.vvar
    )?;
    for function in &shown.functions {
        let end = function.offset + function.size;
        writeln!(out, "\n{:#05x} {} ({} bytes)", function.offset, function.symbol, function.size)?;
        for at in (function.offset..end).step_by(4) {
            let n = usize::from(at);
            let word = u32::from_le_bytes(bytes[n..n + 4].try_into().expect("4 bytes"));
            let leaves = shown.branches.iter().find(|b| b.offset == at);
            let leaves = leaves.map_or(String::new(), |b| format!("  ; leaves: {}", b.reason));
            writeln!(out, "  {at:#05x}  {word:08x}  {}{leaves}", disasm::instruction(word, at.into()))?;
        }
    }
    out.flush()?;
    Ok(())
}
