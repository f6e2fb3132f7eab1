#define _GNU_SOURCE
#include <sched.h>
#include "CEpoll.h"
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

int cepoll_accept(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void cepoll_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int cepoll_drop_privileges(uint32_t user, uint32_t group) {
    if (setgroups(0, 0) != 0) return errno;
    if (setresgid(group, group, group) != 0) return errno;
    if (setresuid(user, user, user) != 0) return errno;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    return 0;
}

int cepoll_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}
