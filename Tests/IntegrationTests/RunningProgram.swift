import Foundation
import Glibc
import Synchronization

/// A program of ours, running as a process of its own, with its output in a file.
final class RunningProgram: Sendable {
    /// Its process.
    let pid: pid_t
    private let process: Mutex<Process>
    private let ended: AsyncStream<Int32>

    /// Starts it.
    init(_ path: URL, _ arguments: [String], environment: [String: String] = [:], output: URL) throws {
        if !FileManager.default.fileExists(atPath: output.path) {
            try Data().write(to: output)
        }
        let handle = try FileHandle(forWritingTo: output)
        try handle.seekToEnd()
        let process = Process()
        process.executableURL = path
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        let (stream, continuation) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(1))
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
        try handle.close()
        self.pid = process.processIdentifier
        self.ended = stream
        self.process = Mutex(process)
    }

    /// Sends it a signal.
    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end and gives its status; may be called once.
    func end() async -> Int32 {
        for await status in ended { return status }
        return -1
    }
}

/// Runs a tool to its end and gives what it wrote.
///
/// - Throws: `ToolFailure` when it ends with a status other than 0.
func runTool(_ path: String, _ arguments: [String], environment: [String: String] = [:]) async throws -> String {
    let output = FileManager.default.temporaryDirectory.appending(path: "runabout-tool-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: output) }
    let tool = try RunningProgram(
        URL(filePath: "/usr/bin/env"), [path] + arguments, environment: environment, output: output)
    let status = await tool.end()
    let text = try String(contentsOf: output, encoding: .utf8)
    guard status == 0 else { throw ToolFailure(command: ([path] + arguments).joined(separator: " "), output: text) }
    return text
}

/// A tool failed.
struct ToolFailure: Error, CustomStringConvertible {
    let command: String
    let output: String

    var description: String { "\(command) failed:\n\(output)" }
}
