//! The files that describe the machine, where the host's would tell of another one.

use super::of_host;
use crate::host::Errno;
use crate::kernel::{Kernel, process};

/// A file of the machine; none if it is the host's.
pub(super) fn file(k: &Kernel, guest: &[u8]) -> Option<Result<Vec<u8>, Errno>> {
    let text = match guest {
        b"/proc/version" => {
            format!("Linux version {} (elfuse@elfuse) (elfuse) {}\n", process::RELEASE, process::VERSION)
        }
        b"/proc/sys/kernel/ostype" => "Linux\n".to_owned(),
        b"/proc/sys/kernel/osrelease" => format!("{}\n", process::RELEASE),
        b"/proc/sys/kernel/version" => format!("{}\n", process::VERSION),
        b"/proc/sys/kernel/hostname" => format!("{}\n", process::NODE),
        b"/proc/sys/kernel/domainname" => "(none)\n".to_owned(),
        b"/proc/sys/kernel/randomize_va_space" => "0\n".to_owned(),
        b"/proc/sys/kernel/pid_max" => "4194304\n".to_owned(),
        b"/proc/cpuinfo" => cpuinfo(),
        b"/proc/stat" => return Some(of_host("/proc/stat").map(|text| one_processor(&text))),
        b"/proc/loadavg" => return Some(of_host("/proc/loadavg").map(|text| load(k, &text))),
        b"/sys/devices/system/cpu/online"
        | b"/sys/devices/system/cpu/present"
        | b"/sys/devices/system/cpu/possible" => "0\n".to_owned(),
        b"/proc/mounts" => return Some(of_host("/proc/self/mounts")),
        _ => return None,
    };
    Some(Ok(text.into_bytes()))
}

fn cpuinfo() -> String {
    let midr = cpu::features::MIDR_EL1;
    format!(
        "processor\t: 0\nBogoMIPS\t: 48.00\nFeatures\t: {}\nCPU implementer\t: {:#04x}\n\
         CPU architecture: 8\nCPU variant\t: {:#x}\nCPU part\t: {:#05x}\nCPU revision\t: {}\n\n",
        features().join(" "),
        midr >> 24 & 0xFF,
        midr >> 20 & 0xF,
        midr >> 4 & 0xFFF,
        midr & 0xF,
    )
}

/// Names of the bits of AT_HWCAP from bit 0 on (arch/arm64/kernel/cpuinfo.c).
const HWCAP_NAMES: &str = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm \
    jscvt fcma lrcpc dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb paca pacg";
/// Names of the bits of AT_HWCAP2.
const HWCAP2_NAMES: &str = "dcpodp sve2 sveaes svepmull svebitperm svesha3 svesm4 flagm2 frint svei8mm \
    svef32mm svef64mm svebf16 i8mm bf16 dgh rng bti mte";

fn features() -> Vec<&'static str> {
    let named = |names: &'static str, bits: u64| {
        names.split_whitespace().enumerate().filter(move |(n, _)| bits >> n & 1 != 0).map(|(_, name)| name)
    };
    let first = named(HWCAP_NAMES, cpu::features::HWCAP);
    first.chain(named(HWCAP2_NAMES, cpu::features::HWCAP2)).collect()
}

/// The host's /proc/stat with its time on one processor, and without its interrupts.
fn one_processor(host: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(host);
    let mut out = String::new();
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("cpu", times)) => out.push_str(&format!("cpu {times}\ncpu0{times}\n")),
            Some((name, _)) if name.starts_with("cpu") => {}
            Some((name @ ("intr" | "softirq"), rest)) => {
                let total = rest.split(' ').next().unwrap_or("0");
                out.push_str(&format!("{name} {total}\n"));
            }
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out.into_bytes()
}

/// The host's load, and the guest's threads.
fn load(k: &Kernel, host: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(host);
    let loads: Vec<&str> = text.split(' ').take(3).collect();
    let last = k.threads.iter().last().map_or(k.pid, |thread| thread.tid.0);
    format!("{} 1/{} {last}\n", loads.join(" "), k.threads.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_all_processors_become_those_of_one() {
        let host = b"cpu  1 2 3\ncpu0 1 1 1\ncpu1 0 1 2\nintr 55 1 2 3\nctxt 7\nbtime 9\n";
        let want = "cpu  1 2 3\ncpu0 1 2 3\nintr 55\nctxt 7\nbtime 9\n";
        assert_eq!(String::from_utf8(one_processor(host)).unwrap(), want);
    }
}
