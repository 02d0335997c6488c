"""Random words of every Advanced SIMD class, as input for simd_guest.c: simd_words.py PER_CLASS SEED."""
import random
import sys

# Name, pattern. x is a random bit; d, n, m are general-register fields kept below 16 because the guest owns the others.
CLASSES = """
three_same            0xx01110xx1xxxxxxxxxx1xxxxxxxxxx
scalar_three_same     01x11110xx1xxxxxxxxxx1xxxxxxxxxx
three_same_fp16       0xx01110x10xxxxx00xxx1xxxxxxxxxx
scalar_three_fp16     01x11110x10xxxxx00xxx1xxxxxxxxxx
extension             0xx01110xx0xxxxx1xxxx1xxxxxxxxxx
extension_rdm         0x101110xx0xxxxx1000x1xxxxxxxxxx
extension_dot         0xx01110100xxxxx10xxx1xxxxxxxxxx
extension_fcma        0x101110xx0xxxxx11xxx1xxxxxxxxxx
scalar_extension      01x11110xx0xxxxx1000x1xxxxxxxxxx
misc                  0xx01110xx10000xxxxx10xxxxxxxxxx
misc_fp               0xx01110xx100001xxxx10xxxxxxxxxx
scalar_misc           01x11110xx10000xxxxx10xxxxxxxxxx
misc_fp16             0xx01110x111100xxxxx10xxxxxxxxxx
scalar_misc_fp16      01x11110x111100xxxxx10xxxxxxxxxx
across                0xx01110xx11000xxxxx10xxxxxxxxxx
scalar_pairwise       01x11110xx11000xxxxx10xxxxxxxxxx
different             0xx01110xx1xxxxxxxxx00xxxxxxxxxx
scalar_different      01x11110xx1xxxxx1xxx00xxxxxxxxxx
indexed               0xx01111xxxxxxxxxxxxx0xxxxxxxxxx
indexed_groups        0xx01111xxxxxxxx111xx0xxxxxxxxxx
indexed_fp            0xx01111xxxxxxxxxx01x0xxxxxxxxxx
scalar_indexed        01x11111xxxxxxxxxxxxx0xxxxxxxxxx
shift                 0xx011110xxxxxxxxxxxx1xxxxxxxxxx
scalar_shift          01x111110xxxxxxxxxxxx1xxxxxxxxxx
convert_fixed         0xx011110xxxxxxx111xx1xxxxxxxxxx
immediate             0xx0111100000xxxxxxxx1xxxxxxxxxx
copy                  0xx01110000xxxxx0xxxx10nnnn0dddd
scalar_copy           01x11110000xxxxx0000x1xxxxxxxxxx
table                 0x001110xx0xxxxx0xxx00xxxxxxxxxx
permute               0x001110xx0xxxxx0xxx10xxxxxxxxxx
extract               0x101110xx0xxxxx0xxxx0xxxxxxxxxx
aes                   0xx01110xx10100xxxxx10xxxxxxxxxx
aes_allocated         0100111000101000 01xx10xxxxxxxxxx
sha_three             01x11110xx0xxxxx0xxx00xxxxxxxxxx
sha_three_allocated   01011110000xxxxx0xxx00xxxxxxxxxx
sha_two               01x11110xx10100xxxxx10xxxxxxxxxx
sha_two_allocated     0101111000101000 00xx10xxxxxxxxxx
modern                11001110xxxxxxxxxxxxxxxxxxxxxxxx
modern_three          11001110011xxxxx1x00xxxxxxxxxxxx
modern_two            110011101100000010000xxxxxxxxxxx
sm3                   11001110010xxxxx10xxxxxxxxxxxxxx
ldst_multiple         0x001100xx000000xxxxxx0nnnnxxxxx
ldst_multiple_post    0x001100 1x0mmmmmxxxxxx0nnnnxxxxx
ldst_single           0x001101xxx00000xxxxxx0nnnnxxxxx
ldst_single_post      0x0011011xxmmmmmxxxxxx0nnnnxxxxx
ldst_any              0x00110xxxxxxxxxxxxxxx0nnnnxxxxx
anything              xxxx111xxxxxxxxxxxxxxxxxxxxxxxxx
"""

MODES = [0, 0, 0, 0, 1 << 22, 2 << 22, 3 << 22, 1 << 24, 1 << 25, 1 << 19, 1 << 26, 1 << 24 | 1 << 19 | 1 << 25 | 3 << 22]


def word(pattern, rng):
    bits = "".join(rng.choice("01") if c in "xdnm" else c for c in pattern)
    w = int(bits, 2)
    if "m" in pattern and w >> 16 & 31 > 15:
        w |= 31 << 16  # no index register: the size of the transfer
    return w


def is_scalar_fp(w):
    return w & 0x5E000000 == 0x1E000000


def reference_errs(w):
    """Encodings for which qemu 7.2 does not do what DDI 0487 says: it accepts unallocated ones, stops with an
    assertion, or (FCVTZS to a scalar half) leaves sign bits above the element. exec/simd/tests.rs has them by hand."""
    half_misc = w & 0x8F7E0C00 == 0x0E780800
    opcode = w >> 12 & 31
    scalar = w >> 28 & 1
    return (
        half_misc and (opcode == 0b01111 and scalar or opcode == 0b11111 and scalar == w >> 29 & 1)
        or w & 0xAF7E0C00 == 0x0E700800 and opcode in (0b01100, 0b01101, 0b01111)
        or w & 0xBFF8FC00 == 0x2F00FC00
        or w & 0xFFE0FC00 == 0x5F00FC00
    )


def main():
    per_class, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    for line in CLASSES.strip().splitlines():
        name, pattern = line.split(None, 1)
        pattern = pattern.replace(" ", "")
        assert len(pattern) == 32, (name, len(pattern))
        for _ in range(per_class):
            w = word(pattern, rng)
            # Forms that write a general register, or read one, must stay below X16 here; see `copy`.
            general = w & 0x9FE08400 == 0x0E000400
            if is_scalar_fp(w) or reference_errs(w) or (general and name != "copy"):
                continue
            if w & 0xBE000000 == 0x0C000000 and w >> 16 & 31 in range(16, 31):
                w |= 31 << 16
            print(f"{w:08x} {rng.getrandbits(16):x} {rng.choice(MODES):x}")


main()
