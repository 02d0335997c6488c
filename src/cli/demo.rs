//! `demo`: record the built-in guest and say what it shows.

use super::args::DemoArgs;
use super::record::{memory_mode, record_to};
use super::{args::Memory, stats};
use anyhow::{Context, Result};
use elfuse_trace::analyze::findings;
use elfuse_trace::analyze::stats::Stats;
use elfuse_trace::kernel::{Config, VdsoChoice};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use traces::Trace;

/// The demo guest, built from the source beside it by scripts/build-demo.sh.
pub(super) const PROGRAM: &[u8] = include_bytes!("demo/demo.elf");
const SOURCE: &str = include_str!("demo/demo.c");

/// `elfuse-trace demo`.
pub(crate) fn demo(args: DemoArgs) -> Result<u8> {
    if let Some(dir) = &args.extract {
        extract(dir)?;
        return Ok(0);
    }
    let dir = std::env::temp_dir().join(format!("elfuse-trace-demo-{}", std::process::id()));
    extract(&dir)?;
    let recorded = record(&dir, &args.output);
    // The folder was ours; that it cannot be removed is not worth failing for.
    let _ = std::fs::remove_dir_all(&dir);
    let code = recorded?;
    let trace = Trace::open(&args.output)?;
    let stats = Stats::of(&trace, &mut |_| {})?;
    stats::print(&stats, &findings::of(&stats))?;
    let path = args.output.display();
    super::say(&format!("the trace is {path}; look at it with: elfuse-trace view {path}"));
    Ok(code)
}

fn record(dir: &Path, trace: &Path) -> Result<u8> {
    let config = Config {
        sysroot: None,
        program: dir.join("demo"),
        argv: vec![b"demo".to_vec()],
        env: Vec::new(),
        workdir: None,
        overlay: None,
        user: (1000, 1000),
        vdso: VdsoChoice::Revision(::vdso::Revision::Carry),
        network: false,
    };
    let (status, _) = record_to(&config, memory_mode(Memory::Auto)?, None, trace)?;
    Ok(super::record::exit_code(status))
}

fn extract(dir: &Path) -> Result<()> {
    let failed = || format!("{}: cannot be written", dir.display());
    std::fs::create_dir_all(dir).with_context(failed)?;
    std::fs::write(dir.join("demo"), PROGRAM).with_context(failed)?;
    std::fs::write(dir.join("demo.c"), SOURCE).with_context(failed)?;
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(dir.join("demo"), executable).with_context(failed)
}
