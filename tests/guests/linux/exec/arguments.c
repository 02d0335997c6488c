// qemu: no, exec without binfmt
/* The arguments and the environment of execve arrive as they were given, empty and long ones too; the process is
 * the same. */
#define _GNU_SOURCE
#include "../check.h"
#include <elf.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

extern char **environ;
enum { LONG = 100000 };

static int in_second(int argc, char **argv)
{
	char name[16] = "", exe[4096] = "", number[16];
	CHECK_EQ(argc, 6);
	CHECK(argv[argc] == NULL);
	CHECK_STR(argv[0], "any name");
	CHECK_STR(argv[2], "");
	CHECK_STR(argv[3], "with 'quotes' and \n and \xff");
	CHECK_EQ(strlen(argv[4]), LONG);
	CHECK_EQ(strspn(argv[4], "x"), LONG);
	/* environ is exactly what was passed, in order, also what is not of the form name=value. */
	CHECK_STR(environ[0], "A=1");
	CHECK_STR(environ[1], "no equals sign");
	CHECK_STR(environ[2], "A=2");
	CHECK_STR(environ[3], "=empty name");
	CHECK_STR(environ[4], "EMPTY=");
	CHECK_STR(getenv("A"), "1");
	CHECK(environ[6] == NULL);
	/* Arguments, then environment, lie behind one another in memory. */
	for (int i = 1; i < argc; i++)
		CHECK(argv[i] == argv[i - 1] + strlen(argv[i - 1]) + 1);
	CHECK(environ[0] == argv[argc - 1] + strlen(argv[argc - 1]) + 1);

	snprintf(number, sizeof number, "%d", getpid());
	CHECK_STR(argv[5], number);
	snprintf(number, sizeof number, "%d", getppid());
	CHECK_STR(environ[5], number);

	CHECK_STR((const char *)getauxval(AT_EXECFN), "/proc/self/exe");
	CHECK_SYS(prctl(PR_GET_NAME, name));
	CHECK_STR(name, "exe");
	CHECK_SYS(readlink("/proc/self/exe", exe, sizeof exe - 1));
	CHECK_STR(exe, argv[1]);
	CHECK_EQ(getauxval(AT_PAGESZ), (unsigned long)sysconf(_SC_PAGESIZE));
	CHECK(getauxval(AT_PHDR) != 0 && getauxval(AT_ENTRY) != 0 && getauxval(AT_RANDOM) != 0);
	CHECK_EQ(getauxval(AT_UID), getuid());
	CHECK_EQ(getauxval(AT_SECURE), 0);
	return check_done();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return in_second(argc, argv);
	static char text[LONG + 1];
	char exe[4096] = "", pid[16], parent[16];
	memset(text, 'x', LONG);
	CHECK_SYS(readlink("/proc/self/exe", exe, sizeof exe - 1));
	CHECK_SYS(prctl(PR_SET_NAME, "forgotten"));
	snprintf(pid, sizeof pid, "%d", getpid());
	snprintf(parent, sizeof parent, "%d", getppid());
	char *args[] = {"any name", exe, "", "with 'quotes' and \n and \xff", text, pid, NULL};
	char *env[] = {"A=1", "no equals sign", "A=2", "=empty name", "EMPTY=", parent, NULL};
	execve("/proc/self/exe", args, env);
	CHECK(!"execve returned");
}
