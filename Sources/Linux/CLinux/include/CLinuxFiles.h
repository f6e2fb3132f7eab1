// Calls on files that Swift's Glibc module does not import.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    // Below the directory: symbolic links and absolute names stay inside as if it were the root; no magic links.
    CLINUX_RESOLVE_IN_ROOT = 0x10 | 0x02,
};

// openat2(2), Linux 5.6.
int clinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

// overlayfs's whiteout: a character device with the numbers 0, 0.
int clinux_make_whiteout(int directory, const char *name);

// Everything of the descriptor's file system to the disk.
int clinux_syncfs(int descriptor);

int clinux_set_attribute(int descriptor, const char *name, const void *value, size_t size);

ssize_t clinux_get_attribute(int descriptor, const char *name, void *value, size_t size);

int clinux_remove_attribute(int descriptor, const char *name);

// The names of a path's attributes, each ended by a zero byte; does not follow a link.
ssize_t clinux_list_attributes(const char *path, char *names, size_t size);

// A pipe whose ends no child inherits.
int clinux_make_pipe(int *ends);
