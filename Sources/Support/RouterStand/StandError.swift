import Glibc

/// A stand could not do what was asked of it.
public struct StandError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted and why it failed, as one sentence.
    public let description: String

    /// Takes the sentence.
    public init(_ description: String) { self.description = description }

    /// What was attempted and the error number of the system call that failed.
    init(_ attempt: String, code: Int32) { self.init("\(attempt): \(String(cString: strerror(code))).") }
}
