import Glibc

/// A program of the host that the platform starts, what for, and what its absence means.
public struct HostRequirement: Hashable, Sendable {
    /// The program's name.
    public let program: String
    /// The Debian package it comes in.
    public let package: String
    /// What needs it.
    public let purpose: String
    /// What the user is told when it is missing.
    public let absence: String
}

/// Every program of the host that the platform starts, in one place.
public enum HostRequirements {
    /// Where programs are looked for.
    private static let directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// What running services as containers needs; one of runc and crun is enough.
    public static let containers = [
        HostRequirement(
            program: "runc", package: "runc", purpose: "creates and starts containers",
            absence: "Services can't run as containers without an OCI runtime: apt install runc."),
        HostRequirement(
            program: "conmon", package: "conmon", purpose: "holds a container's output and exit status",
            absence: "Services can't run as containers without conmon: apt install conmon."),
        HostRequirement(
            program: "nft", package: "nftables", purpose: "keeps instances apart from each other and from the host",
            absence: "Instances can't be kept apart without nft: apt install nftables."),
    ]

    /// What is missing of the given programs.
    public static func missing(of requirements: [HostRequirement] = containers) -> [HostRequirement] {
        requirements.filter { requirement in
            // crun does runc's work.
            path(of: requirement.program) == nil && !(requirement.program == "runc" && path(of: "crun") != nil)
        }
    }

    /// Where a program of the host is; nil when it is not installed.
    public static func path(of program: String) -> String? {
        directories.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
