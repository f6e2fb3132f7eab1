// What an event loop needs of Linux and Swift's Glibc module lacks.
//
// Defines no feature macro: with one, glibc's headers declare types differently from Swift's Glibc module, and a file
// that imports both does not compile.
#pragma once
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// epoll_event's union is awkward from Swift: this is its number form.
static inline int cepoll_add(int epoll, int fd, uint32_t events, uint64_t number) {
    struct epoll_event event = {.events = events, .data = {.u64 = number}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int cepoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0); }

static inline uint64_t cepoll_number(const struct epoll_event *event) { return event->data.u64; }

// The calls of every request. libc's own are points where a thread can be cancelled, which costs two atomic operations each;
// nobody cancels threads here. The result is libc's: -1 and errno.
static inline ssize_t cepoll_receive(int fd, void *bytes, size_t count) {
    return syscall(SYS_recvfrom, fd, bytes, count, 0, NULL, NULL);
}

static inline ssize_t cepoll_send(int fd, const void *bytes, size_t count) {
    return syscall(SYS_sendto, fd, bytes, count, MSG_NOSIGNAL, NULL, 0);
}

static inline ssize_t cepoll_send_pieces(int fd, const struct msghdr *pieces) {
    return syscall(SYS_sendmsg, fd, pieces, MSG_NOSIGNAL);
}

static inline int cepoll_wait(int epoll, struct epoll_event *events, int count, int milliseconds) {
    return (int)syscall(SYS_epoll_pwait, epoll, events, count, milliseconds, NULL, 8);
}

// The connection is non-blocking and closed on exec.
int cepoll_accept(int fd, struct sockaddr *address, socklen_t *length);

void cepoll_name_thread(const char *name);

// How many processors this thread may run on; at least 1.
int cepoll_processors(void);

// Leaves all rights of root behind for good: supplementary groups, group, user, and the gaining of new ones by exec.
// Gives 0 or an error number.
int cepoll_drop_privileges(uint32_t user, uint32_t group);
