import Glibc

/// What the machine that runs the tests allows.
public enum Host {
    /// Whether the tests run as root; those that need it are skipped otherwise and say so.
    public static var isRoot: Bool { geteuid() == 0 }
}
