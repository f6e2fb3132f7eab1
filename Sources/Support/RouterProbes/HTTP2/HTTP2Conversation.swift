/// The steps rules are made of.
extension HTTP2Peer {
    /// Says the preface and SETTINGS, and waits until both sides have acknowledged the other's.
    func open(_ values: [(HTTP2Setting, UInt32)] = []) throws {
        send(raw: HTTP2Frame.preface)
        send(.settings(values))
        try wait(for: "the server's SETTINGS and acknowledgement") { peer in
            peer.settingsAcknowledged > 0 && peer.frames.contains { $0.kind == .settings && !$0.has(.acknowledges) }
        }
    }

    /// Changes settings and waits for the acknowledgement.
    func change(_ values: [(HTTP2Setting, UInt32)]) throws {
        let before = settingsAcknowledged
        send(.settings(values))
        try wait(for: "the acknowledgement of SETTINGS") { $0.settingsAcknowledged > before }
    }

    /// The fields of a request; more fields come last.
    func fields(_ method: String = "GET", _ path: String = "/", _ more: [(String, String)] = []) -> [HTTP2Field] {
        let pseudo = [
            (":method", method), (":scheme", target.isTLS ? "https" : "http"),
            (":path", path + (path.contains("?") ? "&" : "?") + "probe=" + token), (":authority", target.authority),
        ]
        return (pseudo + more).map { HTTP2Field($0.0, $0.1) }
    }

    /// Sends a request whose head is a single frame.
    func request(
        _ stream: UInt32, _ method: String = "GET", _ path: String = "/", _ more: [(String, String)] = [],
        ends: Bool = true,
    ) {
        request(stream, fields(method, path, more), ends: ends)
    }

    /// Sends the fields of a request as a single frame.
    func request(_ stream: UInt32, _ fields: [HTTP2Field], ends: Bool = true) {
        send(.headers(stream, FieldBlock(fields).bytes, ends: ends))
    }

    /// The whole answer on a stream.
    @discardableResult
    func answer(_ stream: UInt32) throws -> Stream {
        try wait(for: "the answer on stream \(stream)") { peer in
            let hasFailed = peer.farewell.map { $0.code != HTTP2Code.noError.rawValue } ?? false
            return hasFailed || peer.streams[stream]?.isOver ?? false
        }
        guard let found = streams[stream], found.isEnded, found.reset ?? 0 == 0 else {
            throw Missing(description: "the answer on stream \(stream): it was broken off; seen: \(seen)")
        }
        return found
    }

    /// Asks on a new stream and expects 200.
    @discardableResult
    func ask(_ path: String = "/", _ more: [(String, String)] = []) throws -> Stream {
        let stream = nextStream
        request(stream, "GET", path, more)
        return try expect(200, on: stream)
    }

    /// The answer on a stream, which has to have this status.
    @discardableResult
    func expect(_ status: Int, on stream: UInt32) throws -> Stream {
        let found = try answer(stream)
        guard found.status == status else {
            throw Missing(description: "status \(status) on stream \(stream): it was \(found.status ?? 0)")
        }
        return found
    }

    /// Makes all windows for answers as large as they are at the start.
    func openWindows() throws {
        givesCredit = true
        if receiveWindow < 65_535 { send(.windowUpdate(0, UInt32(65_535 - receiveWindow))) }
        if ownInitialWindow < 65_535 { try change([(.initialWindowSize, 65_535)]) }
    }

    /// Sends a frame byte by byte.
    func sendSlowly(_ frame: HTTP2Frame) {
        note(frame)
        for byte in frame.bytes { send(raw: [byte]) }
    }

    /// The next stream a client may open.
    var nextStream: UInt32 { lastStream == 0 ? 1 : lastStream + (lastStream % 2 == 0 ? 1 : 2) }

    /// Sends PING and waits for its answer, so that all frames before it have been taken.
    func ping(_ text: String) throws {
        let payload = Array(text.utf8)
        send(.ping(text))
        try wait(for: "the answer to PING") { $0.pingAnswers.contains(payload) }
    }

    /// Sends a body in frames as the windows allow.
    func sendBody(_ stream: UInt32, _ bytes: [UInt8], frame: Int = 16_384, ends: Bool = true) throws {
        var rest = bytes[...]
        repeat {
            try wait(for: "a window for DATA") { peer in
                let window = min(peer.sendWindow, peer.streams[stream]?.sendWindow ?? 0)
                return rest.isEmpty || window > 0 || (peer.streams[stream]?.isOver ?? true)
            }
            if streams[stream]?.isOver ?? true { return }
            let window = min(sendWindow, streams[stream]?.sendWindow ?? 0)
            let part = rest.prefix(max(0, min(window, frame)))
            rest = rest.dropFirst(part.count)
            send(.data(stream, Array(part), ends: ends && rest.isEmpty))
        } while !rest.isEmpty
    }

    /// Fails the rule with a sentence unless a condition holds.
    func require(_ condition: Bool, _ sentence: @autoclosure () -> String) throws {
        guard condition else { throw Missing(description: "\(sentence()); seen: \(seen)") }
    }

    /// Whether the instance saw a field of the request as sent; the instance answers /echo with all it got.
    func requireEcho(_ stream: UInt32, _ name: String, _ value: String) throws {
        let body = String(decoding: try expect(200, on: stream).body, as: UTF8.self)
        let line = "\(name): \(value)"
        try require(
            body.split(separator: "\n").contains { $0.lowercased() == line.lowercased() },
            "the instance did not see \(line), but \(body)")
    }
}
