extension HTTP2Rule {
    /// WINDOW_UPDATE and what windows allow.
    ///
    /// Source: RFC 9113, 5.2, 6.9.
    static let flowControl: [HTTP2Rule] = windowFrames + windowsOfAnswers + windowsOfRequests

    private static let windowFrames: [HTTP2Rule] = [
        .open(
            "9113/6.9/zero", "WINDOW_UPDATE of 0 for the connection is a connection error",
            .connectionError([.protocolError])
        ) { $0.send(.windowUpdate(0, 0)) },
        .open(
            "9113/6.9/zero-stream", "WINDOW_UPDATE of 0 for a stream is an error of the stream",
            .streamError(1, [.protocolError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.windowUpdate(1, 0))
        },
        .open(
            "9113/6.9/short", "WINDOW_UPDATE of three bytes is a connection error",
            .connectionError([.frameSizeError])
        ) { $0.send(HTTP2Frame(.windowUpdate, payload: [0, 0, 1])) },
        .open(
            "9113/6.9/long", "WINDOW_UPDATE of five bytes is a connection error",
            .connectionError([.frameSizeError])
        ) { $0.send(HTTP2Frame(.windowUpdate, payload: [0, 0, 0, 0, 1])) },
        .open("9113/6.9/reserved-bit", "The reserved bit of an increment is ignored", .ignored) { peer in
            peer.send(HTTP2Frame(.windowUpdate, payload: [0x80, 0, 0, 1]))
        },
        .open(
            "9113/6.9.1/overflow", "A window of the connection above 2^31-1 is a connection error",
            .connectionError([.flowControlError])
        ) { $0.send(.windowUpdate(0, 0x7FFF_FFFF), .windowUpdate(0, 0x7FFF_FFFF)) },
        .open(
            "9113/6.9.1/overflow-stream", "A window of a stream above 2^31-1 is an error of the stream",
            .streamError(1, [.flowControlError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.windowUpdate(1, 0x7FFF_FFFF), .windowUpdate(1, 0x7FFF_FFFF))
        },
        .open(
            "9113/6.9.2/overflow-settings", "SETTINGS that lift a stream's window above 2^31-1 are a connection error",
            .connectionError([.flowControlError])
        ) { peer in
            peer.request(1, "POST", "/hold", ends: false)
            peer.send(.windowUpdate(1, 0x7FFF_FFFF - 65_535), .settings([(.initialWindowSize, 65_536)]))
        },
    ]

    private static let windowsOfAnswers: [HTTP2Rule] = [
        .open("9113/6.9.1/one-byte", "No more is sent than a window of one byte allows", .answered(1, 200)) { peer in
            try peer.change([(.initialWindowSize, 1)])
            peer.givesCredit = false
            peer.request(1, "GET", "/bytes/100")
            try peer.wait(for: "one byte") { $0.streams[1]?.body.count == 1 }
            try peer.ping("no-more!")
            try peer.require(peer.streams[1]?.body.count == 1, "more than one byte came")
            peer.send(.windowUpdate(1, 99))
            try peer.require(try peer.answer(1).body.count == 100, "the answer is not whole")
        },
        .open("9113/6.9.1/zero", "A window of zero stops DATA and not HEADERS", .answered(1, 200)) { peer in
            try peer.change([(.initialWindowSize, 0)])
            peer.request(1, "GET", "/bytes/100")
            try peer.wait(for: "HEADERS") { $0.streams[1]?.status == 200 }
            try peer.ping("no-data!")
            try peer.require(peer.streams[1]?.body.isEmpty ?? false, "DATA came")
            peer.send(.windowUpdate(1, 100))
        },
        .open("9113/6.9.2/raised", "SETTINGS that raise the windows let stopped streams go on", .answered(1, 200)) {
            peer in
            try peer.change([(.initialWindowSize, 0)])
            peer.request(1, "GET", "/bytes/100")
            try peer.wait(for: "HEADERS") { $0.streams[1]?.status == 200 }
            peer.send(.settings([(.initialWindowSize, 65_535)]))
        },
        .open("9113/6.9.2/negative", "A window that SETTINGS made negative has to be filled first", .answered(1, 200)) {
            peer in
            try peer.change([(.initialWindowSize, 3)])
            peer.givesCredit = false
            peer.request(1, "GET", "/bytes/10")
            try peer.wait(for: "three bytes") { $0.streams[1]?.body.count == 3 }
            try peer.change([(.initialWindowSize, 2)])
            peer.send(.windowUpdate(1, 1))
            try peer.ping("minus 1!")
            try peer.require(peer.streams[1]?.body.count == 3, "DATA came at a window of 0")
            peer.send(.windowUpdate(1, 1))
            try peer.wait(for: "a fourth byte") { $0.streams[1]?.body.count == 4 }
            peer.send(.windowUpdate(1, 6))
        },
        .open("9113/6.9.2/connection", "SETTINGS leave the connection's window alone", .ignored) { peer in
            try peer.change([(.initialWindowSize, 1_000_000)])
            peer.givesCredit = false
            peer.request(1, "GET", "/bytes/200000")
            try peer.wait(for: "65,535 bytes") { $0.streams[1]?.body.count == 65_535 }
            try peer.ping("no-more!")
            try peer.require(peer.streams[1]?.body.count == 65_535, "more came than the connection's window")
            peer.givesCredit = true
            peer.send(.windowUpdate(0, 200_000))
            try peer.expect(200, on: 1)
        },
        .open("9113/6.9/others", "A stream without window does not stop others", .answered(1, 200)) { peer in
            try peer.change([(.initialWindowSize, 0)])
            peer.request(1, "GET", "/bytes/1000")
            peer.request(3, "GET", "/bytes/1000")
            peer.send(.windowUpdate(3, 1_000))
            try peer.expect(200, on: 3)
            peer.send(.windowUpdate(1, 1_000), .settings([(.initialWindowSize, 65_535)]))
        },
        .open("9113/6.9/early-window", "A window given before the answer begins counts", .answered(1, 200)) { peer in
            peer.givesCredit = false
            peer.send(.windowUpdate(0, 300_000))
            peer.request(1, "GET", "/bytes/300000")
            peer.send(.windowUpdate(1, 300_000))
            try peer.require(try peer.answer(1).body.count == 300_000, "the answer is not whole")
        },
        .open("9113/6.9.1/empty-end", "An empty DATA with END_STREAM needs no window", .answered(1, 200)) { peer in
            try peer.change([(.initialWindowSize, 0)])
            peer.request(1, "GET", "/bytes/0")
        },
    ]

    private static let windowsOfRequests: [HTTP2Rule] = [
        .open("9113/6.9/upload", "A body larger than the windows is taken as they are given back", .ignored) { peer in
            peer.request(1, "POST", "/echo", ends: false)
            try peer.sendBody(1, [UInt8](repeating: UInt8(ascii: "b"), count: 1_000_000))
            let body = try peer.expect(200, on: 1).body
            try peer.require(body.suffix(1_000_000).allSatisfy { $0 == UInt8(ascii: "b") }, "the body is not whole")
            try peer.require(body.count > 1_000_000, "the body is not whole")
        },
        .open("9113/6.9.1/exceeded", "DATA beyond a window that nothing refills is refused or not even read", .closed) {
            $0.request(1, "POST", "/hold", ends: false)
            let chunk = (0..<16).flatMap { _ in HTTP2Frame.data(1, [UInt8](repeating: 0, count: 16_384)).bytes }
            for _ in 0..<256 where !$0.hasStoppedReading && $0.streams[1]?.reset == nil && !$0.isEnded {
                $0.send(raw: chunk)
                _ = $0.pump(by: .now)
            }
            // A server that ends the connection with bytes unread resets it, which may overtake its GOAWAY.
            let code = $0.streams[1]?.reset ?? $0.farewell?.code
            let isRefused = code == HTTP2Code.flowControlError.rawValue || (code == nil && $0.isEnded)
            try $0.require(isRefused || $0.hasStoppedReading, "64 MB were taken or another error came")
            // What comes of the connection then is no part of the rule.
            $0.channel.abort()
        },
    ]
}
