import Glibc

/// Why an archive, or another file of records, could not be read.
public enum ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It ends before what it promises.
    case truncated
    /// It is malformed, with what is wrong.
    case malformed(String)
    /// It is fine but of a kind that is not read, with which.
    case unsupported(String)
    /// A bound is exceeded, with which.
    case limitExceeded(String)
    /// The host's file could not be read.
    case fileSystem(operation: String, errno: Int32)

    /// A sentence for people.
    public var description: String {
        switch self {
        case .truncated: "it breaks off"
        case .malformed(let reason): "it is malformed: \(reason)"
        case .unsupported(let reason): "it is of a kind that is not read: \(reason)"
        case .limitExceeded(let reason): "it is refused: \(reason)"
        case .fileSystem(let operation, let code):
            "\(operation): \(strerror(code).map { String(cString: $0) } ?? "error \(code)")"
        }
    }
}
