import RunaboutModel

#if canImport(RunaboutProxy)
    @testable import RunaboutProxy
#endif

/// Chunked bodies.
extension FuzzTarget {
    private enum Decoded: Equatable {
        case ended(body: [UInt8], trailers: [UInt8], end: Int)
        case incomplete
        case refused
    }

    private func decode(_ input: [UInt8], ends: [Int]) -> Decoded {
        var decoder = BodyDecoder(.chunked)
        var body: [UInt8] = []
        var trailers: [UInt8] = []
        var start = 0
        for end in ends {
            var offset = 0
            do throws(Malformation) {
                steps: while true {
                    switch try decoder.next(input.span.extracting(start..<end), &offset) {
                    case .data(let range): body += input[start + range.lowerBound..<start + range.upperBound]
                    case .trailers(let range): trailers += input[start + range.lowerBound..<start + range.upperBound]
                    case .end: return .ended(body: body, trailers: trailers, end: start + offset)
                    case .needsMore: break steps
                    }
                }
            } catch {
                return .refused
            }
            start = end
        }
        return .incomplete
    }

    func tryChunks(_ input: [UInt8]) throws(FuzzFinding) {
        var cuts = Cuts(input)
        let whole = decode(input, ends: [input.count])
        let pieces = decode(input, ends: cuts.ends(of: input.count))
        if !input.isEmpty { try expect(whole == pieces, "whole: \(whole), in pieces: \(pieces)") }
        guard let plain = PlainReading.chunks(input) else {
            if case .ended = whole { throw FuzzFinding(description: "read, and a plain reading refuses it") }
            return
        }
        try expect(
            whole == .ended(body: plain.body, trailers: plain.trailers, end: plain.end),
            "read as \(whole), plainly as \(plain)")
        var writer = ByteWriter()
        if !plain.body.isEmpty { writer.append(chunk: plain.body.span, 0..<plain.body.count) }
        writer.append(lastChunkWith: plain.trailers.span)
        let written = writer.withUnsafeBytes { Array($0) }
        try expect(
            decode(written, ends: [written.count])
                == .ended(body: plain.body, trailers: plain.trailers, end: written.count),
            "what was written is read otherwise")
        try tryTrailers(plain.trailers)
    }

    /// Trailers that are passed on are field lines and nothing else.
    private func tryTrailers(_ trailers: [UInt8]) throws(FuzzFinding) {
        guard !trailers.isEmpty else { return }
        var table = FieldTable()
        do throws(Malformation) { try HeaderFields.scan(trailers.span, into: &table) } catch { return }
        let plain = PlainReading.head(trailers, hasLine: false)
        try expect(plain?.end == trailers.count, "trailers that a plain reading refuses")
        var writer = ByteWriter()
        ResponseHeadWriter.writeTrailers(table, trailers.span, to: &writer)
        let written = writer.withUnsafeBytes { Array($0) }
        guard let again = PlainReading.head(Array(written.dropFirst(3)), hasLine: false) else {
            throw FuzzFinding(description: "the trailers that were written can't be read")
        }
        try expect(again.end == written.count - 3, "something is behind the trailers")
        try expect(again.fields.allSatisfy { plain?.fields.contains($0) == true }, "trailers that never came")
    }
}

/// HTTP/2.
extension FuzzTarget {
    private struct Heard: Equatable {
        var events: [HTTP2Event] = []
        var texts: [[UInt8]] = []
        /// Requests as HTTP/1.1 says them.
        var requests: [[UInt8]] = []
        var output: [UInt8] = []
    }

    /// What a session makes of bytes that come in pieces; runs of data are joined, since cuts are none of its doing.
    private func hear(_ input: [UInt8], _ role: HTTP2Session.Role, ends: [Int]) -> Heard {
        var session = HTTP2Session(role: role)
        var block = FieldBlock()
        var heard = Heard()
        var start = 0
        if role == .client { _ = session.openStream(tag: 1, answersHEAD: false) }
        for end in ends {
            var offset = 0
            pieces: while true {
                let event = session.next(input.span.extracting(start..<end), &offset, &block)
                switch event {
                case .needsMore: break pieces
                case .data(let stream, let tag, let range, let ends):
                    heard.texts.append(Array(input[start + range.lowerBound..<start + range.upperBound]))
                    heard.events.append(.data(stream: stream, tag: tag, range: 0..<range.count, ends: ends))
                    session.took(stream: stream, count: range.count)
                case .failed:
                    heard.events.append(event)
                    heard.output = Array(session.output.buffer)
                    return heard
                case .request, .response, .trailers:
                    heard.events.append(event)
                    // What was too large is answered with an error, whatever it says.
                    heard.texts.append(block.isTooLarge ? [] : Array(block.buffer))
                    if case .request(_, let ends) = event {
                        heard.requests.append(translated(block, hasBody: !ends))
                    }
                default: heard.events.append(event)
                }
            }
            start = end
        }
        heard.output = Array(session.output.buffer)
        return heard
    }

    private func translated(_ block: borrowing FieldBlock, hasBody: Bool) -> [UInt8] {
        guard block.request.problem == .none else { return [] }
        var writer = ByteWriter()
        HTTP2Translation.writeRequest(block, block.request, hasBody: hasBody, key: (1, 2), to: &writer)
        return writer.withUnsafeBytes { Array($0) }
    }

    func tryFrames(_ input: [UInt8]) throws(FuzzFinding) {
        guard let first = input.first else { return }
        // The first byte says who speaks, and whether a server has heard the preface.
        let role: HTTP2Session.Role = first & 1 == 0 ? .server : .client
        let preface = role == .server && first & 2 == 0 ? Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) : []
        let bytes = preface + input.dropFirst()
        var cuts = Cuts(input)
        let whole = hear(bytes, role, ends: [bytes.count])
        let pieces = hear(bytes, role, ends: cuts.ends(of: bytes.count))
        try expect(joined(whole) == joined(pieces), "whole: \(whole.events), in pieces: \(pieces.events)")
        for (event, text) in zip(whole.events.filter(hasText), whole.texts) {
            if case .data = event { continue }
            try checkLines(text)
        }
        for request in whole.requests where !request.isEmpty {
            // No field may end the head, and so begin another request.
            let plain = PlainReading.head(request)
            try expect(plain == nil || plain?.end == request.count, "a request of HTTP/2 is two of HTTP/1.1")
            try tryRequest(request)
            try tryRewriting(request)
        }
    }

    private func hasText(_ event: HTTP2Event) -> Bool {
        switch event {
        case .data, .request, .response, .trailers: true
        default: false
        }
    }

    /// Events without data, and the data of each stream; windows are returned at other times when pieces are smaller.
    private func joined(_ heard: Heard) -> (events: [HTTP2Event], data: [UInt32: [UInt8]], ended: Set<UInt32>) {
        var data: [UInt32: [UInt8]] = [:]
        var ended: Set<UInt32> = []
        for (event, text) in zip(heard.events.filter(hasText), heard.texts) {
            guard case .data(let stream, _, _, let ends) = event else { continue }
            data[stream, default: []] += text
            if ends { ended.insert(stream) }
        }
        let others = heard.events.filter { if case .data = $0 { false } else { true } }
        return (others, data, ended)
    }

    private func checkLines(_ text: [UInt8]) throws(FuzzFinding) {
        for line in text.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
            try expect(line.last == 13 && !line.dropLast().contains(13), "a line ends otherwise than with CR LF")
        }
        try expect(!text.contains(0), "a NUL in a field")
    }

    func tryFields(_ input: [UInt8]) throws(FuzzFinding) {
        var decoder = HPACKDecoder()
        var block = FieldBlock()
        // Two sections, so that the second finds what the first left in the table.
        let middle = input.count / 2
        for range in [0..<middle, middle..<input.count] {
            block.removeAll()
            guard decoder.decode(input.span, range, into: &block) else { return }
            let count = block.buffer.count
            for index in 0..<block.count {
                let field = block[index]
                try expect(
                    field.name.upperBound <= field.value.lowerBound && field.value.upperBound <= count,
                    "a field lies outside of its block")
            }
        }
    }
}

/// The PROXY protocol and lists of proxies.
extension FuzzTarget {
    func tryForwarding(_ input: [UInt8]) throws(FuzzFinding) {
        let whole = ProxyHeader.read(input.span)
        if case .complete(let end, _) = whole {
            try expect((1...input.count).contains(end), "a header ends outside of its bytes")
            try expect(ProxyHeader.read(input.span.extracting(0..<end)) == whole, "what follows a header changes it")
        }
        var cuts = Cuts(input)
        for end in cuts.ends(of: input.count).dropLast() {
            let part = ProxyHeader.read(input.span.extracting(0..<end))
            // More bytes decide what is open, and change nothing that is decided.
            try expect(part == .incomplete || part == whole, "\(part) of \(end) bytes, \(whole) of all")
        }
        var offset = 0
        var isMalformed = false
        while let hop = ForwardedList.nextHop(of: input.span, &offset, isMalformed: &isMalformed) {
            _ = hop
            try expect(offset <= input.count, "a list is read beyond its end")
        }
        offset = 0
        while let entry = ForwardedList.nextEntry(of: input.span, &offset) {
            try expect(entry.upperBound <= input.count, "an entry lies outside of its list")
            _ = ForwardedList.address(input.span.extracting(entry))
        }
    }
}
