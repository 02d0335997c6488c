//! Searching in the words of an event, for texts that are no filter expression.

use crate::model::Data;
use crate::source::{Matcher, Source};
use std::sync::Arc;
use traces::describe::Describe;
use traces::{Event, EventIndex};

/// Selects events whose row contains a text; small letters match capitals too, capitals only themselves.
pub(crate) struct TextMatcher {
    needle: String,
    fold: bool,
    source: Arc<dyn Source>,
    describe: Arc<dyn Describe>,
}

impl TextMatcher {
    /// A matcher for one text.
    pub(crate) fn new(text: &str, data: &Data) -> Self {
        TextMatcher {
            needle: text.to_owned(),
            fold: !text.chars().any(char::is_uppercase),
            source: Arc::clone(&data.source),
            describe: Arc::clone(&data.describe),
        }
    }
}

impl Matcher for TextMatcher {
    fn matches(&self, _at: EventIndex, event: &Event) -> bool {
        let line = self.describe.line(event, &|id| self.source.blob(id));
        let mut row = line.text;
        for (before, part) in [(" [", &line.note), (" = ", &line.result)] {
            if !part.is_empty() {
                row.push_str(before);
                row.push_str(part);
            }
        }
        find(&row, &self.needle, self.fold).is_some()
    }
}

/// Where a text begins in another, in bytes of the latter.
pub(crate) fn find(row: &str, needle: &str, fold: bool) -> Option<usize> {
    if !fold {
        return row.find(needle);
    }
    // ASCII letters only change case here, so that offsets stay those of the row.
    row.to_ascii_lowercase().find(needle)
}
