// The reference side of reference.txt: which of all 2^32 words LLVM's A64 disassembler takes for an instruction
// of the extensions that this CPU offers. Built and run by hand:
//
//   c++ -O2 -w $(llvm-config --cxxflags) -std=c++17 llvm.cpp -o llvm $(llvm-config --ldflags --libs) -lpthread
//   ./llvm words.bin > reference.txt
//
// words.bin keeps a bit a word, so that a second run only writes the patterns anew; without it, both cores take about
// ten minutes. The patterns are an irredundant cover (Minato and Morreale) of the set: a word is defined exactly if
// one of them matches.
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/TargetSelect.h"
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <vector>

using namespace llvm;

// What cpu/src/features.rs promises, in LLVM's names; LOR for LDLAR and STLLR, which EL0 has from Armv8.1.
static const char *FEATURES =
    "+crc,+lse,+rdm,+aes,+sha2,+sha3,+sm4,+fullfp16,+fp16fml,+dotprod,+complxnum,+jsconv,+rcpc,+rcpc-immo,"
    "+flagm,+altnzcv,+fptoint,+bf16,+i8mm,+ccpp,+ccdp,+sb,+lor";

static std::vector<uint64_t> words(1u << 26);

static void sweep(std::atomic<uint32_t> &next) {
    std::string error, triple = "aarch64-linux-gnu";
    const Target *target = TargetRegistry::lookupTarget(triple, error);
    MCTargetOptions options;
    auto *registers = target->createMCRegInfo(triple);
    auto *assembler = target->createMCAsmInfo(*registers, triple, options);
    auto *features = target->createMCSubtargetInfo(triple, "generic", FEATURES);
    MCContext context(Triple(triple), assembler, registers, features);
    auto *decoder = target->createMCDisassembler(*features, context);
    for (uint32_t slice; (slice = next++) < 1024;) {
        for (uint32_t at = slice << 16; at < (slice + 1) << 16; at++) {
            uint64_t defined = 0;
            for (uint32_t i = 0; i < 64; i++) {
                uint32_t word = at << 6 | i;
                uint8_t bytes[4] = {uint8_t(word), uint8_t(word >> 8), uint8_t(word >> 16), uint8_t(word >> 24)};
                MCInst insn;
                uint64_t size;
                auto status = decoder->getInstruction(insn, size, ArrayRef<uint8_t>(bytes, 4), 0, nulls());
                defined |= uint64_t(status != MCDisassembler::Fail) << i;
            }
            words[at] = defined;
        }
        if (slice % 64 == 63) fprintf(stderr, "%u of 1024\n", slice + 1);
    }
}

// A binary decision diagram over bits 31 to 0: nodes 0 and 1 are the constants.
struct Node {
    int bit;
    uint32_t low, high;
};
static std::vector<Node> nodes = {{-1, 0, 0}, {-1, 1, 1}};
static std::map<std::tuple<int, uint32_t, uint32_t>, uint32_t> known;

static uint32_t node(int bit, uint32_t low, uint32_t high) {
    if (low == high) return low;
    auto [found, fresh] = known.try_emplace({bit, low, high}, uint32_t(nodes.size()));
    if (fresh) nodes.push_back({bit, low, high});
    return found->second;
}

static uint32_t leaf(uint64_t bits, int len) {
    if (len == 0) return bits & 1;
    return node(len - 1, leaf(bits, len - 1), leaf(bits >> (1 << (len - 1)), len - 1));
}

static uint32_t diagram() {
    std::unordered_map<uint64_t, uint32_t> seen;
    std::vector<uint32_t> level(words.size());
    for (size_t i = 0; i < words.size(); i++) {
        auto [found, fresh] = seen.try_emplace(words[i], 0);
        if (fresh) found->second = leaf(words[i], 6);
        level[i] = found->second;
    }
    for (int bit = 6; bit < 32; bit++) {
        for (size_t i = 0; i < level.size() / 2; i++) level[i] = node(bit, level[2 * i], level[2 * i + 1]);
        level.resize(level.size() / 2);
    }
    return level[0];
}

static std::map<std::pair<uint32_t, uint32_t>, uint32_t> ands, ors;
static uint32_t negate(uint32_t);

static uint32_t low_of(uint32_t n, int bit) { return nodes[n].bit == bit ? nodes[n].low : n; }
static uint32_t high_of(uint32_t n, int bit) { return nodes[n].bit == bit ? nodes[n].high : n; }

static uint32_t both(uint32_t a, uint32_t b) {
    if (a == b || b == 1) return a;
    if (a == 1) return b;
    if (a == 0 || b == 0) return 0;
    auto key = std::minmax(a, b);
    if (auto found = ands.find(key); found != ands.end()) return found->second;
    int bit = std::max(nodes[a].bit, nodes[b].bit);
    uint32_t low = both(low_of(a, bit), low_of(b, bit)), high = both(high_of(a, bit), high_of(b, bit));
    return ands[key] = node(bit, low, high);
}

static std::map<uint32_t, uint32_t> nots;
static uint32_t negate(uint32_t a) {
    if (a < 2) return 1 - a;
    if (auto found = nots.find(a); found != nots.end()) return found->second;
    Node n = nodes[a];
    uint32_t low = negate(n.low), high = negate(n.high);
    return nots[a] = node(n.bit, low, high);
}
static uint32_t either(uint32_t a, uint32_t b) { return negate(both(negate(a), negate(b))); }

// A pattern as pairs of bits and their values.
using Cube = std::vector<std::pair<int, int>>;
struct Cover {
    std::vector<Cube> cubes;
    uint32_t set;
};
static std::map<std::pair<uint32_t, uint32_t>, Cover> covers;

// An irredundant cover of at least `least` and at most `most`.
static const Cover &cover(uint32_t least, uint32_t most) {
    auto key = std::make_pair(least, most);
    if (auto found = covers.find(key); found != covers.end()) return found->second;
    Cover out{{}, 0};
    if (least == 0) return covers[key] = out;
    if (most == 1) return covers[key] = Cover{{{}}, 1};
    int bit = std::max(nodes[least].bit, nodes[most].bit);
    uint32_t l0 = low_of(least, bit), l1 = high_of(least, bit), m0 = low_of(most, bit), m1 = high_of(most, bit);
    Cover zero = cover(both(l0, negate(m1)), m0), one = cover(both(l1, negate(m0)), m1);
    uint32_t rest = either(both(l0, negate(zero.set)), both(l1, negate(one.set)));
    Cover any = cover(rest, both(m0, m1));
    for (auto &cube : zero.cubes) out.cubes.push_back(cube), out.cubes.back().push_back({bit, 0});
    for (auto &cube : one.cubes) out.cubes.push_back(cube), out.cubes.back().push_back({bit, 1});
    out.cubes.insert(out.cubes.end(), any.cubes.begin(), any.cubes.end());
    out.set = node(bit, either(zero.set, any.set), either(one.set, any.set));
    return covers[key] = out;
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: llvm words.bin > reference.txt\n"), 2;
    FILE *file = fopen(argv[1], "rb");
    if (file && fread(words.data(), 8, words.size(), file) == words.size()) {
        fprintf(stderr, "taking the words of %s\n", argv[1]);
    } else {
        LLVMInitializeAArch64TargetInfo();
        LLVMInitializeAArch64TargetMC();
        LLVMInitializeAArch64Disassembler();
        std::atomic<uint32_t> next{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; i++) threads.emplace_back([&] { sweep(next); });
        for (auto &thread : threads) thread.join();
        file = fopen(argv[1], "wb");
        if (!file || fwrite(words.data(), 8, words.size(), file) != words.size() || fclose(file)) return perror(argv[1]), 1;
    }
    uint64_t count = 0;
    for (uint64_t bits : words) count += __builtin_popcountll(bits);
    uint32_t root = diagram();
    const Cover &all = cover(root, root);
    if (all.set != root) return fprintf(stderr, "the cover is not the set\n"), 1;
    printf("; The words that LLVM %s takes for instructions of the extensions offered here, as bit patterns, an x for any.\n"
           "; Made by llvm.cpp, which says how; never by hand. The next line is how many words they are.\n= %llu\n",
           LLVM_VERSION_STRING, (unsigned long long)count);
    std::vector<std::string> lines;
    for (auto &cube : all.cubes) {
        std::string line(32, 'x');
        for (auto [bit, value] : cube) line[31 - bit] = char('0' + value);
        lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    for (auto &line : lines) puts(line.c_str());
    fprintf(stderr, "%zu nodes, %zu patterns\n", nodes.size(), lines.size());
}
