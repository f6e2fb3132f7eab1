import Dispatch
import Foundation
import Glibc

/// A program that runs as a process of its own, with its output in a file.
///
/// Its end is the end of that one process: programs it started may go on and hold what they inherited.
final class RunningProgram: Sendable {
    /// Its process.
    let pid: pid_t

    /// Starts it; the environment is added to ours.
    init(_ path: URL, _ arguments: [String], environment: [String: String] = [:], output: URL) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var process = pid_t()
        let error = Self.withStrings([path.path] + arguments) { words in
            Self.withStrings(variables) { variables in
                posix_spawn(&process, path.path, &actions, nil, words, variables)
            }
        }
        guard error == 0 else {
            throw ToolFailure(command: path.path, output: String(cString: strerror(error)))
        }
        pid = process
    }

    /// Sends it a signal.
    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end; gives its status, or 128 plus the signal that ended it.
    func end() async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0, errno == EINTR {}
                let signal = status & 0x7F
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
            }
        }
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result,
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}

/// Runs a tool to its end and gives what it wrote.
///
/// - Throws: `ToolFailure` when it ends with a status other than 0.
func runTool(_ path: String, _ arguments: [String]) async throws -> String {
    let output = FileManager.default.temporaryDirectory.appending(path: "runabout-tool-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: output) }
    let tool = try RunningProgram(URL(filePath: "/usr/bin/env"), [path] + arguments, output: output)
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
