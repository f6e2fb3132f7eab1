import Glibc
public import OCI

/// Why an image's layers could not be made ready.
public enum LayerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The digest stands for something that can't be run, with the reason.
    case notAnImage(Digest, reason: String)
    /// The image is for other machines.
    case wrongPlatform(Digest, wanted: String)
    /// The layer's bytes, once uncompressed, are not those its image promises.
    case contentMismatch(expected: Digest, actual: Digest)
    /// The archive breaks off.
    case truncated
    /// The archive is malformed, with the place and the reason.
    case malformed(String)
    /// An entry's path leads, or would lead, out of the layer.
    case pathEscapes(String)
    /// An entry can't be placed, such as a file below a file.
    case pathConflict(String)
    /// A device node, which an image may not bring along.
    case deviceRefused(String)
    /// A kind of entry that is not understood.
    case kindUnsupported(String, kind: String)
    /// A hard link to nothing.
    case linkTargetMissing(String, target: String)
    /// An owner beyond the 65,536 that instances have.
    case ownerOutOfRange(String, owner: UInt64)
    /// A bound of ``ImageLimits`` is exceeded.
    case limitExceeded(String)
    /// The program that uncompresses could not be started or failed, with its own words.
    case decompressionFailed(program: String, message: String)
    /// The disk is full.
    case storageFull
    /// A system call failed otherwise.
    case fileSystem(operation: String, path: String, errno: Int32)

    /// A sentence for people; paths in it are those of the archive.
    public var description: String {
        switch self {
        case .notAnImage(let digest, let reason): "\(digest) is not an image that can be run: \(reason)"
        case .wrongPlatform(let digest, let wanted): "\(digest) has nothing for \(wanted)"
        case .contentMismatch(let expected, let actual):
            "the layer's content has the digest \(actual), its image says \(expected)"
        case .truncated: "the layer's archive breaks off"
        case .malformed(let reason): "the layer's archive is malformed: \(reason)"
        case .pathEscapes(let path): "the layer's entry '\(path)' leads out of the layer"
        case .pathConflict(let path): "the layer's entry '\(path)' lies below something that is no directory"
        case .deviceRefused(let path): "the layer's entry '\(path)' is a device node; images may not have any"
        case .kindUnsupported(let path, let kind): "the layer's entry '\(path)' is of the kind '\(kind)', not supported"
        case .linkTargetMissing(let path, let target): "the layer links '\(path)' to '\(target)', which is not there"
        case .ownerOutOfRange(let path, let owner):
            "the layer's entry '\(path)' belongs to number \(owner); instances have the numbers 0...65535"
        case .limitExceeded(let reason): "the layer is refused: \(reason)"
        case .decompressionFailed(let program, let message): "\(program) can't read the layer: \(message)"
        case .storageFull: "the disk is full"
        case .fileSystem(let operation, let path, let code):
            "\(operation) '\(path)': \(strerror(code).map { String(cString: $0) } ?? "error \(code)")"
        }
    }

    /// The error for the current `errno`.
    static func last(_ operation: String, _ path: String) -> LayerError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .storageFull }
        return .fileSystem(operation: operation, path: path, errno: code)
    }
}
