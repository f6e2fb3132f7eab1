extension HTTP2Rule {
    /// DATA.
    ///
    /// Source: RFC 9113, 6.1.
    static let dataFrames: [HTTP2Rule] = [
        .open("9113/6.1/stream-0", "DATA on stream 0 is a connection error", .connectionError([.protocolError])) {
            peer in
            peer.send(.data(0, "x"))
        },
        .open("9113/6.1/padding", "Padding of DATA does not reach the instance", .answered(1, 200)) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            peer.send(HTTP2Frame(.data, flags: [.padded], stream: 1, payload: [3] + Array("padded".utf8) + [0, 0, 0]))
            peer.send(HTTP2Frame(.data, flags: [.padded, .endStream], stream: 1, payload: [0]))
            let body = String(decoding: try peer.answer(1).body, as: UTF8.self)
            try peer.require(body.hasSuffix("\n\npadded"), "the body came as \(body)")
        },
        .open(
            "9113/6.1/padding-too-long", "DATA with more padding than payload is a connection error",
            .connectionError([.protocolError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(HTTP2Frame(.data, flags: [.padded, .endStream], stream: 1, payload: [6] + Array("short".utf8)))
        },
        .open(
            "9113/6.1/padding-as-long", "DATA whose padding is as long as the whole payload is a connection error",
            .connectionError([.protocolError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(HTTP2Frame(.data, flags: [.padded, .endStream], stream: 1, payload: [1]))
        },
        .open(
            "9113/6.1/padding-missing", "DATA with the flag PADDED and no payload is a connection error",
            .connectionError([.frameSizeError, .protocolError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(HTTP2Frame(.data, flags: [.padded, .endStream], stream: 1))
        },
        .open("9113/6.1/padding-counts", "Padding counts for windows, and is given back", .answered(1, 200)) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            for _ in 0..<600 {
                try peer.wait(for: "a window for DATA") {
                    $0.sendWindow >= 257 && $0.streams[1]?.sendWindow ?? 0 >= 257
                }
                let payload = [255] + [120] + [UInt8](repeating: 0, count: 255)
                peer.send(HTTP2Frame(.data, flags: .padded, stream: 1, payload: payload))
            }
            peer.send(.data(1, ends: true))
            let body = try peer.answer(1).body
            try peer.require(body.suffix(600).allSatisfy { $0 == 120 }, "the body is another")
        },
    ]

    /// HEADERS, PRIORITY and RST_STREAM.
    ///
    /// Source: RFC 9113, 6.2 to 6.4.
    static let headersFrames: [HTTP2Rule] = [
        .open("9113/6.2/padding", "HEADERS with padding and priority are taken", .answered(1, 200)) { peer in
            let priority: [UInt8] = [0x80, 0, 0, 0, 255]
            let payload = [4] + priority + FieldBlock(peer.fields()).bytes + [0, 0, 0, 0]
            let flags: HTTP2Flags = [.padded, .priority, .endStream, .endHeaders]
            peer.send(HTTP2Frame(.headers, flags: flags, stream: 1, payload: payload))
        },
        .open(
            "9113/6.2/padding-too-long", "HEADERS with more padding than payload are a connection error",
            .connectionError([.protocolError])
        ) { peer in
            let block = FieldBlock(peer.fields()).bytes
            let payload = [UInt8(block.count + 1)] + block
            peer.send(HTTP2Frame(.headers, flags: [.padded, .endStream, .endHeaders], stream: 1, payload: payload))
        },
        .open(
            "9113/6.2/padding-over-priority", "Padding that reaches into the priority is a connection error",
            .connectionError([.protocolError, .frameSizeError])
        ) { peer in
            let flags: HTTP2Flags = [.padded, .priority, .endStream, .endHeaders]
            peer.send(HTTP2Frame(.headers, flags: flags, stream: 1, payload: [3, 0, 0, 0, 0, 15, 0x82]))
        },
        .open(
            "9113/6.2/priority-missing", "HEADERS too short for their priority are a connection error",
            .connectionError([.frameSizeError, .protocolError])
        ) { peer in
            let flags: HTTP2Flags = [.priority, .endStream, .endHeaders]
            peer.send(HTTP2Frame(.headers, flags: flags, stream: 1, payload: [0, 0, 0, 0]))
        },
        .open("9113/6.3/stream-0", "PRIORITY on stream 0 is a connection error", .connectionError([.protocolError])) {
            peer in
            peer.send(.priority(0))
        },
        .open("9113/6.3/short", "PRIORITY of four bytes is an error of the stream", .streamError(1, [.frameSizeError]))
        {
            $0.request(1, "POST", "/hold", ends: false)
            $0.send(HTTP2Frame(.priority, stream: 1, payload: [0, 0, 0, 0]))
        },
        .open("9113/6.3/long", "PRIORITY of six bytes is an error of the stream", .streamError(1, [.frameSizeError])) {
            peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(HTTP2Frame(.priority, stream: 1, payload: [0, 0, 0, 0, 0, 0]))
        },
        .open("9113/6.3/opens-nothing", "PRIORITY does not use up a stream's number", .answered(1, 200)) { peer in
            peer.send(.priority(9, on: 7), .priority(3, on: 9))
            peer.request(1)
            try peer.answer(1)
            peer.request(3)
            try peer.expect(200, on: 3)
        },
        .open("9113/6.4/stream-0", "RST_STREAM on stream 0 is a connection error", .connectionError([.protocolError])) {
            $0.send(.resetStream(0))
        },
        .open("9113/6.4/short", "RST_STREAM of three bytes is a connection error", .connectionError([.frameSizeError]))
        {
            $0.request(1, "POST", "/hold", ends: false)
            $0.send(HTTP2Frame(.resetStream, stream: 1, payload: [0, 0, 0]))
        },
        .open("9113/6.4/long", "RST_STREAM of five bytes is a connection error", .connectionError([.frameSizeError])) {
            peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(HTTP2Frame(.resetStream, stream: 1, payload: [0, 0, 0, 0, 8]))
        },
        .open("9113/7/unknown-code", "RST_STREAM with an unknown code is taken", .ignored) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(HTTP2Frame(.resetStream, stream: 1, payload: [0xDE, 0xAD, 0xBE, 0xEF]))
        },
    ]

    /// PUSH_PROMISE, PING and GOAWAY.
    ///
    /// Source: RFC 9113, 6.6 to 6.8.
    static let controlFrames: [HTTP2Rule] = [
        .open("9113/6.6/push", "PUSH_PROMISE of a client is a connection error", .connectionError([.protocolError])) {
            peer in
            peer.request(1, "POST", "/hold", ends: false)
            let payload = UInt32(2).bigEndianBytes + FieldBlock(peer.fields()).bytes
            peer.send(HTTP2Frame(.pushPromise, flags: .endHeaders, stream: 1, payload: payload))
        },
        .open("9113/6.7/answer", "PING is answered with its payload", .ignored) { peer in
            try peer.ping("12345678")
            try peer.ping("abcdefgh")
            try peer.require(peer.pingAnswers.count == 2, "there are \(peer.pingAnswers.count) answers")
        },
        .open("9113/6.7/acknowledgement", "A PING that answers is not answered", .ignored) { peer in
            peer.send(.ping("answered", isAnswer: true))
            try peer.ping("question")
            try peer.require(peer.pingAnswers == [Array("question".utf8)], "the answer was answered")
        },
        .open("9113/6.7/stream", "PING on a stream is a connection error", .connectionError([.protocolError])) { peer in
            peer.send(HTTP2Frame(.ping, stream: 1, payload: [UInt8](repeating: 0, count: 8)))
        },
        .open("9113/6.7/short", "PING of seven bytes is a connection error", .connectionError([.frameSizeError])) {
            peer in
            peer.send(.ping("1234567"))
        },
        .open("9113/6.7/long", "PING of nine bytes is a connection error", .connectionError([.frameSizeError])) {
            peer in
            peer.send(.ping("123456789"))
        },
        .open("9113/6.7/empty", "PING without payload is a connection error", .connectionError([.frameSizeError])) {
            peer in
            peer.send(.ping(""))
        },
        .open("9113/6.7/stalled", "PING is answered while an answer waits for windows", .ignored) { peer in
            peer.givesCredit = false
            peer.request(1, "GET", "/bytes/200000")
            try peer.wait(for: "the end of the window") { $0.receiveWindow == 0 }
            try peer.ping("stalled?")
            peer.givesCredit = true
            peer.send(.windowUpdate(0, 200_000), .windowUpdate(1, 200_000))
            try peer.expect(200, on: 1)
        },
        .open("9113/6.8/stream", "GOAWAY on a stream is a connection error", .connectionError([.protocolError])) {
            peer in
            peer.send(HTTP2Frame(.goAway, stream: 1, payload: [UInt8](repeating: 0, count: 8)))
        },
        .open("9113/6.8/short", "GOAWAY of seven bytes is a connection error", .connectionError([.frameSizeError])) {
            peer in
            peer.send(HTTP2Frame(.goAway, payload: [UInt8](repeating: 0, count: 7)))
        },
        HTTP2Rule("9113/6.8/finishes", "What was asked before the client's GOAWAY is answered", .closed) { peer in
            try peer.open()
            peer.request(1, "GET", "/bytes/100000")
            peer.send(.goAway(debug: Array("leaving".utf8)))
            let found = try peer.expect(200, on: 1)
            try peer.require(found.body.count == 100_000, "the answer has \(found.body.count) bytes")
            peer.channel.endWriting()
        },
    ]

    /// CONTINUATION.
    ///
    /// Source: RFC 9113, 4.3 and 6.10.
    static let continuations: [HTTP2Rule] =
        [
            .open("9113/6.10/pieces", "A field block in many pieces is taken", .answered(1, 200)) { peer in
                let block = FieldBlock(peer.fields("GET", "/", [("x-long", String(repeating: "a", count: 40))])).bytes
                let size = (block.count + 3) / 4
                peer.send(.headers(1, Array(block[..<size]), isWhole: false))
                peer.send(.continuation(1, Array(block[size..<2 * size]), isLast: false))
                peer.send(.continuation(1, Array(block[(2 * size)...])))
            },
            .open("9113/6.10/empty", "An empty CONTINUATION may end a field block", .answered(1, 200)) { peer in
                peer.send(.headers(1, FieldBlock(peer.fields()).bytes, isWhole: false), .continuation(1))
            },
            .open("9113/6.10/empty-headers", "HEADERS may leave all fields to CONTINUATION", .answered(1, 200)) {
                peer in
                peer.send(.headers(1, [], isWhole: false), .continuation(1, FieldBlock(peer.fields()).bytes))
            },
            .open(
                "9113/6.10/stream-0", "CONTINUATION on stream 0 is a connection error",
                .connectionError([.protocolError])
            ) { peer in
                peer.send(.headers(1, FieldBlock(peer.fields()).bytes, isWhole: false), .continuation(0))
            },
            .open(
                "9113/6.10/other-stream", "CONTINUATION on another stream is a connection error",
                .connectionError([.protocolError])
            ) { peer in
                peer.send(.headers(1, FieldBlock(peer.fields()).bytes, isWhole: false), .continuation(3))
            },
            .open(
                "9113/6.10/behind-end", "CONTINUATION behind END_HEADERS is a connection error",
                .connectionError([.protocolError])
            ) { peer in
                peer.request(1, "POST", "/hold", ends: false)
                peer.send(.continuation(1, FieldBlock([HTTP2Field("x-a", "1")]).bytes))
            },
            .open(
                "9113/6.10/behind-last", "CONTINUATION behind the last CONTINUATION is a connection error",
                .connectionError([.protocolError])
            ) { peer in
                let block = FieldBlock(peer.fields("POST", "/hold")).bytes
                peer.send(.headers(1, block, ends: false, isWhole: false), .continuation(1), .continuation(1))
            },
            .open(
                "9113/6.10/behind-data", "CONTINUATION behind DATA is a connection error",
                .connectionError([.protocolError])
            ) { peer in
                peer.request(1, "POST", "/hold", ends: false)
                peer.send(.data(1, "x"), .continuation(1))
            },
        ] + between

    private static func inside(_ name: String, _ frame: @escaping @Sendable (HTTP2Peer) -> HTTP2Frame) -> HTTP2Rule {
        open(
            "9113/6.10/inside-\(name)", "A \(name) frame inside of a field block is a connection error",
            .connectionError([.protocolError])
        ) { peer in
            peer.send(.headers(1, FieldBlock(peer.fields("POST", "/hold")).bytes, ends: false, isWhole: false))
            peer.send(frame(peer))
            peer.send(.continuation(1))
        }
    }

    private static let between: [HTTP2Rule] = [
        inside("DATA") { _ in .data(1, "x") },
        inside("PRIORITY") { _ in .priority(1) },
        inside("RST_STREAM") { _ in .resetStream(1) },
        inside("SETTINGS") { _ in .settings() },
        inside("PING") { _ in .ping() },
        inside("WINDOW_UPDATE") { _ in .windowUpdate(0, 1) },
        inside("HEADERS") { .headers(3, FieldBlock($0.fields()).bytes) },
        inside("second HEADERS") { .headers(1, FieldBlock($0.fields()).bytes) },
    ]
}
