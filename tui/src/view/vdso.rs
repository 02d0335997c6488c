//! The vDSO screen: generations, age and drift of the anchor at the cursor, why calls left the fast path.

use super::pane::{open, put_all, sentence, span, wrap};
use crate::aggregate::{AnchorMark, OUTCOMES};
use crate::fmt::{cells, coord, duration, grouped, hex_bytes, percent, signed_duration};
use crate::jobs::Lane;
use crate::model::Model;
use crate::source::svc;
use crate::theme::Role;
use crate::view::layout;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;
use traces::event::{AnchorImage, Reseed, ReseedOutcome, VdsoReason};
use traces::{Body, Event, EventIndex};

const LABEL: usize = 8;

/// Draws the screen: the panel, and below it the events around the cursor, or where there is no room for
/// them just that one.
pub(crate) fn draw(model: &Model, buffer: &mut Buffer, area: Rect) {
    const TITLE: &str = "vDSO and its anchor";
    if model.len() == 0 {
        let inner = open(model, buffer, area, TITLE, false);
        return sentence(model, buffer, inner, "The trace has no events.");
    }
    let Some(event) = model.data.event(model.cursor) else {
        let inner = open(model, buffer, area, TITLE, false);
        return sentence(model, buffer, inner, "This event cannot be read; move on with j.");
    };
    let size = (buffer.area.width, buffer.area.height);
    let inner = layout::inner(size, area);
    let lines = lines(model, &event, usize::from(inner.width), inner.height >= 30);
    let borders = area.height.saturating_sub(inner.height);
    let wanted = coord(lines.len()).saturating_add(borders);
    if area.height.saturating_sub(wanted) >= 6 {
        let panel = open(model, buffer, Rect { height: wanted, ..area }, TITLE, false);
        put_all(model, buffer, panel, &lines);
        let below = Rect { y: area.y + wanted, height: area.height - wanted, ..area };
        return super::events::draw(model, buffer, below);
    }
    let panel = open(model, buffer, area, TITLE, false);
    let below = u16::from(panel.height >= 6);
    put_all(model, buffer, Rect { height: panel.height - below, ..panel }, &lines);
    let last = Rect { y: panel.bottom().saturating_sub(below), height: below, ..panel };
    super::events::here(model, buffer, last);
}

/// The panel; reasons that never occurred only if there is room for all.
fn lines(model: &Model, event: &Event, room: usize, all_reasons: bool) -> Vec<Line<'static>> {
    let (marks, index) = model.anchors.around(model.cursor);
    let anchor = index.and_then(|i| marks.get(i)).copied();
    let scanned = model.sums.seen > model.cursor.0;
    let mut lines = vec![generations(model, marks, index, scanned, room)];
    lines.push(age(model, event, anchor.as_ref(), scanned, room));
    lines.push(drift(model, anchor.as_ref(), room));
    lines.push(Line::default());
    why(model, &mut lines, room, all_reasons);
    lines.push(Line::default());
    lines.push(outcomes(model, room));
    hits(model, &mut lines);
    lines.push(Line::default());
    vvar(model, event, anchor.as_ref(), &mut lines, room);
    lines
}

fn labelled(model: &Model, label: &str, spans: Vec<Span<'static>>) -> Line<'static> {
    let mut all = vec![span(model, Role::Title, format!(" {label:<LABEL$}"))];
    all.extend(spans);
    Line::from(all)
}

/// Generations around the cursor; the current one stands out, each reseed says which predicates held.
fn generations(
    model: &Model,
    marks: &[AnchorMark],
    index: Option<usize>,
    scanned: bool,
    room: usize,
) -> Line<'static> {
    let Some(index) = index else {
        let text = if scanned { "no anchor was published up to here" } else { "not read up to here yet" };
        return labelled(model, "gen", vec![span(model, Role::Dim, text)]);
    };
    let per = 22;
    let slots = (room.saturating_sub(LABEL + 2) / per).max(1);
    let first = (index + 1).saturating_sub(slots.div_ceil(2)).min(marks.len().saturating_sub(slots));
    let mut spans = Vec::new();
    if first > 0 {
        spans.push(span(model, Role::Dim, model.theme.glyph("… ", "~ ")));
    }
    let line = model.theme.glyph("──", "--");
    for (i, mark) in marks.iter().enumerate().skip(first).take(slots) {
        let role = if i == index { Role::Cursor } else { Role::Anchor };
        spans.push(span(model, role, format!("{}{}", mark.seq / 2, mark.cause.letters())));
        spans.push(span(model, Role::Dim, format!(" E{} {line} ", grouped(mark.at.0))));
    }
    if first + slots < marks.len() {
        spans.push(span(model, Role::Dim, model.theme.glyph("…", "~")));
    }
    labelled(model, "gen", spans)
}

/// A bar of `width` cells.
fn bar(model: &Model, filled: usize, width: usize, role: Role) -> Vec<Span<'static>> {
    let (full, empty) = (model.theme.glyph("█", "#"), model.theme.glyph("░", "."));
    vec![
        span(model, role, full.repeat(filled)),
        span(model, Role::Dim, empty.repeat(width.saturating_sub(filled))),
    ]
}

fn age(
    model: &Model,
    event: &Event,
    anchor: Option<&AnchorMark>,
    scanned: bool,
    room: usize,
) -> Line<'static> {
    let Some(anchor) = anchor else {
        let text =
            if scanned { "no anchor, so every call falls back: unseeded" } else { "not read up to here yet" };
        return labelled(model, "age", vec![span(model, Role::Dim, text)]);
    };
    let Some(age) = event.clock.0.checked_sub(anchor.cntvct) else {
        let text = "the counter is below the anchor: calls fall back with cnt-underflow";
        return labelled(model, "age", vec![span(model, Role::Warning, text)]);
    };
    let took = duration(model.data.nanos(age), model.theme.ascii);
    let Some(cap) = model.data.vdso.map(|v| v.age_cap.0) else {
        let text = format!("{} cyc, {took}; the cap of this page is not recorded", grouped(age));
        return labelled(model, "age", vec![span(model, Role::Text, text)]);
    };
    let width = if room >= 100 { 20 } else { 10 };
    // The page looks for bits above the cap: at the cap itself it refuses.
    let role = if age >= cap { Role::Error } else { Role::Anchor };
    let mut spans = bar(model, cells(age, cap, width), width, role);
    let of = duration(model.data.nanos(cap), model.theme.ascii);
    spans.push(span(
        model,
        role,
        format!("  {} / {} cyc  {}", grouped(age), grouped(cap), percent(age, cap)),
    ));
    let freq = model.data.source.info().cntfrq;
    spans.push(span(model, Role::Text, format!("  {took} of {of} at CNTFRQ {}", grouped(freq))));
    if freq != 24_000_000 && freq != 0 {
        spans.push(span(model, Role::Warning, "  not 24 MHz"));
    }
    labelled(model, "age", spans)
}

/// The attempt to publish that put an anchor in place.
fn reseed(model: &Model, at: EventIndex) -> Option<Reseed> {
    match &model.data.event(at)?.body {
        Body::Reseed(reseed) => Some(reseed.clone()),
        _ => None,
    }
}

fn drift(model: &Model, anchor: Option<&AnchorMark>, room: usize) -> Line<'static> {
    let sampled = anchor.and_then(|a| reseed(model, a.at).map(|r| (a.at, r)));
    let Some((at, ns)) = sampled.and_then(|(at, r)| Some((at, r.drift_ns?))) else {
        return labelled(model, "drift", vec![span(model, Role::Dim, "not sampled up to here")]);
    };
    let gate = model.data.vdso.map(|v| v.drift_gate_ns);
    let mut spans = Vec::new();
    let value = signed_duration(ns, model.theme.ascii);
    let role = if gate.is_some_and(|g| ns.unsigned_abs() > g) { Role::Error } else { Role::Text };
    if let Some(gate) = gate {
        let half = if room >= 100 { 10 } else { 5 };
        let filled = cells(ns.unsigned_abs(), gate, half);
        let empty = model.theme.glyph("░", ".");
        let full = model.theme.glyph("█", "#");
        let side = |on: bool| if on { filled } else { 0 };
        let (left, right) = (side(ns < 0), side(ns > 0));
        spans.push(span(model, Role::Dim, empty.repeat(half - left)));
        spans.push(span(model, role, full.repeat(left)));
        spans.push(span(model, Role::Key, model.theme.glyph("┃", "|")));
        spans.push(span(model, role, full.repeat(right)));
        spans.push(span(model, Role::Dim, empty.repeat(half - right)));
        let of = duration(gate, model.theme.ascii);
        spans.push(span(model, role, format!("  {value} of {}{of}", model.theme.glyph("±", "+/-"))));
    } else {
        spans.push(span(model, role, value));
    }
    spans.push(span(model, Role::Dim, format!("  last sampled E{}", grouped(at.0))));
    labelled(model, "drift", spans)
}

const REASONS: [VdsoReason; 9] = [
    VdsoReason::AgeCap,
    VdsoReason::Attention,
    VdsoReason::Clockid,
    VdsoReason::SeqRace,
    VdsoReason::WriterOdd,
    VdsoReason::Unseeded,
    VdsoReason::CntUnderflow,
    VdsoReason::AttentionOrWriter,
    VdsoReason::NotVdso,
];

fn why(model: &Model, lines: &mut Vec<Line<'static>>, room: usize, all_reasons: bool) {
    let all = model.sums.fallbacks();
    let state = match model.progress.get(&Lane::Sums) {
        Some(share) => {
            format!("{} of {} events read, {} %", grouped(model.sums.seen), grouped(model.len()), share / 10)
        }
        None => format!("{} fallbacks in {} events", grouped(all), grouped(model.sums.seen)),
    };
    lines.push(labelled(model, "why", vec![span(model, Role::Text, state)]));
    let mut sums: BTreeMap<usize, (u64, Vec<String>)> = BTreeMap::new();
    for (&(function, reason), &n) in &model.sums.why {
        let row = REASONS.iter().position(|r| *r == reason).unwrap_or(REASONS.len());
        let entry = sums.entry(row).or_default();
        entry.0 += n;
        entry.1.push(format!("{} {}", function.name(), grouped(n)));
    }
    let width = if room >= 100 { 24 } else { 12 };
    for (row, reason) in REASONS.iter().enumerate() {
        // Reasons that need a remark stay out of sight until they occur; the page's own seven always show.
        let (n, functions) = sums.remove(&row).unwrap_or_default();
        if n == 0 && (row >= 7 || !all_reasons) {
            continue;
        }
        let role = match (n, reason) {
            (0, _) => Role::Dim,
            (_, VdsoReason::NotVdso | VdsoReason::SeqRace) => Role::Warning,
            _ => Role::Fallback,
        };
        let mut spans = vec![span(
            model,
            role,
            format!("{:<20}{:>13}  {:>7}  ", reason.name(), grouped(n), percent(n, all)),
        )];
        spans.extend(bar(model, cells(n, all, width), width, role));
        spans.push(span(model, Role::Dim, format!("  {}", functions.join("  "))));
        lines.push(labelled(model, "", spans));
    }
}

fn outcomes(model: &Model, room: usize) -> Line<'static> {
    let text: Vec<String> = OUTCOMES
        .iter()
        .zip(model.sums.outcomes)
        .enumerate()
        .filter(|(i, (_, n))| *n > 0 || *i == 0)
        .map(|(_, (name, n))| format!("{name} {}", grouped(n)))
        .collect();
    let text = text.join(" · ");
    let first = wrap(&text, room.saturating_sub(LABEL + 2)).into_iter().next().unwrap_or_default();
    labelled(model, "reseeds", vec![span(model, Role::Text, first)])
}

fn hits(model: &Model, lines: &mut Vec<Line<'static>>) {
    let Some(hits) = model.sums.hits else {
        lines.push(labelled(model, "hits", vec![span(model, Role::Dim, "fast-path hits: not recorded")]));
        return;
    };
    let all = [hits.clock_gettime, hits.gettimeofday, hits.clock_getres, hits.getcpu]
        .iter()
        .fold(0u64, |sum, n| sum.saturating_add(*n));
    let calls = all.saturating_add(model.sums.fallbacks());
    let text = format!("{} fast-path hits, {} of calls", grouped(all), percent(all, calls));
    let names = [
        ("clock_gettime", hits.clock_gettime),
        ("gettimeofday", hits.gettimeofday),
        ("clock_getres", hits.clock_getres),
        ("getcpu", hits.getcpu),
    ];
    let parts: Vec<String> =
        names.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
    let detail = span(model, Role::Dim, format!("   {}", parts.join("  ")));
    lines.push(labelled(model, "hits", vec![span(model, Role::Text, text), detail]));
}

/// The page's data as near to the cursor as it is known: in replayed memory, in what the call saw at its trap,
/// or as the last publication left it.
fn vvar(
    model: &Model,
    event: &Event,
    anchor: Option<&AnchorMark>,
    lines: &mut Vec<Line<'static>>,
    room: usize,
) {
    let replayed = model
        .cpu
        .now
        .as_ref()
        .filter(|now| now.position().event == model.cursor && !now.vvar.is_empty())
        .map(|now| (now.vvar.clone(), "from replayed memory"));
    let trapped = svc(event)
        .and_then(|s| s.vdso.as_ref())
        .filter(|v| v.vvar.len() == 48)
        .map(|v| (v.vvar.clone(), "as the call saw it"));
    if let Some((bytes, origin)) = replayed.or(trapped) {
        let (image, attention) = decode(&bytes);
        decoded(model, &image, Some(attention), origin, lines);
        for (row, chunk) in bytes.chunks(16).enumerate() {
            let chunk: Vec<Option<u8>> = chunk.iter().map(|b| Some(*b)).collect();
            let (hex, _) = hex_bytes(&chunk);
            let text = format!("+0x{:02x}  {hex}", row * 16);
            lines.push(labelled(model, "", vec![span(model, Role::Dim, text)]));
        }
        return;
    }
    let published = anchor.and_then(|a| reseed(model, a.at));
    match published.filter(|r| r.outcome == ReseedOutcome::Published) {
        Some(reseed) => decoded(model, &reseed.new, None, "as last published", lines),
        None => {
            let text = match model.data.no_replay {
                None => "not known here: there is no anchor yet; g5 replays to this event and reads it",
                Some(_) => "not known here: there is no anchor yet, and no replay to read it from",
            };
            let text = wrap(text, room.saturating_sub(LABEL + 2)).into_iter().next().unwrap_or_default();
            lines.push(labelled(model, "vvar", vec![span(model, Role::Dim, text)]));
        }
    }
}

fn decode(bytes: &[u8]) -> (AnchorImage, u32) {
    let u32_at =
        |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
    let u64_at =
        |at: usize| bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes);
    let i64_at = |at: usize| u64_at(at).cast_signed();
    let image = AnchorImage {
        seq: u32_at(0),
        cntvct: u64_at(8),
        mono_sec: i64_at(16),
        mono_nsec: i64_at(24),
        real_sec: i64_at(32),
        real_nsec: i64_at(40),
    };
    (image, u32_at(4))
}

fn decoded(
    model: &Model,
    image: &AnchorImage,
    attention: Option<u32>,
    origin: &str,
    lines: &mut Vec<Line<'static>>,
) {
    let parity = if image.seq.is_multiple_of(2) { "even, stable" } else { "odd, being written" };
    let attention = attention.map_or("not recorded".to_owned(), |a| format!("0x{a:x}"));
    let base =
        model.data.vdso_base().map_or(String::new(), |b| format!("@0x{:x} ", b.0.saturating_add(0xB0)));
    let first = format!("{base}{origin}: seq {} ({parity})  attention {attention}", image.seq);
    let second = format!(
        "cntvct {}  mono {}.{:09}  real {}.{:09}",
        grouped(image.cntvct),
        image.mono_sec,
        image.mono_nsec,
        image.real_sec,
        image.real_nsec
    );
    lines.push(labelled(model, "vvar", vec![span(model, Role::Text, first)]));
    lines.push(labelled(model, "", vec![span(model, Role::Text, second)]));
}
