// System calls and macros of Linux that Swift's Glibc module does not import.
#pragma once
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>
#include <errno.h>
#include "CLinuxFiles.h"
#include "CLinuxSpawn.h"

static inline int clinux_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    return (int)syscall(SYS_accept4, fd, address, length, flags);
}

// epoll_event's union is awkward from Swift: the pointer and the number form, each as a call.
static inline int clinux_epoll_add(int epoll, int fd, uint32_t events, void *context) {
    struct epoll_event event = {.events = events, .data = {.ptr = context}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int clinux_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0); }

static inline int clinux_pidfd_open(pid_t pid) { return (int)syscall(434, pid, 0); }

static inline int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(424, pidfd, signal, (void *)0, 0);
}
