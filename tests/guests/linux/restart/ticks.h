/* A signal every few milliseconds while the main thread blocks, for the guests of this folder. The call that is tested
 * is made ready by the handler itself, at a tick of which several came before: so the call was interrupted. */
#ifndef GUEST_TICKS_H
#define GUEST_TICKS_H

#include "../check.h"
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static volatile int ticks;
static volatile int tick_at;           /* the tick that calls the function; 0: none */
static void (*volatile tick_call)(void); /* may use async-signal-safe calls only */

static void tick_handler(int signo)
{
	int saved = errno;
	(void)signo;
	if (++ticks == tick_at)
		tick_call();
	errno = saved;
}

/* Begins: `flags` of the action of SIGALRM, and what to call at tick `at`. */
static inline void ticks_start(int flags, int at, void (*call)(void))
{
	struct sigaction action = {.sa_handler = tick_handler, .sa_flags = flags};
	struct itimerval every = {{0, 8000}, {0, 8000}};
	ticks = 0;
	tick_at = at;
	tick_call = call;
	if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &every, NULL) != 0)
		check_fail(__FILE__, __LINE__, "no timer: errno %d", errno);
}

static inline void ticks_stop(void)
{
	struct itimerval off = {{0, 0}, {0, 0}};
	if (setitimer(ITIMER_REAL, &off, NULL) != 0)
		check_fail(__FILE__, __LINE__, "no timer: errno %d", errno);
}

/* The call is interrupted: -1 and EINTR, after at least one tick. */
#define INTERRUPTED(flags, call)                                                                                       \
	do {                                                                                                           \
		ticks_start(flags, 0, NULL);                                                                           \
		CHECK_ERRNO(call, EINTR);                                                                              \
		ticks_stop();                                                                                          \
		CHECK(ticks >= 1);                                                                                     \
	} while (0)

/* The call is restarted and returns `want`, once the third tick has called `ready`. */
#define RESTARTED(call, want, ready)                                                                                   \
	do {                                                                                                           \
		ticks_start(SA_RESTART, 3, ready);                                                                     \
		CHECK_EQ(call, want);                                                                                  \
		ticks_stop();                                                                                          \
		CHECK(ticks >= 3);                                                                                     \
	} while (0)

#endif
