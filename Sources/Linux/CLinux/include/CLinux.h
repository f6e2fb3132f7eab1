// System calls and macros of Linux that Swift's Glibc module does not import.
#pragma once
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
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

// O_PATH, which only GNU's headers name: a descriptor that stands for a place and can't be read.
static const int clinux_open_path = 010000000;

static inline int clinux_pidfd_open(pid_t pid) { return (int)syscall(434, pid, 0); }

static inline int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(424, pidfd, signal, (void *)0, 0);
}

static inline int clinux_epoll_add_number(int epoll, int fd, uint32_t events, uint64_t number) {
    struct epoll_event event = {.events = events, .data = {.u64 = number}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// Waits for one event; gives its number in *number, and 1, 0 on a signal, or -1.
int clinux_epoll_wait_number(int epoll, uint64_t *number, int timeout_milliseconds);

// The exit status of an ended child by its pidfd, 128 + signal for an end by signal; -1 when it has not ended or is
// no child. The child is reaped.
int clinux_pidfd_reap(int pidfd);

// Starts a program in a session of its own with exactly the given descriptors as 0, 1, 2...; everything else is
// closed, signals are back to their defaults. Gives 0 or an error number.
int clinux_spawn_exactly(const char *path, char *const arguments[], char *const environment[], const char *directory,
                         const int *descriptors, int count, pid_t *child);

// Makes a network namespace, keeps it by a bind mount on the existing file `path`, and sets the sysctls below
// /proc/sys/net in it: `names` and `values` run in parallel; those that the kernel lacks are skipped.
// Gives 0 or an error number.
int clinux_netns_create(const char *path, const char *const names[], const char *const values[], int count);

// A socket that belongs to the network namespace kept at `path`; or -1 with errno.
int clinux_netns_socket(const char *path, int domain, int type, int protocol);

static inline ssize_t clinux_getdents64(int fd, void *buffer, size_t size) {
    return syscall(SYS_getdents64, fd, buffer, size);
}

// The number of the file system a path is on; 0 when it can't be told.
uint64_t clinux_file_system_kind(const char *path);
static const uint64_t clinux_overlayfs = 0x794c7630;
static const uint64_t clinux_nsfs = 0x6e736673;

// Descendants that lose their parent become children of this process.
static inline int clinux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

static inline char **clinux_environment(void) {
    extern char **environ;
    return environ;
}

// The number of the link with this name in the namespace that the socket belongs to; 0 when there is none.
int clinux_link_index(int socket, const char *name);

// Keeps all of this process's memory in one heap and gives back what is free at its end: a heap for each thread grows
// to what its busiest moment took and stays there. To be called before other threads allocate.
void clinux_use_one_heap(void);
