//! Serialised values: the only file that names bincode. Used by the block encoder and decoder.
//!
//! bincode 2 in its standard configuration: little-endian, variable-length integers, enum variants by number.
//! It does not describe itself, so enums may only grow at the end and structs not at all (see `FORMAT.md`).

use crate::error::Malformed;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What one decoded value may claim to need; keeps a hostile length from becoming an allocation.
const LIMIT: usize = 64 << 20;

/// Appends a value to `out`.
///
/// # Errors
/// If the value cannot be serialised; none of ours is of that kind.
pub(crate) fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), Malformed> {
    bincode::serde::encode_into_std_write(value, out, bincode::config::standard())
        .map(drop)
        .map_err(|_| Malformed("a value cannot be serialised"))
}

/// A value that fills `bytes` exactly.
///
/// # Errors
/// If the bytes are no such value, or too few or too many.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    let config = bincode::config::standard().with_limit::<LIMIT>();
    match bincode::serde::decode_from_slice(bytes, config) {
        Ok((value, used)) if used == bytes.len() => Ok(value),
        Ok(_) => Err(Malformed("a value is followed by surplus bytes")),
        Err(_) => Err(Malformed("a value cannot be decoded")),
    }
}
