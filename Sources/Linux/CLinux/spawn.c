#include "include/CLinux.h"
#include "include/CLinuxSpawn.h"
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

static int prepare_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error)
        error = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    return error;
}

int clinux_spawn(const char *path, char *const arguments[], char *const environment[], const int *descriptors,
                 int count, pid_t *process) {
    // Copies above the range of targets first: a source could be the target of another.
    int *copies = calloc(count > 0 ? (size_t)count : 1, sizeof(int));
    if (!copies) return ENOMEM;
    int made = 0, error = 0;
    for (; made < count; made++) {
        copies[made] = fcntl(descriptors[made], F_DUPFD_CLOEXEC, 3 + count);
        if (copies[made] < 0) {
            error = errno;
            break;
        }
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (!error) error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    for (int i = 0; !error && i < count; i++) error = posix_spawn_file_actions_adddup2(&actions, copies[i], 3 + i);
    // Not every descriptor of this process is marked to be closed: a library's listening socket in the child would live on
    // after this process and swallow connections.
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, 3 + count);
    if (!error) error = prepare_attributes(&attributes);
    if (!error) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; i < made; i++) close(copies[i]);
    free(copies);
    return error;
}

int clinux_pidfd_getfd(int pidfd, int descriptor) { return (int)syscall(438, pidfd, descriptor, 0); }

int clinux_reap(pid_t process, int *status) {
    int raw = 0;
    if (waitpid(process, &raw, WNOHANG) != process) return 0;
    *status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    return 1;
}

static volatile int signal_descriptor = -1;

static void report_signal(int number) {
    int before = errno;
    unsigned char byte = (unsigned char)number;
    // A full pipe holds the news already.
    (void)!write(signal_descriptor, &byte, 1);
    errno = before;
}

static void do_nothing(int number) { (void)number; }

int clinux_catch_signals(void) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK)) return -1;
    struct sigaction report = {.sa_handler = report_signal, .sa_flags = SA_RESTART};
    struct sigaction nothing = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};
    sigemptyset(&report.sa_mask);
    sigemptyset(&nothing.sa_mask);
    signal_descriptor = ends[1];
    if (sigaction(SIGINT, &report, NULL) || sigaction(SIGTERM, &report, NULL) || sigaction(SIGPIPE, &nothing, NULL))
        return -1;
    return ends[0];
}
