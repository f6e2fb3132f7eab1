import Foundation
import Subprocess

/// A program of the host that did not do what it was started for.
public struct ExternalProgramError: Error, CustomStringConvertible {
    /// The program's name.
    public let program: String
    /// What came of it: the last of what it said, or why it could not be started.
    public let message: String

    /// Takes both.
    public init(program: String, message: String) {
        self.program = program
        self.message = message
    }

    /// `runc: container does not exist`.
    public var description: String { "\(program): \(message)" }
}

/// Runs the host's programs with argument lists, separate pipes and bounded capture.
enum ExternalProgram {
    /// Where they are looked for, whatever this process was given.
    static let path = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
    /// Enough for the longest complaint worth showing, in bytes.
    private static let outputBytesMax = 262_144

    /// How long any of them may take; they take some milliseconds on a quiet machine.
    private static let deadline = Duration.seconds(60)

    /// Runs a program to its end and gives what it wrote; ends it when it takes too long.
    static func run(_ name: String, _ arguments: [String]) async throws(ExternalProgramError) -> String {
        do {
            return try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask { try await runUnbounded(name, arguments) }
                group.addTask {
                    try await Task.sleep(for: deadline)
                    return nil
                }
                defer { group.cancelAll() }
                if let output = try await group.next() ?? nil { return output }
                throw ExternalProgramError(program: name, message: "it did not end within \(deadline)")
            }
        } catch let error as ExternalProgramError {
            throw error
        } catch {
            throw ExternalProgramError(program: name, message: "it was not waited for: \(error)")
        }
    }

    private static func runUnbounded(
        _ name: String, _ arguments: [String],
    ) async throws(ExternalProgramError) -> String {
        do {
            let result = try await Subprocess.run(
                .name(name),
                arguments: Arguments(arguments),
                environment: .inherit.updating(["PATH": "\(path)"]),
                output: .string(limit: outputBytesMax),
                error: .string(limit: outputBytesMax))
            if result.terminationStatus.isSuccess { return result.standardOutput }
            let complaint = lastWords(result.standardError)
            throw ExternalProgramError(
                program: name, message: complaint.isEmpty ? "it ended with \(result.terminationStatus)" : complaint)
        } catch let error as ExternalProgramError {
            throw error
        } catch {
            throw ExternalProgramError(program: name, message: "it could not be run: \(error)")
        }
    }

    /// The last lines of a complaint, without the time and level that runtimes put before it.
    static func lastWords(_ text: String) -> String {
        text.split(separator: "\n").suffix(5).map { line in
            guard let start = line.range(of: "msg=\"") else { return String(line) }
            return String(line[start.upperBound...].dropLast()).replacing("\\\"", with: "\"")
        }.joined(separator: "; ")
    }
}
