//! The initial stack of a process: argument and environment strings, auxiliary vector, pointers.
//!
//! Used by `kernel::exec`. The order is elfuse's; section 4 of its guest ABI.

use thiserror::Error;

/// Auxiliary vector keys (include/uapi/linux/auxvec.h).
pub mod at {
    #![expect(missing_docs, reason = "the header's own names")]
    pub const NULL: u64 = 0;
    pub const PHDR: u64 = 3;
    pub const PHENT: u64 = 4;
    pub const PHNUM: u64 = 5;
    pub const PAGESZ: u64 = 6;
    pub const BASE: u64 = 7;
    pub const ENTRY: u64 = 9;
    pub const UID: u64 = 11;
    pub const EUID: u64 = 12;
    pub const GID: u64 = 13;
    pub const EGID: u64 = 14;
    pub const PLATFORM: u64 = 15;
    pub const HWCAP: u64 = 16;
    pub const CLKTCK: u64 = 17;
    pub const SECURE: u64 = 23;
    pub const RANDOM: u64 = 25;
    pub const HWCAP2: u64 = 26;
    pub const EXECFN: u64 = 31;
    pub const SYSINFO_EHDR: u64 = 33;
}

/// What goes onto the stack.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Arguments, argv\[0\] first.
    pub argv: Vec<Vec<u8>>,
    /// Environment, `NAME=value`.
    pub env: Vec<Vec<u8>>,
    /// Path given to execve.
    pub execfn: Vec<u8>,
    /// The 16 bytes of AT_RANDOM.
    pub random: [u8; 16],
    /// Auxiliary vector without RANDOM, EXECFN, PLATFORM and NULL, which are added here.
    pub auxv: Vec<(u64, u64)>,
}

/// The finished stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// Initial SP, a multiple of 16; the bytes start here and end at the stack top.
    pub sp: u64,
    /// The bytes from `sp` on.
    pub bytes: Vec<u8>,
    /// Address of the first argument string and of the first byte behind the last.
    pub arg_area: (u64, u64),
    /// The auxiliary vector as stored, for `/proc/self/auxv`.
    pub auxv: Vec<u8>,
}

/// The arguments do not fit (execve's E2BIG).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the arguments and the environment together exceed the limit of 2 MiB")]
pub struct TooBig;

const LIMIT: usize = 2 << 20;

/// Lays the stack out below `top`.
///
/// # Errors
/// If strings and pointers exceed 2 MiB, Linux's limit for a stack of 8 MiB.
pub fn build(contents: &Contents, top: u64) -> Result<Image, TooBig> {
    let strings: usize = contents.argv.iter().chain(&contents.env).map(|s| s.len() + 9).sum();
    if strings + contents.execfn.len() > LIMIT {
        return Err(TooBig);
    }
    let mut down = Downward { top, bytes: Vec::new() };
    let random = down.push(&contents.random);
    let platform = down.push(b"aarch64\0");
    let execfn = down.push_string(&contents.execfn);
    let mut env: Vec<u64> = contents.env.iter().rev().map(|s| down.push_string(s)).collect();
    let arg_end = down.address();
    let mut argv: Vec<u64> = contents.argv.iter().rev().map(|s| down.push_string(s)).collect();
    let arg_start = down.address();
    env.reverse();
    argv.reverse();

    let mut auxv = contents.auxv.clone();
    auxv.extend([(at::RANDOM, random), (at::EXECFN, execfn), (at::PLATFORM, platform), (at::NULL, 0)]);
    let mut words = vec![argv.len() as u64];
    words.extend(&argv);
    words.push(0);
    words.extend(&env);
    words.push(0);
    words.extend(auxv.iter().flat_map(|&(key, value)| [key, value]));

    down.align(16);
    if words.len() % 2 == 1 {
        down.push(&[0; 8]);
    }
    let table: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let sp = down.push(&table);
    debug_assert_eq!(sp % 16, 0);
    let auxv = auxv.iter().flat_map(|&(key, value)| [key, value]).flat_map(u64::to_le_bytes).collect();
    down.bytes.reverse();
    Ok(Image { sp, bytes: down.bytes, arg_area: (arg_start, arg_end), auxv })
}

/// Bytes collected from the top of the stack downwards, hence stored in reverse.
struct Downward {
    top: u64,
    bytes: Vec<u8>,
}

impl Downward {
    fn address(&self) -> u64 {
        self.top - self.bytes.len() as u64
    }

    fn push(&mut self, bytes: &[u8]) -> u64 {
        self.bytes.extend(bytes.iter().rev());
        self.address()
    }

    fn push_string(&mut self, text: &[u8]) -> u64 {
        self.bytes.push(0);
        self.push(text)
    }

    fn align(&mut self, to: u64) {
        while !self.address().is_multiple_of(to) {
            self.bytes.push(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(image: &Image, at: u64) -> u64 {
        let from = usize::try_from(at - image.sp).unwrap();
        u64::from_le_bytes(image.bytes[from..from + 8].try_into().unwrap())
    }

    fn text(image: &Image, at: u64) -> String {
        let from = usize::try_from(at - image.sp).unwrap();
        let bytes = image.bytes[from..].split(|&b| b == 0).next().unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn pointers_lead_to_strings_and_the_pointer_table_is_aligned() {
        for envc in 0..4 {
            let env: Vec<Vec<u8>> = (0..envc).map(|i| format!("N{i}=v").into_bytes()).collect();
            let contents = Contents {
                argv: vec![b"prog".to_vec(), b"one two".to_vec()],
                env,
                execfn: b"/bin/prog".to_vec(),
                random: [7; 16],
                auxv: vec![(at::PAGESZ, 4096)],
            };
            let image = build(&contents, 0x800_0000).unwrap();
            assert_eq!(image.sp % 16, 0);
            assert_eq!(image.sp + image.bytes.len() as u64, 0x800_0000);
            assert_eq!(word(&image, image.sp), 2);
            assert_eq!(text(&image, word(&image, image.sp + 8)), "prog");
            assert_eq!(text(&image, word(&image, image.sp + 16)), "one two");
            assert_eq!(word(&image, image.sp + 24), 0);
            for i in 0..envc {
                assert_eq!(text(&image, word(&image, image.sp + 32 + 8 * i)), format!("N{i}=v"));
            }
            let auxv = image.sp + 40 + 8 * envc;
            assert_eq!((word(&image, auxv), word(&image, auxv + 8)), (at::PAGESZ, 4096));
            assert_eq!(word(&image, auxv + 16), at::RANDOM);
            assert_eq!(word(&image, auxv + 24), 0x7FF_FFF0);
            assert_eq!(text(&image, word(&image, auxv + 40)), "/bin/prog");
            assert_eq!(text(&image, word(&image, auxv + 56)), "aarch64");
        }
    }

    #[test]
    fn too_many_bytes_are_refused() {
        let contents = Contents { argv: vec![vec![b'x'; 3 << 20]], ..Contents::default() };
        assert_eq!(build(&contents, 0x800_0000), Err(TooBig));
    }
}
