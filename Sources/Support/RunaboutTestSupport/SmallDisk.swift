public import Foundation
import Glibc

/// Runs the body with a file system of a few megabytes of its own, so that a test can fill it; needs root.
///
/// It is unmounted however the body ends.
public func withSmallDisk<Result>(
    mebibytes: Int, _ body: (URL) async throws -> Result,
) async throws -> Result {
    try await withTemporaryDirectory { parent in
        let point = parent.appending(path: "disk")
        try FileManager.default.createDirectory(at: point, withIntermediateDirectories: false)
        guard mount("tmpfs", point.path, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
        }
        defer { umount2(point.path, Int32(MNT_DETACH)) }
        return try await body(point)
    }
}
