import Foundation

/// The secret that opens the control API and the registry.
struct Token: Sendable, CustomStringConvertible {
    /// The secret itself; only ever given to what compares or stores it.
    let secret: String
    /// Whether it was made just now.
    let isNew: Bool

    var description: String { "<token>" }

    /// Reads the token's file, or makes one: 32 random bytes as base64url, readable by its owner only.
    ///
    /// - Throws: ``StartError`` when the file can't be read or made, is empty, or may be read by others.
    static func load(_ path: String, using generator: inout some RandomNumberGenerator) throws(StartError) -> Token {
        if let existing = try read(path) { return Token(secret: existing, isNew: false) }
        var bytes: [UInt8] = []
        for _ in 0..<4 { withUnsafeBytes(of: generator.next() as UInt64) { bytes.append(contentsOf: $0) } }
        let secret = Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        try write(secret + "\n", to: path)
        return Token(secret: secret, isNew: true)
    }

    private static func read(_ path: String) throws(StartError) -> String? {
        guard let status = FileStatus(path) else { return nil }
        guard status.mode & 0o077 == 0 else {
            throw StartError("The token file \(path) can be read by others. Run: chmod 600 \(path)")
        }
        guard let text = FileManager.default.contents(atPath: path).map({ String(decoding: $0, as: UTF8.self) }) else {
            throw StartError("The token file \(path) can't be read")
        }
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !secret.isEmpty else {
            throw StartError("The token file \(path) is empty. Remove it, and a new token is made.")
        }
        return secret
    }

    /// Writes beside the file and renames, so that a crash leaves either no file or a whole one.
    private static func write(_ text: String, to path: String) throws(StartError) {
        let draft = path + ".new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            rename(draft, path) == 0
        else { throw failure(path) }
    }

    private static func failure(_ path: String) -> StartError {
        StartError("The token file \(path) can't be written: \(String(cString: strerror(errno)))")
    }
}
