import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

/// Windows, floods, orderly ends.
@Suite struct HTTP2FlowTests {
    @Test func anAnswerWaitsForItsWindows() {
        var test = SessionUnderTest.greeted(WireBytes.setting(4, 10))
        _ = test.feed(WireBytes.headers(1, WireBytes.get))
        let body = [UInt8](0..<30)
        let taken = test.answer(1, body)
        let first = test.sent()
        #expect(taken == 10 && first.map(\.type) == [1, 0] && first.last?.payload == [UInt8](0..<10))
        let none = test.session.nextWritable() == nil
        #expect(none)
        let said = test.feed(WireBytes.windowUpdate(1, 5))
        let writable = test.session.nextWritable()
        #expect(said == [.windowOpened] && writable?.stream == 1)
        let more = test.session.writeData(1, body.span, 10..<30, ends: true)
        #expect(more == 5)
        // A larger initial window opens streams that are there; a smaller one may take more than is left.
        let grown = test.feed(WireBytes.frame(4, WireBytes.setting(4, 11)))
        #expect(grown == [.settings, .windowOpened])
        _ = test.session.nextWritable()
        let one = test.session.writeData(1, body.span, 15..<30, ends: true)
        #expect(one == 1)
        _ = test.feed(WireBytes.frame(4, WireBytes.setting(4, 0)) + WireBytes.windowUpdate(1, 11))
        let stillNone = test.session.nextWritable() == nil
        #expect(stillNone)
        _ = test.feed(WireBytes.windowUpdate(1, 14))
        _ = test.session.nextWritable()
        let last = test.session.writeData(1, body.span, 16..<30, ends: true)
        let frames = test.sent().filter { $0.type == 0 }
        let open = test.session.isOpen(1)
        #expect(last == 14 && frames.last?.flags == 1 && !open)
        #expect(frames.flatMap(\.payload) == [UInt8](10..<30))
    }

    @Test func theConnectionsWindowIsSharedInTurn() {
        var test = SessionUnderTest.greeted(WireBytes.setting(4, 1_000_000))
        for stream in [1, 3, 5] as [UInt32] { _ = test.feed(WireBytes.headers(stream, WireBytes.get)) }
        let body = [UInt8](repeating: 1, count: 60_000)
        let taken = [1, 3, 5].map { test.answer($0, body) }
        #expect(taken == [60_000, 5_535, 0])
        _ = test.sent()
        let said = test.feed(WireBytes.windowUpdate(0, 1_000))
        let first = test.session.nextWritable()?.stream
        let firstTaken = test.session.writeData(first ?? 0, body.span, 0..<60_000, ends: false)
        let none = test.session.nextWritable() == nil
        _ = test.feed(WireBytes.windowUpdate(0, 1_000))
        let second = test.session.nextWritable()?.stream
        #expect(said == [.windowOpened] && firstTaken == 1_000 && none)
        #expect(Set([first, second]) == [3, 5], "none is named twice before the other")
    }

    @Test func aFullOutputBlocksBodiesUntilItIsSent() {
        var test = SessionUnderTest.greeted(WireBytes.setting(4, 10_000_000))
        _ = test.feed(WireBytes.windowUpdate(0, 10_000_000) + WireBytes.headers(1, WireBytes.get))
        let body = [UInt8](repeating: 1, count: 1_000_000)
        let taken = test.answer(1, body)
        let blocked = test.session.nextWritable() == nil
        let held = test.session.output.count
        #expect(taken < 262_144 && blocked && held >= 262_144 && held < 262_144 + 1_000)
        _ = test.sentBytes()
        let writable = test.session.nextWritable()
        #expect(writable?.stream == 1)
    }

    @Test func thePeerIsToldWhenHalfOfAWindowIsUsed() {
        var test = SessionUnderTest.greeted()
        _ = test.feed(WireBytes.headers(1, WireBytes.post, ends: false))
        let piece = WireBytes.data(1, [UInt8](repeating: 1, count: 16_384))
        for _ in 0..<7 {
            _ = test.feed(piece)
            test.session.took(stream: 1, count: 16_384)
        }
        let quiet = test.sent()
        _ = test.feed(piece)
        test.session.took(stream: 1, count: 16_384)
        let told = test.sent()
        #expect(quiet.isEmpty && told == [SentFrame(type: 8, flags: 0, stream: 1, payload: WireBytes.number(131_072))])
        // Nothing is given back of what nobody has taken.
        var said: [Said] = []
        for _ in 0..<17 { said += test.feed(piece) }
        let last = test.sent()
        #expect(said.last == .reset(1, 3, byPeer: false) && last.map(\.type) == [3])
    }

    @Test func paddingIsGivenBackByItself() {
        var test = SessionUnderTest.greeted()
        _ = test.feed(WireBytes.headers(1, WireBytes.post, ends: false))
        let padded = WireBytes.frame(0, flags: 8, stream: 1, [255] + [UInt8](repeating: 0, count: 255))
        var said: [Said] = []
        for _ in 0..<600 { said += test.feed(padded + WireBytes.data(1, [1])) }
        let sent = test.sent()
        #expect(said == [Said](repeating: .data(1, [1], ends: false), count: 600))
        #expect(sent.map(\.type) == [8] && sent.first?.stream == 1)
    }

    @Test func largeHeadsAreCut() {
        var test = SessionUnderTest.greeted()
        _ = test.feed(WireBytes.headers(1, WireBytes.get))
        let text = Array(("name" + String(repeating: "v", count: 20_000)).utf8)
        test.session.beginHead(1)
        test.session.appendStatus(200)
        for _ in 0..<3 { test.session.appendField(text.span, name: 0..<4, value: 4..<text.count) }
        test.session.endHead(1, ends: true)
        let frames = test.sent()
        #expect(frames.map(\.type) == [1, 9, 9, 9] && frames.map(\.flags) == [1, 0, 0, 4])
        #expect(frames.dropLast().allSatisfy { $0.payload.count == 16_384 })
        let section = frames.flatMap(\.payload)
        #expect(section.count == 1 + 3 * (1 + 1 + 4 + 4 + 20_000))
    }

    // MARK: Floods

    /// Feeds until the connection ends, and gives how many times that took.
    private func flood(_ times: Int, _ piece: (UInt32) -> [UInt8]) -> (count: Int, code: Said?) {
        var test = SessionUnderTest.greeted()
        _ = test.feed(WireBytes.headers(1, WireBytes.post, ends: false))
        for count in 0..<times {
            let said = test.feed(piece(UInt32(count) * 2 + 3))
            if case .failed = said.last { return (count, said.last) }
            _ = test.sentBytes()
        }
        return (times, nil)
    }

    @Test func floodsEndTheConnection() {
        let eight = [UInt8](repeating: 0, count: 8)
        let largeSettings = WireBytes.frame(4, (0..<2_730).flatMap { _ in WireBytes.setting(0x4000, 1) })
        let floods: [(String, (UInt32) -> [UInt8])] = [
            ("rapid reset", { WireBytes.headers($0, WireBytes.get) + WireBytes.reset($0) }),
            ("made you reset", { WireBytes.headers($0, WireBytes.get) + WireBytes.windowUpdate($0, 0) }),
            ("malformed", { WireBytes.headers($0, [("A", "b")]) }),
            ("pings", { _ in WireBytes.frame(6, eight) }),
            ("acknowledgements", { _ in WireBytes.frame(6, flags: 1, eight) + WireBytes.frame(4, flags: 1) }),
            ("settings", { _ in WireBytes.frame(4) }), ("large settings", { _ in largeSettings }),
            ("priorities", { WireBytes.frame(2, stream: $0, [0, 0, 0, 0, 1]) }),
            ("windows", { _ in WireBytes.windowUpdate(1, 1) + WireBytes.windowUpdate(0, 1) }),
            ("empty data", { _ in WireBytes.data(1, []) }), ("unknown frames", { WireBytes.frame(77, stream: $0) }),
            ("streams that are not answered", { WireBytes.headers($0, WireBytes.get) }),
        ]
        for (name, piece) in floods {
            let (count, code) = flood(3_000, piece)
            #expect(code == .failed(11) && count < 2_200, "\(name) took \(count)")
        }
    }

    @Test func requestsThatAreTooLargeAreAFlood() {
        let fields = WireBytes.get + [("x-large", String(repeating: "a", count: 15_000))]
        let large = WireBytes.section(fields + fields.suffix(1) + fields.suffix(1))
        var test = SessionUnderTest.greeted()
        var said: [Said] = []
        var count = 0
        while count < 1_000 {
            if case .failed = said.last { break }
            let stream = UInt32(count) * 2 + 1
            said = test.feed(WireBytes.frame(1, flags: 1, stream: stream, Array(large[..<16_000])))
            for start in stride(from: 16_000, to: large.count, by: 16_000) {
                let stop = min(large.count, start + 16_000)
                let flags: UInt8 = stop == large.count ? 4 : 0
                said = test.feed(WireBytes.frame(9, flags: flags, stream: stream, Array(large[start..<stop])))
            }
            if test.session.isOpen(stream) { _ = test.answer(stream, []) }
            _ = test.sentBytes()
            count += 1
        }
        #expect(said == [.failed(11)] && count > 250, "it took \(count)")
    }

    @Test(arguments: [0, 4_000])
    func aSmallSectionOfVeryManyFieldsEndsTheConnection(valueCount: Int) {
        var test = SessionUnderTest.greeted()
        let entry = [0x40] + WireBytes.string("x") + WireBytes.string(String(repeating: "a", count: valueCount))
        let bomb = entry + [UInt8](repeating: 0x80 | 62, count: 12_000 - entry.count)
        let said = test.feed(WireBytes.frame(1, flags: 5, stream: 1, WireBytes.section(WireBytes.get) + bomb))
        #expect(said == [.failed(11)])
    }

    @Test(arguments: [false, true]) func aWindowThatGrowsByAByteIsAFlood(isCut: Bool) {
        var test = SessionUnderTest.greeted(WireBytes.setting(4, 0))
        _ = test.feed(WireBytes.headers(1, WireBytes.get))
        let body = [UInt8](repeating: 1, count: 100_000)
        var taken = test.answer(1, body)
        var said: [Said] = []
        while taken < body.count {
            said = test.feed(WireBytes.windowUpdate(1, 1))
            if case .failed = said.last { break }
            _ = test.session.nextWritable()
            // Some callers ask for the room first.
            let end = isCut ? taken + test.session.room(ofStream: 1) : body.count
            taken += test.session.writeData(1, body.span, taken..<end, ends: end == body.count)
            test.session.waitForRoom(ofStream: 1)
            _ = test.sentBytes()
        }
        #expect(said == [.failed(11)] && taken < 2_200, "\(taken) bytes dripped out")
    }

    @Test func aHeaderSectionMayNotGoOnForEver() {
        for piece in [[], [UInt8](repeating: 0, count: 16_384)] as [[UInt8]] {
            var test = SessionUnderTest.greeted()
            var said = test.feed(WireBytes.frame(1, flags: 1, stream: 1, piece))
            var count = 0
            while said.isEmpty, count < 20 {
                said = test.feed(WireBytes.frame(9, stream: 1, piece))
                count += 1
            }
            let held = test.session.pending.count
            #expect(said == [.failed(11)] && count <= 9 && held <= 65_536)
        }
    }

    @Test func ordinaryWorkIsNoFlood() {
        var test = SessionUnderTest.greeted(WireBytes.setting(4, 1_000_000))
        var said: [Said] = []
        for number in 0..<20_000 as Range<UInt32> {
            let stream = number * 2 + 1
            said = test.feed(WireBytes.headers(stream, WireBytes.get) + WireBytes.windowUpdate(0, 1_024))
            // Every third is cancelled, and there are pings.
            if number % 3 == 0 {
                said += test.feed(WireBytes.reset(stream) + WireBytes.frame(6, [UInt8](repeating: 0, count: 8)))
            } else {
                _ = test.answer(stream, [UInt8](repeating: 0, count: 1_024))
            }
            _ = test.sentBytes()
            if case .failed = said.last { break }
        }
        #expect(said.last == .request(39_999, WireBytes.get.map { "\($0.0): \($0.1)" }, ends: true))
    }

    @Test func timeAllowsMore() {
        var test = SessionUnderTest.greeted()
        let ping = WireBytes.frame(6, [UInt8](repeating: 0, count: 8))
        var said: [Said] = []
        for _ in 0..<500 {
            for _ in 0..<10 { said += test.feed(ping) }
            _ = test.sentBytes()
            test.session.pass(seconds: 1)
        }
        #expect(said.isEmpty)
    }

    @Test func unreadAnswersStopTheReading() {
        var test = SessionUnderTest.greeted()
        let ping = WireBytes.frame(6, [UInt8](repeating: 0, count: 8))
        var count = 0
        while !test.session.isBacklogged, count < 100_000 {
            test.session.pass(seconds: 1)
            _ = test.feed(ping)
            count += 1
        }
        let capacity = test.session.output.capacity
        #expect(count < 20_000 && capacity <= 524_288)
    }

    @Test func streamsAboveTheLimitAreRefused() {
        var test = SessionUnderTest.greeted()
        for number in 0..<128 as Range<UInt32> { _ = test.feed(WireBytes.headers(number * 2 + 1, WireBytes.get)) }
        _ = test.sent()
        let said = test.feed(WireBytes.headers(301, WireBytes.get))
        let sent = test.sent()
        #expect(said.isEmpty && sent == [SentFrame(type: 3, flags: 0, stream: 301, payload: WireBytes.number(7))])
        _ = test.answer(1)
        let next = test.feed(WireBytes.headers(303, WireBytes.get))
        #expect(next.count == 1)
    }

    // MARK: Ends

    @Test func drainingTakesWhatIsOnItsWay() {
        var test = SessionUnderTest.greeted()
        _ = test.feed(WireBytes.headers(1, WireBytes.get))
        test.session.beginDrain()
        let first = test.sent()
        #expect(
            first.map(\.type) == [7, 6] && first.first?.payload == WireBytes.number(0x7FFF_FFFF) + WireBytes.number(0))
        let late = test.feed(WireBytes.headers(3, WireBytes.get))
        #expect(late.count == 1, "sent before the client knew")
        _ = test.feed(WireBytes.frame(6, flags: 1, first.last?.payload ?? []))
        let second = test.sent()
        #expect(second.map(\.type) == [7] && second.first?.payload == WireBytes.number(3) + WireBytes.number(0))
        let ignored = test.feed(WireBytes.headers(5, WireBytes.get))
        _ = test.answer(1)
        let before = test.session.isFinished
        _ = test.answer(3)
        let after = test.session.isFinished
        #expect(ignored.isEmpty && !before && after)
    }

    @Test func idleConnectionsGiveTheirMemoryBack() {
        var test = SessionUnderTest.greeted()
        _ = test.feed(WireBytes.headers(1, WireBytes.get))
        _ = test.answer(1, [UInt8](repeating: 1, count: 10_000))
        _ = test.sentBytes()
        test.session.releaseIdleMemory()
        let (output, streams) = (test.session.output.capacity, test.session.streams.capacity)
        #expect(output == 0 && streams == 0)
        let said = test.feed(WireBytes.headers(3, WireBytes.get))
        #expect(said.count == 1)
    }
}
