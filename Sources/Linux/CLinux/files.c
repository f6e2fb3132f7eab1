#define _GNU_SOURCE
#include "CLinuxFiles.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int clinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int clinux_make_whiteout(int directory, const char *name) {
    return mknodat(directory, name, S_IFCHR | 0600, makedev(0, 0));
}

int clinux_syncfs(int descriptor) { return syncfs(descriptor); }

int clinux_set_attribute(int descriptor, const char *name, const void *value, size_t size) {
    return fsetxattr(descriptor, name, value, size, 0);
}

ssize_t clinux_get_attribute(int descriptor, const char *name, void *value, size_t size) {
    return fgetxattr(descriptor, name, value, size);
}

int clinux_remove_attribute(int descriptor, const char *name) { return fremovexattr(descriptor, name); }

int clinux_make_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

ssize_t clinux_list_attributes(const char *path, char *names, size_t size) { return llistxattr(path, names, size); }
