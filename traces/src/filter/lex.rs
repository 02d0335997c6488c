//! Splits filter text into tokens, each with its place, so that an error can be underlined.

use super::FilterError;
use std::ops::Range;

/// A token's meaning.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Token {
    /// A word: field, keyword, syscall, errno, ...
    Name(String),
    /// `%file`; without the `%`.
    Class(String),
    /// A whole number, perhaps with a size suffix.
    Int(i128),
    /// A number with a unit of time.
    Dur(super::Dur),
    /// Text in quotes, escapes resolved.
    Text(String),
    /// `/…/`, with whether case is ignored.
    Regex(String, bool),
    /// An operator or bracket.
    Op(&'static str),
}

/// A token and the bytes of the filter that it stands for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Spanned {
    pub(crate) token: Token,
    pub(crate) span: Range<usize>,
}

/// Longest first, so that `<=` is not taken for `<`.
const OPS: &[&str] =
    &["||", "&&", "==", "!=", "<=", ">=", "!~", "..", "<", ">", "!", "~", "&", "(", ")", "{", "}", ",", "="];

/// All tokens of a filter.
pub(crate) fn tokens(text: &str) -> Result<Vec<Spanned>, FilterError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    loop {
        lexer.skip(char::is_whitespace);
        if lexer.at == text.len() {
            return Ok(out);
        }
        let start = lexer.at;
        let token = lexer.token()?;
        out.push(Spanned { token, span: start..lexer.at });
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, which: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !which(c)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// A name; `..` ends it.
    fn name(&mut self) -> String {
        let rest = self.rest();
        let len = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let len = rest[..len].find("..").unwrap_or(len);
        self.at += len;
        rest[..len].to_owned()
    }

    fn error(&self, start: usize, message: impl Into<String>) -> FilterError {
        FilterError::new(start..self.at.max(start), message)
    }

    fn token(&mut self) -> Result<Token, FilterError> {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or(' ');
        let second = rest.chars().nth(1).unwrap_or(' ');
        match first {
            '"' => self.string(),
            '/' => self.regex(),
            '%' => {
                self.at += 1;
                Ok(Token::Class(self.name()))
            }
            _ if first.is_ascii_digit() || (first == '-' && second.is_ascii_digit()) => self.number(),
            _ if first.is_ascii_alphabetic() || first == '_' => Ok(Token::Name(self.name())),
            _ => match OPS.iter().find(|op| rest.starts_with(**op)) {
                Some(op) => {
                    self.at += op.len();
                    // A single `=` is what people type; it cannot mean anything else here.
                    Ok(Token::Op(if *op == "=" { "==" } else { op }))
                }
                None => {
                    let start = self.at;
                    self.at += first.len_utf8();
                    Err(self.error(start, format!("`{first}` means nothing here")))
                }
            },
        }
    }

    /// A number, `0x` number, size or duration; `1..5` is a number before an operator.
    fn number(&mut self) -> Result<Token, FilterError> {
        let start = self.at;
        if let Some(hex) = self.rest().strip_prefix("0x") {
            let len = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
            self.at += 2 + len;
            let value = i128::from_str_radix(&hex[..len], 16);
            return value.map(Token::Int).map_err(|_| self.error(start, "this is no hexadecimal number"));
        }
        let negative = self.rest().starts_with('-');
        self.at += usize::from(negative);
        let whole = self.skip(|c| c.is_ascii_digit());
        let mut fraction = "";
        if self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            self.at += 1;
            fraction = self.skip(|c| c.is_ascii_digit());
        }
        let unit = self.skip(|c| c.is_ascii_alphabetic() || c == 'µ');
        let too_large = |lexer: &Self| lexer.error(start, "this number is too large");
        let value: i128 = whole.parse().map_err(|_| too_large(self))?;
        if whole.len() > 20 || fraction.len() > 12 {
            return Err(self.error(start, "this number has too many digits"));
        }
        let sign = if negative { -1 } else { 1 };
        let size = match unit {
            "" => 1,
            "K" | "k" | "KiB" => 1 << 10,
            "M" | "MiB" => 1 << 20,
            "G" | "GiB" => 1 << 30,
            _ => 0,
        };
        if size != 0 {
            if !fraction.is_empty() {
                return Err(self.error(start, "a number without a unit of time must be whole"));
            }
            return Ok(Token::Int(sign * value * size));
        }
        if negative {
            return Err(self.error(start, "a duration cannot be negative"));
        }
        super::Dur::parse(whole, fraction, unit).map(Token::Dur).ok_or_else(|| {
            self.error(start, format!("`{unit}` is no unit; there are ns, us, ms, s, cyc and K, M, G"))
        })
    }

    fn string(&mut self) -> Result<Token, FilterError> {
        let start = self.at;
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(Token::Text(out));
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, other)) => out.push(other),
                    None => break,
                },
                other => out.push(other),
            }
        }
        self.at = self.text.len();
        Err(self.error(start, "the closing `\"` is missing"))
    }

    fn regex(&mut self) -> Result<Token, FilterError> {
        let start = self.at;
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '/' => {
                    let ignore_case = chars.peek().is_some_and(|(_, next)| *next == 'i');
                    self.at += at + 1 + usize::from(ignore_case);
                    return Ok(Token::Regex(out, ignore_case));
                }
                '\\' => match chars.next() {
                    Some((_, '/')) => out.push('/'),
                    other => {
                        out.push('\\');
                        out.extend(other.map(|(_, next)| next));
                    }
                },
                other => out.push(other),
            }
        }
        self.at = self.text.len();
        Err(self.error(start, "the closing `/` is missing"))
    }
}

/// Characters of names: `vdso.why`, `age-cap`, `pread64`.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}
