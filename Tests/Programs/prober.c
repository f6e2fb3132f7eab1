// Tries, as root inside an instance, everything that an instance must not be able to do, and prints a line for each:
// `SAFE name` or `UNSAFE name: why`. What is to be compared with the host comes in PROBE_ variables.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void report(const char *name, int safe, const char *why) {
    if (safe) printf("SAFE %s\n", name);
    else printf("UNSAFE %s: %s\n", name, why);
}

// A call is refused when the kernel will not even look at its arguments.
static void refused(const char *name, long result) {
    int number = errno;
    int safe = result < 0 && (number == EPERM || number == ENOSYS || number == EACCES || number == EAFNOSUPPORT ||
                              number == EPROTONOSUPPORT || number == ESOCKTNOSUPPORT);
    char why[64];
    snprintf(why, sizeof why, "result %ld, error %d", result, result < 0 ? number : 0);
    report(name, safe, why);
    if (result > 2 && !strncmp(name, "socket", 6)) close((int)result);
}

#define TRY(name, ...) (errno = 0, refused("syscall " name, syscall(__VA_ARGS__)))

static void capabilities(void) {
    static const struct { const char *name; int number; } without[] = {
        {"dac_read_search", CAP_DAC_READ_SEARCH}, {"linux_immutable", CAP_LINUX_IMMUTABLE}, {"net_admin", CAP_NET_ADMIN},
        {"net_raw", CAP_NET_RAW}, {"ipc_lock", CAP_IPC_LOCK}, {"ipc_owner", CAP_IPC_OWNER}, {"sys_module", CAP_SYS_MODULE},
        {"sys_rawio", CAP_SYS_RAWIO}, {"sys_chroot", CAP_SYS_CHROOT}, {"sys_ptrace", CAP_SYS_PTRACE},
        {"sys_pacct", CAP_SYS_PACCT}, {"sys_admin", CAP_SYS_ADMIN}, {"sys_boot", CAP_SYS_BOOT}, {"sys_nice", CAP_SYS_NICE},
        {"sys_resource", CAP_SYS_RESOURCE}, {"sys_time", CAP_SYS_TIME}, {"mknod", CAP_MKNOD}, {"lease", CAP_LEASE},
        {"audit_write", CAP_AUDIT_WRITE}, {"audit_control", CAP_AUDIT_CONTROL}, {"setfcap", CAP_SETFCAP},
        {"mac_override", CAP_MAC_OVERRIDE}, {"mac_admin", CAP_MAC_ADMIN}, {"syslog", CAP_SYSLOG},
        {"audit_read", CAP_AUDIT_READ}, {"perfmon", CAP_PERFMON}, {"bpf", CAP_BPF},
        {"checkpoint_restore", CAP_CHECKPOINT_RESTORE}, {"setpcap", CAP_SETPCAP},
    };
    for (size_t index = 0; index < sizeof without / sizeof *without; index++) {
        char name[64];
        snprintf(name, sizeof name, "capability %s", without[index].name);
        report(name, prctl(PR_CAPBSET_READ, without[index].number, 0, 0, 0) == 0, "in the bounding set");
    }
}

// Whether a line of /proc/self/status has this value.
static int status_is(const char *field, const char *value) {
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    int found = 0;
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, field, strlen(field))) continue;
        char *text = line + strlen(field) + 1;
        text += strspn(text, " \t");
        text[strcspn(text, "\n")] = 0;
        found = !strcmp(text, value);
    }
    if (file) fclose(file);
    return found;
}

static void identity(void) {
    unsigned inside = 1, outside = 0;
    FILE *file = fopen("/proc/self/uid_map", "r");
    if (file) {
        if (fscanf(file, "%u %u", &inside, &outside) != 2) outside = 0;
        fclose(file);
    }
    report("root is nobody on the host", inside == 0 && outside >= 100000, "the user map");
    report("no new privileges", status_is("NoNewPrivs:", "1"), "NoNewPrivs is not 1");
    report("system calls are filtered", status_is("Seccomp:", "2"), "Seccomp is not 2");
    report("no ambient capabilities", status_is("CapAmb:", "0000000000000000"), "CapAmb");
    report("no inheritable capabilities", status_is("CapInh:", "0000000000000000"), "CapInh");
}

static int clone_with(unsigned long flags) {
    int child = (int)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    if (child > 0) waitpid(child, NULL, 0);
    return child;
}

static void namespaces_by_calls(void) {
    struct { uint64_t flags, rest[10]; } arguments = {.flags = CLONE_NEWUSER, .rest = {[3] = SIGCHLD}};
    errno = 0;
    long child = syscall(SYS_clone3, &arguments, 64);
    if (child == 0) _exit(0);
    refused("syscall clone3 with a user namespace", child);
    errno = 0, refused("syscall clone with a user namespace", clone_with(CLONE_NEWUSER));
    errno = 0, refused("syscall clone with a mount namespace", clone_with(CLONE_NEWNS));
    errno = 0, refused("syscall clone with a network namespace", clone_with(CLONE_NEWNET));
    TRY("unshare a user namespace", SYS_unshare, CLONE_NEWUSER);
    TRY("unshare a mount namespace", SYS_unshare, CLONE_NEWNS);
    TRY("unshare a network namespace", SYS_unshare, CLONE_NEWNET);
    TRY("unshare a pid namespace", SYS_unshare, CLONE_NEWPID);
    TRY("setns", SYS_setns, open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), CLONE_NEWNET);
}

static void calls(void) {
    struct timespec now = {1700000000, 0};
    struct timeval then = {1700000000, 0};
    char buffer[256] = {0};
    TRY("mount", SYS_mount, "none", "/tmp", "tmpfs", 0, NULL);
    TRY("umount2", SYS_umount2, "/proc", 2);
    TRY("pivot_root", SYS_pivot_root, "/", "/");
    TRY("chroot", SYS_chroot, "/");
    TRY("fsopen", SYS_fsopen, "tmpfs", 0);
    TRY("open_tree", SYS_open_tree, AT_FDCWD, "/", 1);
    TRY("move_mount", SYS_move_mount, -1, "", AT_FDCWD, "/", 0);
    TRY("mount_setattr", SYS_mount_setattr, AT_FDCWD, "/", 0, buffer, 32);
    TRY("ptrace", SYS_ptrace, 0, 0, 0, 0);
    TRY("process_vm_readv", SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0);
    TRY("process_vm_writev", SYS_process_vm_writev, getpid(), NULL, 0, NULL, 0, 0);
    TRY("kcmp", SYS_kcmp, getpid(), getpid(), 0, 0, 1);
    TRY("pidfd_getfd", SYS_pidfd_getfd, -1, 0, 0);
    TRY("keyctl", SYS_keyctl, 0, -3, 0, 0, 0);
    TRY("add_key", SYS_add_key, "user", "probe", "x", 1, -3);
    TRY("request_key", SYS_request_key, "user", "probe", NULL, 0);
    TRY("bpf", SYS_bpf, 0, buffer, sizeof buffer);
    TRY("perf_event_open", SYS_perf_event_open, buffer, 0, -1, -1, 0);
    TRY("userfaultfd", SYS_userfaultfd, 0);
    TRY("io_uring_setup", SYS_io_uring_setup, 1, buffer);
    TRY("name_to_handle_at", SYS_name_to_handle_at, AT_FDCWD, "/", buffer, buffer + 128, 0);
    TRY("open_by_handle_at", SYS_open_by_handle_at, 0, buffer, 0);
    TRY("init_module", SYS_init_module, buffer, 0, "");
    TRY("finit_module", SYS_finit_module, -1, "", 0);
    TRY("delete_module", SYS_delete_module, "none", 0);
    TRY("kexec_load", SYS_kexec_load, 0, 0, NULL, 0);
    TRY("reboot", SYS_reboot, 0, 0, 0, 0);
    TRY("swapon", SYS_swapon, "/tmp/none", 0);
    TRY("swapoff", SYS_swapoff, "/tmp/none");
    TRY("acct", SYS_acct, "/tmp/none");
    TRY("settimeofday", SYS_settimeofday, &then, NULL);
    TRY("clock_settime", SYS_clock_settime, 0, &now);
    TRY("sethostname", SYS_sethostname, "probe", 5);
    TRY("setdomainname", SYS_setdomainname, "probe", 5);
    TRY("quotactl", SYS_quotactl, 0, "/dev/vda", 0, NULL);
    TRY("syslog", SYS_syslog, 3, buffer, sizeof buffer);
    TRY("vhangup", SYS_vhangup);
    TRY("fanotify_init", SYS_fanotify_init, 0, 0);
    TRY("migrate_pages", SYS_migrate_pages, getpid(), 0, NULL, NULL);
    TRY("personality without random addresses", SYS_personality, ADDR_NO_RANDOMIZE);
#ifdef SYS_iopl
    TRY("iopl", SYS_iopl, 3);
    TRY("ioperm", SYS_ioperm, 0, 1, 1);
    TRY("modify_ldt", SYS_modify_ldt, 0, buffer, sizeof buffer);
#endif
    errno = 0, refused("syscall mknod of the host's disk", mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)));
    errno = 0, refused("syscall mknod of memory", mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
}

static void sockets(void) {
    errno = 0, refused("socket vsock", socket(40, SOCK_STREAM, 0));
    errno = 0, refused("socket packet", socket(AF_PACKET, SOCK_RAW, 0));
    errno = 0, refused("socket alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
    errno = 0, refused("socket key", socket(AF_KEY, SOCK_RAW, 2));
    errno = 0, refused("socket bluetooth", socket(31, SOCK_RAW, 1));
    errno = 0, refused("socket xdp", socket(44, SOCK_RAW, 0));
    errno = 0, refused("socket raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    errno = 0, refused("socket netlink netfilter", socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));
    errno = 0, refused("socket netlink audit", socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT));
    errno = 0, refused("socket netlink uevent", socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
}

static void unreadable(const char *path) {
    char name[128], byte;
    snprintf(name, sizeof name, "read %s", path);
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    int is_readable = 0;
    if (file >= 0 && fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
        DIR *directory = fdopendir(file);
        struct dirent *entry;
        while (directory && (entry = readdir(directory))) is_readable |= entry->d_name[0] != '.';
        if (directory) closedir(directory);
    } else if (file >= 0) {
        is_readable = read(file, &byte, 1) > 0;
        close(file);
    }
    report(name, !is_readable, "it has something to read");
}

static void unwritable(const char *path, const char *text) {
    char name[128];
    snprintf(name, sizeof name, "write %s", path);
    int file = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    int is_written = file >= 0 && write(file, text, strlen(text)) > 0;
    if (file >= 0) close(file);
    // A path behind an empty mask swallows what is written: nothing happens.
    struct stat status;
    if (is_written && stat(path, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) is_written = 0;
    report(name, !is_written, "it was written");
}

static void files(void) {
    static const char *const secret[] = {
        "/proc/kcore", "/proc/kallsyms", "/proc/keys", "/proc/key-users", "/proc/interrupts", "/proc/config.gz",
        "/proc/slabinfo", "/proc/modules", "/proc/kmsg", "/proc/iomem", "/proc/ioports", "/proc/sched_debug",
        "/proc/timer_list", "/proc/vmallocinfo", "/proc/diskstats", "/proc/partitions", "/proc/swaps", "/proc/cmdline",
        "/proc/softirqs", "/proc/zoneinfo", "/proc/acpi", "/proc/scsi", "/sys/firmware", "/sys/kernel", "/sys/class",
        "/sys/devices", "/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/loop0",
    };
    for (size_t index = 0; index < sizeof secret / sizeof *secret; index++) unreadable(secret[index]);
    unwritable("/proc/sys/kernel/core_pattern", "|/tmp/x");
    unwritable("/proc/sys/kernel/modprobe", "/tmp/x");
    unwritable("/proc/sys/kernel/hostname", "probe");
    unwritable("/proc/sys/net/ipv4/ip_forward", "1");
    unwritable("/proc/sys/vm/drop_caches", "1");
    unwritable("/proc/sys/fs/binfmt_misc/register", ":probe:M::probe::/tmp/x:");
    unwritable("/proc/sysrq-trigger", "h");
    unwritable("/proc/irq/default_smp_affinity", "1");
    unwritable("/proc/self/uid_map", "0 0 1");
    unwritable("/proc/self/oom_score_adj", "-1000");
    unwritable("/sys/fs/cgroup/cgroup.procs", "1");
    unwritable("/sys/fs/cgroup/memory/memory.limit_in_bytes", "-1");
    unwritable("/sys/fs/cgroup/memory/cgroup.procs", "1");
    unwritable("/sys/fs/cgroup/memory/release_agent", "/tmp/x");
    unwritable("/sys/fs/cgroup/memory.max", "max");
    unwritable("/sys/fs/cgroup/pids/pids.max", "max");
    unwritable("/sys/fs/cgroup/devices/devices.allow", "a");
}

static void namespaces(void) {
    static const char *const kinds[] = {"pid", "mnt", "uts", "ipc", "net", "user", "cgroup"};
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        char path[64], name[64], variable[64], target[64] = {0};
        snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[index]);
        snprintf(name, sizeof name, "namespace %s", kinds[index]);
        snprintf(variable, sizeof variable, "PROBE_NS_%s", kinds[index]);
        const char *host = getenv(variable);
        int known = host && readlink(path, target, sizeof target - 1) > 0;
        report(name, known && strcmp(host, target), "it is the host's");
    }
}

static int numbers_in(const char *path) {
    int count = 0;
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) count += entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
    if (directory) closedir(directory);
    return count;
}

static void surroundings(void) {
    report("it is process 1", getpid() == 1, "getpid");
    report("no other processes are seen", numbers_in("/proc") == 1, "numbers in /proc");
    // 0, 1, 2 and the directory that is being read.
    report("no descriptors leaked", numbers_in("/proc/self/fd") == 4, "numbers in /proc/self/fd");
    char line[4096];
    int named = 0, shared = 0;
    const char *state = getenv("PROBE_STATE");
    FILE *file = fopen("/proc/self/mountinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        named |= state && strstr(line, state) != NULL;
        shared |= strstr(line, " shared:") != NULL;
    }
    report("mounts don't name the host's paths", file && state && !named, "mountinfo");
    report("mounts don't propagate to the host", file && !shared, "mountinfo");
    if (file) fclose(file);
    struct rlimit limit;
    report("no core dumps", getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0, "RLIMIT_CORE");
    report("open files are bounded", getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max <= 65536, "RLIMIT_NOFILE");
    report("real-time priority can't be had", sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){1}) != 0, "SCHED_FIFO");
    report("a limit can't be raised", setrlimit(RLIMIT_NOFILE, &(struct rlimit){1 << 20, 1 << 20}) != 0, "RLIMIT_NOFILE");
    report("a set-user-id file gains nothing", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "prctl");
    report("the parent directory of the root is the root", chdir("/..") == 0 && access("/bin/instance", F_OK) == 0, "chdir");
    report("process 1 of the host can't be signalled", kill(2, 0) != 0, "kill");
    report("the host's name is not seen", gethostname(line, sizeof line) == 0 && getenv("PROBE_HOSTNAME") &&
               strcmp(line, getenv("PROBE_HOSTNAME")), "gethostname");
}

static int connects(const char *host, int port) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    int result = connect(descriptor, (struct sockaddr *)&address, sizeof address);
    if (result != 0 && errno == EINPROGRESS) {
        struct pollfd waiting = {.fd = descriptor, .events = POLLOUT};
        int error = ETIMEDOUT;
        socklen_t length = sizeof error;
        if (poll(&waiting, 1, 700) == 1) getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
        result = error ? -1 : 0;
    }
    close(descriptor);
    return result == 0;
}

// PROBE_REACH is `NAME=HOST:PORT` items with commas between them.
static void network(void) {
    char *list = strdup(getenv("PROBE_REACH") ? getenv("PROBE_REACH") : "");
    for (char *item = strtok(list, ","); item; item = strtok(NULL, ",")) {
        char name[64], host[64];
        int port;
        if (sscanf(item, "%63[^=]=%63[^:]:%d", name, host, &port) != 3) continue;
        char title[96];
        snprintf(title, sizeof title, "network %s", name);
        report(title, !connects(host, port), "a connection was made");
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = getenv("PROBE_ABSTRACT");
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (name) strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
    socklen_t length = name ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)) : sizeof address;
    int result = connect(descriptor, (struct sockaddr *)&address, length);
    report("network abstract sockets of the host", name && descriptor >= 0 && result != 0, "a connection was made");
    close(descriptor);
}

// What an instance needs must work: a fence around nothing is no achievement.
static void needs(void) {
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
    int bound = bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 && listen(descriptor, 1) == 0;
    report("works: a low port", bound, "bind or listen");
    report("works: own loopback", bound && connects("127.0.0.1", 80), "connect");
    close(descriptor);
    int file = open("/tmp-file", O_RDWR | O_CREAT, 0600);
    report("works: files can be written", file >= 0 && write(file, "x", 1) == 1, "write");
    report("works: files can be given away", fchown(file, 1000, 1000) == 0, "fchown");
    close(file);
    pid_t child = fork();
    if (child == 0) _exit(setgid(1000) != 0 || setuid(1000) != 0 || getuid() != 1000);
    int status = -1;
    waitpid(child, &status, 0);
    report("works: another user can be taken", child > 0 && status == 0, "setuid");
    report("works: shared memory", (file = open("/dev/shm/x", O_RDWR | O_CREAT, 0600)) >= 0, "open /dev/shm/x");
    close(file);
    char text[64] = {0};
    file = open("/dev/urandom", O_RDONLY);
    report("works: random numbers", file >= 0 && read(file, text, 8) == 8, "read /dev/urandom");
    close(file);
}

int main(void) {
    mkdir("/tmp", 01777);
    surroundings();
    capabilities();
    identity();
    namespaces_by_calls();
    calls();
    sockets();
    files();
    namespaces();
    network();
    needs();
    printf("DONE\n");
    return 0;
}
