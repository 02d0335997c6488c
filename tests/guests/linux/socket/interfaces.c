/* The loopback interface by getifaddrs (netlink), by ioctl and by name. */
#define _GNU_SOURCE
#include "../check.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(void)
{
	struct ifaddrs *list, *at;
	struct ifreq request = {.ifr_name = "lo"};
	int found = 0;
	char name[IF_NAMESIZE] = "";
	CHECK_SYS(getifaddrs(&list));
	for (at = list; at != NULL; at = at->ifa_next) {
		if (strcmp(at->ifa_name, "lo") != 0)
			continue;
		CHECK_EQ(at->ifa_flags & (IFF_LOOPBACK | IFF_UP), IFF_LOOPBACK | IFF_UP);
		if (at->ifa_addr == NULL || at->ifa_addr->sa_family != AF_INET)
			continue;
		found++;
		CHECK_EQ(((struct sockaddr_in *)at->ifa_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
		CHECK_EQ(((struct sockaddr_in *)at->ifa_netmask)->sin_addr.s_addr, htonl(0xff000000));
	}
	freeifaddrs(list);
	CHECK_EQ(found, 1);

	unsigned number = if_nametoindex("lo");
	CHECK(number != 0);
	CHECK_STR(if_indextoname(number, name), "lo");
	CHECK_EQ(if_nametoindex("no-such-if"), 0);
	int fd = CHECK_SYS(socket(AF_INET, SOCK_DGRAM, 0));
	CHECK_SYS(ioctl(fd, SIOCGIFFLAGS, &request));
	CHECK_EQ(request.ifr_flags & (IFF_LOOPBACK | IFF_UP), IFF_LOOPBACK | IFF_UP);
	CHECK_SYS(ioctl(fd, SIOCGIFADDR, &request));
	CHECK_EQ(((struct sockaddr_in *)&request.ifr_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	strcpy(request.ifr_name, "no-such-if");
	CHECK_ERRNO(ioctl(fd, SIOCGIFADDR, &request), ENODEV);
	return check_done();
}
