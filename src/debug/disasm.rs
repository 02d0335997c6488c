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
    let number: String =
        tail[2..].trim_start_matches("0x").chars().take_while(char::is_ascii_hexdigit).collect();
    let rest = &tail[2 + tail[2..].find(&number).unwrap_or(0) + number.len()..];
    match u64::from_str_radix(&number, 16) {
        Ok(delta) => {
            let target = if negative { at.wrapping_sub(delta) } else { at.wrapping_add(delta) };
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
            (0xD400_0001, 0, "svc 0x0"),
            (0x9100_43E0, 0, "add x0, sp, #0x10"),
            (0x1400_0004, 0x1000, "b 0x1010"),
            (0x17FF_FFFF, 0x1000, "b 0xffc"),
            (0xB400_0080, 0x1000, "cbz x0, 0x1010"),
            (0xFFFF_FFFF, 0, ".inst 0xffffffff"),
        ] {
            assert_eq!(instruction(word, at), want, "{word:#x}");
        }
    }
}
