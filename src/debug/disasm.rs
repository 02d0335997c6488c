//! Disassembly by the `yaxpeax-arm` library.

use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::InstDecoder;

/// One instruction as text; `.inst 0x…` if the library does not know it. `at` resolves PC-relative operands.
#[must_use]
pub fn instruction(word: u32, at: u64) -> String {
    let bytes = word.to_le_bytes();
    match InstDecoder::default().decode(&mut U8Reader::new(&bytes)) {
        Ok(insn) => absolute(&insn.to_string(), at),
        Err(_) => format!(".inst {word:#010x}"),
    }
}

/// Turns the library's `$+0x10` into an address.
fn absolute(text: &str, at: u64) -> String {
    let Some(place) = text.find("$+").or_else(|| text.find("$-")) else { return text.to_owned() };
    let (head, tail) = text.split_at(place);
    let negative = tail.starts_with("$-");
    let digits = tail[2..].strip_prefix("0x").unwrap_or(&tail[2..]);
    let (number, rest) =
        digits.split_at(digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len()));
    // ADRP counts from the start of its page (C6.2.14).
    let from = if head.starts_with("adrp ") { at & !0xfff } else { at };
    match u64::from_str_radix(number, 16) {
        Ok(delta) => {
            let target = if negative { from.wrapping_sub(delta) } else { from.wrapping_add(delta) };
            format!("{head}{target:#x}{rest}")
        }
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_read_as_the_manual_writes_them() {
        for (word, at, want) in [
            (0xD503_201F, 0, "nop"),
            (0xD400_0001, 0, "svc #0x0"),
            (0x9100_43E0, 0, "add x0, sp, #0x10"),
            (0x1400_0004, 0x1000, "b 0x1010"),
            (0x17FF_FFFF, 0x1000, "b 0xffc"),
            (0xB400_0080, 0x1000, "cbz x0, 0x1010"),
            (0x1000_0000, 0x1234, "adr x0, 0x1234"),
            (0x9000_0001, 0x40_0630, "adrp x1, 0x400000"),
            (0xB000_0001, 0x40_0630, "adrp x1, 0x401000"),
            (0xF0FF_FFE1, 0x40_0630, "adrp x1, 0x3ff000"),
            (0xFFFF_FFFF, 0, ".inst 0xffffffff"),
        ] {
            assert_eq!(instruction(word, at), want, "{word:#x}");
        }
    }
    #[test]
    fn any_word_has_a_text() {
        // Every seventh million-th or so of all words, and a dense band in each group of encodings.
        let sparse = (0..=u32::MAX).step_by(65_521);
        let dense = (0..32u32).flat_map(|group| (0..4096).map(move |n| group << 27 | n << 5 | n >> 7));
        for word in sparse.chain(dense) {
            for at in [0, u64::MAX - 3] {
                let text = instruction(word, at);
                assert!(!text.is_empty() && !text.contains(char::is_control), "{word:#x}: {text:?}");
            }
        }
    }
}
