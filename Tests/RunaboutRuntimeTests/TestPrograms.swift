import Foundation
import LinuxEvents
import Subprocess

/// The C programs of `Tests/Programs`, compiled statically once per run of the tests.
enum TestPrograms {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Programs")

    /// Compiles a program into a file.
    static func compile(_ name: String, into target: URL) async throws {
        let result = try await run(
            .name("cc"),
            arguments: ["-static", "-O1", "-o", target.path, directory.appending(path: "\(name).c").path],
            output: .discarded, error: .string(limit: 65_536))
        guard result.terminationStatus.isSuccess else {
            throw LinuxError("compile \(name).c: \(result.standardError)", number: 1)
        }
    }

    /// Our own supervisor, beside the program that runs the tests.
    static var supervisor: String {
        get throws {
            try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
                .split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/runabout-supervisor"
        }
    }
}
