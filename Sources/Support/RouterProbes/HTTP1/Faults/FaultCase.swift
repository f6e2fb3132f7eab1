/// What a client may get when an instance misbehaves.
package enum FaultExpectation: Sendable {
    /// Exactly this answer, whole.
    case whole(status: Int, body: String)
    /// An error that the proxy answers itself.
    case refused
    /// An error of the proxy's, or an answer that every client can see is cut.
    case cut
    /// An error of the proxy's, or exactly this answer.
    case refusedOrWhole(status: Int, body: String)
}

/// What an instance does to a request, and what may become of it.
package struct FaultCase: Sendable {
    /// Unique, in words.
    package let name: String
    /// Of the request that is answered so.
    package let method: String
    /// Sent with the request.
    package let body: String
    /// What the instance does.
    package let steps: [InstanceStep]
    /// What the client may get.
    package let expectation: FaultExpectation
    /// Fields of an answer, in lower case, that no client may get to see.
    package let hidden: [String]

    init(
        _ name: String, method: String = "GET", body: String = "", _ steps: [InstanceStep],
        _ expectation: FaultExpectation, hidden: [String] = [],
    ) {
        self.name = name
        self.method = method
        self.body = body
        self.steps = steps
        self.expectation = expectation
        self.hidden = hidden
    }

    /// Judges all the bytes that the client got on its connection.
    ///
    /// `end` is how the connection stood when the client had seen enough of it.
    package func judge(_ bytes: [UInt8], end: StreamEnd) -> Judgement {
        let (all, rest) = AnswerReader.readAll(bytes, methods: [method], end: end)
        let answers = all.filter { !$0.isInterim }
        if answers.count > 1 { return Judgement(.fail, "the client got \(answers.count) answers") }
        if let text = expectation.wholeText, let answer = answers.first, answer.status == text.status {
            if rest != nil { return Judgement(.fail, "something followed the answer") }
            guard answer.body == rawBytes(text.body) else {
                return Judgement(.fail, "the answer's body is '\(shown(latin1(answer.body)))'")
            }
            for name in hidden
            where !answer.fields.values(of: name).isEmpty || !answer.trailers.values(of: name).isEmpty {
                return Judgement(.lenient, "\(name) was passed on")
            }
            return Judgement(.pass)
        }
        if let answer = answers.first {
            guard answer.status >= 500, answer.marker == nil else {
                return Judgement(.fail, "the client got what looks like a whole answer, \(answer.status)")
            }
            if case .whole = expectation { return Judgement(.fail, "the client was refused with \(answer.status)") }
            return Judgement(.pass)
        }
        return judgeCut(bytes, rest, end)
    }

    /// No whole answer came.
    private func judgeCut(_ bytes: [UInt8], _ rest: AnswerReading?, _ end: StreamEnd) -> Judgement {
        guard end != .open else {
            if case .malformed(let why) = rest { return Judgement(.fail, "the client got \(why), and no end") }
            return Judgement(.hang, "the client got no end, but '\(shown(latin1(bytes.prefix(300))))'")
        }
        switch expectation {
        case .cut: return Judgement(.pass)
        case .whole: return Judgement(.fail, "the client got \(bytes.count) bytes of an answer that was whole")
        case .refused, .refusedOrWhole:
            // Closing without a word is no lie, but no help either.
            if bytes.isEmpty { return Judgement(.lenient, "the client got nothing") }
            guard case .malformed(let why) = rest else { return Judgement(.lenient, "the client got a cut answer") }
            return Judgement(.fail, "the client got \(why)")
        }
    }
}

extension FaultExpectation {
    /// The answer that may come whole.
    var wholeText: (status: Int, body: String)? {
        switch self {
        case .whole(let status, let body), .refusedOrWhole(let status, let body): (status, body)
        case .refused, .cut: nil
        }
    }
}
