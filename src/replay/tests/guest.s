// The guest of the replay tests: maps, writes, clears, moves and unmaps pages, grows the heap, takes random
// bytes, faults on purpose and computes, twelve times; exits with 7.
//
// guest.words holds the instructions; after a change here:
//   aarch64-linux-gnu-as guest.s -o guest.o && aarch64-linux-gnu-objcopy -O binary guest.o guest.bin
//   od -An -v -tx4 -w4 guest.bin | tr -d ' ' > guest.words
_start:
	adr	x10, handler
	str	x10, [sp, #-32]!
	movz	x10, #0x0400, lsl #16		// SA_RESTORER | SA_SIGINFO
	movk	x10, #0x0004
	str	x10, [sp, #8]
	adr	x10, restorer
	str	x10, [sp, #16]
	str	xzr, [sp, #24]
	mov	x0, #4				// rt_sigaction(SIGILL, sp, NULL, 8)
	mov	x1, sp
	mov	x2, #0
	mov	x3, #8
	mov	x8, #134
	svc	#0
	mov	x0, #0				// brk(0)
	mov	x8, #214
	svc	#0
	mov	x25, x0
	mov	x19, #0
	mov	x20, #12345
	mov	x24, #0
	movz	x22, #0x7F2D
	movk	x22, #0x4C95, lsl #16
	movk	x22, #0xF42D, lsl #32
	movk	x22, #0x5851, lsl #48
	mov	x23, #1
outer:
	mov	x0, #0				// mmap(NULL, 8 pages, RW, PRIVATE|ANONYMOUS, -1, 0)
	mov	x1, #0x8000
	mov	x2, #3
	mov	x3, #0x22
	mov	x4, #-1
	mov	x5, #0
	mov	x8, #222
	svc	#0
	mov	x21, x0
	mov	x9, #0
fill:
	madd	x20, x20, x22, x23
	str	x20, [x21, x9]
	add	x9, x9, #256
	cmp	x9, #0x8000
	b.lo	fill
	add	x0, x21, #0x1000		// madvise(second and third page, MADV_DONTNEED)
	mov	x1, #0x2000
	mov	x2, #4
	mov	x8, #233
	svc	#0
	mov	x0, x21				// getrandom(first page, 2048, 0)
	mov	x1, #2048
	mov	x2, #0
	mov	x8, #278
	svc	#0
	add	x0, x21, #0x4000		// mprotect(fifth page, READ)
	mov	x1, #0x1000
	mov	x2, #1
	mov	x8, #226
	svc	#0
	mov	x0, x21				// mremap(all but the last four, to 8 pages, MAYMOVE)
	mov	x1, #0x4000
	mov	x2, #0x8000
	mov	x3, #1
	mov	x8, #216
	svc	#0
	mov	x26, x0
	cbz	x24, first
	mov	x0, x24				// munmap(what the turn before left)
	mov	x1, #0x8000
	mov	x8, #215
	svc	#0
first:
	mov	x24, x26
	add	x0, x25, #0x3000		// brk(three pages more)
	mov	x8, #214
	svc	#0
	str	x20, [x25, #8]
	mov	x25, x0
	udf	#0				// the handler steps over it
	mov	x9, #2000
spin:
	madd	x20, x20, x22, x23
	eor	x20, x20, x20, lsr #29
	fmov	d0, x20
	str	d0, [x24, #16]
	subs	x9, x9, #1
	b.ne	spin
	add	x19, x19, #1
	cmp	x19, #12
	b.lo	outer
	mov	x0, #7				// exit_group(7)
	mov	x8, #94
	svc	#0
handler:
	ldr	x9, [x2, #440]			// uc_mcontext.pc
	add	x9, x9, #4
	str	x9, [x2, #440]
	ret
restorer:
	mov	x8, #139			// rt_sigreturn
	svc	#0
