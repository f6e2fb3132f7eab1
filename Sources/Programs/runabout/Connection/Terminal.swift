import Foundation
import RunaboutWire

/// Where the program writes to.
struct Terminal {
    /// Whether text goes to a person's screen, and not to a file or another program.
    let isInteractive: Bool
    /// How words are set apart.
    let style: Style

    /// Standard output, and standard error for failures.
    static let standard: Terminal = {
        let isInteractive = isatty(STDOUT_FILENO) == 1
        let environment = ProcessInfo.processInfo.environment
        let wantsColour = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        return Terminal(isInteractive: isInteractive, style: isInteractive && wantsColour ? .coloured : .plain)
    }()

    /// Writes a text and a line end, at once.
    func line(_ text: String = "") { write(text + "\n") }

    /// Writes lines, at once.
    func lines(_ lines: [String]) { write(lines.map { $0 + "\n" }.joined()) }

    /// Writes a text as it is.
    ///
    /// When nobody reads any more the program has nothing left to do.
    func write(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            exit(ExitStatus.done.rawValue)
        }
    }

    /// Writes a body as JSON: indented for one answer, on one line for each piece of a stream.
    func json(_ body: some Encodable, pretty: Bool = true) throws {
        line(String(decoding: try WireCoding.encode(body, pretty: pretty), as: UTF8.self))
    }

    /// Writes a failure to standard error.
    func fail(_ text: String) {
        // When standard error is closed there is nobody left to tell.
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }
}
