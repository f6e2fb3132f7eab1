import Foundation
import OCI
import OCIContentStore
import RunaboutModel
import RunaboutTestSupport

/// Runs the body with a store in a temporary directory.
func withStore(
    limits: ImageLimits = Limits.images, _ body: (ContentStore, URL) async throws -> Void,
) async throws {
    try await withTemporaryDirectory { directory in
        try await body(try ContentStore(directory: directory.path, limits: limits), directory)
    }
}
