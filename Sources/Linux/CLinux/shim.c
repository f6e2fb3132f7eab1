#include "CLinux.h"

#include <malloc.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>

int clinux_epoll_wait_number(int epoll, uint64_t *number, int timeout_milliseconds) {
    struct epoll_event event;
    int count = epoll_wait(epoll, &event, 1, timeout_milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -1;
    if (count > 0) *number = event.data.u64;
    return count;
}

int clinux_pidfd_reap(int pidfd) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    // P_PIDFD is 3; the constant is not in every C library.
    if (waitid((idtype_t)3, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return -1;
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

uint64_t clinux_file_system_kind(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (uint64_t)status.f_type : 0;
}

static int spawn_with(const char *path, char *const arguments[], char *const environment[], const char *directory,
                      const int *descriptors, int count, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    for (int index = 0; index < count && !error; index++) {
        error = posix_spawn_file_actions_adddup2(&actions, descriptors[index], index);
    }
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, count);
    if (!error && directory) error = posix_spawn_file_actions_addchdir_np(&actions, directory);
    if (!error) error = posix_spawn(child, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int clinux_spawn_exactly(const char *path, char *const arguments[], char *const environment[], const char *directory,
                         const int *descriptors, int count, pid_t *child) {
    enum { most = 16, above = 32 };
    int copies[most];
    if (count > most) return EINVAL;
    // Copies far above the targets: dup2 onto a small number must not destroy a source that is still needed.
    for (int index = 0; index < count; index++) {
        copies[index] = fcntl(descriptors[index], F_DUPFD_CLOEXEC, above);
        if (copies[index] < 0) {
            int error = errno;
            while (index-- > 0) close(copies[index]);
            return error;
        }
    }
    int error = spawn_with(path, arguments, environment, directory, copies, count, child);
    for (int index = 0; index < count; index++) close(copies[index]);
    return error;
}

struct netns_request {
    const char *path;
    const char *const *names;
    const char *const *values;
    int count;
    int domain, type, protocol;
    int result;
    int error;
};

static int write_sysctl(const char *name, const char *value) {
    char path[256];
    if (snprintf(path, sizeof path, "/proc/sys/net/%s", name) >= (int)sizeof path) return ENAMETOOLONG;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : errno;
    ssize_t written = write(fd, value, strlen(value));
    int error = written < 0 ? errno : 0;
    close(fd);
    return error;
}

static void *create_in_thread(void *argument) {
    struct netns_request *request = argument;
    if (unshare(CLONE_NEWNET) != 0) {
        request->error = errno;
        return NULL;
    }
    for (int index = 0; index < request->count; index++) {
        request->error = write_sysctl(request->names[index], request->values[index]);
        if (request->error) return NULL;
    }
    char own[64];
    snprintf(own, sizeof own, "/proc/self/task/%d/ns/net", (int)syscall(SYS_gettid));
    if (mount(own, request->path, NULL, MS_BIND, NULL) != 0) request->error = errno;
    return NULL;
}

static void *socket_in_thread(void *argument) {
    struct netns_request *request = argument;
    request->result = -1;
    int namespace = open(request->path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0) {
        request->error = errno;
        return NULL;
    }
    if (setns(namespace, CLONE_NEWNET) != 0) {
        request->error = errno;
    } else {
        request->result = socket(request->domain, request->type | SOCK_CLOEXEC, request->protocol);
        if (request->result < 0) request->error = errno;
    }
    close(namespace);
    return NULL;
}

// A namespace belongs to a thread: a thread of its own changes it and ends, and no other thread is touched.
static int run_in_thread(void *(*body)(void *), struct netns_request *request) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, request);
    if (error) return error;
    pthread_join(thread, NULL);
    return request->error;
}

int clinux_netns_create(const char *path, const char *const names[], const char *const values[], int count) {
    struct netns_request request = {.path = path, .names = names, .values = values, .count = count};
    return run_in_thread(create_in_thread, &request);
}

int clinux_netns_socket(const char *path, int domain, int type, int protocol) {
    struct netns_request request = {.path = path, .domain = domain, .type = type, .protocol = protocol};
    int error = run_in_thread(socket_in_thread, &request);
    if (error) {
        errno = error;
        return -1;
    }
    return request.result;
}

int clinux_link_index(int socket, const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    return ioctl(socket, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : 0;
}

void clinux_use_one_heap(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}
