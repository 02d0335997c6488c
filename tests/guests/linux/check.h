/* What the self-checking guests share. A failed check says on stdout where, what was expected and what was found, and
 * ends the process with status 1; a guest whose checks all hold prints "ok" and returns 0. Nothing that differs
 * between two runs (process numbers, addresses, times) is printed by a guest that succeeds. */
#ifndef GUEST_CHECK_H
#define GUEST_CHECK_H

#ifndef _GNU_SOURCE
#error "define _GNU_SOURCE before the first include"
#endif

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* The condition holds. */
#define CHECK(cond)                                                                                                    \
	do {                                                                                                           \
		if (!(cond)) {                                                                                         \
			int check_e_ = errno;                                                                          \
			check_fail(__FILE__, __LINE__, "expected %s, got false, errno %d (%s)", #cond, check_e_,       \
				   strerror(check_e_));                                                                \
		}                                                                                                      \
	} while (0)

/* Two integers or pointers are equal; the second is what is expected. */
#define CHECK_EQ(got, want)                                                                                            \
	do {                                                                                                           \
		long long check_got_ = (long long)(got);                                                               \
		int check_e_ = errno;                                                                                  \
		long long check_want_ = (long long)(want);                                                             \
		if (check_got_ != check_want_)                                                                         \
			check_fail(__FILE__, __LINE__, "%s: expected %s = %lld (0x%llx), got %lld (0x%llx), errno %d", \
				   #got, #want, check_want_, check_want_, check_got_, check_got_, check_e_);           \
	} while (0)

/* Two strings are equal. */
#define CHECK_STR(got, want)                                                                                           \
	do {                                                                                                           \
		const char *check_got_ = (got), *check_want_ = (want);                                                 \
		if (check_got_ == NULL || strcmp(check_got_, check_want_) != 0)                                        \
			check_fail(__FILE__, __LINE__, "%s: expected \"%s\", got \"%s\"", #got, check_want_,           \
				   check_got_ == NULL ? "(null)" : check_got_);                                        \
	} while (0)

/* Two pieces of memory are equal. */
#define CHECK_MEM(got, want, length)                                                                                   \
	do {                                                                                                           \
		if (memcmp((got), (want), (length)) != 0)                                                              \
			check_fail(__FILE__, __LINE__, "%s: expected the %zu bytes of %s, got others", #got,           \
				   (size_t)(length), #want);                                                           \
	} while (0)

/* A call that returns -1 (or MAP_FAILED, SIG_ERR) and leaves this errno. */
#define CHECK_ERRNO(call, want)                                                                                        \
	do {                                                                                                           \
		errno = 0;                                                                                             \
		long check_r_ = (long)(call);                                                                          \
		int check_e_ = errno;                                                                                  \
		if (check_r_ != -1 || check_e_ != (want))                                                              \
			check_fail(__FILE__, __LINE__, "%s: expected -1 and %s (%d), got %ld and errno %d (%s)",       \
				   #call, #want, (want), check_r_, check_e_, strerror(check_e_));                      \
	} while (0)

/* The value of a call that must not return -1. */
#define CHECK_SYS(call)                                                                                                \
	({                                                                                                             \
		errno = 0;                                                                                             \
		__typeof__(call) check_v_ = (call);                                                                    \
		if ((long)check_v_ == -1)                                                                              \
			check_fail(__FILE__, __LINE__, "%s: expected success, got -1 and errno %d (%s)", #call, errno, \
				   strerror(errno));                                                                   \
		check_v_;                                                                                              \
	})

__attribute__((noreturn, format(printf, 3, 4))) static inline void check_fail(const char *file, int line,
									      const char *format, ...)
{
	char text[1024];
	const char *base = strrchr(file, '/');
	va_list rest;
	int used = snprintf(text, 128, "%s:%d: ", base == NULL ? file : base + 1, line);
	va_start(rest, format);
	used += vsnprintf(text + used, sizeof text - 256, format, rest);
	va_end(rest);
	if (used > (int)sizeof text - 128)
		used = (int)sizeof text - 128;
	text[used++] = '\n';
	/* One write, below stdio: the failure may be in a child, a thread or a handler. */
	ssize_t written = write(1, text, (size_t)used);
	_exit(written == used ? 1 : 2);
}

/* Waits for the child and returns its wait status. */
static inline int check_reap(pid_t pid)
{
	int status = -1;
	pid_t got;
	do
		got = waitpid(pid, &status, 0);
	while (got == -1 && errno == EINTR);
	if (got != pid)
		check_fail(__FILE__, __LINE__, "waitpid of a child failed: errno %d", errno);
	return status;
}

/* Waits for the child, which must exit with status 0: its own checks hold. */
#define CHECK_CHILD(pid) CHECK_EQ(check_reap(pid), 0)

/* The last statement of main: return check_done(); */
static inline int check_done(void)
{
	puts("ok");
	return fflush(stdout) == 0 ? 0 : 2;
}

#endif
