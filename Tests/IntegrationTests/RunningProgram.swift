import Foundation
import Glibc
import Synchronization

/// A program that runs as a process of its own, with its output in a file.
///
/// Its end is the end of that one process: programs it started may go on and hold what they inherited.
final class RunningProgram: Sendable {
    /// Its process.
    let pid: pid_t
    private let ending = Mutex<Ending>(Ending())

    private struct Ending {
        var status: Int32?
        var waiting: [@Sendable (Int32) -> Void] = []
    }

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
        Thread.detachNewThread { [self] in reap() }
    }

    /// Sends it a signal.
    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end; gives its status, or 128 plus the signal that ended it.
    ///
    /// -1 when the waiting was cancelled.
    func end() async -> Int32 {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        whenEnded { status in
            continuation.yield(status)
            continuation.finish()
        }
        for await status in stream { return status }
        return -1
    }

    /// Has something done at its end, or at once when it has ended.
    func whenEnded(_ body: @escaping @Sendable (Int32) -> Void) {
        let status = ending.withLock { ending in
            if ending.status == nil { ending.waiting.append(body) }
            return ending.status
        }
        if let status { body(status) }
    }

    private func reap() {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let ended = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        let waiting = ending.withLock { ending in
            ending.status = ended
            defer { ending.waiting = [] }
            return ending.waiting
        }
        for body in waiting { body(ended) }
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
