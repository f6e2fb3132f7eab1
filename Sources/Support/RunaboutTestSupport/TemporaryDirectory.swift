public import Foundation

/// Makes an empty directory of one's own, runs the body with it and removes it, however the body ends.
public func withTemporaryDirectory<Result>(
    _ body: (URL) async throws -> Result,
) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "runabout-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    do {
        let result = try await body(directory)
        try FileManager.default.removeItem(at: directory)
        return result
    } catch {
        // The body's error matters more than one from cleaning up.
        try? FileManager.default.removeItem(at: directory)
        throw error
    }
}
