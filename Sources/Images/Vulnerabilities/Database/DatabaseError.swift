import Glibc

/// Why the vulnerability database could not be read or made.
public enum VulnerabilityDatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is none.
    case missing(path: String)
    /// The file is something else, damaged, or of a newer program.
    case unreadable(path: String, reason: String)
    /// Nothing in the source is an advisory of OSV's format.
    case noAdvisories(source: String, reasons: [String])
    /// The source can't be read.
    case sourceUnreadable(source: String, reason: String)
    /// A bound of ``ImportLimits`` is exceeded.
    case limitExceeded(String)
    /// Another import is running.
    case busy(path: String)
    /// The database's file can't be written.
    case fileSystem(operation: String, path: String, errno: Int32)

    /// A sentence for people, with what to do.
    public var description: String {
        switch self {
        case .missing(let path): "there is no vulnerability database at '\(path)'; import one"
        case .unreadable(let path, let reason):
            "the vulnerability database at '\(path)' can't be read: \(reason); import anew"
        case .noAdvisories(let source, let reasons):
            "nothing in '\(source)' is an advisory of OSV's format"
                + (reasons.isEmpty ? "" : ": \(reasons.joined(separator: "; "))")
        case .sourceUnreadable(let source, let reason): "'\(source)' can't be read: \(reason)"
        case .limitExceeded(let what): "the import was refused: \(what)"
        case .busy(let path): "another import into '\(path)' is running; try again when it has ended"
        case .fileSystem(let operation, let path, let code):
            "\(operation) '\(path)': \(strerror(code).map { String(cString: $0) } ?? "error \(code)")"
        }
    }
}
