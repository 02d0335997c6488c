//! `info`: what a trace is, and whether it is whole.

use super::args::{Format, TraceArgs};
use super::output::{self, grouped};
use anyhow::Result;
use elfuse_trace::analyze;
use elfuse_trace::analyze::processes::{Process, ending_text};
use serde::Serialize;
use std::io::Write;
use traces::event::{Body, EndStatus};
use traces::reader::Status;
use traces::{EventIndex, Trace};

#[derive(Serialize)]
struct Info {
    format: u32,
    fidelity: &'static str,
    engine: String,
    producer: String,
    vdso: Option<String>,
    vdso_sha256: Option<String>,
    cntfrq: u64,
    hwcap: String,
    hwcap2: String,
    exe: Option<String>,
    argv: Vec<String>,
    events: u64,
    icount: u64,
    bytes: u64,
    blocks: usize,
    status: &'static str,
    truncated: Option<String>,
    lost: u64,
    damage: Vec<Damage>,
    end: Option<String>,
    processes: Vec<Node>,
    /// Depths and places in the list, for people.
    #[serde(skip)]
    tree: Vec<(usize, usize)>,
}

/// A process; JSON lists them by stream, the tree follows from `parent_stream`.
#[derive(Serialize)]
struct Node {
    stream: u32,
    pid: Option<u32>,
    ppid: Option<u32>,
    parent_stream: Option<u32>,
    parent_event: Option<u64>,
    program: Option<String>,
    arguments: Option<String>,
    executed: bool,
    threads: u64,
    tids: Vec<u32>,
    events: u64,
    icount: u64,
    /// Whether its last event says how it ended.
    complete: bool,
    /// Events in the middle that no block has.
    missing: u64,
    end: Option<String>,
}

impl Node {
    fn of(process: Process) -> Node {
        Node {
            stream: process.stream,
            pid: process.pid,
            ppid: process.ppid,
            parent_stream: process.parent.map(|(stream, _)| stream),
            parent_event: process.parent.map(|(_, event)| event.0),
            program: process.program,
            arguments: process.arguments,
            executed: process.executed,
            threads: process.threads,
            tids: process.tids,
            events: process.events,
            icount: process.icount,
            complete: process.end.is_some(),
            missing: process.missing,
            end: process.end.map(|end| ending_text(Some(end))),
        }
    }
}

#[derive(Serialize)]
struct Damage {
    offset: u64,
    len: u64,
    what: &'static str,
}

/// `elfuse-trace info`.
pub(crate) fn info(args: &TraceArgs) -> Result<u8> {
    let trace = Trace::open(&args.trace)?;
    let info = gather(&trace)?;
    match args.format {
        Format::Json => output::json(&info)?,
        Format::Text => print(&args.trace.display().to_string(), &info)?,
    }
    Ok(0)
}

/// Says on standard error that a trace is not whole.
pub(super) fn warn_if_cut(trace: &Trace) {
    let (status, why, _) = status(trace);
    match why {
        Some(why) => super::say(&format!("the trace is {status}: {why}")),
        None if status != "complete" => {
            super::say(&format!("the trace is {status}: its end was never written"));
        }
        None => {}
    }
    if let Some(damage) = trace.damage().first() {
        let (len, offset, what) = (damage.len, damage.offset, damage.what);
        super::say(&format!("{len} bytes at offset {offset} are unreadable: {what}"));
    }
}

fn status(trace: &Trace) -> (&'static str, Option<String>, u64) {
    match trace.status() {
        Status::Complete => ("complete", None, 0),
        Status::Recovered => ("recovered", None, 0),
        Status::Truncated { errno, lost } => ("truncated", Some(reason(errno)), lost),
    }
}

fn reason(errno: u32) -> String {
    match errno {
        28 => "enospc".to_owned(),
        122 => "edquot".to_owned(),
        5 => "eio".to_owned(),
        27 => "efbig".to_owned(),
        other => format!("errno {other}"),
    }
}

fn gather(trace: &Trace) -> Result<Info> {
    let header = trace.header();
    let (status, truncated, lost) = status(trace);
    let processes = analyze::processes::of(trace);
    let tree = analyze::processes::tree(&processes);
    let processes: Vec<Node> = processes.into_iter().map(Node::of).collect();
    let (mut exe, mut argv) = (None, Vec::new());
    if trace.event_count() > 0
        && let Ok(first) = trace.event(EventIndex(0))
        && let Body::Start(start) = &first.body
    {
        exe = Some(start.exe.clone());
        argv = start.argv.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
    }
    let end = analyze::ending(trace).ok().flatten().map(|end| match end {
        EndStatus::Exited(code) => format!("exited with {code}"),
        EndStatus::Signalled(signal) => format!("killed by signal {signal}"),
        EndStatus::Detached(errno) => format!("recording stopped: {}", reason(errno.unsigned_abs())),
    });
    let hex = |hash: [u8; 32]| hash.iter().map(|b| format!("{b:02x}")).collect::<String>();
    Ok(Info {
        format: traces::header::FORMAT,
        fidelity: header.fidelity.name(),
        engine: header.engine.clone(),
        producer: header.producer.clone(),
        vdso: (!header.vdso.is_empty()).then(|| header.vdso.clone()),
        vdso_sha256: header.vdso_sha256.map(hex),
        cntfrq: header.cntfrq,
        hwcap: format!("{:#x}", header.hwcap),
        hwcap2: format!("{:#x}", header.hwcap2),
        exe,
        argv,
        events: processes.iter().fold(0, |sum, process| sum.saturating_add(process.events)),
        icount: processes.iter().fold(0, |sum, process| sum.saturating_add(process.icount)),
        bytes: trace.file_len(),
        blocks: trace.streams().filter_map(|id| trace.stream(id).ok()).map(|s| s.blocks().len()).sum(),
        status,
        truncated,
        lost,
        damage: trace
            .damage()
            .iter()
            .map(|d| Damage { offset: d.offset, len: d.len, what: d.what })
            .collect(),
        end,
        processes,
        tree,
    })
}

/// The processes as a tree, and what ended or is missing, a line each.
fn print_tree(out: &mut impl Write, Info { processes: nodes, tree, exe, .. }: &Info) -> Result<()> {
    let threads = nodes.iter().any(|node| node.threads > 1);
    let changed = nodes.first().is_some_and(|node| node.program != *exe);
    if nodes.len() < 2 && !threads && !changed {
        return Ok(());
    }
    writeln!(out, "{:<12} {}", "processes", nodes.len())?;
    let ids = |node: &Node| node.pid.map_or("?".to_owned(), |pid| pid.to_string());
    for &(depth, at) in tree {
        let Some(node) = nodes.get(at) else { continue };
        let program = node.program.as_deref().unwrap_or("program not recorded");
        let what = match (&node.arguments, node.ppid) {
            (Some(arguments), _) if node.executed => format!("{program} {arguments}"),
            (_, Some(ppid)) => format!("{program}, forked from {ppid}"),
            _ => program.to_owned(),
        };
        let end = node.end.as_deref().unwrap_or("its end was never written");
        let mut line = format!(
            "  {}{} s{}  {}, {end}",
            "  ".repeat(depth),
            ids(node),
            node.stream,
            output::clean(&what)
        );
        if node.threads > 1 {
            let tids: Vec<String> = node.tids.iter().take(8).map(u32::to_string).collect();
            let more = if node.tids.len() > tids.len() { ", …" } else { "" };
            line.push_str(&format!(", {} threads ({}{more})", grouped(node.threads), tids.join(", ")));
        }
        if node.missing > 0 {
            line.push_str(&format!(", {} events are missing", grouped(node.missing)));
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn print(path: &str, info: &Info) -> Result<()> {
    let mut out = output::out();
    let mut row = |name: &str, text: String| writeln!(out, "{name:<12} {text}");
    row("trace", format!("{path}, format {}", info.format))?;
    let status = match (&info.truncated, info.status) {
        (Some(why), _) if info.lost == 0 => format!("truncated: {why}, what came after is lost"),
        (Some(why), _) => format!("truncated: {why}, at least {} events are lost", grouped(info.lost)),
        (None, "recovered") => {
            "recovered: its end was never written, the last moments may be missing".to_owned()
        }
        (None, status) => status.to_owned(),
    };
    row("status", status)?;
    row("fidelity", info.fidelity.to_owned())?;
    if let Some(exe) = &info.exe {
        row("program", output::clean(exe))?;
        row("arguments", output::clean(&info.argv.join(" ")))?;
    }
    row(
        "events",
        format!("{} in {} blocks, {} bytes", grouped(info.events), info.blocks, grouped(info.bytes)),
    )?;
    row("instructions", grouped(info.icount))?;
    row("engine", output::clean(&format!("{}, {}", info.engine, info.producer)))?;
    row(
        "machine",
        format!("CNTFRQ {} Hz, HWCAP {}, HWCAP2 {}", grouped(info.cntfrq), info.hwcap, info.hwcap2),
    )?;
    let vdso = match (&info.vdso, &info.vdso_sha256) {
        (Some(name), Some(hash)) => format!("{}, sha256 {hash}", output::clean(name)),
        _ => "none".to_owned(),
    };
    row("vdso", vdso)?;
    row("end", info.end.clone().unwrap_or_else(|| "not recorded".to_owned()))?;
    print_tree(&mut out, info)?;
    let mut row = |name: &str, text: String| writeln!(out, "{name:<12} {text}");
    for damage in &info.damage {
        row("damage", format!("{} bytes at offset {}: {}", damage.len, damage.offset, damage.what))?;
    }
    out.flush()?;
    Ok(())
}
