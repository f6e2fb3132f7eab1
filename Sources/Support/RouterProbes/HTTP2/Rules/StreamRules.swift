extension HTTP2Rule {
    /// The states of streams, their numbers, and how many there may be.
    ///
    /// Source: RFC 9113, 5.
    static let streamStates: [HTTP2Rule] = idleStreams + endedStreams + streamNumbers + streamErrors

    private static let idleStreams: [HTTP2Rule] = [
        .open("9113/5.1/idle-data", "DATA on an idle stream is a connection error", .connectionError([.protocolError]))
        {
            $0.send(.data(1, "x", ends: true))
        },
        .open(
            "9113/5.1/idle-reset", "RST_STREAM on an idle stream is a connection error",
            .connectionError([.protocolError])
        ) { $0.send(.resetStream(1)) },
        .open(
            "9113/5.1/idle-window", "WINDOW_UPDATE on an idle stream is a connection error",
            .connectionError([.protocolError])
        ) { $0.send(.windowUpdate(1, 100)) },
        .open(
            "9113/5.1/idle-continuation", "CONTINUATION on an idle stream is a connection error",
            .connectionError([.protocolError])
        ) { $0.send(.continuation(1, FieldBlock($0.fields()).bytes)) },
        .open("9113/5.1/idle-priority", "PRIORITY on an idle stream is taken", .answered(1, 200)) { peer in
            peer.send(.priority(1), .priority(99, on: 1))
            peer.request(1)
        },
    ]

    private static let endedStreams: [HTTP2Rule] = [
        .open(
            "9113/6.1/half-closed-data", "DATA behind END_STREAM is an error of type STREAM_CLOSED",
            .streamError(1, [.streamClosed])
        ) { peer in
            peer.request(1, "GET", "/hold")
            peer.send(.data(1, "x", ends: true))
        },
        .open(
            "9113/5.1/half-closed-headers", "HEADERS behind END_STREAM are an error of type STREAM_CLOSED",
            .streamError(1, [.streamClosed])
        ) { peer in
            peer.request(1, "GET", "/hold")
            peer.request(1, [HTTP2Field("x-trailer", "1")])
        },
        .open(
            "9113/5.1/half-closed-continuation", "CONTINUATION behind END_STREAM is a connection error",
            .connectionError([.protocolError, .streamClosed])
        ) { peer in
            peer.request(1, "GET", "/hold")
            peer.send(.continuation(1, FieldBlock([HTTP2Field("x-a", "1")]).bytes))
        },
        .open(
            "9113/5.1/half-closed-window", "WINDOW_UPDATE and PRIORITY behind END_STREAM are taken", .ignored
        ) { peer in
            peer.request(1, "GET", "/hold")
            peer.send(.windowUpdate(1, 10), .priority(1, on: 0))
        },
        .open("9113/5.1/half-closed-reset", "RST_STREAM behind END_STREAM ends the stream", .ignored) { peer in
            peer.request(1, "GET", "/hold")
            peer.send(.resetStream(1))
            try peer.ping("settled!")
            try peer.require(peer.streams[1]?.reset == nil, "RST_STREAM was answered by RST_STREAM")
        },
        .open(
            "9113/6.1/reset-data", "DATA behind the client's RST_STREAM is an error of type STREAM_CLOSED",
            .streamError(1, [.streamClosed])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.resetStream(1), .data(1, "x", ends: true))
        },
        .open(
            "9113/5.1/reset-headers", "HEADERS behind the client's RST_STREAM are an error",
            .streamError(1, [.streamClosed, .protocolError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.resetStream(1))
            peer.request(1, [HTTP2Field("x-trailer", "1")])
        },
        .open(
            "9113/5.1/reset-continuation", "CONTINUATION behind the client's RST_STREAM is a connection error",
            .connectionError([.protocolError, .streamClosed])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.resetStream(1), .continuation(1, FieldBlock([HTTP2Field("x-a", "1")]).bytes))
        },
        .open(
            "9113/6.1/closed-data", "DATA on a stream that both sides have ended is an error of type STREAM_CLOSED",
            .streamError(1, [.streamClosed])
        ) { peer in
            try peer.ask()
            peer.send(.data(1, "x", ends: true))
        },
        .open(
            "9113/5.1/closed-headers", "HEADERS on a stream that both sides have ended are a connection error",
            .connectionError([.streamClosed, .protocolError])
        ) { peer in
            try peer.ask()
            peer.request(1)
        },
        .open(
            "9113/5.1/closed-continuation", "CONTINUATION on an ended stream is a connection error",
            .connectionError([.protocolError, .streamClosed])
        ) { peer in
            try peer.ask()
            peer.send(.continuation(1, FieldBlock([HTTP2Field("x-a", "1")]).bytes))
        },
        .open(
            "9113/5.1/closed-late", "WINDOW_UPDATE, RST_STREAM and PRIORITY on an ended stream are ignored", .ignored
        ) { peer in
            try peer.ask()
            peer.send(.windowUpdate(1, 1), .priority(1), .resetStream(1))
        },
        .open(
            "9113/5.1/server-reset-late", "What was on its way when the server reset a stream is ignored",
            .answered(3, 200)
        ) { peer in
            peer.request(1, peer.fields("POST") + [HTTP2Field(":late", "1")], ends: false)
            peer.send(.data(1, "x"), .windowUpdate(1, 9), .data(1, "y", ends: true))
            peer.request(3)
        },
        .open(
            "9113/5.1/server-reset-credit", "DATA on a stream the server has reset counts for the connection's window",
            .ignored
        ) { peer in
            for stream in stride(from: UInt32(1), to: 41, by: 2) {
                peer.request(stream, peer.fields("POST") + [HTTP2Field(":late", "1")], ends: false)
                try peer.wait(for: "a window of the connection") { $0.sendWindow >= 16_384 || $0.farewell != nil }
                if peer.farewell != nil || peer.streams[stream]?.status != nil { return }
                peer.send(.data(stream, [UInt8](repeating: 0, count: 16_384), ends: true))
            }
        },
    ]

    private static let streamNumbers: [HTTP2Rule] = [
        .open(
            "9113/5.1.1/even", "A stream with an even number is a connection error", .connectionError([.protocolError])
        ) {
            $0.request(2)
        },
        .open(
            "9113/5.1.1/smaller", "A stream with a number below an opened one's is a connection error",
            .connectionError([.protocolError, .streamClosed])
        ) { peer in
            peer.request(5)
            try peer.answer(5)
            peer.request(3)
        },
        .open("9113/5.1.1/skipped", "Numbers of streams may be skipped", .answered(1_001, 200)) { peer in
            try peer.ask()
            peer.request(1_001)
        },
        .open("9113/5.1.1/zero", "HEADERS on stream 0 are a connection error", .connectionError([.protocolError])) {
            $0.request(0)
        },
        .open("9113/5.1.1/greatest", "The greatest number, 2^31-1, is taken", .answered(0x7FFF_FFFF, 200)) { peer in
            peer.request(0x7FFF_FFFF)
        },
        .open(
            "9113/5.1.2/too-many", "A stream above SETTINGS_MAX_CONCURRENT_STREAMS is refused",
            .ignored
        ) { peer in
            let most = try peer.requireStreamLimit()
            for number in 0...UInt32(most) { peer.request(1 + 2 * number, "POST", "/hold", ends: false) }
            let last = 1 + 2 * UInt32(most)
            try peer.wait(for: "an end of stream \(last)") { $0.streams[last]?.reset != nil || $0.farewell != nil }
            let code = peer.streams[last]?.reset ?? peer.farewell?.code
            let allowed = [HTTP2Code.refusedStream, .protocolError].map(\.rawValue)
            try peer.require(code.map(allowed.contains) ?? false, "it ended with another code")
            let others = peer.streams.filter { $0.key != last && $0.value.isOver }
            try peer.require(others.isEmpty || peer.farewell != nil, "others ended too: \(others.keys.sorted())")
            for number in 0..<UInt32(most) { peer.send(.resetStream(1 + 2 * number)) }
        },
        .open("9113/5.1.2/freed", "Streams that have ended do not count", .ignored) { peer in
            let most = try peer.requireStreamLimit()
            for round in 0..<2 {
                let numbers = (0..<UInt32(most)).map { 1 + 2 * ($0 + UInt32(round * most)) }
                peer.send(numbers.map { .headers($0, FieldBlock(peer.fields()).bytes) })
                for number in numbers { try peer.expect(200, on: number) }
            }
        },
        .open("9113/5.1.2/refused-fields", "The fields of a refused stream still reach the table", .ignored) { peer in
            let most = try peer.requireStreamLimit()
            for number in 0..<UInt32(most) { peer.request(1 + 2 * number, "POST", "/hold", ends: false) }
            var block = FieldBlock(peer.fields())
            block.literal(HTTP2Field("x-kept", "in the table"), form: .adding)
            let refused = 1 + 2 * UInt32(most)
            peer.send(.headers(refused, block.bytes))
            try peer.wait(for: "an end of stream \(refused)") {
                $0.streams[refused]?.reset != nil || $0.farewell != nil
            }
            if peer.farewell != nil { throw NotApplicable(reason: "ends the connection at the limit") }
            for number in 0..<UInt32(most) { peer.send(.resetStream(1 + 2 * number)) }
            var next = FieldBlock(peer.fields("GET", "/echo"))
            next.index(62)
            peer.send(.headers(refused + 2, next.bytes))
            try peer.requireEcho(refused + 2, "x-kept", "in the table")
        },
    ]

    private static let streamErrors: [HTTP2Rule] = [
        .open(
            "7540/5.3.1/headers-self", "A stream that depends on itself is an error of the stream",
            .streamError(1, [.protocolError])
        ) { peer in
            let block = UInt32(1).bigEndianBytes + [255] + FieldBlock(peer.fields()).bytes
            peer.send(HTTP2Frame(.headers, flags: [.endStream, .endHeaders, .priority], stream: 1, payload: block))
        },
        .open(
            "7540/5.3.1/priority-self", "PRIORITY that makes a stream depend on itself is an error of the stream",
            .streamError(1, [.protocolError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.priority(1, on: 1))
        },
        .open(
            "9113/5.4.1/last-stream", "GOAWAY names the last stream the server has taken",
            .connectionError([.protocolError])
        ) { peer in
            try peer.ask()
            try peer.ask()
            peer.send(.data(0, "x"))
            try peer.wait(for: "the end of the connection") { $0.isEnded }
            if let last = peer.farewell?.last {
                try peer.require(last == 3, "GOAWAY names stream \(last) instead of 3")
            }
        },
        .open("9113/5.4.2/others-go-on", "An error of one stream leaves the others alone", .answered(1, 200)) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            peer.request(3, peer.fields() + [HTTP2Field("Upper", "1")])
            try peer.wait(for: "the end of stream 3") { $0.streams[3]?.isOver ?? false || $0.farewell != nil }
            peer.send(.data(1, "still here", ends: true))
        },
        .open(
            "9113/5.5/extension-in-block", "A frame of unknown type inside of a field block is a connection error",
            .connectionError([.protocolError])
        ) { peer in
            peer.send(.headers(1, FieldBlock(peer.fields()).bytes, isWhole: false))
            peer.send(HTTP2Frame(type: 0x42, flags: 0, stream: 1, payload: []))
            peer.send(.continuation(1))
        },
    ]
}

extension HTTP2Peer {
    /// The greatest count of streams the server allows; at most 1,000, which is what rules try.
    func requireStreamLimit() throws -> Int {
        guard let most = settings[HTTP2Setting.concurrentStreamsMax.rawValue], most <= 1_000 else {
            throw NotApplicable(reason: "no limit of streams that could be reached")
        }
        return Int(most)
    }
}
