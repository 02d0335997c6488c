/* accept and recv: a signal ends them with EINTR unless SA_RESTART; SO_RCVTIMEO ends them with EAGAIN. */
#define _GNU_SOURCE
#include "../check.h"
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

static void alarms_with(int flags)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
	struct itimerval timer = {{0, 20000}, {0, 20000}};
	CHECK_SYS(sigaction(SIGALRM, &action, NULL));
	CHECK_SYS(setitimer(ITIMER_REAL, &timer, NULL));
	alarms = 0;
}

int main(void)
{
	struct sockaddr_un address = {AF_UNIX, "sock"};
	struct timespec delay = {0, 60000000};
	int listener = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0)), pair[2];
	char byte;
	CHECK_SYS(bind(listener, (struct sockaddr *)&address, sizeof address));
	CHECK_SYS(listen(listener, 2));
	CHECK_SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));

	alarms_with(0);
	CHECK_ERRNO(accept(listener, NULL, NULL), EINTR);
	CHECK_ERRNO(recv(pair[0], &byte, 1, 0), EINTR);
	CHECK_ERRNO(recv(pair[0], &byte, 1, MSG_WAITALL), EINTR);

	/* Restarted as often as need be until the child comes. */
	alarms_with(SA_RESTART);
	pid_t child = CHECK_SYS(fork());
	if (child == 0) {
		nanosleep(&delay, NULL);
		int client = CHECK_SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		CHECK_SYS(connect(client, (struct sockaddr *)&address, sizeof address));
		nanosleep(&delay, NULL);
		CHECK_EQ(send(client, "x", 1, 0), 1);
		_exit(0);
	}
	int server = CHECK_SYS(accept(listener, NULL, NULL));
	CHECK_EQ(recv(server, &byte, 1, 0), 1);
	CHECK(alarms >= 1);
	CHECK_CHILD(child);
	struct itimerval off = {{0, 0}, {0, 0}};
	CHECK_SYS(setitimer(ITIMER_REAL, &off, NULL));

	struct timeval limit = {0, 30000}, back;
	struct timespec before, after;
	socklen_t length = sizeof back;
	CHECK_SYS(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	CHECK_SYS(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	CHECK_SYS(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &back, &length));
	CHECK(back.tv_sec == 0 && back.tv_usec >= 30000 && back.tv_usec <= 40000);
	CHECK_SYS(clock_gettime(CLOCK_MONOTONIC, &before));
	CHECK_ERRNO(recv(pair[0], &byte, 1, 0), EAGAIN);
	CHECK_ERRNO(accept(listener, NULL, NULL), EAGAIN);
	CHECK_SYS(clock_gettime(CLOCK_MONOTONIC, &after));
	CHECK((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= 55000000);
	/* A socket with a limit is not restarted, whatever the handler says. */
	limit.tv_sec = 1000;
	CHECK_SYS(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	alarms_with(SA_RESTART);
	CHECK_ERRNO(recv(pair[0], &byte, 1, 0), EINTR);
	limit = (struct timeval){0, 1000000};
	CHECK_ERRNO(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), EDOM);
	return check_done();
}
