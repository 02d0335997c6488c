//! Reads sources for the tidy tests: code without comments and strings, lines without tests, manifest sections.

use crate::expect;
use crate::support::Outcome;
use regex::Regex;
use std::path::Path;

/// A Rust source file.
pub(crate) struct Source {
    /// Path from the root of the tree, with `/`.
    pub(crate) path: String,
    /// The text as it stands.
    pub(crate) text: String,
    /// The text with comments and literals blanked, line by line the same.
    code: String,
}

impl Source {
    fn new(path: String, text: String) -> Source {
        let code = blank(&text);
        Source { path, text, code }
    }

    /// All Rust files of the tree, without build output.
    pub(crate) fn all(root: &Path) -> Result<Vec<Source>, String> {
        let mut found = Vec::new();
        collect(root, root, &mut found)?;
        expect!(found.len() > 10, "only {} Rust files below {}", found.len(), root.display());
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Lines (from 1) whose code has the word, not as a part of a longer name.
    pub(crate) fn lines_with<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let whole = move |line: &str| {
            line.match_indices(word).any(|(at, _)| {
                let name = |c: char| c.is_alphanumeric() || c == '_';
                let before = line[..at].chars().next_back().is_some_and(name);
                let after = line[at + word.len()..].chars().next().is_some_and(name);
                !(before || after && word.ends_with(name))
            })
        };
        self.code.lines().enumerate().filter(move |(_, line)| whole(line)).map(|(number, _)| number + 1)
    }

    /// Lines and first segments of paths that begin with `crate::`, braces included.
    pub(crate) fn crate_paths(&self) -> Vec<(usize, String)> {
        let single = Regex::new(r"(?-u:\b)crate::([a-z_]+)").expect("a constant");
        let group = Regex::new(r"(?-u:\b)crate::\{([^;]*)\}").expect("a constant");
        let line_of = |at: usize| self.code[..at].matches('\n').count() + 1;
        let mut found = Vec::new();
        for hit in single.captures_iter(&self.code) {
            found.push((line_of(hit.get(0).map_or(0, |all| all.start())), hit[1].to_owned()));
        }
        for hit in group.captures_iter(&self.code) {
            let line = line_of(hit.get(0).map_or(0, |all| all.start()));
            for name in top_level_items(&hit[1]) {
                found.push((line, name));
            }
        }
        found
    }

    /// Lines of `allow` and `expect` attributes that give no reason.
    pub(crate) fn bare_allows(&self) -> impl Iterator<Item = usize> + '_ {
        let attribute = Regex::new(r"#!?\[(?:allow|expect)\([^\]]*\]").expect("a constant");
        let hits: Vec<_> =
            attribute.find_iter(&self.code).map(|hit| (hit.start(), hit.as_str().to_owned())).collect();
        hits.into_iter()
            .filter(|(_, text)| !text.contains("reason ="))
            .map(|(at, _)| self.code[..at].matches('\n').count() + 1)
    }

    /// Lines before the trailing test module; 0 for a file that is all tests.
    pub(crate) fn lines_without_tests(&self) -> usize {
        let is_test =
            self.path.split('/').any(|part| part == "tests" || part == "tests.rs" || part == "benches");
        if is_test {
            return 0;
        }
        let mut lines = self.text.lines().collect::<Vec<_>>();
        let tests = lines.windows(2).position(|pair| {
            pair[0].trim_end() == "#[cfg(test)]"
                && pair[1].trim_start().starts_with("mod ")
                && pair[1].ends_with('{')
        });
        lines.truncate(tests.unwrap_or(lines.len()));
        lines.len()
    }
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                collect(root, &path, found)?;
            }
        } else if name.ends_with(".rs") {
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let relative = path.strip_prefix(root).map_err(|error| error.to_string())?;
            found.push(Source::new(relative.to_string_lossy().replace('\\', "/"), text));
        }
    }
    Ok(())
}

/// `a::{b, c}, d` gives a and d.
fn top_level_items(list: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let mut items = vec![String::new()];
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ if depth == 0 => items.last_mut().expect("never empty").push(c),
            _ => {}
        }
    }
    let first = |item: &String| item.trim().split("::").next().unwrap_or_default().trim().to_owned();
    items.iter().map(first).filter(|name| !name.is_empty()).collect()
}

/// Replaces comments and the inside of literals by blanks.
fn blank(text: &str) -> String {
    // Alternatives in the order in which Rust's lexer would take them at the same place.
    let token = Regex::new(
        r####"(?sx)
        //[^\n]* | /\*.*?\*/
        | (?-u:\b)b?r\#\#\#\#".*?"\#\#\#\# | (?-u:\b)b?r\#\#\#".*?"\#\#\# | (?-u:\b)b?r\#\#".*?"\#\#
        | (?-u:\b)b?r\#".*?"\# | (?-u:\b)b?r".*?"
        | "(?:[^"\\]|\\.)*" | '(?:[^'\\\n]|\\[^\n]{1,8}?)'"####,
    )
    .expect("a constant");
    let blanked = token.replace_all(text, |hit: &regex::Captures<'_>| {
        hit[0].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect::<String>()
    });
    blanked.into_owned()
}

/// The keys of a section of a manifest, `name` from both `name = ..` and `name.workspace = ..`.
pub(crate) fn manifest_keys(text: &str, section: &str) -> Vec<String> {
    let mut inside = false;
    let mut keys = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            let name = name.trim_end_matches(']');
            inside = name == section || name.ends_with(&format!(".{section}")) && name.starts_with("target");
            let dotted = name.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
            keys.extend(dotted.map(str::to_owned));
        } else if inside && !line.starts_with('#') {
            let key = line.split(['=', '.']).next().unwrap_or_default().trim();
            if !key.is_empty() {
                keys.push(key.to_owned());
            }
        }
    }
    keys
}

/// The scanner finds what it is to find and nothing in comments and literals.
pub(crate) fn self_test() -> Outcome {
    let sample = concat!(
        "//! unsafe\n",
        "let a = \"unsafe \\\" unsafe\"; /* unsafe\nunsafe */ let c = '\"'; unsafe { b() }\n",
        "let r = r#\"unsafe \" unsafe\"#; let life: &'static str = x;\n",
        "unsafe_op(); my_unsafe(); #[cfg(target_os = \"linux\")]\n",
        "use crate::{kernel::{abi, table}, guest};\nuse crate::cli::run;\n",
        "#[expect(dead, reason = \"known\")]\n#[allow(dead)]\n",
        "#[cfg(test)]\nmod tests {\n}\n",
    );
    let source = Source::new("src/x.rs".to_owned(), sample.to_owned());
    let unsafe_lines: Vec<usize> = source.lines_with("unsafe").collect();
    expect!(unsafe_lines == [3], "`unsafe` found in lines {unsafe_lines:?}");
    let cfg_lines: Vec<usize> = source.lines_with("cfg(target_os").collect();
    expect!(cfg_lines == [5], "`cfg(target_os` found in lines {cfg_lines:?}");
    let paths: Vec<String> = source.crate_paths().into_iter().map(|(_, name)| name).collect();
    expect!(paths == ["cli", "kernel", "guest"], "crate paths {paths:?}");
    let allows: Vec<usize> = source.bare_allows().collect();
    expect!(allows == [9], "bare `allow` found in lines {allows:?}");
    expect!(source.lines_without_tests() == 9, "{} lines", source.lines_without_tests());
    let keys = manifest_keys(
        "[dependencies]\na.workspace = true\nb = \"1\"\n[dev-dependencies]\nc = \"1\"\n",
        "dependencies",
    );
    expect!(keys == ["a", "b"], "manifest keys {keys:?}");
    Ok(())
}
