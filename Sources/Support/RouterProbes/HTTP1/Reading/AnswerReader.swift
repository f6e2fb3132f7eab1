/// An answer as a client that reads strictly would understand it.
package struct ReadAnswer: Hashable, Sendable {
    /// 100...999.
    package let status: Int
    /// In their order.
    package let fields: [ReadField]
    /// Without its framing.
    package let body: [UInt8]
    /// In their order.
    package let trailers: [ReadField]
    /// Whether only the end of the connection ends the body.
    package let isUntilClose: Bool

    /// Whether another head follows that answers the same request.
    package var isInterim: Bool { (100...199).contains(status) && status != 101 }

    /// Whether the connection ends with it.
    package var closes: Bool { isUntilClose || fields.hasConnectionOption("close") }
}

/// What the bytes at a place are.
package enum AnswerReading: Hashable, Sendable {
    /// A whole answer, and the offset behind it.
    case answer(ReadAnswer, end: Int)
    /// The beginning of an answer; says what was being read.
    case incomplete(String)
    /// No answer; says why.
    case malformed(String)
}

/// How the stream of bytes stands.
package enum StreamEnd: String, Hashable, Sendable {
    /// More may come.
    case open
    /// The peer has said that nothing more comes.
    case ended
    /// The connection broke.
    case broken
}

/// Reads answers as RFC 9112 demands.
package enum AnswerReader {
    /// Reads the answer, to a request with this method, that begins at an offset in everything that has come.
    ///
    /// `end` is whether the stream has ended, which ends a body that has no other end.
    package static func read(_ bytes: [UInt8], from start: Int, method: String, end: StreamEnd) -> AnswerReading {
        var cursor = MessageCursor(bytes, at: start)
        do throws(ReadFailure) {
            let answer = try answer(&cursor, method, end)
            return .answer(answer, end: cursor.position)
        } catch {
            switch error {
            case .incomplete(let what): return .incomplete(what)
            case .malformed(let why): return .malformed(why)
            }
        }
    }

    /// Reads answers up to the end or to what is no whole answer, which is given too when there are bytes left.
    ///
    /// `methods` are those of the requests in their order; what comes after them answers a GET.
    package static func readAll(
        _ bytes: [UInt8], methods: [String], end: StreamEnd,
    ) -> (answers: [ReadAnswer], rest: AnswerReading?) {
        var answers: [ReadAnswer] = []
        var offset = 0
        var finals = 0
        while offset < bytes.count {
            let method = finals < methods.count ? methods[finals] : "GET"
            let reading = read(bytes, from: offset, method: method, end: end)
            guard case .answer(let answer, let next) = reading else { return (answers, reading) }
            answers.append(answer)
            if !answer.isInterim { finals += 1 }
            offset = next
        }
        return (answers, nil)
    }

    private static func answer(
        _ cursor: inout MessageCursor, _ method: String, _ end: StreamEnd,
    ) throws(ReadFailure) -> ReadAnswer {
        var oddities: [String] = []
        let line = try cursor.line(of: "status line")
        let text = latin1(line)
        guard text.hasPrefix("HTTP/1.1 ") || text.hasPrefix("HTTP/1.0 ") else {
            throw .malformed("the status line '\(shown(text))'")
        }
        let rest = text.dropFirst(9)
        guard let status = Int(rest.prefix(3)), rest.prefix(3).utf8.allSatisfy(Grammar.isDigit),
            (100...999).contains(status), rest.count == 3 || rest.dropFirst(3).hasPrefix(" ")
        else { throw .malformed("the status line '\(shown(text))'") }
        let fields = try cursor.fields(of: "head", oddities: &oddities)
        if let oddity = oddities.first { throw .malformed(oddity) }
        let framing = try cursor.framing(fields, isHTTP10: text.hasPrefix("HTTP/1.0"), oddities: &oddities)
        var body: [UInt8] = []
        var trailers: [ReadField] = []
        var isUntilClose = false
        if method != "HEAD", status >= 200, status != 204, status != 304 {
            switch framing {
            case .length(let count): body = Array(try cursor.take(count, of: "body"))
            case .chunked: (body, trailers) = try cursor.chunks(checksTrailers: false, oddities: &oddities)
            case .unsaid:
                isUntilClose = true
                guard end == .ended else { throw .incomplete("body that ends with the connection") }
                body = Array(cursor.rest())
            }
        }
        return ReadAnswer(status: status, fields: fields, body: body, trailers: trailers, isUntilClose: isUntilClose)
    }
}
