/// One rule of RFC 9113, 7541, 8441 or 9218 for servers, as steps of a client and what has to come of them.
package struct HTTP2Rule: Sendable, CustomStringConvertible {
    /// What has to come of the steps.
    package enum Outcome: Sendable {
        /// GOAWAY with one of these codes, then the end of the TCP connection.
        case connectionError(Set<HTTP2Code>)
        /// The end of the TCP connection; what comes before it is free.
        case closed
        /// RST_STREAM with one of these codes and a connection that goes on; the same as a connection error is allowed
        /// too (RFC 9113, 5.4.1), and then closes the connection.
        case streamError(UInt32, Set<HTTP2Code>)
        /// A stream error of type PROTOCOL_ERROR, or a status of 400 to 499; the instance sees nothing of the request.
        case malformed(UInt32)
        /// As `malformed`, but found behind the head: the instance never sees the whole request.
        case incomplete(UInt32)
        /// The stream is answered with this status, and the connection goes on.
        case answered(UInt32, Int)
        /// Nothing comes of it: the connection answers another request.
        case ignored
    }

    /// The section and a name within it: `9113/6.5/odd-length`.
    package let id: String
    /// What a server has to do.
    package let sentence: String
    let outcome: Outcome
    /// Whether the rule only makes sense over TLS, or never does.
    let onlyTLS: Bool
    let steps: @Sendable (HTTP2Peer) throws -> Void

    init(
        _ id: String, _ sentence: String, _ outcome: Outcome, onlyTLS: Bool = false,
        steps: @escaping @Sendable (HTTP2Peer) throws -> Void,
    ) {
        self.id = id
        self.sentence = sentence
        self.outcome = outcome
        self.onlyTLS = onlyTLS
        self.steps = steps
    }

    /// A rule that begins on an open connection.
    static func open(
        _ id: String, _ sentence: String, _ outcome: Outcome, steps: @escaping @Sendable (HTTP2Peer) throws -> Void,
    ) -> HTTP2Rule {
        HTTP2Rule(id, sentence, outcome) { peer in
            try peer.open()
            try steps(peer)
        }
    }

    /// A rule about one request that is malformed in its head.
    static func malformed(
        _ id: String, _ sentence: String, fields: @escaping @Sendable (HTTP2Peer) -> [HTTP2Field],
    ) -> HTTP2Rule {
        open(id, sentence, .malformed(1)) { peer in peer.request(1, fields(peer)) }
    }

    /// A rule about a field block that can't be decoded.
    static func compression(
        _ id: String, _ sentence: String, block: @escaping @Sendable (HTTP2Peer) -> [UInt8],
    ) -> HTTP2Rule {
        open(id, sentence, .connectionError([.compressionError])) { peer in peer.send(.headers(1, block(peer))) }
    }

    /// The id and the sentence.
    package var description: String { "\(id): \(sentence)" }

    /// Every rule, in the order of the RFCs.
    package static let all: [HTTP2Rule] =
        preface + framing + streamStates + messages + fieldRules + pseudoFields + dataFrames + headersFrames
        + controlFrames + settingsFrames + flowControl + continuations + extendedConnect + integersAndStrings
        + fieldTables
}

/// A rule's steps do not apply to this server, and why.
struct NotApplicable: Error {
    let reason: String
}

/// How a server stands to a rule.
package enum HTTP2Verdict: Sendable, Equatable {
    /// As the rule says.
    case kept
    /// The connection was closed, without the GOAWAY that should have come first.
    case keptQuietly
    /// The rule is about what this server does not offer, and why.
    case notApplicable(String)
    /// Not kept, and how.
    case broken(String)

    /// Whether the rule counts as passed.
    package var isPassed: Bool {
        switch self {
        case .kept, .keptQuietly: true
        case .notApplicable, .broken: false
        }
    }
}

/// Runs rules against one server, each on a connection of its own.
package struct HTTP2Judge: Sendable {
    /// The server.
    package let target: HTTP2Target
    /// The instance behind the server.
    package let origin: HTTP2Origin

    /// Takes a server and the instance it passes requests on to.
    package init(_ target: HTTP2Target, origin: HTTP2Origin) {
        self.target = target
        self.origin = origin
    }

    /// Runs one rule.
    package func verdict(_ rule: HTTP2Rule) -> HTTP2Verdict {
        if rule.onlyTLS, !target.isTLS { return .notApplicable("only over TLS") }
        let token = origin.newToken()
        do {
            let peer = try HTTP2Peer(target, token: token)
            try rule.steps(peer)
            let verdict = try judge(rule.outcome, peer)
            guard peer.breaches.isEmpty else { return .broken(peer.breaches.joined(separator: "; ")) }
            return verdict
        } catch let error as NotApplicable {
            return .notApplicable(error.reason)
        } catch {
            return .broken("\(error)")
        }
    }

    private func judge(_ outcome: HTTP2Rule.Outcome, _ peer: HTTP2Peer) throws -> HTTP2Verdict {
        switch outcome {
        case .connectionError(let codes): return try closing(peer, codes)
        case .closed:
            try peer.wait(for: "the end of the connection") { $0.isEnded }
            return .kept
        case .streamError(let stream, let codes): return try streamError(peer, stream, codes)
        case .malformed(let stream):
            let verdict = try malformed(peer, stream)
            let saw = origin.saw(peer.token)
            return saw ? .broken("the instance got the malformed request") : verdict
        case .incomplete(let stream):
            let verdict = try malformed(peer, stream)
            let saw = origin.sawAll(of: peer.token)
            return saw ? .broken("the instance got the request as a whole one") : verdict
        case .answered(let stream, let status):
            try peer.expect(status, on: stream)
            try goesOn(peer)
            return .kept
        case .ignored:
            try goesOn(peer)
            return .kept
        }
    }

    /// The connection has to end, behind a GOAWAY with one of the codes.
    private func closing(_ peer: HTTP2Peer, _ codes: Set<HTTP2Code>) throws -> HTTP2Verdict {
        try peer.wait(for: "GOAWAY with \(Self.names(codes)) and the end of the connection") { $0.isEnded }
        guard let farewell = peer.farewell else { return .keptQuietly }
        guard let code = HTTP2Code(rawValue: farewell.code), codes.contains(code) else {
            return .broken("GOAWAY with \(HTTP2Code.name(farewell.code)) instead of \(Self.names(codes))")
        }
        return .kept
    }

    private func streamError(_ peer: HTTP2Peer, _ stream: UInt32, _ codes: Set<HTTP2Code>) throws -> HTTP2Verdict {
        try peer.wait(for: "RST_STREAM with \(Self.names(codes)) on stream \(stream)") { peer in
            peer.streams[stream]?.reset != nil || peer.farewell != nil || peer.isEnded
        }
        // Streams that end with their connection may be reset with any code.
        guard let code = peer.streams[stream]?.reset, peer.farewell == nil else { return try closing(peer, codes) }
        guard let known = HTTP2Code(rawValue: code), codes.contains(known) else {
            return .broken("RST_STREAM with \(HTTP2Code.name(code)) instead of \(Self.names(codes))")
        }
        try goesOn(peer)
        return .kept
    }

    private func malformed(_ peer: HTTP2Peer, _ stream: UInt32) throws -> HTTP2Verdict {
        try peer.wait(for: "RST_STREAM with protocolError, or a status of 4xx, on stream \(stream)") { peer in
            peer.streams[stream]?.isOver ?? false || peer.farewell != nil || peer.isEnded
        }
        if let found = peer.streams[stream], let status = found.status {
            guard (400...499).contains(status) else { return .broken("answered with \(status)") }
            try goesOn(peer)
            return .kept
        }
        return try streamError(peer, stream, [.protocolError])
    }

    private func goesOn(_ peer: HTTP2Peer) throws {
        try peer.require(peer.farewell == nil && !peer.isEnded, "the connection is over")
        guard peer.lastStream < 0x7FFF_FFFD else { return }
        try peer.openWindows()
        try peer.ask("/after")
    }

    private static func names(_ codes: Set<HTTP2Code>) -> String {
        codes.sorted { $0.rawValue < $1.rawValue }.map { "\($0)" }.joined(separator: " or ")
    }
}
