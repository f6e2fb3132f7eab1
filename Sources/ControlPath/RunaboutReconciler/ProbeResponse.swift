/// The beginning of an HTTP/1 response, as much of it as a health check wants to know.
///
/// Takes bytes as they come and finds the final status; responses of 1xx before it are passed over. Holds at most
/// `limit` bytes.
///
/// Source: RFC 9112 §4 (status line), RFC 9110 §15.2 (1xx may come before the final response).
struct ProbeResponse: Equatable, Sendable {
    /// What is known so far.
    enum Progress: Equatable {
        /// More bytes are needed.
        case incomplete
        /// The final status.
        case status(Int)
        /// It is not HTTP/1, or its head is longer than the limit.
        case malformed
    }

    private let limit: Int
    private var bytes: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    /// Takes more bytes.
    mutating func append(_ more: some Sequence<UInt8>) -> Progress {
        bytes.append(contentsOf: more)
        while true {
            guard let lineEnd = bytes.firstIndex(of: 10) else { return short }
            guard let status = Self.status(of: bytes[..<lineEnd]) else { return .malformed }
            guard (100..<200).contains(status) else { return .status(status) }
            guard let headEnd = Self.headEnd(bytes) else { return short }
            bytes.removeFirst(headEnd)
        }
    }

    private var short: Progress { bytes.count > limit ? .malformed : .incomplete }

    /// `HTTP/1.1 200 OK` without its end gives 200.
    private static func status(of line: some Collection<UInt8>) -> Int? {
        let text = String(decoding: line, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.") else { return nil }
        let words = text.split(maxSplits: 2, omittingEmptySubsequences: false) { $0 == " " || $0 == "\r" }
        guard words.count >= 2, words[1].utf8.count == 3, let status = Int(words[1]) else { return nil }
        return (100..<600).contains(status) ? status : nil
    }

    /// Where the bytes after the first empty line begin.
    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        var lineLength = 0
        for (index, byte) in bytes.enumerated() {
            if byte == 10 {
                if lineLength == 0 { return index + 1 }
                lineLength = 0
            } else if byte != 13 {
                lineLength += 1
            }
        }
        return nil
    }
}
