//! What the compiler does not check: who imports whom, where `unsafe` and OS differences may stand, file length,
//! module comments, marks of unfinished work. A rule that is broken on purpose gets an entry with its reason.

mod scan;

use crate::expect;
use crate::support::Outcome;
use crate::support::need::Suite;
use scan::Source;
use std::collections::BTreeSet;
use std::path::Path;

/// Crates of ours and the crates of ours that each may name in `[dependencies]`.
const EDGES: &[(&str, &[&str])] = &[
    ("cpu", &[]),
    ("vdso", &[]),
    ("traces", &[]),
    ("tui", &["traces"]),
    (".", &["cpu", "vdso", "traces", "tui"]),
];

/// Modules of the root crate from the top down; a module may use its own layer and those below.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["record", "replay", "analyze", "debug"],
    &["sched", "decode"],
    &["kernel"],
    &["guest", "engine", "host"],
];

/// Words that may stand only in some files of the tree, and those files by prefix.
const HOMES: &[(&str, &[&str])] = &[
    ("unsafe", &["src/guest/memory", "src/guest/fault", "src/host/", "src/engine/hvf/"]),
    ("cfg(target_os", &["src/host/", "src/engine/mod.rs"]),
    ("bincode", &["traces/src/codec.rs"]),
    ("tui", &["src/cli/", "src/main.rs", "tui/"]),
];

/// Longest file, in lines without its tests.
const LIMIT: usize = 600;

/// Files that are longer, with the reason.
const LONGER: &[(&str, &str)] = &[(
    "src/guest/memory.rs",
    "all of `unsafe` access to guest memory stands in one file, where one argument about bounds covers it",
)];

/// Marks of unfinished work. Written apart, or this file would contain them.
const MARKS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[ign", "ore"),
];

/// Lists the tests of this module.
pub(crate) fn register(suite: &mut Suite) {
    suite.plain("tidy::crate_edges", crate_edges);
    suite.plain("tidy::module_layers", module_layers);
    suite.plain("tidy::homes", homes);
    suite.plain("tidy::crates_forbid_unsafe", crates_forbid_unsafe);
    suite.plain("tidy::first_line", first_line);
    suite.plain("tidy::file_length", file_length);
    suite.plain("tidy::marks", marks);
    suite.plain("tidy::scripts", scripts);
    suite.plain("tidy::scanner", scan::self_test);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reports all findings at once; none is a pass.
fn none_of(what: &str, found: Vec<String>) -> Outcome {
    expect!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
    Ok(())
}

fn crate_edges() -> Outcome {
    let ours: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).filter(|name| *name != ".").collect();
    let mut found = Vec::new();
    for (name, allowed) in EDGES {
        let manifest = root().join(name).join("Cargo.toml");
        let text =
            std::fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
        for dependency in scan::manifest_keys(&text, "dependencies") {
            if ours.contains(dependency.as_str()) && !allowed.contains(&dependency.as_str()) {
                found.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    none_of("edges between crates that ARCHITECTURE.md does not have", found)
}

fn module_layers() -> Outcome {
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let mut found = Vec::new();
    for source in Source::all(root())? {
        let Some(module) = source.path.strip_prefix("src/").and_then(|rest| rest.split(['/', '.']).next())
        else {
            continue;
        };
        let Some(here) = layer(module) else { continue };
        for (line, used) in source.crate_paths() {
            if layer(&used).is_some_and(|there| there < here) {
                found.push(format!("{}:{line} uses crate::{used}, which is above it", source.path));
            }
        }
    }
    none_of("modules that reach upwards", found)
}

fn homes() -> Outcome {
    let mut found = Vec::new();
    for source in Source::all(root())? {
        if source.path.split('/').any(|part| part == "tests" || part == "benches") {
            continue;
        }
        for (word, allowed) in HOMES {
            if allowed.iter().any(|prefix| source.path.starts_with(prefix)) {
                continue;
            }
            found.extend(source.lines_with(word).map(|line| format!("{}:{line} has `{word}`", source.path)));
        }
    }
    none_of("words outside their homes", found)
}

fn crates_forbid_unsafe() -> Outcome {
    let mut found = Vec::new();
    for name in ["cpu", "traces", "tui", "vdso"] {
        let path = root().join(name).join("src/lib.rs");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if !text.contains("#![forbid(unsafe_code)]") {
            found.push(format!("{name}/src/lib.rs"));
        }
    }
    none_of("crates that do not forbid unsafe code", found)
}

fn first_line() -> Outcome {
    let without = |source: &Source| {
        let first = source.text.lines().next().unwrap_or_default();
        !(first.starts_with("//! ") && first.len() > 12)
    };
    let found = Source::all(root())?.into_iter().filter(without).map(|source| source.path).collect();
    none_of("files whose first line does not say what they are for (`//! ...`)", found)
}

fn file_length() -> Outcome {
    let mut found = Vec::new();
    let mut longer: BTreeSet<&str> = LONGER.iter().map(|(path, _)| *path).collect();
    for source in Source::all(root())? {
        let lines = source.lines_without_tests();
        if lines > LIMIT && !longer.remove(source.path.as_str()) {
            found.push(format!("{}: {lines} lines, {LIMIT} is the limit", source.path));
        }
    }
    found.extend(
        longer.into_iter().map(|path| format!("{path} is on the list of long files and is not long")),
    );
    none_of("file lengths", found)
}

fn marks() -> Outcome {
    let mut found = Vec::new();
    for source in Source::all(root())? {
        for (number, line) in source.text.lines().enumerate() {
            let mark = MARKS.iter().find(|mark| line.contains(**mark));
            found.extend(mark.map(|mark| format!("{}:{} has `{mark}`", source.path, number + 1)));
        }
        found.extend(
            source.bare_allows().map(|line| format!("{}:{line} allows without a reason", source.path)),
        );
    }
    none_of("marks of unfinished work", found)
}

/// Scripts run, stop at the first error and say what they are for.
fn scripts() -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let mut found = Vec::new();
    for folder in ["scripts", ".ci"] {
        let entries = std::fs::read_dir(root().join(folder)).map_err(|error| format!("{folder}: {error}"))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let mode = path.metadata().map_err(|error| error.to_string())?.permissions().mode();
            let mut lines = text.lines();
            let shebang = lines.next().is_some_and(|line| line == "#!/usr/bin/env bash");
            let said = lines.next().is_some_and(|line| line.starts_with("# "));
            if !(shebang && said && text.contains("\nset -euo pipefail\n") && mode & 0o111 != 0) {
                found.push(path.display().to_string());
            }
        }
    }
    none_of("scripts without interpreter line, purpose, `set -euo pipefail` or execute permission", found)
}
