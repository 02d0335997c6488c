//! Guest accesses that may fault on the host, for the protected memory mode.
//!
//! Used by `guest::memory` only. Each access is one instruction of inline assembly listed in a table of
//! (instruction, landing place); the SIGSEGV and SIGBUS handlers look the interrupted instruction up there,
//! set the error register and go on at the landing place. A fault anywhere else is not ours.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(super) use x86_64_linux::{SUPPORTED, install, try_load, try_store};

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
pub(super) use absent::{SUPPORTED, install, try_load, try_store};

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod x86_64_linux {
    use std::arch::asm;
    use std::ptr::NonNull;
    use std::sync::Once;

    pub(in crate::guest) const SUPPORTED: bool = true;

    /// Two offsets, each relative to its own address: the access, and where to go on after a fault.
    #[repr(C)]
    struct Fixup {
        access: i32,
        landing: i32,
    }

    unsafe extern "C" {
        static __start_elfuse_fixups: [Fixup; 0];
        static __stop_elfuse_fixups: [Fixup; 0];
    }

    macro_rules! guarded {
        ($instruction:literal, $($operand:tt)*) => {{
            let failed: u64;
            // SAFETY: one access to guest memory inside the reservation; if the host refuses it, the handler
            // skips it and sets rcx. No memory of Rust's is touched.
            unsafe {
                asm!(
                    "xor ecx, ecx",
                    concat!("2: ", $instruction),
                    "3:",
                    ".pushsection elfuse_fixups, \"aR\", @progbits",
                    ".long 2b - .",
                    ".long 3b - .",
                    ".popsection",
                    out("rcx") failed,
                    $($operand)*
                    options(nostack)
                );
            }
            failed
        }};
    }

    #[inline(always)]
    pub(in crate::guest) fn try_load(at: NonNull<u8>, size: u64) -> Option<u128> {
        let at = at.as_ptr();
        macro_rules! load {
            ($instruction:literal) => {{
                let value: u64;
                let failed = guarded!($instruction, at = in(reg) at, value = out(reg) value,);
                (failed == 0).then_some(u128::from(value))
            }};
        }
        match size {
            1 => load!("movzx {value:e}, byte ptr [{at}]"),
            2 => load!("movzx {value:e}, word ptr [{at}]"),
            4 => load!("mov {value:e}, dword ptr [{at}]"),
            8 => load!("mov {value}, qword ptr [{at}]"),
            _ => {
                let mut value = 0u128;
                let into = &raw mut value;
                let failed = guarded!(
                    "movups {wide}, [{at}]\n movups [{into}], {wide}",
                    at = in(reg) at, into = in(reg) into, wide = out(xmm_reg) _,
                );
                (failed == 0).then_some(value)
            }
        }
    }

    #[inline(always)]
    pub(in crate::guest) fn try_store(at: NonNull<u8>, size: u64, value: u128) -> bool {
        let at = at.as_ptr();
        macro_rules! store {
            ($instruction:literal, $class:ident, $int:ty) => {{
                let bits = <$int as cpu::Word>::from_u128(value);
                guarded!($instruction, at = in(reg) at, value = in($class) bits,) == 0
            }};
        }
        match size {
            1 => store!("mov byte ptr [{at}], {value}", reg_byte, u8),
            2 => store!("mov word ptr [{at}], {value:x}", reg, u16),
            4 => store!("mov dword ptr [{at}], {value:e}", reg, u32),
            8 => store!("mov qword ptr [{at}], {value}", reg, u64),
            _ => {
                let wide = std::arch::x86_64::__m128i::from_u128(value);
                guarded!("movups [{at}], {wide}", at = in(reg) at, wide = in(xmm_reg) wide,) == 0
            }
        }
    }

    trait FromU128 {
        fn from_u128(bits: u128) -> Self;
    }

    impl FromU128 for std::arch::x86_64::__m128i {
        #[inline(always)]
        fn from_u128(bits: u128) -> Self {
            // SAFETY: both are 16 plain bytes.
            unsafe { std::mem::transmute(bits) }
        }
    }

    /// Installs the handlers, once a process.
    pub(in crate::guest) fn install() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            for signal in [libc::SIGSEGV, libc::SIGBUS] {
                // SAFETY: a zeroed sigaction is a valid one, filled in below.
                let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
                action.sa_sigaction = on_fault as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
                // SAFETY: `action` is complete and outlives the call; the handler is async-signal-safe: it
                // reads a constant table and edits the interrupted context.
                let outcome = unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
                assert_eq!(outcome, 0, "sigaction refuses SIGSEGV or SIGBUS, which it cannot");
            }
        });
    }

    extern "C" fn on_fault(signal: i32, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let context = context.cast::<libc::ucontext_t>();
        // SAFETY: the kernel passes a valid ucontext to a SA_SIGINFO handler, ours alone until we return.
        let registers = unsafe { &mut (*context).uc_mcontext.gregs };
        let pc = registers[libc::REG_RIP as usize];
        if let Some(landing) = landing_for(pc) {
            registers[libc::REG_RIP as usize] = landing;
            registers[libc::REG_RCX as usize] = 1;
            return;
        }
        // Not an access of ours: a bug of this program. Returning with the default action dies with it.
        // SAFETY: plain call with a valid signal number.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }

    fn landing_for(pc: i64) -> Option<i64> {
        let mut entry = (&raw const __start_elfuse_fixups).cast::<Fixup>();
        let stop = (&raw const __stop_elfuse_fixups).cast::<Fixup>();
        while entry < stop {
            // SAFETY: `entry` walks the table that the linker laid out between the two symbols.
            let fixup = unsafe { &*entry };
            let access = (&raw const fixup.access as i64).wrapping_add(i64::from(fixup.access));
            if access == pc {
                return Some((&raw const fixup.landing as i64).wrapping_add(i64::from(fixup.landing)));
            }
            entry = entry.wrapping_add(1);
        }
        None
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod absent {
    use std::ptr::NonNull;

    pub(in crate::guest) const SUPPORTED: bool = false;

    pub(in crate::guest) fn install() {
        unreachable!("MemoryMode::is_supported says no on this host");
    }

    pub(in crate::guest) fn try_load(_at: NonNull<u8>, _size: u64) -> Option<u128> {
        None
    }

    pub(in crate::guest) fn try_store(_at: NonNull<u8>, _size: u64, _value: u128) -> bool {
        false
    }
}
