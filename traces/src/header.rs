//! The file header: fixed little-endian bytes, written and read by hand so that it can be decoded alone,
//! whatever became of the rest. Made by the recorder, shown by `info`, consulted by replay.

use crate::error::Error;
use crate::varint::Cursor;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;

/// The format number that this program writes and reads.
pub const FORMAT: u32 = 1;

/// First bytes of every trace: not text, damaged visibly by newline conversion, stops a `type` on DOS.
pub(crate) const MAGIC: [u8; 8] = *b"\x89ETR\r\n\x1a\n";

/// Bytes before the variable part.
pub(crate) const FIXED: usize = 104;

/// A header is never longer than this.
const MAX_LEN: usize = 64 << 10;

/// How much a trace can promise (design invariant I7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fidelity {
    /// Replays to the bit.
    Exact,
    /// Replays if the program is free of data races.
    Inputs,
    /// Can be viewed and queried, not replayed.
    Observe,
}

impl Fidelity {
    /// All, in the order of their numbers in the file.
    pub const ALL: [Fidelity; 3] = [Fidelity::Exact, Fidelity::Inputs, Fidelity::Observe];

    /// The word that users see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Fidelity::Exact => "exact",
            Fidelity::Inputs => "inputs",
            Fidelity::Observe => "observe",
        }
    }
}

/// 16 random bytes that tell traces apart. Every checksum of a block begins with them, so that a block of
/// another trace (a guest may have read one) is never taken for one of this.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TraceId(pub [u8; 16]);

impl TraceId {
    /// A new one, from the randomness that the standard library keys its hash tables with.
    #[must_use]
    pub fn fresh() -> Self {
        let half = || std::collections::hash_map::RandomState::new().build_hasher().finish().to_le_bytes();
        let mut id = [0; 16];
        id[..8].copy_from_slice(&half());
        id[8..].copy_from_slice(&half());
        TraceId(id)
    }
}

/// One ID register as the guest reads it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct IdReg {
    /// Encoding as in the MRS instruction: op0, op1, CRn, CRm, op2 in bits 15:14, 13:11, 10:7, 6:3, 2:0.
    pub encoding: u16,
    /// What the guest reads.
    pub value: u64,
}

/// What holds for the whole run: the machine that the guest sees, and who recorded it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Tells this trace from all others.
    pub id: TraceId,
    /// What it can promise.
    pub fidelity: Fidelity,
    /// Guest page size in bytes (4096).
    pub page_size: u32,
    /// CNTFRQ_EL0: cycles of the guest counter per second.
    pub cntfrq: u64,
    /// AT_HWCAP.
    pub hwcap: u64,
    /// AT_HWCAP2.
    pub hwcap2: u64,
    /// SHA-256 of the vDSO image; none if the guest had no vDSO.
    pub vdso_sha256: Option<[u8; 32]>,
    /// Which vDSO: `carry`, `seqlock`, a file; empty if none. At most 255 bytes.
    pub vdso: String,
    /// Engine that ran the guest: `soft`, `hvf`. At most 255 bytes.
    pub engine: String,
    /// Program and version that wrote the trace. At most 255 bytes.
    pub producer: String,
    /// The ID registers that the guest may read, at most 1,024.
    pub id_regs: Vec<IdReg>,
}

impl Header {
    /// The header as it stands in a file.
    ///
    /// # Errors
    /// [`Error::HeaderField`] if a string or the register list is too long.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&[0; 4]); // length, below
        out.extend_from_slice(&self.id.0);
        let fidelity = match self.fidelity {
            Fidelity::Exact => 0u32,
            Fidelity::Inputs => 1,
            Fidelity::Observe => 2,
        };
        out.extend_from_slice(&fidelity.to_le_bytes());
        out.extend_from_slice(&self.page_size.to_le_bytes());
        for word in [self.cntfrq, self.hwcap, self.hwcap2] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&self.vdso_sha256.unwrap_or_default());
        let regs = u32::try_from(self.id_regs.len()).ok().filter(|&n| n <= 1024);
        let regs = regs.ok_or(Error::HeaderField { what: "list of ID registers" })?;
        out.extend_from_slice(&regs.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        for (what, text) in
            [("engine name", &self.engine), ("producer", &self.producer), ("vDSO name", &self.vdso)]
        {
            out.push(u8::try_from(text.len()).map_err(|_| Error::HeaderField { what })?);
            out.extend_from_slice(text.as_bytes());
        }
        for reg in &self.id_regs {
            out.extend_from_slice(&reg.encoding.to_le_bytes());
            out.extend_from_slice(&reg.value.to_le_bytes());
        }
        let len = u32::try_from(out.len() + 4).map_err(|_| Error::HeaderField { what: "content" })?;
        out[12..16].copy_from_slice(&len.to_le_bytes());
        let crc = crc32c::crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        Ok(out)
    }

    /// Reads a header from the beginning of a file, and says how long it is. `path` is for messages.
    ///
    /// # Errors
    /// [`Error::NotATrace`], [`Error::Version`] or [`Error::Header`].
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<(Header, usize), Error> {
        if !bytes.starts_with(&MAGIC) {
            return Err(Error::NotATrace { path: path.to_owned() });
        }
        let damaged = |offset, what| Error::Header { path: path.to_owned(), offset, what };
        let found = word32(bytes, 8).ok_or_else(|| damaged(8, "the file ends in it"))?;
        if found != FORMAT {
            return Err(Error::Version { path: path.to_owned(), found, known: FORMAT });
        }
        let len = word32(bytes, 12).and_then(|len| usize::try_from(len).ok());
        let len = len.filter(|&len| len > FIXED && len <= MAX_LEN);
        let len = len.ok_or_else(|| damaged(12, "its length is out of bounds"))?;
        let whole = bytes.get(..len).ok_or_else(|| damaged(12, "the file ends in it"))?;
        if word32(whole, len - 4) != Some(crc32c::crc32c(&whole[..len - 4])) {
            return Err(damaged(len as u64 - 4, "its checksum differs"));
        }
        let header = Self::fields(&whole[..len - 4]).ok_or_else(|| damaged(16, "a field is out of range"))?;
        Ok((header, len))
    }

    /// The fields of a header whose length and checksum are right.
    fn fields(bytes: &[u8]) -> Option<Header> {
        let fidelity = usize::try_from(word32(bytes, 32)?).ok()?;
        let sha: [u8; 32] = bytes.get(64..96)?.try_into().ok()?;
        let regs = word32(bytes, 96)?;
        let mut rest = Cursor::new(bytes.get(104..)?);
        let mut text = || {
            let len = usize::from(rest.byte()?);
            String::from_utf8(rest.take(len)?.to_vec()).ok()
        };
        let (engine, producer, vdso) = (text()?, text()?, text()?);
        let mut id_regs = Vec::new();
        for _ in 0..regs {
            let encoding = u16::from_le_bytes(rest.take(2)?.try_into().ok()?);
            let value = u64::from_le_bytes(rest.take(8)?.try_into().ok()?);
            id_regs.push(IdReg { encoding, value });
        }
        Some(Header {
            id: TraceId(bytes.get(16..32)?.try_into().ok()?),
            fidelity: *Fidelity::ALL.get(fidelity)?,
            page_size: word32(bytes, 36)?,
            cntfrq: word64(bytes, 40)?,
            hwcap: word64(bytes, 48)?,
            hwcap2: word64(bytes, 56)?,
            vdso_sha256: (sha != [0; 32]).then_some(sha),
            vdso,
            engine,
            producer,
            id_regs,
        })
    }
}

/// The little-endian word at an offset, none past the end.
pub(crate) fn word32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The little-endian doubleword at an offset, none past the end.
pub(crate) fn word64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A header with every field filled in.
    pub(crate) fn sample() -> Header {
        Header {
            id: TraceId(*b"0123456789abcdef"),
            fidelity: Fidelity::Inputs,
            page_size: 4096,
            cntfrq: 24_000_000,
            hwcap: 0x1234_5678_9abc_def0,
            hwcap2: 3,
            vdso_sha256: Some([7; 32]),
            vdso: "carry".into(),
            engine: "soft".into(),
            producer: "elfuse-trace 0.1.0".into(),
            id_regs: vec![
                IdReg { encoding: 0xc020, value: 0x1111_1111 },
                IdReg { encoding: 0xc031, value: u64::MAX },
            ],
        }
    }

    #[test]
    fn a_header_survives() {
        let header = sample();
        let bytes = header.to_bytes().unwrap();
        let (read, len) = Header::from_bytes(&bytes, Path::new("x")).unwrap();
        assert_eq!((read, len), (header, bytes.len()));
    }

    #[test]
    fn every_flip_and_every_prefix_is_an_error() {
        let bytes = sample().to_bytes().unwrap();
        for at in 0..bytes.len() {
            assert!(Header::from_bytes(&bytes[..at], Path::new("x")).is_err(), "prefix {at}");
            for bit in 0..8 {
                let mut bad = bytes.clone();
                bad[at] ^= 1 << bit;
                assert!(Header::from_bytes(&bad, Path::new("x")).is_err(), "byte {at} bit {bit}");
            }
        }
    }

    #[test]
    fn an_unknown_format_names_both_numbers() {
        let mut bytes = sample().to_bytes().unwrap();
        bytes[8] = 77;
        let text = Header::from_bytes(&bytes, Path::new("run.etrace")).unwrap_err().to_string();
        assert!(
            text.contains("format 77") && text.contains("format 1") && text.contains("run.etrace"),
            "{text}"
        );
    }

    #[test]
    fn overlong_fields_are_refused() {
        let mut header = sample();
        header.engine = "e".repeat(256);
        assert!(matches!(header.to_bytes(), Err(Error::HeaderField { what: "engine name" })));
    }
}
