//! Tables of fields that say what the bytes of a Linux struct mean, and checked access to them.
//!
//! Whoever has the bytes of a struct asks its layout for fields; nothing here panics on bytes that are short.

use super::{Scalar, Width};

/// A struct of the ABI.
#[derive(Debug)]
pub struct Layout {
    /// Its name in C, without `struct`.
    pub name: &'static str,
    /// Its size in bytes.
    pub size: usize,
    /// How many of the first fields a short form shows; 0 shows all.
    pub brief: usize,
    /// Its fields in the order in which they are spoken.
    pub fields: &'static [Field],
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its name in C.
    pub name: &'static str,
    /// Offset in bytes.
    pub at: usize,
    /// What it holds.
    pub kind: Kind,
    /// Offset of a 32-bit word and a mask: the field means something only if one of the bits is set.
    pub when: Option<(usize, u32)>,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An integer.
    Num(Scalar, Width),
    /// An array of so many integers.
    Nums(Scalar, Width, usize),
    /// Text in so many bytes, up to the first NUL.
    Text(usize),
    /// Bytes without meaning here.
    Bytes(usize),
    /// A struct.
    Struct(&'static Layout),
}

impl Kind {
    /// Size in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Kind::Num(_, width) => width.bytes(),
            Kind::Nums(_, width, count) => width.bytes() * count,
            Kind::Text(len) | Kind::Bytes(len) => *len,
            Kind::Struct(layout) => layout.size,
        }
    }
}

impl Layout {
    /// The field of that name, none if there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The bytes of a field, none if `bytes` end before it does.
    #[must_use]
    pub fn bytes<'a>(&self, field: &Field, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(field.at..)?.get(..field.kind.size())
    }

    /// The integer of that name, zero-extended; none if there is none or `bytes` are short.
    #[must_use]
    pub fn number(&self, name: &str, bytes: &[u8]) -> Option<u64> {
        let field = self.field(name)?;
        match field.kind {
            Kind::Num(_, width) => number(bytes, field.at, width),
            _ => None,
        }
    }

    /// Whether a field means something in these bytes.
    #[must_use]
    pub fn applies(&self, field: &Field, bytes: &[u8]) -> bool {
        match field.when {
            None => true,
            Some((at, mask)) => number(bytes, at, Width::B4).is_some_and(|word| word & u64::from(mask) != 0),
        }
    }
}

/// The little-endian integer at `at`, zero-extended; none if `bytes` are short.
#[must_use]
pub fn number(bytes: &[u8], at: usize, width: Width) -> Option<u64> {
    let raw = bytes.get(at..)?.get(..width.bytes())?;
    Some(raw.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}
