//! Parses filters and checks names and types on the way, so that every error has its column.

use super::lex::{Spanned, Token, tokens};
use super::test::{DurField, IntField, Pattern, SLOW, Test, TextField};
use super::value::{Dur, Ints, Span, nearest};
use super::{FilterError, Node};
use crate::describe::Describe;
use crate::event::{VdsoFn, VdsoReason};
use crate::kind::EventKind;
use std::ops::Range;

/// Brackets and negations may nest this deep; deeper ones could exhaust the stack.
const DEPTH: usize = 64;

/// System calls are looked for below this number.
const CALLS: u32 = 1024;

/// Classes that are not those of system calls.
const OWN_CLASSES: [&str; 3] = ["vdso", "error", "slow"];
const CALL_CLASSES: [&str; 10] =
    ["file", "desc", "memory", "net", "ipc", "process", "signal", "creds", "clock", "pure"];

const FIELDS: [(&str, Field); 16] = [
    ("kind", Field::Kind),
    ("sys", Field::Sys),
    ("nr", Field::Int(IntField::Nr)),
    ("tid", Field::Int(IntField::Tid)),
    ("ev", Field::Int(IntField::Ev)),
    ("t", Field::Dur(DurField::T)),
    ("insn", Field::Int(IntField::Insn)),
    ("dur", Field::Dur(DurField::Dur)),
    ("ret", Field::Int(IntField::Ret)),
    ("err", Field::Int(IntField::Err)),
    ("path", Field::Text(TextField::Path)),
    ("text", Field::Text(TextField::Text)),
    ("vdso.why", Field::Why),
    ("vdso.fn", Field::Fn),
    ("pid", Field::Int(IntField::Pid)),
    ("stream", Field::Int(IntField::Stream)),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    Kind,
    Sys,
    Why,
    Fn,
    Int(IntField),
    Dur(DurField),
    Text(TextField),
}

/// The names of all fields.
pub(super) fn field_names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, _)| *name)
}

/// Parses and checks a filter; columns are not filled in yet.
pub(super) fn parse(text: &str, describe: &dyn Describe) -> Result<Node, FilterError> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Node::Test(Test::Constant(true)));
    }
    let mut parser = Parser { tokens, at: 0, end: text.len(), describe, depth: 0 };
    let root = parser.any()?;
    match parser.tokens.get(parser.at) {
        None => Ok(root),
        Some(rest) => Err(FilterError::new(rest.span.clone(), "expected `&&` or `||` before this")),
    }
}

struct Parser<'a> {
    tokens: Vec<Spanned>,
    at: usize,
    /// Length of the text, where an error about something missing points to.
    end: usize,
    describe: &'a dyn Describe,
    depth: usize,
}

type Parsed<T> = Result<T, FilterError>;

impl Parser<'_> {
    fn next(&mut self, wanted: &str) -> Parsed<Spanned> {
        match self.tokens.get(self.at) {
            Some(token) => {
                self.at += 1;
                Ok(token.clone())
            }
            None => Err(FilterError::new(self.end..self.end, format!("expected {wanted}"))),
        }
    }

    /// Takes an operator or keyword if it comes next.
    fn eat(&mut self, op: &str) -> bool {
        let there = match self.tokens.get(self.at).map(|next| &next.token) {
            Some(Token::Op(next)) => *next == op,
            Some(Token::Name(next)) => next == op,
            _ => false,
        };
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, op: &str) -> Parsed<()> {
        if self.eat(op) {
            return Ok(());
        }
        let wanted = format!("`{op}`");
        let next = self.next(&wanted)?;
        Err(FilterError::new(next.span, format!("expected {wanted} here")))
    }

    fn any(&mut self) -> Parsed<Node> {
        let mut nodes = vec![self.all()?];
        while self.eat("||") || self.eat("or") {
            nodes.push(self.all()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self) -> Parsed<Node> {
        let mut nodes = vec![self.not()?];
        while self.eat("&&") || self.eat("and") {
            nodes.push(self.not()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn not(&mut self) -> Parsed<Node> {
        if self.depth >= DEPTH {
            let at = self.tokens.get(self.at).map_or(self.end..self.end, |next| next.span.clone());
            return Err(FilterError::new(at, "too many brackets inside each other"));
        }
        self.depth += 1;
        let node = if self.eat("!") || self.eat("not") {
            Node::Not(Box::new(self.not()?))
        } else if self.eat("(") {
            let inner = self.any()?;
            self.expect(")")?;
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn test(&mut self) -> Parsed<Node> {
        let Spanned { token, span } = self.next("a field, a class, a text or `(`")?;
        let test = match token {
            Token::Name(name) => return self.field_test(&name, span),
            Token::Class(name) => self.class(&name, span)?,
            Token::Text(text) => Test::Text(TextField::Text, Pattern::Contains(text)),
            Token::Regex(source, ignore_case) => {
                Test::Text(TextField::Text, regex(&source, ignore_case, false, span)?)
            }
            _ => return Err(FilterError::new(span, "expected a field, a class, a text or `(` here")),
        };
        Ok(Node::Test(test))
    }

    fn field_test(&mut self, name: &str, span: Range<usize>) -> Parsed<Node> {
        let Some((_, field)) = FIELDS.iter().find(|(word, _)| *word == name) else {
            return Err(unknown("field", name, span, FIELDS.iter().map(|(word, _)| *word)));
        };
        let field = *field;
        let op = match self.tokens.get(self.at).map(|next| next.token.clone()) {
            Some(Token::Op(op @ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "&" | "~" | "!~"))) => op,
            Some(Token::Name(word)) if word == "in" => "in",
            Some(Token::Name(word)) if word == "contains" => "contains",
            _ => return Ok(Node::Test(exists(field))),
        };
        let op_span = self.tokens[self.at].span.clone();
        self.at += 1;
        let wrong = |what: &str| Err(FilterError::new(op_span.clone(), format!("`{op}` {what} `{name}`")));
        let test = match (op, field) {
            ("~" | "!~", Field::Sys) => self.regex_test(TextField::Sys, op == "!~")?,
            ("~" | "!~", Field::Text(field)) => self.regex_test(field, op == "!~")?,
            ("contains", Field::Sys) => self.contains(TextField::Sys)?,
            ("contains", Field::Text(field)) => self.contains(field)?,
            ("~" | "!~" | "contains", _) => return wrong("needs a field with text, which is not"),
            ("&", Field::Int(field)) => Test::Bits(field, self.int(field)?),
            ("&", _) => return wrong("needs a field with a whole number, which is not"),
            ("in", field) => self.in_set(field)?,
            ("<" | "<=" | ">" | ">=", Field::Kind | Field::Sys | Field::Why | Field::Fn | Field::Text(_)) => {
                return wrong("needs a field with an order, which is not");
            }
            (op, Field::Int(field)) => Test::Int(field, Ints::of(op, self.int(field)?)),
            (op, Field::Dur(field)) => Test::Dur(field, Span::of(op, self.dur()?)),
            (op, Field::Text(field)) => Test::Text(field, Pattern::Equal(vec![self.text()?], op == "!=")),
            (op, field) => self.names(field, 1)?.inverted(op == "!=", self.describe),
        };
        Ok(Node::Test(test))
    }

    fn regex_test(&mut self, field: TextField, inverted: bool) -> Parsed<Test> {
        let Spanned { token, span } = self.next("an expression like `/…/`")?;
        match token {
            Token::Regex(source, ignore_case) => {
                Ok(Test::Text(field, regex(&source, ignore_case, inverted, span)?))
            }
            _ => Err(FilterError::new(span, "expected an expression like `/…/` here")),
        }
    }

    fn contains(&mut self, field: TextField) -> Parsed<Test> {
        Ok(Test::Text(field, Pattern::Contains(self.text()?)))
    }

    /// The braces after `in`.
    fn in_set(&mut self, field: Field) -> Parsed<Test> {
        self.expect("{")?;
        let test = match field {
            Field::Int(field) => {
                let mut ints = Ints::default();
                loop {
                    let low = self.int(field)?;
                    let high = if self.eat("..") { self.int(field)? } else { low };
                    ints.0.push((low, high));
                    if !self.eat(",") {
                        break Test::Int(field, ints);
                    }
                }
            }
            Field::Dur(field) => {
                let mut spans = Vec::new();
                loop {
                    let low = self.dur()?;
                    let high = if self.eat("..") { self.dur()? } else { low };
                    spans.push(Span { low: Some((low, true)), high: Some((high, true)) });
                    if !self.eat(",") {
                        break Test::Dur(field, spans);
                    }
                }
            }
            Field::Text(field) => {
                let mut texts = vec![self.text()?];
                while self.eat(",") {
                    texts.push(self.text()?);
                }
                Test::Text(field, Pattern::Equal(texts, false))
            }
            Field::Kind | Field::Sys | Field::Why | Field::Fn => self.names(field, usize::MAX)?,
        };
        self.expect("}")?;
        Ok(test)
    }

    /// Up to `most` names of a field that has names for values.
    fn names(&mut self, field: Field, most: usize) -> Parsed<Test> {
        let mut test = match field {
            Field::Kind => Test::Kind(Vec::new()),
            Field::Why => Test::Why(Vec::new()),
            Field::Fn => Test::Fn(Vec::new()),
            _ => Test::Calls(Vec::new()),
        };
        for _ in 0..most {
            let Spanned { token, span } = self.next("a name")?;
            let (Token::Name(name) | Token::Text(name)) = token else {
                return Err(FilterError::new(span, "expected a name here"));
            };
            match &mut test {
                Test::Kind(kinds) => kinds.extend(kind(&name, span)?),
                Test::Why(reasons) => {
                    reasons.push(one_of("reason", &VdsoReason::ALL, VdsoReason::name, &name, span)?)
                }
                Test::Fn(functions) => {
                    functions.push(one_of("function", &VdsoFn::ALL, VdsoFn::name, &name, span)?)
                }
                Test::Calls(calls) => calls.push(self.call(&name, span)?),
                _ => {}
            }
            if most == 1 || !self.eat(",") {
                break;
            }
        }
        if let Test::Calls(calls) = &mut test {
            calls.sort_unstable();
        }
        Ok(test)
    }

    fn call(&self, name: &str, span: Range<usize>) -> Parsed<u32> {
        let names = (0..CALLS).filter_map(|nr| self.describe.syscall_name(nr));
        self.describe.syscall_number(name).ok_or_else(|| unknown("system call", name, span, names))
    }

    /// A whole number; errno names too for `err`, `E123` for `ev` and `s2` for `stream`.
    fn int(&mut self, field: IntField) -> Parsed<i128> {
        let Spanned { token, span } = self.next("a number")?;
        match (token, field) {
            (Token::Int(value), _) => Ok(value),
            (Token::Name(name), IntField::Err) => {
                let names = (0..4096).filter_map(|errno| self.describe.errno_name(errno));
                let errno = self.describe.errno_number(&name);
                errno.map(i128::from).ok_or_else(|| unknown("errno", &name, span, names))
            }
            (Token::Name(name), IntField::Ev) => {
                let number = name.strip_prefix('E').and_then(|digits| digits.parse().ok());
                number.ok_or_else(|| FilterError::new(span, "expected an event like `E123` here"))
            }
            (Token::Name(name), IntField::Stream) => {
                let number = name.strip_prefix('s').and_then(|digits| digits.parse::<u32>().ok());
                let wanted = "expected a stream like `2` or `s2` here";
                number.map(i128::from).ok_or_else(|| FilterError::new(span, wanted))
            }
            (Token::Dur(_), _) => {
                Err(FilterError::new(span, "this field is no duration; leave the unit out"))
            }
            _ => Err(FilterError::new(span, "expected a whole number here")),
        }
    }

    fn dur(&mut self) -> Parsed<Dur> {
        let Spanned { token, span } = self.next("a duration like `50us`")?;
        match token {
            Token::Dur(dur) => Ok(dur),
            Token::Int(0) => Ok(Dur::Cycles(0)),
            Token::Int(_) => Err(FilterError::new(span, "a duration needs a unit: ns, us, ms, s or cyc")),
            _ => Err(FilterError::new(span, "expected a duration like `50us` here")),
        }
    }

    fn text(&mut self) -> Parsed<String> {
        let Spanned { token, span } = self.next("a text in quotes")?;
        match token {
            Token::Text(text) | Token::Name(text) => Ok(text),
            Token::Regex(..) => Err(FilterError::new(span, "compare with an expression by `~`")),
            _ => Err(FilterError::new(span, "expected a text in quotes here")),
        }
    }

    fn class(&self, name: &str, span: Range<usize>) -> Parsed<Test> {
        match name {
            "vdso" => return Ok(Test::Vdso),
            "error" => return Ok(Test::Has(IntField::Err)),
            "slow" => return Ok(Test::Dur(DurField::Dur, Span::of(">=", SLOW))),
            _ => {}
        }
        // Whether a class exists is asked of any call that does.
        let known = (0..CALLS).any(|nr| self.describe.in_class(nr, name).is_some());
        if !known {
            let names = OWN_CLASSES.into_iter().chain(CALL_CLASSES);
            return Err(unknown("class", name, span, names));
        }
        let members = (0..CALLS).filter(|&nr| self.describe.in_class(nr, name) == Some(true));
        Ok(Test::Calls(members.collect()))
    }
}

impl Test {
    /// The test for `!=`: another name of the same field.
    fn inverted(self, inverted: bool, describe: &dyn Describe) -> Test {
        if !inverted {
            return self;
        }
        match self {
            Test::Kind(not) => {
                Test::Kind(EventKind::ALL.iter().copied().filter(|kind| !not.contains(kind)).collect())
            }
            Test::Why(not) => {
                Test::Why(VdsoReason::ALL.into_iter().filter(|why| !not.contains(why)).collect())
            }
            Test::Fn(not) => Test::Fn(VdsoFn::ALL.into_iter().filter(|one| !not.contains(one)).collect()),
            Test::Calls(not) => {
                // A call whose number has no name is another call, too; so this is about numbers.
                let ranges = not.first().map(|nr| Ints::of("!=", i128::from(*nr))).unwrap_or_default();
                debug_assert!(not.len() == 1 && describe.syscall_name(not[0]).is_some());
                Test::Int(IntField::Nr, ranges)
            }
            other => other,
        }
    }
}

/// The test of a field that stands alone.
fn exists(field: Field) -> Test {
    match field {
        Field::Kind => Test::Constant(true),
        Field::Sys => Test::Has(IntField::Nr),
        Field::Why => Test::Why(VdsoReason::ALL.to_vec()),
        Field::Fn => Test::Fn(VdsoFn::ALL.to_vec()),
        Field::Int(field) => Test::Has(field),
        Field::Dur(field) => Test::Dur(field, vec![Span { low: None, high: None }]),
        Field::Text(field) => Test::Text(field, Pattern::Any),
    }
}

/// The kinds that a word means: `svc` is every event of a call.
fn kind(name: &str, span: Range<usize>) -> Parsed<Vec<EventKind>> {
    let kinds: Vec<EventKind> = EventKind::ALL
        .iter()
        .copied()
        .filter(|kind| kind.name() == name || name == "svc" && kind.is_svc())
        .collect();
    if kinds.is_empty() {
        return Err(unknown("kind of event", name, span, EventKind::ALL.iter().map(|kind| kind.name())));
    }
    Ok(kinds)
}

fn one_of<T: Copy>(
    what: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
    name: &str,
    span: Range<usize>,
) -> Parsed<T> {
    let found = all.iter().copied().find(|value| word(*value) == name);
    found.ok_or_else(|| unknown(what, name, span, all.iter().map(|value| word(*value))))
}

fn unknown<'n>(
    what: &str,
    name: &str,
    span: Range<usize>,
    names: impl Iterator<Item = &'n str>,
) -> FilterError {
    let hint = nearest(name, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    FilterError::new(span, format!("there is no {what} `{name}`{hint}"))
}

fn regex(source: &str, ignore_case: bool, inverted: bool, span: Range<usize>) -> Parsed<Pattern> {
    let built = regex::bytes::RegexBuilder::new(source)
        .unicode(false)
        .case_insensitive(ignore_case)
        .size_limit(1 << 20)
        .build();
    built.map(|regex| Pattern::Regex(regex, inverted)).map_err(|error| {
        // The library's message has several lines; its last one says what is wrong.
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        FilterError::new(span, format!("this expression is not valid: {reason}"))
    })
}
