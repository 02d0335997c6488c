//! The one table of actions: key map, footer, help, `:` names and their completion all come from it.
//!
//! A new action is a row here and a handler in `update`. A key that is not in this table does nothing, and an
//! action that is not in it does not exist.

use crate::jobs::Target;
use crate::model::{Effect, Model, PromptKind, Screen};
use crate::update::{cpu, go, list, meta, process, prompt};
use traces::event::VdsoReason;

/// What has the keyboard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ctx {
    Events,
    Vdso,
    Cpu,
    Stats,
    Help,
    Picker,
    Prompt,
}

impl Ctx {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Ctx; 7] =
        [Ctx::Events, Ctx::Vdso, Ctx::Cpu, Ctx::Stats, Ctx::Help, Ctx::Picker, Ctx::Prompt];
}

/// How an action was called.
#[derive(Clone, Copy, Default)]
pub(crate) struct Call<'a> {
    pub(crate) count: Option<u64>,
    /// The letter of `m{a-z}`.
    pub(crate) letter: Option<char>,
    /// What followed the name after `:`.
    pub(crate) text: Option<&'a str>,
}

impl Call<'_> {
    /// How often, 1 if nothing was said.
    pub(crate) fn times(&self) -> u64 {
        self.count.unwrap_or(1).max(1)
    }
}

/// Something that a user can do.
pub(crate) struct Action {
    /// Its name after `:`.
    pub(crate) name: &'static str,
    /// Its line in the help.
    pub(crate) title: &'static str,
    /// Heading in the help.
    pub(crate) group: &'static str,
    /// Where it works.
    pub(crate) contexts: &'static [Ctx],
    /// Default keys, in script notation.
    pub(crate) keys: &'static [&'static str],
    /// Its words in the footer, most important first in the table; none for help only.
    pub(crate) footer: Option<&'static str>,
    /// Whether it would do something now.
    pub(crate) when: fn(&Model) -> bool,
    /// Does it.
    pub(crate) run: fn(&mut Model, &Call<'_>) -> Vec<Effect>,
}

const LIST: &[Ctx] = &[Ctx::Events, Ctx::Vdso];
const BODY: &[Ctx] = &[Ctx::Events, Ctx::Vdso, Ctx::Cpu, Ctx::Stats];
const CPU: &[Ctx] = &[Ctx::Cpu];
const STATS: &[Ctx] = &[Ctx::Stats];
const HELP: &[Ctx] = &[Ctx::Help];
const PICKER: &[Ctx] = &[Ctx::Picker];
const PROMPT: &[Ctx] = &[Ctx::Prompt];

fn always(_: &Model) -> bool {
    true
}
fn some_events(model: &Model) -> bool {
    model.len() > 0
}
fn can_replay(model: &Model) -> bool {
    model.data.no_replay.is_none() && model.len() > 0
}
fn has_processes(model: &Model) -> bool {
    model.data.processes.is_some()
}
fn has_search(model: &Model) -> bool {
    model.search.is_some()
}
fn has_filter(model: &Model) -> bool {
    model.filter.is_some()
}
fn has_marks(model: &Model) -> bool {
    !model.marks.is_empty()
}
fn can_undo(model: &Model) -> bool {
    !model.filter_undo.is_empty()
}

/// Rows of the table: `"name", "title", contexts, [keys], footer, when, handler;`.
macro_rules! actions {
    ($const:ident, $group:literal: $($name:literal, $title:literal, $ctx:expr, [$($key:literal),*], $footer:expr, $when:expr, $run:expr;)*) => {
        const $const: &[Action] = &[$(Action {
            name: $name, title: $title, group: $group, contexts: $ctx, keys: &[$($key),*], footer: $footer,
            when: $when, run: $run,
        }),*];
    };
}

actions! { MOVE, "Move":
    "down", "next event", LIST, ["j", "<Down>"], Some("down"), some_events, |m, c| list::by(m, c, 1);
    "up", "previous event", LIST, ["k", "<Up>"], Some("up"), some_events, |m, c| list::by(m, c, -1);
    "half-page-down", "half a page down", LIST, ["<C-d>"], None, some_events, |m, c| list::half_page(m, c, 1);
    "half-page-up", "half a page up", LIST, ["<C-u>"], None, some_events, |m, c| list::half_page(m, c, -1);
    "page-down", "a page down", LIST, ["<Space>", "<PgDn>"], None, some_events, |m, c| list::page(m, c, 1);
    "page-up", "a page up", LIST, ["b", "<PgUp>"], None, some_events, |m, c| list::page(m, c, -1);
    "first", "first event", BODY, ["gg", "<Home>"], None, some_events, |m, _| list::first(m);
    "last", "last event, or event {n}", BODY, ["G", "<End>"], None, some_events, list::last_or_number;
    "percent", "to {n} %, or from a call to its return and back", BODY, ["%"], None, some_events, list::percent_or_pair;
    "high", "top of the screen", LIST, ["H"], None, some_events, |m, _| list::screen_row(m, 0);
    "middle", "middle of the screen", LIST, ["M"], None, some_events, |m, _| list::screen_row(m, 1);
    "low", "bottom of the screen", LIST, ["L"], None, some_events, |m, _| list::screen_row(m, 2);
    "centre", "cursor row to the middle", LIST, ["zz"], None, some_events, |m, _| list::scroll_cursor(m, 1);
    "cursor-top", "cursor row to the top", LIST, ["zt"], None, some_events, |m, _| list::scroll_cursor(m, 0);
    "cursor-bottom", "cursor row to the bottom", LIST, ["zb"], None, some_events, |m, _| list::scroll_cursor(m, 2);
}

actions! { HOP, "Hop by kind":
    "next-error", "next error", BODY, ["e", "]e"], Some("error"), some_events, |m, c| m.hop(Target::Error, true, c.times(), "error");
    "previous-error", "previous error", BODY, ["E", "[e"], None, some_events, |m, c| m.hop(Target::Error, false, c.times(), "error");
    "next-fallback", "next vDSO fallback", LIST, ["f"], Some("fallback"), some_events, |m, c| m.hop(Target::Fallback, true, c.times(), "fallback");
    "previous-fallback", "previous vDSO fallback", LIST, ["F"], None, some_events, |m, c| m.hop(Target::Fallback, false, c.times(), "fallback");
    "fallback-forward", "next vDSO fallback", BODY, ["]f"], None, some_events, |m, c| m.hop(Target::Fallback, true, c.times(), "fallback");
    "fallback-back", "previous vDSO fallback", BODY, ["[f"], None, some_events, |m, c| m.hop(Target::Fallback, false, c.times(), "fallback");
    "next-anchor", "next anchor reseed", BODY, ["a", "]a"], Some("anchor"), some_events, |m, c| m.hop(Target::Anchor, true, c.times(), "anchor");
    "previous-anchor", "previous anchor reseed", BODY, ["A", "[a"], None, some_events, |m, c| m.hop(Target::Anchor, false, c.times(), "anchor");
    "next-of-thread", "next event of this thread", BODY, ["t"], None, some_events, |m, c| go::thread(m, c, true);
    "previous-of-thread", "previous event of this thread", BODY, ["T"], None, some_events, |m, c| go::thread(m, c, false);
    "next-mark", "next mark", BODY, ["u"], None, has_marks, |m, _| go::next_mark(m, true);
    "previous-mark", "previous mark", BODY, ["U"], None, has_marks, |m, _| go::next_mark(m, false);
    "next-race", "next seq-race fallback", BODY, ["]r"], None, some_events, |m, c| m.hop(Target::Reason(VdsoReason::SeqRace), true, c.times(), "seq-race");
    "previous-race", "previous seq-race fallback", BODY, ["[r"], None, some_events, |m, c| m.hop(Target::Reason(VdsoReason::SeqRace), false, c.times(), "seq-race");
    "next-signal", "next signal", BODY, ["]s"], None, some_events, |m, c| m.hop(Target::Signal, true, c.times(), "signal");
    "previous-signal", "previous signal", BODY, ["[s"], None, some_events, |m, c| m.hop(Target::Signal, false, c.times(), "signal");
    "next-switch", "next thread switch", BODY, ["]x"], None, some_events, |m, c| m.hop(Target::Switch, true, c.times(), "thread switch");
    "previous-switch", "previous thread switch", BODY, ["[x"], None, some_events, |m, c| m.hop(Target::Switch, false, c.times(), "thread switch");
    "next-process", "next clone, exec, start or end", BODY, ["]c"], None, some_events, |m, c| m.hop(Target::Process, true, c.times(), "clone or exec");
    "previous-process", "previous clone, exec, start or end", BODY, ["[c"], None, some_events, |m, c| m.hop(Target::Process, false, c.times(), "clone or exec");
    "next-same", "next call of the same name", BODY, ["*"], None, some_events, |m, c| go::same_call(m, c, true);
    "previous-same", "previous call of the same name", BODY, ["#"], None, some_events, |m, c| go::same_call(m, c, false);
}

actions! { SEARCH, "Search and filter":
    "search", "search: text, or a filter expression", BODY, ["/"], Some("search"), some_events, |m, c| prompt::open(m, PromptKind::Search, c);
    "next-match", "next match", BODY, ["n"], Some("next"), has_search, |m, c| go::found_again(m, c, true);
    "previous-match", "previous match", BODY, ["N"], None, has_search, |m, c| go::found_again(m, c, false);
    "filter", "filter: show only what an expression selects", BODY, ["&"], Some("filter"), some_events, |m, c| prompt::open(m, PromptKind::Filter, c);
    "filter-toggle", "filter on or off", BODY, ["\\"], Some("filter on/off"), has_filter, |m, _| prompt::toggle_filter(m);
    "filter-undo", "back to the filter before", BODY, ["<A-u>"], None, can_undo, |m, _| prompt::undo_filter(m);
    "keep", "show only this call", BODY, ["="], None, some_events, |m, _| prompt::narrow(m, true);
    "drop", "hide this call", BODY, ["-"], None, some_events, |m, _| prompt::narrow(m, false);
}

actions! { GO, "Go and mark":
    "goto", "go to a position: E123, 50%, +1.5s, @insn", BODY, ["ge"], None, some_events, |m, c| prompt::open(m, PromptKind::GotoEvent, c);
    "goto-time", "go to a time: +1.5s, 200ms, 12:03:04.5", BODY, ["gt"], None, some_events, |m, c| prompt::open(m, PromptKind::GotoTime, c);
    "goto-insn", "go to an instruction count", BODY, ["gi"], None, some_events, |m, c| prompt::open(m, PromptKind::GotoInsn, c);
    "older-place", "back to an older place", BODY, ["g;", "<C-o>"], None, |m| !m.older.is_empty(), |m, _| go::older(m);
    "newer-place", "on to a newer place", BODY, ["g,"], None, |m| !m.newer.is_empty(), |m, _| go::newer(m);
    "last-place", "the place before the last jump", BODY, ["''"], None, |m| !m.older.is_empty(), |m, _| go::last_place(m);
    "mark", "set a mark; a and b give the time between them", BODY, ["m<Letter>"], None, some_events, go::set_mark;
    "to-mark", "go to a mark", BODY, ["'<Letter>"], None, has_marks, go::to_mark;
    "yank", "copy the position", BODY, ["y"], None, some_events, |m, _| go::yank(m);
    "time-column", "time column: relative, delta, wall, instructions", BODY, ["c"], None, some_events, |m, _| list::time_mode(m);
}

actions! { REPLAY, "Replay":
    "step", "next event of this thread, with CPU state", BODY, ["s"], Some("step"), can_replay, |m, c| cpu::step_event(m, c, true);
    "step-back", "previous event of this thread, with CPU state", BODY, ["S"], Some("back"), can_replay, |m, c| cpu::step_event(m, c, false);
    "stepi", "one instruction forward, or {n}", CPU, ["i"], Some("stepi"), can_replay, |m, c| cpu::step_insn(m, c, 1);
    "stepi-back", "one instruction back, or {n}", CPU, ["I"], Some("back"), can_replay, |m, c| cpu::step_insn(m, c, -1);
    "nexti", "one instruction forward, over calls", CPU, ["o"], Some("nexti"), can_replay, |m, c| cpu::step_over(m, c, 1);
    "nexti-back", "one instruction back, over calls", CPU, ["O"], None, can_replay, |m, c| cpu::step_over(m, c, -1);
    "after-event", "just before the event, or just after it", CPU, ["!"], Some("before/after"), can_replay, |m, _| cpu::toggle_after(m);
    "memory", "memory at an address or register", CPU, ["x"], Some("memory"), can_replay, |m, c| prompt::open(m, PromptKind::Memory, c);
    "pane", "next pane", CPU, ["<Tab>"], Some("pane"), always, |m, _| cpu::next_pane(m, 1);
    "pane-back", "previous pane", CPU, ["<S-Tab>"], None, always, |m, _| cpu::next_pane(m, 2);
    "pane-down", "scroll the pane down", CPU, ["j", "<Down>"], None, always, |m, c| cpu::scroll(m, c, 1);
    "pane-up", "scroll the pane up", CPU, ["k", "<Up>"], None, always, |m, c| cpu::scroll(m, c, -1);
    "pane-page-down", "scroll the pane half a page down", CPU, ["<C-d>", "<PgDn>", "<Space>"], None, always, |m, c| cpu::scroll(m, c, 8);
    "pane-page-up", "scroll the pane half a page up", CPU, ["<C-u>", "<PgUp>"], None, always, |m, c| cpu::scroll(m, c, -8);
    "to-pc", "scroll back to PC and the memory's address", CPU, ["zz"], None, always, |m, _| cpu::to_pc(m);
}

actions! { WINDOWS, "Screens":
    "events", "events", BODY, ["g1", "<A-1>"], None, always, |m, _| meta::show(m, Screen::Events);
    "vdso", "vDSO and its anchor", BODY, ["g3", "<A-3>"], Some("vDSO"), always, |m, _| meta::show(m, Screen::Vdso);
    "cpu", "CPU: registers, code, memory", BODY, ["g5", "<A-5>"], Some("CPU"), always, |m, _| meta::show(m, Screen::Cpu);
    "stats", "sums per syscall", BODY, ["g6", "<A-6>"], Some("stats"), always, |m, _| meta::show(m, Screen::Stats);
    "drill", "CPU state at this event", LIST, ["<Enter>"], None, can_replay, |m, _| meta::show(m, Screen::Cpu);
    "row-down", "next row", STATS, ["j", "<Down>", "<C-d>", "<PgDn>"], None, always, |m, c| meta::stats_row(m, c, 1);
    "row-up", "previous row", STATS, ["k", "<Up>", "<C-u>", "<PgUp>"], None, always, |m, c| meta::stats_row(m, c, -1);
    "longest", "go to the longest call of this row", STATS, ["<Enter>"], Some("longest call"), some_events, |m, _| meta::longest(m);
}

actions! { META, "Everything else":
    "help", "this help", BODY, ["?", "<F1>"], Some("all keys"), always, |m, _| meta::help(m);
    "command", "any action by its name", BODY, [":", "<C-p>"], Some("command"), always, |m, c| prompt::open(m, PromptKind::Command, c);
    "cancel", "drop a half typed key, or stop a search", BODY, ["<Esc>"], None, always, |m, _| meta::escape(m);
    "stop", "stop what runs; twice with nothing running: quit", BODY, ["<C-c>"], None, always, |m, _| meta::interrupt(m);
    "back", "back; quits on the first screen", BODY, ["q"], Some("back"), always, |m, _| meta::back(m);
    "quit", "quit", BODY, ["Q"], None, always, |_, _| vec![Effect::Quit];
    "mouse", "mouse on or off", BODY, ["<F2>"], None, always, |m, _| meta::mouse(m);
    "redraw", "draw everything again", BODY, ["<C-l>"], None, always, |_, _| vec![Effect::Redraw];
    "suspend", "suspend", BODY, ["<C-z>"], None, always, |_, _| vec![Effect::Suspend];
}

actions! { IN_HELP, "In the help":
    "help-down", "scroll down", HELP, ["j", "<Down>"], Some("down"), always, |m, c| meta::scroll_help(m, c, 1);
    "help-up", "scroll up", HELP, ["k", "<Up>"], Some("up"), always, |m, c| meta::scroll_help(m, c, -1);
    "help-page-down", "a page down", HELP, ["<Space>", "<C-d>", "<PgDn>"], Some("page"), always, |m, c| meta::scroll_help(m, c, 10);
    "help-page-up", "a page up", HELP, ["b", "<C-u>", "<PgUp>"], None, always, |m, c| meta::scroll_help(m, c, -10);
    "help-close", "close the help", HELP, ["q", "<Esc>", "?", "<F1>", "<C-c>"], Some("close"), always, |m, _| meta::close_help(m);
}

actions! { PROCESSES, "Processes":
    "process", "the list of processes", BODY, ["gp"], Some("processes"), has_processes, process::open;
    "process-forward", "next process", BODY, ["]p"], None, has_processes, |m, c| process::next(m, c, true);
    "process-back", "previous process", BODY, ["[p"], None, has_processes, |m, c| process::next(m, c, false);
    "picker-down", "next process of the list", PICKER, ["j", "<Down>"], Some("down"), always, |m, c| process::by(m, c, 1);
    "picker-up", "previous process of the list", PICKER, ["k", "<Up>"], Some("up"), always, |m, c| process::by(m, c, -1);
    "picker-first", "first process", PICKER, ["gg", "<Home>"], None, always, |m, c| process::by(m, c, i64::MIN);
    "picker-last", "last process", PICKER, ["G", "<End>"], None, always, |m, c| process::by(m, c, i64::MAX);
    "picker-choose", "view it", PICKER, ["<Enter>"], Some("view it"), always, |m, _| process::choose(m);
    "picker-close", "close the list", PICKER, ["q", "<Esc>", "<C-c>"], Some("close"), always, |m, _| process::close(m);
}

actions! { IN_PROMPT, "While typing":
    "accept", "accept", PROMPT, ["<Enter>"], Some("accept"), always, |m, _| prompt::accept(m);
    "give-up", "give up", PROMPT, ["<Esc>", "<C-c>"], Some("give up"), always, |m, _| prompt::give_up(m);
    "complete", "complete a name after `:`", PROMPT, ["<Tab>"], None, always, |m, _| prompt::complete(m);
    "past", "an earlier entry", PROMPT, ["<Up>"], Some("earlier"), always, |m, _| prompt::history(m, 1);
    "recent", "a later entry", PROMPT, ["<Down>"], None, always, |m, _| prompt::history(m, -1);
    "caret-left", "left", PROMPT, ["<Left>"], None, always, |m, _| prompt::caret(m, |at, _| at.saturating_sub(1));
    "caret-right", "right", PROMPT, ["<Right>"], None, always, |m, _| prompt::caret(m, |at, len| (at + 1).min(len));
    "caret-start", "to the start", PROMPT, ["<Home>", "<C-a>"], None, always, |m, _| prompt::caret(m, |_, _| 0);
    "caret-end", "to the end", PROMPT, ["<End>", "<C-e>"], None, always, |m, _| prompt::caret(m, |_, len| len);
    "erase", "erase a character", PROMPT, ["<BS>", "<C-h>"], None, always, |m, _| prompt::erase(m);
    "erase-right", "erase the character to the right", PROMPT, ["<Del>"], None, always, |m, _| prompt::erase_right(m);
    "erase-word", "erase a word", PROMPT, ["<C-w>"], None, always, |m, _| prompt::erase_word(m);
    "erase-line", "erase everything to the left", PROMPT, ["<C-u>"], None, always, |m, _| prompt::erase_line(m);
}

/// Every action there is, in the order of the help.
pub(crate) const ACTIONS: &[&[Action]] =
    &[MOVE, HOP, SEARCH, GO, REPLAY, WINDOWS, META, PROCESSES, IN_HELP, IN_PROMPT];

/// The actions that `:` can call in a context, in the order of the table.
pub(crate) fn commands(ctx: Ctx) -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter().flat_map(|group| group.iter()).filter(move |a| a.contexts.contains(&ctx))
}
