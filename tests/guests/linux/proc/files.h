/* Reading a file of /proc as a string, for the guests of this folder. */
#ifndef GUEST_FILES_H
#define GUEST_FILES_H

#include "../check.h"
#include <fcntl.h>

/* The whole file, from a buffer that the next call uses again, with a NUL behind it; `length` may be NULL. */
static inline char *file_text(const char *path, size_t *length)
{
	static char text[1 << 18];
	size_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		check_fail(__FILE__, __LINE__, "expected %s to open, got errno %d", path, errno);
	for (;;) {
		ssize_t more = read(fd, text + n, sizeof text - 1 - n);
		if (more < 0)
			check_fail(__FILE__, __LINE__, "expected to read %s, got errno %d", path, errno);
		if (more == 0)
			break;
		n += (size_t)more;
	}
	close(fd);
	text[n] = 0;
	if (length != NULL)
		*length = n;
	return text;
}

/* The text behind "name:" and blanks on a line of `text`, or NULL. */
static inline const char *file_field(const char *text, const char *name)
{
	size_t length = strlen(name);
	while (text != NULL) {
		if (strncmp(text, name, length) == 0) {
			text += length;
			text += strspn(text, " \t");
			if (*text == ':')
				return text + 1 + strspn(text + 1, " \t");
		}
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	return NULL;
}

#endif
