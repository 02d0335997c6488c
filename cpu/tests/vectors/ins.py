"""Fills in what the instructions of an .ins file are and do: ins.py FILE.ins, with aarch64-linux-gnu-gcc and qemu-aarch64.

A line is words | before | after | assembly. Before and assembly are written by hand; words come from GNU as, after from
qemu. "; cpu: NAME" chooses the model of the lines below it; without SVE, whose signal frames hide the vector registers.
"""
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ARCH = ".arch armv8.6-a+fp16+fp16fml+crypto+sha3+sm4+rcpc+flagm+i8mm+bf16\n"
# x, sp, pc, nzcv, fpcr, fpsr, signal, code; v; data
MACHINE = "<31Q7Q64Q256s"


def assemble(folder, texts):
    """The words of each text."""
    with open(f"{folder}/a.s", "w") as file:
        for text in texts:
            file.write(ARCH + text.replace(";", "\n") + "\n.word 0xffffffff\n")
    subprocess.run(["aarch64-linux-gnu-gcc", "-c", "-o", f"{folder}/a.o", f"{folder}/a.s"], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", f"{folder}/a.o", f"{folder}/a.bin"], check=True)
    with open(f"{folder}/a.bin", "rb") as file:
        data = file.read()
    words, out = struct.unpack(f"<{len(data) // 4}I", data), [[]]
    for word in words:
        if word == 0xFFFFFFFF:
            out.append([])
        else:
            out[-1].append(word)
    return out[:-1]


def initial(before):
    """A machine as a dictionary of names and numbers; data as a list."""
    machine = {name: 0 for name in names()}
    machine["sp"], machine["data"] = 0x210080, bytearray(256)
    for assignment in before.split():
        name, value = assignment.split("=")
        if name[0] == "m":
            at, value = int(name[1:], 16), bytes.fromhex(value)
            machine["data"][at:at + len(value)] = value
        else:
            machine[name] = int(value, 16) << (28 if name == "nzcv" else 0)
    return machine


def names():
    return [f"x{n}" for n in range(31)] + ["sp", "pc", "nzcv", "fpcr", "fpsr", "signal", "code"] + [f"v{n}" for n in range(32)]


def pack(machine):
    flat = [machine[name] for name in names()]
    halves = [half for v in flat[38:] for half in (v & (1 << 64) - 1, v >> 64)]
    return struct.pack(MACHINE, *flat[:38], *halves, bytes(machine["data"]))


def unpack(data):
    flat = struct.unpack(MACHINE, data)
    values = list(flat[:38]) + [flat[38 + 2 * n] | flat[39 + 2 * n] << 64 for n in range(32)]
    machine = dict(zip(names(), values))
    machine["data"] = bytearray(flat[-1])
    return machine


def effect(words, before, after):
    """What differs, in the notation of the file."""
    found = []
    if after["signal"] == 11:
        found.append(f"fault={after['pc']:x}")
    elif after["signal"] == 7:
        found.append(f"align={after['pc']:x}")
    elif (after["signal"], after["pc"]) != (5, 4 * len(words)):
        raise SystemExit(f"signal {after['signal']} at {after['pc']:x} of {words}")
    for name in names():
        if name not in ("pc", "signal", "code") and before[name] != after[name]:
            found.append(f"{name}={after[name] >> (28 if name == 'nzcv' else 0):x}")
    at = 0
    while at < 256:
        end = at
        while end < 256 and before["data"][end] != after["data"][end]:
            end += 1
        if end > at:
            found.append(f"m{at:02x}={after['data'][at:end].hex()}")
        at = end + 1
    return " ".join(found)


def run(guest, model, cases):
    data = b"".join(
        struct.pack("<16I", *(words + [0xD4200000] * (16 - len(words)))) + pack(before) for words, before in cases)
    done = subprocess.run(["qemu-aarch64-static", "-cpu", model, guest], input=data, stdout=subprocess.PIPE, check=True)
    size = struct.calcsize(MACHINE)
    return [unpack(done.stdout[at:at + size]) for at in range(0, len(done.stdout), size)]


def main(path):
    with open(path) as file:
        lines = file.read().splitlines()
    with tempfile.TemporaryDirectory() as folder:
        guest = f"{folder}/guest"
        subprocess.run(["aarch64-linux-gnu-gcc", "-O1", "-static", "-o", guest, f"{HERE}/ins_guest.c"], check=True)
        rows, model = [], "max,sve=off,sme=off"
        for number, line in enumerate(lines):
            if line.startswith("; cpu: "):
                model = line[7:].strip()
            elif line and line[0] != ";":
                _, before, _, text = (field.strip() for field in line.split("|"))
                rows.append((number, model, before, text))
        words = assemble(folder, [row[3] for row in rows])
        for model in sorted({row[1] for row in rows}):
            mine = [(at, row) for at, row in enumerate(rows) if row[1] == model]
            cases = [(words[at], initial(row[2])) for at, row in mine]
            for (at, (number, _, before, text)), (code, start), end in zip(mine, cases, run(guest, model, cases), strict=True):
                shown = " ".join(f"{word:08x}" for word in code)
                lines[number] = f"{shown} | {before} | {effect(code, start, end)} | {text}"
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


main(sys.argv[1])
