extension HTTP2Rule {
    /// WebSocket over HTTP/2.
    ///
    /// Source: RFC 8441.
    static let extendedConnect: [HTTP2Rule] = [
        .malformed("8441/4/not-connect", ":protocol with a method other than CONNECT is malformed") { peer in
            peer.fields("GET").prefix(1) + [HTTP2Field(":protocol", "websocket")] + peer.fields("GET").dropFirst()
        },
        .open("8441/3/not-offered", "Where extended CONNECT is not offered, it is malformed", .malformed(1)) { peer in
            if peer.offersExtendedConnect { throw NotApplicable(reason: "extended CONNECT is offered") }
            peer.request(1, peer.webSocketFields, ends: false)
        },
        .offered("8441/4/no-scheme", "Extended CONNECT without :scheme is malformed", .malformed(1)) { peer in
            peer.request(1, peer.webSocketFields.filter { $0.nameText != ":scheme" }, ends: false)
        },
        .offered("8441/4/no-path", "Extended CONNECT without :path is malformed", .malformed(1)) { peer in
            peer.request(1, peer.webSocketFields.filter { $0.nameText != ":path" }, ends: false)
        },
        .offered("8441/4/no-authority", "Extended CONNECT without :authority is malformed", .malformed(1)) { peer in
            peer.request(1, peer.webSocketFields.filter { $0.nameText != ":authority" }, ends: false)
        },
        .offered("8441/4/two-protocols", "Extended CONNECT with two :protocol is malformed", .malformed(1)) { peer in
            peer.request(1, [HTTP2Field(":protocol", "websocket")] + peer.webSocketFields, ends: false)
        },
        .offered("8441/5/tunnel", "A WebSocket is opened with 200 and carries bytes both ways", .ignored) { peer in
            peer.request(1, peer.webSocketFields, ends: false)
            try peer.wait(for: "status 200") { $0.streams[1]?.status == 200 }
            peer.send(.data(1, "ping"))
            try peer.wait(for: "the bytes back") { $0.streams[1]?.body == Array("ping".utf8) }
            peer.send(.data(1, "pong", ends: true))
            try peer.wait(for: "all bytes back") { $0.streams[1]?.body == Array("pingpong".utf8) }
            try peer.wait(for: "the end of the stream") { $0.streams[1]?.isOver ?? false }
        },
        .offered("8441/5/large", "A WebSocket carries more than the windows hold", .ignored) { peer in
            peer.request(1, peer.webSocketFields, ends: false)
            try peer.wait(for: "status 200") { $0.streams[1]?.status == 200 }
            try peer.sendBody(1, [UInt8](repeating: 119, count: 300_000), ends: false)
            try peer.wait(for: "all bytes back") { $0.streams[1]?.body.count == 300_000 }
            peer.send(.resetStream(1))
        },
        .offered("8441/5/reset", "A WebSocket whose stream is reset leaves others alone", .ignored) { peer in
            peer.request(1, peer.webSocketFields, ends: false)
            try peer.wait(for: "status 200") { $0.streams[1]?.status == 200 }
            peer.send(.data(1, "ping"), .resetStream(1))
        },
        .offered("8441/5/trailers", "HEADERS inside of a tunnel are malformed", .streamError(1, [.protocolError])) {
            peer in
            peer.request(1, peer.webSocketFields, ends: false)
            try peer.wait(for: "status 200") { $0.streams[1]?.status == 200 }
            peer.request(1, [HTTP2Field(":path", "/")], ends: false)
        },
    ]

    /// A rule for servers that offer extended CONNECT.
    private static func offered(
        _ id: String, _ sentence: String, _ outcome: Outcome, steps: @escaping @Sendable (HTTP2Peer) throws -> Void,
    ) -> HTTP2Rule {
        open(id, sentence, outcome) { peer in
            guard peer.offersExtendedConnect else { throw NotApplicable(reason: "extended CONNECT is not offered") }
            try steps(peer)
        }
    }
}

extension HTTP2Peer {
    fileprivate var offersExtendedConnect: Bool { settings[HTTP2Setting.enableConnectProtocol.rawValue] == 1 }

    /// What opens a WebSocket.
    ///
    /// Source: RFC 8441, 5.1.
    fileprivate var webSocketFields: [HTTP2Field] {
        [HTTP2Field(":protocol", "websocket")]
            + fields("CONNECT", "/websocket", [("sec-websocket-version", "13"), ("origin", "http://localhost")])
    }
}
