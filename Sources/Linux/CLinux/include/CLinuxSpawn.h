// Starting a child with sockets of ours, taking a socket out of another process, and being told of signals.
#pragma once
#include <sys/types.h>

// Starts a program in a session of its own with signals as they are by default and stdin empty. The descriptors become
// 3, 4 ... in the child, which has no others beyond standard output and error. Gives 0 and the process id, or an errno value.
int clinux_spawn(const char *path, char *const arguments[], char *const environment[], const int *descriptors,
                 int count, pid_t *process);

// A duplicate of a descriptor of another process, or -1 with errno.
// Source: pidfd_getfd(2); it needs the right to ptrace that process.
int clinux_pidfd_getfd(int pidfd, int descriptor);

// Whether an ended child was reaped: 1, with its exit status (128 plus the signal for an end by signal), else 0.
int clinux_reap(pid_t process, int *status);

// From now on each SIGINT and SIGTERM writes a byte, its number, to a pipe instead of ending the process, and SIGPIPE does
// nothing. Programs that are started get the defaults back, as handlers do not outlive execve(2). Gives the end of the
// pipe to read from, which does not block, or -1 with errno.
int clinux_catch_signals(void);
