//! The pages as foreign tools see them: hashes, an ELF library, readelf, the assembler.

use std::fmt::Write as _;
use std::process::Command;

use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _};
use sha2::{Digest as _, Sha256};

use vdso::layout::{CNTFRQ_MIN, PAGE_SIZE, VVAR, VVAR_SIZE, multiplier};
use vdso::{BuildError, Function, Image, Layout, Params, Revision, build};

fn image(revision: Revision) -> Image {
    build(&Params { revision, ..Params::default() }).expect("24 MHz is in range")
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes everything");
        hex
    })
}

/// Runs a tool; none if it is not installed, which only a developer's machine may excuse.
fn tool(command: &mut Command) -> Option<String> {
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(error) => {
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{command:?}: {error}");
            eprintln!("skipped: {command:?}: {error}");
            None
        }
    }
}

#[test]
fn carry_is_elfuses_page_to_the_byte() {
    let image = image(Revision::Carry);
    let text = &image.bytes[0xE0..usize::from(image.layout().text_end)];
    assert_eq!(sha256(text), "c673dbcf73038f214ed17aac64a9d521a8edb23e4376881c5248f0d56e960791");
    assert_eq!(sha256(&image.bytes), "14187f2d3ac30dd64fd04bd3a9f292d0c728da8ae5ec850aa83de775c235f165");
}

#[test]
fn functions_are_where_callers_and_hosts_expect_them() {
    let late = [
        (0xE0, 0x0C, 0xE4, 0xE0, 139),
        (0xEC, 0x5C, 0x140, 0x13C, 114),
        (0x148, 0xA8, 0x1E8, 0x1E4, 113),
        (0x1F0, 0xA0, 0x288, 0x284, 169),
        (0x290, 0x34, 0x2BC, 0x2B8, 168),
    ];
    let first = [
        (0xE0, 0x0C, 0xE4, 0xE0, 139),
        (0xEC, 76, 0x130, 0x12C, 114),
        (0x138, 168, 0x1D8, 0x1D4, 113),
        (0x1E0, 160, 0x278, 0x274, 169),
        (0x280, 52, 0x2AC, 0x2A8, 168),
    ];
    for (revision, expected) in
        [(Revision::Carry, late), (Revision::AbiNote, late), (Revision::Seqlock, first)]
    {
        let image = image(revision);
        let found: Vec<_> =
            image.layout().functions().iter().map(|f| (f.offset, f.size, f.svc, f.fallback, f.nr)).collect();
        assert_eq!(found, expected, "{revision:?}");
        for function in image.layout().functions() {
            let svc = usize::from(function.svc);
            assert_eq!(image.bytes[svc..svc + 4], 0xD400_0001_u32.to_le_bytes(), "{revision:?} {function:?}");
            assert_eq!(image.layout().function_at(function.svc), Some(function));
        }
        assert_eq!(image.layout().function_at(0xDF), None);
        assert_eq!(image.layout().function_at(image.layout().text_end), None);
    }
}

#[test]
fn branches_are_the_twenty_of_the_fact_sheet() {
    use Function::{ClockGetres, ClockGettime, Getcpu, Gettimeofday};
    let offsets = |revision, function| -> Vec<(u16, &str)> {
        let layout = *image(revision).layout();
        let base = layout.function(function).offset;
        let branches = layout.branches().iter().filter(|branch| branch.function == function);
        branches.map(|branch| (branch.offset - base, branch.reason.name())).collect()
    };
    for revision in Revision::ALL {
        assert_eq!(
            offsets(revision, ClockGettime),
            [
                (0x0C, "clockid"),
                (0x28, "attention"),
                (0x30, "unseeded"),
                (0x34, "writer-odd"),
                (0x4C, "cnt-underflow"),
                (0x54, "age-cap"),
                (0x8C, "seq-race"),
            ]
        );
        assert_eq!(
            offsets(revision, Gettimeofday),
            [
                (0x10, "attention"),
                (0x18, "unseeded"),
                (0x1C, "writer-odd"),
                (0x30, "cnt-underflow"),
                (0x38, "age-cap"),
                (0x78, "seq-race"),
            ]
        );
        assert_eq!(offsets(revision, Getcpu), [(0x0C, "attention")]);
        let getres = offsets(revision, ClockGetres);
        assert_eq!(getres[0], (0x0C, "attention"));
        assert_eq!(getres.len(), if revision == Revision::Seqlock { 4 } else { 6 });
        assert!(getres[1..].iter().all(|&(_, reason)| reason == "clockid"));
    }
    assert_eq!(image(Revision::Carry).layout().branches().len(), 20);
}

#[test]
fn an_elf_library_reads_every_page() {
    for (revision, segments, end) in
        [(Revision::Seqlock, 2, 0x6A0), (Revision::AbiNote, 3, 0x758), (Revision::Carry, 3, 0x758)]
    {
        let image = image(revision);
        let file = ElfFile64::<Endianness>::parse(&image.bytes[..]).expect("a valid ELF file");
        let little = Endianness::Little;
        assert_eq!(file.architecture(), object::Architecture::Aarch64);
        assert_eq!(file.entry(), 0xE0);
        let headers: Vec<_> = file
            .elf_program_headers()
            .iter()
            .map(|h| (h.p_type(little).0, h.p_flags(little).0, h.p_offset(little), h.p_filesz(little)))
            .collect();
        let dynamic = if revision == Revision::Seqlock { 0x410 } else { 0x420 };
        let expected = [(1, 5, 0, 4096), (2, 4, dynamic, 0x90), (4, 4, 0x40, 0x20)];
        assert_eq!(headers, expected[..segments], "{revision:?}");
        let phoff = if revision == Revision::Seqlock { 0x40 } else { 0x6B0 };
        assert_eq!(file.elf_header().e_phoff(little), phoff);

        let symbols: Vec<_> = file
            .dynamic_symbols()
            .map(|s| (s.name().expect("a name").to_owned(), s.address(), s.size(), s.is_global()))
            .collect();
        let functions: Vec<_> = image
            .layout()
            .functions()
            .iter()
            .map(|f| (f.symbol.to_owned(), f.offset.into(), f.size.into(), true))
            .collect();
        assert_eq!(symbols, functions);
        let names = Vec::from(["__kernel_rt_sigreturn", "__kernel_clock_getres", "__kernel_clock_gettime"]);
        assert_eq!(symbols.iter().take(3).map(|s| &s.0).collect::<Vec<_>>(), names);
        assert_eq!(file.sections().filter(|s| s.kind() == object::SectionKind::Text).count(), 1);

        let used = image.bytes.iter().rposition(|&byte| byte != 0).expect("not empty");
        assert!(used < end && used + 16 >= end, "{revision:?} ends at {used:#x}");
        let vvar = usize::from(VVAR)..usize::from(VVAR + VVAR_SIZE);
        assert!(image.bytes[vvar].iter().all(|&byte| byte == 0));
    }
}

#[test]
fn readelf_reads_every_page() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for revision in Revision::ALL {
        let path = dir.path().join(revision.name());
        std::fs::write(&path, image(revision).bytes).expect("a file");
        let mut command = Command::new("readelf");
        command.env("LC_ALL", "C").args(["-W", "-n", "-d", "-s", "-V"]).arg(&path);
        let Some(output) = tool(&mut command) else { return };
        let squeezed = output.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut expected = Vec::from([
            "(STRSZ) 119 (bytes)",
            "(SYMENT) 24 (bytes)",
            "(VERDEFNUM) 1",
            "FUNC GLOBAL DEFAULT 1 __kernel_clock_gettime@@LINUX_2.6.39",
            "FUNC GLOBAL DEFAULT 1 __kernel_gettimeofday@@LINUX_2.6.39",
            "FUNC GLOBAL DEFAULT 1 __kernel_clock_getres@@LINUX_2.6.39",
            "FUNC GLOBAL DEFAULT 1 __kernel_getcpu@@LINUX_2.6.39",
            "FUNC GLOBAL DEFAULT 1 __kernel_rt_sigreturn@@LINUX_2.6.39",
            "Rev: 1 Flags: none Index: 2 Cnt: 1 Name: LINUX_2.6.39",
        ]);
        match revision {
            Revision::Seqlock => expected.push("Dynamic section at offset 0x410 contains 9 entries"),
            Revision::AbiNote | Revision::Carry => {
                expected.push("Dynamic section at offset 0x420 contains 9 entries");
                expected.push("NT_GNU_ABI_TAG (ABI version tag) OS: Linux, ABI: 2.6.39");
            }
        }
        for line in expected {
            assert!(squeezed.contains(line), "{revision:?}: no {line:?} in\n{output}");
        }
        assert!(!output.to_lowercase().contains("warning"), "{output}");
    }
}

#[test]
fn the_assembler_makes_the_words_of_the_listing() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for revision in Revision::ALL {
        let layout = *image(revision).layout();
        let mut source = format!(".text\n.skip {VVAR}\nvvar: .skip {VVAR_SIZE}\n");
        for (_, _, text) in layout.listing() {
            writeln!(source, "{text}").expect("a string takes everything");
        }
        let (input, object) = (dir.path().join("page.s"), dir.path().join("page.o"));
        std::fs::write(&input, &source).expect("a file");
        let mut command = Command::new("aarch64-linux-gnu-as");
        if tool(command.arg("-o").arg(&object).arg(&input)).is_none() {
            return;
        }
        let object = std::fs::read(object).expect("the assembler's output");
        let file = ElfFile64::<Endianness>::parse(&object[..]).expect("an object file");
        let text = file.section_by_name(".text").expect("code").data().expect("bytes").to_owned();
        let mut count = 0;
        for (pc, word, line) in layout.listing() {
            let at = usize::from(pc);
            let assembled = u32::from_le_bytes(text[at..at + 4].try_into().expect("four bytes"));
            assert_eq!(
                word, assembled,
                "{revision:?} {pc:#x}: {line}: {word:08x}, assembler {assembled:08x}"
            );
            count += 4;
        }
        assert_eq!(text.len(), 0xE0 + count);
    }
}

#[test]
fn pages_are_recognised_whatever_their_vvar_and_frequency() {
    for revision in Revision::ALL {
        for cntfrq in [CNTFRQ_MIN, 24_000_000, 62_500_000, 1_000_000_000, u32::MAX] {
            let mut image = build(&Params { revision, cntfrq }).expect("in range");
            for byte in &mut image.bytes[usize::from(VVAR)..usize::from(VVAR + VVAR_SIZE)] {
                *byte = 0xA5;
            }
            assert_eq!(Layout::of(&image.bytes), Some(*image.layout()), "{revision:?} at {cntfrq} Hz");
        }
    }
}

#[test]
fn other_bytes_are_not_recognised() {
    for size in [0, 1, PAGE_SIZE - 1, PAGE_SIZE + 1] {
        assert_eq!(Layout::of(&vec![0; size]), None);
    }
    assert_eq!(Layout::of(&[0; PAGE_SIZE]), None);
    for revision in Revision::ALL {
        let mut bytes = image(revision).bytes;
        let text = image(revision).layout().text_end;
        for at in (0..usize::from(VVAR)).chain(0xE0..usize::from(text)).chain([0x757, 0xFFF]) {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert_eq!(Layout::of(&bytes), None, "{revision:?}: bit {bit} of {at:#x}");
                bytes[at] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn multipliers_round_down() {
    for (cntfrq, expected) in [
        (0, None),
        (CNTFRQ_MIN - 1, None),
        (CNTFRQ_MIN, Some(4_000_000_000)),
        (24_000_000, Some(699_050_666)),
        (1_000_000_000, Some(1 << 24)),
        (u32::MAX, Some(3_906_250)),
    ] {
        assert_eq!(multiplier(cntfrq), expected, "{cntfrq} Hz");
    }
    let refused = build(&Params { revision: Revision::Carry, cntfrq: 1_000_000 });
    assert_eq!(refused, Err(BuildError::CntfrqTooLow { cntfrq: 1_000_000 }));
    for revision in Revision::ALL {
        assert_eq!(Revision::from_name(revision.name()), Some(revision));
    }
    assert_eq!(Revision::from_name("hard"), None);
}
