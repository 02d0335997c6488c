//! From key presses to actions: sequences, counts in front of them, and what may follow a prefix.
//!
//! Built from the registry in `actions`; the help and the footer read the same tables.

use crate::actions::{ACTIONS, Action, Ctx};
use crate::key::{Code, Key, Stroke, parse_script};

/// One key of a sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pattern {
    Key(Key),
    /// Any letter from a to z, handed to the action.
    Letter,
}

impl Pattern {
    fn accepts(self, key: Key) -> bool {
        match self {
            Pattern::Key(own) => own == key,
            Pattern::Letter => key.typed().is_some_and(|c| c.is_ascii_lowercase()),
        }
    }

    #[cfg(test)]
    fn overlaps(self, other: Pattern) -> bool {
        match (self, other) {
            (Pattern::Key(key), pattern) | (pattern, Pattern::Key(key)) => pattern.accepts(key),
            (Pattern::Letter, Pattern::Letter) => true,
        }
    }
}

/// What a sequence of keys means.
#[derive(Clone, Copy)]
pub(crate) enum Resolved {
    /// An action, with the letter that was part of the sequence.
    Action(&'static Action, Option<char>),
    /// More keys are needed.
    Prefix,
    Nothing,
}

struct Binding {
    keys: Vec<Pattern>,
    action: &'static Action,
}

/// All bindings.
pub(crate) struct Keymap {
    bindings: Vec<Binding>,
}

/// The patterns of a key notation of the registry: a script, in which `<Letter>` stands for any letter.
fn patterns(notation: &str) -> Vec<Pattern> {
    let (script, letter) = match notation.strip_suffix("<Letter>") {
        Some(script) => (script, true),
        None => (notation, false),
    };
    let strokes = parse_script(script).unwrap_or_default();
    let keys = strokes.iter().filter_map(|stroke| match stroke {
        Stroke::Key(key) => Some(Pattern::Key(*key)),
        Stroke::Wait | Stroke::Size(..) => None,
    });
    keys.chain(letter.then_some(Pattern::Letter)).collect()
}

/// A key notation as the help writes it: `gg`, `Ctrl-d`, `m{a-z}`.
pub(crate) fn readable(notation: &str) -> String {
    let parts: Vec<String> = patterns(notation)
        .iter()
        .map(|pattern| match pattern {
            Pattern::Key(key) => key.to_string(),
            Pattern::Letter => "{a-z}".to_owned(),
        })
        .collect();
    // Only names need a gap: `gg`, but `Ctrl-w h`.
    let short = parts.iter().all(|p| p.chars().count() == 1 || p == "{a-z}");
    parts.join(if short { "" } else { " " })
}

impl Keymap {
    /// The bindings of the registry.
    pub(crate) fn new() -> Self {
        let all = ACTIONS.iter().flat_map(|group| group.iter());
        let bindings = all
            .flat_map(|action| action.keys.iter().map(move |k| Binding { keys: patterns(k), action }))
            .collect();
        Keymap { bindings }
    }

    fn in_ctx(&self, ctx: Ctx) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |b| b.action.contexts.contains(&ctx))
    }

    /// What the keys pressed so far mean.
    pub(crate) fn resolve(&self, ctx: Ctx, keys: &[Key]) -> Resolved {
        let mut prefix = false;
        for binding in self.in_ctx(ctx) {
            let fits = binding.keys.len() >= keys.len()
                && binding.keys.iter().zip(keys).all(|(pattern, key)| pattern.accepts(*key));
            if !fits {
                continue;
            }
            if binding.keys.len() == keys.len() {
                let letter = match binding.keys.last() {
                    Some(Pattern::Letter) => keys.last().and_then(|k| k.typed()),
                    _ => None,
                };
                return Resolved::Action(binding.action, letter);
            }
            prefix = true;
        }
        if prefix { Resolved::Prefix } else { Resolved::Nothing }
    }

    /// The next keys after a prefix, and what they lead to.
    pub(crate) fn continuations(&self, ctx: Ctx, keys: &[Key]) -> Vec<(String, &'static Action)> {
        self.in_ctx(ctx)
            .filter(|b| b.keys.len() > keys.len() && b.keys.iter().zip(keys).all(|(p, k)| p.accepts(*k)))
            .map(|b| {
                let rest = b.keys[keys.len()..].iter().map(|p| match p {
                    Pattern::Key(key) => key.to_string(),
                    Pattern::Letter => "a-z".to_owned(),
                });
                (rest.collect::<Vec<_>>().join(" "), b.action)
            })
            .collect()
    }

    #[cfg(test)]
    /// Pairs of actions that fight over a key sequence in a context: equal, or one the beginning of the other.
    pub(crate) fn conflicts(&self, ctx: Ctx) -> Vec<(&'static str, &'static str)> {
        let all: Vec<&Binding> = self.in_ctx(ctx).collect();
        let mut found = Vec::new();
        for (i, one) in all.iter().enumerate() {
            for other in &all[i + 1..] {
                if one.keys.iter().zip(&other.keys).all(|(a, b)| a.overlaps(*b)) {
                    found.push((one.action.name, other.action.name));
                }
            }
        }
        found
    }
}

/// The digit that a key adds to a count: 0 only if a count was begun.
pub(crate) fn digit(key: Key, begun: bool) -> Option<u64> {
    let Key { code: Code::Char(c), ctrl: false, alt: false } = key else { return None };
    c.to_digit(10).map(u64::from).filter(|&d| d != 0 || begun)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_key_has_two_meanings() {
        let keymap = Keymap::new();
        for ctx in Ctx::ALL {
            assert_eq!(keymap.conflicts(ctx), Vec::<(&str, &str)>::new(), "{ctx:?}");
        }
    }

    #[test]
    fn conflicts_are_found() {
        let action = ACTIONS[0].first().unwrap();
        let make = |keys: &[&str]| Keymap {
            bindings: keys.iter().map(|k| Binding { keys: patterns(k), action }).collect(),
        };
        let ctx = action.contexts[0];
        assert_eq!(make(&["gg", "g"]).conflicts(ctx).len(), 1);
        assert_eq!(make(&["m<Letter>", "mx"]).conflicts(ctx).len(), 1);
        assert_eq!(make(&["gg", "ge", "<C-g>"]).conflicts(ctx).len(), 0);
    }

    #[test]
    fn the_registry_is_well_formed() {
        let mut names = BTreeSet::new();
        for action in ACTIONS.iter().flat_map(|g| g.iter()) {
            assert!(names.insert(action.name), "two actions are called {}", action.name);
            assert!(!action.title.is_empty() && !action.contexts.is_empty(), "{}", action.name);
            for keys in action.keys {
                let patterns = patterns(keys);
                assert!(!patterns.is_empty(), "{}: `{keys}` cannot be read", action.name);
                if let Pattern::Key(first) = patterns[0] {
                    assert_eq!(digit(first, false), None, "{}: a digit is a count", action.name);
                }
            }
        }
    }
}
