extension HTTP2Rule {
    /// How a connection begins.
    ///
    /// Source: RFC 9113, 3.
    static let preface: [HTTP2Rule] = [
        HTTP2Rule("9113/3.2/alpn", "ALPN chooses h2 for a client that offers h2 and http/1.1", .ignored, onlyTLS: true)
        {
            let channel = try ProbeChannel($0.target, protocols: ["h2", "http/1.1"])
            try $0.require(channel.negotiated == "h2", "ALPN chose \(channel.negotiated ?? "nothing")")
            try $0.open()
        },
        HTTP2Rule("9113/9.2/tls-1.1", "TLS older than 1.2 is refused", .ignored, onlyTLS: true) { peer in
            try peer.open()
            do {
                _ = try ProbeChannel(peer.target, newestTLS: 0x0302)
            } catch {
                return
            }
            try peer.require(false, "TLS 1.1 was taken")
        },
        HTTP2Rule("9113/3.4/server-preface", "The server's first frame is SETTINGS", .ignored) { peer in
            try peer.open()
            try peer.require(peer.frames.first?.kind == .settings, "the first frame was another")
        },
        HTTP2Rule("9113/3.4/bad-preface", "A wrong preface ends the connection", .closed) { peer in
            peer.send(raw: Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8) + HTTP2Frame.settings().bytes)
        },
        HTTP2Rule("9113/3.4/bad-preface-start", "Garbage instead of the preface ends the connection", .closed) { peer in
            peer.send(raw: Array("NOTHING KNOWN\r\n\r\n".utf8) + [UInt8](repeating: 0, count: 64))
        },
        HTTP2Rule(
            "9113/3.4/headers-first", "A client's first frame other than SETTINGS is a connection error",
            .connectionError([.protocolError])
        ) { peer in
            peer.send(raw: HTTP2Frame.preface)
            peer.request(1)
        },
        HTTP2Rule(
            "9113/3.4/ping-first", "PING in front of the client's SETTINGS is a connection error",
            .connectionError([.protocolError])
        ) { peer in
            peer.send(raw: HTTP2Frame.preface)
            peer.send(.ping())
        },
        HTTP2Rule("9113/3.4/byte-by-byte", "A preface that comes byte by byte is taken", .ignored) { peer in
            for byte in HTTP2Frame.preface { peer.send(raw: [byte]) }
            peer.sendSlowly(.settings())
            try peer.wait(for: "the server's SETTINGS") { $0.frames.first?.kind == .settings }
        },
        HTTP2Rule(
            "9113/3.4/at-once", "A client may send requests without waiting for the server's SETTINGS",
            .answered(1, 200)
        ) { peer in
            peer.send(raw: HTTP2Frame.preface)
            peer.send(.settings(), .headers(1, FieldBlock(peer.fields()).bytes))
        },
    ]

    /// The format and size of frames.
    ///
    /// Source: RFC 9113, 4.1, 4.2 and 5.5.
    static let framing: [HTTP2Rule] = [
        .open("9113/4.1/unknown-type", "A frame of an unknown type is ignored", .ignored) { peer in
            peer.send(HTTP2Frame(type: 0xBE, flags: 0, stream: 0, payload: Array("unknown".utf8)))
        },
        .open(
            "9113/4.1/unknown-type-stream", "A frame of an unknown type on an open stream is ignored", .answered(1, 200)
        ) {
            $0.request(1, "POST", "/echo", ends: false)
            $0.send(HTTP2Frame(type: 0x42, flags: 0xFF, stream: 1, payload: [1, 2, 3]))
            $0.send(.data(1, "x", ends: true))
        },
        .open(
            "9113/4.1/unknown-type-idle", "A frame of an unknown type on an idle stream is ignored", .answered(1, 200)
        ) {
            $0.send(HTTP2Frame(type: 0x16, flags: 0, stream: 77, payload: []))
            $0.request(1)
        },
        .open("9113/4.1/undefined-flags", "Flags that a type does not define are ignored", .ignored) { peer in
            peer.send(HTTP2Frame(type: 6, flags: 0xFE, stream: 0, payload: Array("flagged!".utf8)))
            try peer.wait(for: "the answer to PING") { $0.pingAnswers == [Array("flagged!".utf8)] }
        },
        .open("9113/4.1/undefined-flags-data", "Flags that DATA does not define are ignored", .answered(1, 200)) {
            peer in
            peer.request(1, "POST", "/echo", ends: false)
            peer.send(HTTP2Frame(type: 0, flags: 0xF7, stream: 1, payload: Array("x".utf8)))
        },
        .open("9113/4.1/reserved-bit", "The reserved bit of a stream's number is ignored", .answered(1, 200)) { peer in
            peer.send(HTTP2Frame(.ping, stream: 0x8000_0000, payload: Array("reserved".utf8)))
            try peer.wait(for: "the answer to PING") { $0.pingAnswers == [Array("reserved".utf8)] }
            peer.send(.headers(0x8000_0001, FieldBlock(peer.fields()).bytes))
        },
        .open("9113/4.1/dribbled-frame", "A frame that comes byte by byte is taken", .answered(1, 200)) { peer in
            peer.sendSlowly(.headers(1, FieldBlock(peer.fields()).bytes))
        },
        .open("9113/4.2/data-16384", "DATA of 16,384 bytes is taken", .answered(1, 200)) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            try peer.sendBody(1, [UInt8](repeating: 120, count: 16_384))
        },
        .open("9113/4.2/headers-16384", "HEADERS of 16,384 bytes are a frame of legal size", .ignored) { peer in
            let fields = peer.fields() + [HTTP2Field("x-filler", "a")]
            let padding = 16_384 - FieldBlock(fields).bytes.count
            var filled = FieldBlock(peer.fields())
            filled.literal(HTTP2Field("x-filler", String(repeating: "a", count: padding - 1)))
            peer.send(.headers(1, filled.bytes))
            try peer.wait(for: "an answer of any kind") { $0.streams[1]?.isOver ?? false }
        },
        .open(
            "9113/4.2/data-too-large", "DATA longer than SETTINGS_MAX_FRAME_SIZE is an error of size",
            .streamError(1, [.frameSizeError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.data(1, [UInt8](repeating: 0, count: peer.frameSizeMax + 1)))
        },
        .open(
            "9113/4.2/headers-too-large", "HEADERS longer than SETTINGS_MAX_FRAME_SIZE are a connection error",
            .connectionError([.frameSizeError])
        ) { peer in
            var block = FieldBlock(peer.fields())
            block.literal(HTTP2Field("x-filler", String(repeating: "a", count: peer.frameSizeMax)))
            peer.send(.headers(1, block.bytes))
        },
        .open(
            "9113/4.2/continuation-too-large", "CONTINUATION longer than allowed is a connection error",
            .connectionError([.frameSizeError])
        ) { peer in
            peer.send(.headers(1, FieldBlock(peer.fields()).bytes, isWhole: false))
            peer.send(.continuation(1, [UInt8](repeating: 0, count: peer.frameSizeMax + 1)))
        },
        .open(
            "9113/4.2/settings-too-large", "SETTINGS longer than allowed are a connection error",
            .connectionError([.frameSizeError])
        ) { peer in
            let entry = HTTP2Frame.settings([(0x99, 1)]).payload
            let count = peer.frameSizeMax / 6 + 1
            peer.send(HTTP2Frame(.settings, payload: (0..<count).flatMap { _ in entry }))
        },
        .open(
            "9113/4.2/unknown-too-large", "A frame of unknown type longer than allowed is an error of size",
            .connectionError([.frameSizeError])
        ) { peer in
            let payload = [UInt8](repeating: 0, count: peer.frameSizeMax + 1)
            peer.send(HTTP2Frame(type: 0x42, flags: 0, stream: 0, payload: payload))
        },
    ]
}

extension HTTP2Peer {
    /// The longest payload the server takes.
    var frameSizeMax: Int { Int(settings[HTTP2Setting.frameSizeMax.rawValue] ?? 16_384) }
}
