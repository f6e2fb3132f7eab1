import Foundation
import Glibc
import LinuxEvents

/// The directory that an OCI runtime is pointed at.
public struct ContainerBundle: Hashable, Sendable {
    /// Absolute path.
    public let path: String

    /// Names a directory.
    public init(_ path: String) { self.path = path }

    /// The specification's file.
    public var configuration: String { path + "/config.json" }

    /// Makes the directory, readable by root alone since the environment may hold secrets, and writes the
    /// specification into it.
    ///
    /// - Throws: when the disk is full.
    public func write(_ specification: ContainerSpecification) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw LinuxError("make \(path)") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = try encoder.encode(specification)
        guard
            FileManager.default.createFile(
                atPath: configuration, contents: bytes, attributes: [.posixPermissions: 0o600])
        else { throw LinuxError("write \(configuration)", number: ENOSPC) }
    }

    /// Removes the specification once the container has started: nothing reads it any more.
    public func removeConfiguration() {
        unlink(configuration)
    }

    /// The number in a file that conmon wrote; nil before it did.
    public func number(in file: String) -> Int32? {
        // No file yet: no number yet.
        guard let text = try? SmallFile.read(path + "/" + file) else { return nil }
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
