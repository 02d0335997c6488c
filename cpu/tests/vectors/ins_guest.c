// The reference side of the .ins files: runs cases from fd 0 on the machine it is started on. See ins.py, which starts it.
//
// A case starts by returning from a signal into its registers and ends with the next signal, so that every register
// is the case's own. Code stands at 200000, the 256 bytes of data at 210000, and 200000 to 21ffff is mapped.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { CODE = 0x200000, DATA = 0x210000, END = 0x220000 };

struct machine {
    uint64_t x[31], sp, pc, nzcv, fpcr, fpsr, signal, code;
    unsigned __int128 v[32];
    uint8_t data[256];
};

static struct {
    uint32_t words[16];
    struct machine machine;
} input;
static struct machine output;
static ucontext_t before;
static int running;

static struct fpsimd_context *fpsimd(ucontext_t *context) {
    return (struct fpsimd_context *)context->uc_mcontext.__reserved;
}

static void on_signal(int number, siginfo_t *info, void *given) {
    ucontext_t *context = given;
    mcontext_t *m = &context->uc_mcontext;
    struct machine *of = running ? &output : &input.machine;
    if (!running) {
        before = *context;
        memcpy(m->regs, of->x, sizeof of->x);
        m->sp = of->sp;
        m->pc = CODE;
        m->pstate = of->nzcv;
        fpsimd(context)->fpcr = (uint32_t)of->fpcr;
        fpsimd(context)->fpsr = (uint32_t)of->fpsr;
        memcpy(fpsimd(context)->vregs, of->v, sizeof of->v);
    } else {
        memcpy(of->x, m->regs, sizeof of->x);
        of->sp = m->sp;
        of->pc = m->pc - CODE;
        of->nzcv = m->pstate & 0xF0000000;
        of->fpcr = fpsimd(context)->fpcr;
        of->fpsr = fpsimd(context)->fpsr;
        memcpy(of->v, fpsimd(context)->vregs, sizeof of->v);
        of->signal = (uint64_t)number;
        of->code = (uint64_t)info->si_code;
        *context = before;
    }
    running = !running;
}

int main(void) {
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    int signals[] = {SIGUSR1, SIGTRAP, SIGSEGV, SIGBUS, SIGILL};
    void *memory = mmap((void *)CODE, END - CODE, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (memory == MAP_FAILED || sigaltstack(&alternate, 0)) return 1;
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], &action, 0)) return 1;
    while (read(0, &input, sizeof input) == sizeof input) {
        memset(memory, 0, END - CODE);
        memcpy((void *)CODE, input.words, sizeof input.words);
        memcpy((void *)DATA, input.machine.data, sizeof input.machine.data);
        __builtin___clear_cache((char *)CODE, (char *)CODE + sizeof input.words);
        raise(SIGUSR1);
        memcpy(output.data, (void *)DATA, sizeof output.data);
        if (write(1, &output, sizeof output) != sizeof output) return 1;
    }
    return 0;
}
