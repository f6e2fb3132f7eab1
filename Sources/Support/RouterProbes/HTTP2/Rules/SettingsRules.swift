extension HTTP2Rule {
    /// SETTINGS.
    ///
    /// Source: RFC 9113, 6.5.
    static let settingsFrames: [HTTP2Rule] = settingsForms + settingsValues

    private static let settingsForms: [HTTP2Rule] = [
        .open(
            "9113/6.5/ack-payload", "An acknowledgement of SETTINGS with a payload is a connection error",
            .connectionError([.frameSizeError])
        ) { peer in
            peer.send(HTTP2Frame(.settings, flags: .acknowledges, payload: [0, 0x99, 0, 0, 0, 0]))
        },
        .open("9113/6.5/stream", "SETTINGS on a stream are a connection error", .connectionError([.protocolError])) {
            peer in
            peer.send(HTTP2Frame(.settings, stream: 1))
        },
        .open(
            "9113/6.5/odd-length", "SETTINGS of a length that is no multiple of six are a connection error",
            .connectionError([.frameSizeError])
        ) { peer in
            peer.send(HTTP2Frame(.settings, payload: [0, 3, 0, 0, 0]))
        },
        .open("9113/6.5.3/each", "Each SETTINGS is acknowledged", .ignored) { peer in
            peer.send(.settings(), .settings([(.initialWindowSize, 70_000)]), .settings())
            try peer.wait(for: "three acknowledgements") { $0.settingsAcknowledged == 4 }
            try peer.ping("no-more!")
            try peer.require(peer.settingsAcknowledged == 4, "there are more acknowledgements than SETTINGS")
        },
        .open("9113/6.5.3/not-acknowledgements", "Acknowledgements are not acknowledged", .ignored) { peer in
            try peer.ping("settled!")
            try peer.require(peer.settingsAcknowledged == 1, "\(peer.settingsAcknowledged) acknowledgements")
        },
        .open("9113/6.5.3/order", "Of a parameter that comes twice, the last value holds", .ignored) { peer in
            try peer.change([(.initialWindowSize, 100), (.initialWindowSize, 1)])
            peer.givesCredit = false
            peer.request(1, "GET", "/bytes/50")
            try peer.wait(for: "one byte") { $0.streams[1]?.body.count == 1 }
            try peer.ping("no-more!")
            try peer.require(peer.streams[1]?.body.count == 1, "more than one byte came")
            peer.send(.windowUpdate(1, 1_000))
            try peer.expect(200, on: 1)
        },
    ]

    private static func refused(
        _ id: String, _ sentence: String, _ setting: HTTP2Setting, _ value: UInt32, _ code: HTTP2Code,
    ) -> HTTP2Rule {
        open("9113/6.5.2/\(id)", sentence, .connectionError([code])) { $0.send(.settings([(setting, value)])) }
    }

    private static func taken(_ id: String, _ sentence: String, _ setting: UInt16, _ value: UInt32) -> HTTP2Rule {
        open("9113/6.5.2/\(id)", sentence, .ignored) { peer in
            peer.send(.settings([(setting, value)]))
            try peer.wait(for: "the acknowledgement") { $0.settingsAcknowledged == 2 }
        }
    }

    private static let settingsValues: [HTTP2Rule] = [
        refused("push-2", "SETTINGS_ENABLE_PUSH of 2 is a connection error", .enablePush, 2, .protocolError),
        refused(
            "window", "SETTINGS_INITIAL_WINDOW_SIZE of 2^31 is a connection error", .initialWindowSize, 0x8000_0000,
            .flowControlError),
        refused(
            "frame-small", "SETTINGS_MAX_FRAME_SIZE below 2^14 is a connection error", .frameSizeMax, 16_383,
            .protocolError),
        refused(
            "frame-large", "SETTINGS_MAX_FRAME_SIZE of 2^24 is a connection error", .frameSizeMax, 16_777_216,
            .protocolError),
        taken("unknown", "An unknown parameter is ignored", 0xABCD, 0xFFFF_FFFF),
        taken("zero", "A parameter of number 0 is ignored", 0, 1),
        taken("push-0", "SETTINGS_ENABLE_PUSH of 0 is taken", HTTP2Setting.enablePush.rawValue, 0),
        taken("window-most", "SETTINGS_INITIAL_WINDOW_SIZE of 2^31-1 is taken", 4, 0x7FFF_FFFF),
        taken("frame-most", "SETTINGS_MAX_FRAME_SIZE of 2^24-1 is taken", 5, 16_777_215),
        taken("streams-0", "SETTINGS_MAX_CONCURRENT_STREAMS of 0 is taken", 3, 0),
        taken("list-0", "SETTINGS_MAX_HEADER_LIST_SIZE is only advice", 6, 1),
        taken("table-most", "SETTINGS_HEADER_TABLE_SIZE of 2^32-1 is taken", 1, 0xFFFF_FFFF),
        taken("connect-1", "SETTINGS_ENABLE_CONNECT_PROTOCOL of a client has no effect", 8, 1),
        .open("7541/4.2/table-0", "With SETTINGS_HEADER_TABLE_SIZE of 0 the server's table is empty", .ignored) {
            peer in
            try peer.ask()
            try peer.change([(.headerTableSize, 0)])
            try peer.ask("/echo")
            try peer.ask("/echo")
        },
        .open("7541/4.2/table-back", "A table that shrinks and grows again is announced as both", .ignored) { peer in
            try peer.ask()
            try peer.change([(.headerTableSize, 0)])
            try peer.change([(.headerTableSize, 4_096)])
            try peer.ask("/echo")
            try peer.ask("/echo")
        },
    ]
}
