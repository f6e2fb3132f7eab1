// What an event loop needs of Linux and Swift's Glibc module lacks.
//
// Defines no feature macro: with one, glibc's headers declare types differently from Swift's Glibc module, and a file
// that imports both does not compile.
#pragma once
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// epoll_event's union is awkward from Swift: this is its number form.
static inline int cepoll_add(int epoll, int fd, uint32_t events, uint64_t number) {
    struct epoll_event event = {.events = events, .data = {.u64 = number}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int cepoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0); }

static inline uint64_t cepoll_number(const struct epoll_event *event) { return event->data.u64; }

// The connection is non-blocking and closed on exec.
int cepoll_accept(int fd, struct sockaddr *address, socklen_t *length);

void cepoll_name_thread(const char *name);

// Leaves all rights of root behind for good: supplementary groups, group, user, and the gaining of new ones by exec.
// Gives 0 or an error number.
int cepoll_drop_privileges(uint32_t user, uint32_t group);
