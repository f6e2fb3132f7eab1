import Testing

@testable import RunaboutReconciler

struct HTTP2ProbeTests {
    private static let settings = frame(4, flags: 0, stream: 0, [])

    private static func frame(_ type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, stream] + payload
    }

    private static func head(_ section: [UInt8], flags: UInt8 = 4) -> [UInt8] {
        frame(1, flags: flags, stream: 1, section)
    }

    /// What all bytes lead to, as a whole and byte by byte; what is to be sent counts together.
    private func progress(_ bytes: [UInt8], limit: Int = 200) -> HTTP2Probe.Progress {
        var probe = HTTP2Probe(limit: limit)
        let whole = probe.append(bytes)
        var reply: [UInt8] = []
        probe = HTTP2Probe(limit: limit)
        for byte in bytes {
            switch probe.append([byte]) {
            case .incomplete(let part): reply += part
            case let end:
                #expect(end == whole)
                return end
            }
        }
        #expect(whole == .incomplete(reply: reply))
        return whole
    }

    @Test(arguments: [
        ([0x88], 200), ([0x89], 204), ([0x8B], 304), ([0x8E], 500), ([0x20, 0x88], 200), ([0x3F, 0x21, 0x88], 200),
        ([0x48, 3, 0x34, 0x32, 0x39], 429), ([0x08, 3, 0x35, 0x30, 0x33], 503), ([0x1E, 3, 0x33, 0x30, 0x31], 301),
        // RFC 7541, appendices C.6.1 and C.6.2.
        ([0x48, 0x82, 0x64, 0x02], 302), ([0x48, 0x83, 0x64, 0x0E, 0xFF], 307),
    ])
    func theStatusIsReadInAllItsForms(section: [UInt8], status: Int) {
        #expect(progress(Self.settings + Self.head(section + [0x40, 1, 0x61, 1, 0x62])) == .status(status))
        let padded = [2, 0, 0, 0, 0, 7] + section + [0, 0]
        #expect(progress(Self.settings + Self.head(padded, flags: 4 | 8 | 32)) == .status(status))
    }

    @Test(
        arguments: [
            [], [0xBE], [0x48], [0x48, 3, 0x32, 0x30], [0x48, 2, 0x32, 0x30], [0x48, 3, 0x32, 0x30, 0x61],
            [0x48, 3, 0x39, 0x39, 0x39], [0x48, 0x83, 0xFF, 0xFF, 0xFF], [0x41, 3, 0x32, 0x30, 0x30],
            [0x48, 0x84, 0, 0, 0, 0],
        ] as [[UInt8]])
    func whatIsNoStatusIsMalformed(section: [UInt8]) {
        #expect(progress(Self.settings + Self.head(section)) == .malformed)
    }

    @Test func interimHeadsAndOtherFramesArePassedOver() {
        let ping = Self.frame(6, flags: 0, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8])
        let before =
            Self.settings + ping + Self.frame(4, flags: 1, stream: 0, []) + Self.head([0x48, 3, 0x31, 0x30, 0x33])
        let reply =
            Self.frame(4, flags: 1, stream: 0, []) + Self.frame(6, flags: 1, stream: 0, [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(progress(before) == .incomplete(reply: reply))
        #expect(
            progress(before + Self.frame(8, flags: 0, stream: 0, [0, 0, 1, 0]) + Self.head([0x88])) == .status(200))
        #expect(progress(Self.settings + Self.frame(3, flags: 0, stream: 1, [0, 0, 0, 7])) == .reset(7))
    }

    @Test func whatIsNotHTTP2IsMalformed() {
        #expect(progress(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) == .malformed)
        #expect(progress(Self.head([0x88])) == .malformed)
        #expect(progress(Self.settings + Self.head([UInt8](repeating: 0x88, count: 201))) == .malformed)
    }

    @Test func theRequestIsOneOfHTTP2() {
        let path = "/" + String(repeating: "p", count: 1_000)
        let request = HTTP2Probe.request(authority: "10.0.0.1:80", path: path)
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        #expect(request.starts(with: preface + [0, 0, 12, 4, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]))
        let head = request.dropFirst(preface.count + 9 + 12)
        #expect(head.count == 9 + head.prefix(3).reduce(0) { $0 << 8 | Int($1) })
        // 1,001 bytes are 127 and 874, which is 6 times 128 and 106.
        #expect(head.dropFirst(3).starts(with: [1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x04, 127, 106 | 128, 6]))
        #expect(HTTP2Probe.request(authority: "a", path: "/").suffix(5) == [4, 3] + Array("*/*".utf8))
    }
}
