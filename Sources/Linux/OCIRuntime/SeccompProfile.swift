/// Which system calls a container may make.
///
/// Source: OCI runtime-spec 1.0.2, "Seccomp".
public struct SeccompProfile: Hashable, Sendable, Codable {
    /// What happens with a call that no rule names.
    public var defaultAction: String
    /// The error number such a call ends with.
    public var defaultErrnoRet: Int
    /// The machine languages whose calls are looked at; all others are killed.
    public var architectures: [String]
    /// The rules.
    public var syscalls: [Rule]

    /// One rule for some calls.
    public struct Rule: Hashable, Sendable, Codable {
        /// The calls' names; those this machine does not have are skipped.
        public var names: [String]
        /// What happens.
        public var action: String
        /// The error number of an action that gives one.
        public var errnoRet: Int?
        /// Conditions on the arguments that must all hold; none when empty.
        public var args: [Condition]
    }

    /// One condition on one argument.
    public struct Condition: Hashable, Sendable, Codable {
        /// Which argument, from 0.
        public var index: Int
        /// What it is compared with, or the mask.
        public var value: UInt64
        /// What it is compared with after masking.
        public var valueTwo: UInt64?
        /// How.
        public var op: String
    }
}

extension SeccompProfile {
    private static func allow(_ names: [String], _ args: [Condition] = []) -> Rule {
        Rule(names: names, action: "SCMP_ACT_ALLOW", errnoRet: nil, args: args)
    }

    private static func equals(_ index: Int, _ value: UInt64) -> Condition {
        Condition(index: index, value: value, valueTwo: nil, op: "SCMP_CMP_EQ")
    }

    /// All bits of clone(2) that make namespaces: mount, cgroup, uts, ipc, user, pid and network.
    private static let namespaceBits: UInt64 = 0x7E02_0000
    /// The call does not exist.
    private static let enosys = 38
    /// The call is not permitted.
    private static let eperm = 1

    /// What programs of every ordinary kind use: web servers, language runtimes, databases, shells.
    ///
    /// An allow-list. Left out on purpose: making and joining namespaces, mounting, modules, keys of the kernel (they
    /// have no namespace), BPF, io_uring, performance counters, userfaultfd, tracing and reading other processes, file
    /// handles, swap, clocks, accounting, reboot, and sockets of the kinds that reach the hypervisor or the kernel's
    /// own tables. `clone3` hides its flags from a filter, so it is said not to exist and libraries use `clone`.
    public static let ordinaryPrograms = SeccompProfile(
        defaultAction: "SCMP_ACT_ERRNO",
        defaultErrnoRet: eperm,
        architectures: [nativeArchitecture],
        syscalls: [
            allow(files), allow(fileChanges), allow(memory), allow(processes), allow(identities), allow(signals),
            allow(time), allow(waiting), allow(network), allow(communication), allow(machineSpecific),
            allow(
                ["clone"],
                [Condition(index: 0, value: namespaceBits, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ")]),
            Rule(names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: enosys, args: []),
            // Unix, IPv4, IPv6; of netlink only the routing family (0), which resolvers ask for addresses.
            allow(["socket"], [equals(0, 1)]), allow(["socket"], [equals(0, 2)]), allow(["socket"], [equals(0, 10)]),
            allow(["socket"], [equals(0, 16), equals(2, 0)]),
            allow(["socketpair"], [equals(0, 1)]),
            // The ordinary execution domain, and asking for it; none with addresses that are not random.
            allow(["personality"], [equals(0, 0)]), allow(["personality"], [equals(0, 0xFFFF_FFFF)]),
        ])

    private static var nativeArchitecture: String {
        #if arch(x86_64)
            "SCMP_ARCH_X86_64"
        #else
            "SCMP_ARCH_AARCH64"
        #endif
    }

    private static let files = [
        "access", "chdir", "close", "close_range", "copy_file_range", "creat", "dup", "dup2", "dup3", "faccessat",
        "faccessat2", "fadvise64", "fallocate", "fchdir", "fcntl", "fdatasync", "fgetxattr", "flistxattr", "flock",
        "fstat", "fstatfs", "fsync", "ftruncate", "getcwd", "getdents", "getdents64", "getxattr", "inotify_add_watch",
        "inotify_init", "inotify_init1", "inotify_rm_watch", "ioctl", "lgetxattr", "listxattr", "llistxattr", "lseek",
        "lstat", "memfd_create", "newfstatat", "open", "openat", "openat2", "pipe", "pipe2", "pread64", "preadv",
        "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv",
        "sendfile",
        "splice", "stat", "statfs", "statx", "sync", "sync_file_range", "syncfs", "tee", "truncate", "umask",
        "vmsplice",
        "write", "writev",
    ]

    private static let fileChanges = [
        "chmod", "chown", "fchmod", "fchmodat", "fchmodat2", "fchown", "fchownat", "fremovexattr", "fsetxattr",
        "futimesat", "lchown", "link", "linkat", "lremovexattr", "lsetxattr", "mkdir", "mkdirat", "mknod", "mknodat",
        "removexattr", "rename", "renameat", "renameat2", "rmdir", "setxattr", "symlink", "symlinkat", "unlink",
        "unlinkat", "utime", "utimensat", "utimes",
    ]

    private static let memory = [
        "brk", "cachestat", "madvise", "map_shadow_stack", "membarrier", "mincore", "mlock", "mlock2", "mlockall",
        "mmap",
        "mprotect", "mremap", "mseal", "msync", "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free",
        "pkey_mprotect", "process_madvise", "process_mrelease", "remap_file_pages", "rseq",
    ]

    private static let processes = [
        "capget", "capset", "execve", "execveat", "exit", "exit_group", "fork", "get_robust_list", "getcpu", "getpgid",
        "getpgrp", "getpid", "getppid", "getpriority", "getrlimit", "getrusage", "getsid", "gettid", "ioprio_get",
        "ioprio_set", "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "pidfd_open",
        "pidfd_send_signal", "prctl", "prlimit64", "sched_get_priority_max", "sched_get_priority_min",
        "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
        "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield", "seccomp",
        "set_robust_list", "set_tid_address", "setpgid", "setpriority", "setrlimit", "setsid", "sysinfo", "times",
        "uname",
        "vfork", "wait4", "waitid",
    ]

    private static let identities = [
        "getegid", "geteuid", "getgid", "getgroups", "getresgid", "getresuid", "getuid", "setfsgid", "setfsuid",
        "setgid",
        "setgroups", "setregid", "setresgid", "setresuid", "setreuid", "setuid",
    ]

    private static let signals = [
        "kill", "pause", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
        "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sigaltstack", "signalfd", "signalfd4",
        "tgkill", "tkill",
    ]

    private static let time = [
        "alarm", "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer", "gettimeofday", "nanosleep",
        "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
        "timerfd_create", "timerfd_gettime", "timerfd_settime",
    ]

    private static let waiting = [
        "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_pwait2", "epoll_wait",
        "epoll_wait_old", "eventfd", "eventfd2", "futex", "futex_requeue", "futex_wait", "futex_waitv", "futex_wake",
        "io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_setup", "io_submit", "poll", "ppoll",
        "pselect6",
        "select",
    ]

    private static let network = [
        "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom",
        "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    ]

    private static let communication = [
        "getrandom", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink", "msgctl",
        "msgget", "msgrcv", "msgsnd", "semctl", "semget", "semop", "semtimedop", "shmat", "shmctl", "shmdt", "shmget",
    ]

    private static let machineSpecific = ["arch_prctl", "get_thread_area", "set_thread_area"]
}
