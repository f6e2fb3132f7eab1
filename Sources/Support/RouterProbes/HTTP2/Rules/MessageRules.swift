extension HTTP2Rule {
    /// How requests and answers are laid out on a stream.
    ///
    /// Source: RFC 9113, 8.1; RFC 9110.
    static let messages: [HTTP2Rule] = bodies + trailers + answers

    private static let bodies: [HTTP2Rule] = [
        .open("9113/8.1/body", "A body reaches the instance whole", .answered(1, 200)) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            peer.send(.data(1, "first,"), .data(1), .data(1, "second", ends: true))
            let body = String(decoding: try peer.answer(1).body, as: UTF8.self)
            try peer.require(body.hasSuffix("\n\nfirst,second"), "the body came as \(body)")
        },
        .open("9113/8.1/empty-end", "An empty DATA with END_STREAM ends the body", .answered(1, 200)) { peer in
            peer.request(1, "POST", "/echo", [("content-length", "4")], ends: false)
            peer.send(.data(1, "body"), .data(1, ends: true))
        },
        .open("9113/8.1.1/length-longer", "More DATA than content-length says is malformed", .incomplete(1)) { peer in
            peer.request(1, "POST", "/echo", [("content-length", "1")], ends: false)
            peer.send(.data(1, "four", ends: true))
        },
        .open("9113/8.1.1/length-longer-frames", "More DATA in several frames is malformed", .incomplete(1)) { peer in
            peer.request(1, "POST", "/echo", [("content-length", "5")], ends: false)
            peer.send(.data(1, "four"), .data(1, "four", ends: true))
        },
        .open("9113/8.1.1/length-shorter", "Less DATA than content-length says is malformed", .incomplete(1)) { peer in
            peer.request(1, "POST", "/echo", [("content-length", "9")], ends: false)
            peer.send(.data(1, "four", ends: true))
        },
        .open("9113/8.1.1/length-no-data", "A content-length and no DATA are malformed", .incomplete(1)) { peer in
            peer.request(1, "POST", "/echo", [("content-length", "9")])
        },
        .open(
            "9113/8.1.1/length-trailers", "Less DATA than content-length in front of trailers is malformed",
            .incomplete(1)
        ) {
            $0.request(1, "POST", "/echo", [("content-length", "9")], ends: false)
            $0.send(.data(1, "four"))
            $0.request(1, [HTTP2Field("x-sum", "1")])
        },
        .malformed("9113/8.1.1/length-twice", "Two different content-lengths are malformed") { peer in
            peer.fields("POST", "/echo", [("content-length", "0"), ("content-length", "1")])
        },
        .malformed("9113/8.1.1/length-letters", "A content-length that is no number is malformed") { peer in
            peer.fields("POST", "/echo", [("content-length", "0x0")])
        },
        .malformed("9113/8.1.1/length-sign", "A content-length with a sign is malformed") { peer in
            peer.fields("POST", "/echo", [("content-length", "+0")])
        },
        .malformed("9113/8.1.1/length-huge", "A content-length above 2^64 is malformed") { peer in
            peer.fields("POST", "/echo", [("content-length", "18446744073709551617")])
        },
        .malformed("9113/8.1.1/length-empty", "An empty content-length is malformed") { peer in
            peer.fields("POST", "/echo", [("content-length", "")])
        },
        .open(
            "9113/8.1/early-answer", "An answer may be complete before its request is, and comes whole", .ignored
        ) { peer in
            peer.request(1, "POST", "/early", ends: false)
            peer.send(.data(1, "x"))
            try peer.wait(for: "the end of the answer") { $0.streams[1]?.isEnded ?? false }
            let found = peer.streams[1]
            try peer.require(found?.status == 200 && found?.body == Array("ok\n".utf8), "the answer is another")
            peer.send(.resetStream(1, .noError))
        },
    ]

    private static let trailers: [HTTP2Rule] = [
        .open("9113/8.1/trailers", "A request may end with trailers", .answered(1, 200)) { peer in
            peer.request(1, "POST", "/echo", [("te", "trailers")], ends: false)
            peer.send(.data(1, "body"))
            peer.request(1, [HTTP2Field("x-sum", "1")])
        },
        .open("9113/8.1/trailers-open", "Trailers without END_STREAM are malformed", .incomplete(1)) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            peer.send(.data(1, "body"))
            peer.request(1, [HTTP2Field("x-sum", "1")], ends: false)
        },
        .open("9113/8.1/trailers-pseudo", "Trailers with a pseudo-header field are malformed", .incomplete(1)) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            peer.send(.data(1, "body"))
            peer.request(1, [HTTP2Field(":method", "POST")])
        },
        .open("9113/8.1/trailers-upper", "Trailers with a capital in a name are malformed", .incomplete(1)) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            peer.send(.data(1, "body"))
            peer.request(1, [HTTP2Field("X-Sum", "1")])
        },
        .open("9113/8.1/trailers-connection", "Trailers with a field of the connection are malformed", .incomplete(1)) {
            $0.request(1, "POST", "/echo", ends: false)
            $0.send(.data(1, "body"))
            $0.request(1, [HTTP2Field("transfer-encoding", "chunked")])
        },
        .open(
            "9113/8.1/behind-trailers", "DATA behind trailers is an error of type STREAM_CLOSED",
            .streamError(1, [.streamClosed])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.request(1, [HTTP2Field("x-sum", "1")])
            peer.send(.data(1, "late", ends: true))
        },
        .open("7541/2.2/trailers-table", "Fields of trailers reach the table", .ignored) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            var block = FieldBlock()
            block.literal(HTTP2Field("x-trailed", "kept"), form: .adding)
            peer.send(.headers(1, block.bytes))
            try peer.expect(200, on: 1)
            var next = FieldBlock(peer.fields("GET", "/echo"))
            next.index(62)
            peer.send(.headers(3, next.bytes))
            try peer.requireEcho(3, "x-trailed", "kept")
        },
    ]

    private static let answers: [HTTP2Rule] = [
        .open("9110/9.3.2/head", "The answer to HEAD has the length and no body", .ignored) { peer in
            peer.request(1, "HEAD", "/bytes/1000")
            let found = try peer.expect(200, on: 1)
            try peer.require(found.body.isEmpty, "it has a body of \(found.body.count) bytes")
        },
        .open("9110/15.3.5/no-content", "204 has no body", .answered(1, 204)) { peer in
            peer.request(1, "GET", "/status/204")
            try peer.require(try peer.answer(1).body.isEmpty, "it has a body")
        },
        .open("9110/15.4.5/not-modified", "304 has no body", .answered(1, 304)) { peer in
            peer.request(1, "GET", "/status/304")
            try peer.require(try peer.answer(1).body.isEmpty, "it has a body")
        },
        .open(
            "9113/8.1/informational", "An informational answer does not take the final one's place", .answered(1, 200)
        ) {
            $0.request(1, "GET", "/hints")
        },
        .open("9113/8.1/continue", "A request that expects 100 is answered", .answered(1, 200)) { peer in
            peer.request(1, "POST", "/echo", [("expect", "100-continue"), ("content-length", "4")], ends: false)
            peer.send(.data(1, "body", ends: true))
        },
        .open("9113/8.1/answer-trailers", "An answer's trailers come last and end the stream", .answered(1, 200)) {
            peer in
            peer.request(1, "GET", "/trailers", [("te", "trailers")])
            let found = try peer.answer(1)
            try peer.require(String(decoding: found.body, as: UTF8.self) == "ok\n", "the body is another")
        },
        .open("9113/8.1/large-answer", "A large answer comes whole", .answered(1, 200)) { peer in
            peer.request(1, "GET", "/bytes/300000")
            let found = try peer.answer(1)
            try peer.require(found.body.count == 300_000, "it has \(found.body.count) bytes")
        },
        .open("9113/5/interleaved", "Many requests at once are each answered whole", .ignored) { peer in
            let numbers = (0..<30).map { UInt32(1 + 2 * $0) }
            peer.send(numbers.map { .headers($0, FieldBlock(peer.fields("GET", "/bytes/\($0)000")).bytes) })
            for number in numbers {
                let found = try peer.expect(200, on: number)
                try peer.require(
                    found.body.count == Int(number) * 1_000, "stream \(number) has \(found.body.count) bytes")
            }
        },
        .open("9113/8.5/stream-reset", "A request that its client resets makes room for others", .ignored) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.data(1, "x"), .resetStream(1))
        },
    ]
}
