import Glibc

/// A system call that failed.
public struct LinuxError: Error, Hashable, CustomStringConvertible {
    /// What was attempted: the call and its subject.
    public let attempt: String
    /// The kernel's error number.
    public let number: Int32

    /// Takes what was attempted and its error number.
    public init(_ attempt: String, number: Int32) {
        self.attempt = attempt
        self.number = number
    }

    /// Takes what was attempted just now; the error number is the thread's latest.
    public init(_ attempt: String) {
        self.init(attempt, number: errno)
    }

    /// The attempt and the kernel's words for the error.
    public var description: String {
        "\(attempt): \(String(cString: strerror(number)))"
    }
}
