import RunaboutClient
import Testing

@Suite struct StreamParserTests {
    private let stream =
        ": hello\n\nid: 7\nevent: service.created\ndata: {\"a\":1}\n\ndata: one\r\ndata:two\r\n\r\nid\n\nx: y\n\n"

    private let events = [
        ServerSentEvent(id: "7", name: "service.created", data: #"{"a":1}"#),
        ServerSentEvent(id: "7", name: "message", data: "one\ntwo"),
    ]

    @Test func eventsAreTheSameHoweverTheBytesAreCut() throws {
        for size in 1...stream.utf8.count {
            var parser = ServerSentEventParser(lineBytesMax: 100)
            var found: [ServerSentEvent] = []
            var rest = Array(stream.utf8)[...]
            while !rest.isEmpty {
                found += try parser.feed(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            #expect(found == events, "pieces of \(size) bytes")
        }
    }

    @Test func anEventWithoutItsEmptyLineIsNotAnEventYet() throws {
        var parser = ServerSentEventParser(lineBytesMax: 100)
        #expect(try parser.feed(Array("data: x\n".utf8)).isEmpty)
        #expect(try parser.feed(Array("\n".utf8)).map(\.data) == ["x"])
    }

    @Test func anIdWithNULIsIgnored() throws {
        var parser = ServerSentEventParser(lineBytesMax: 100)
        #expect(try parser.feed(Array("id: 1\u{0}\ndata: x\n\n".utf8)).map(\.id) == [nil])
    }

    @Test func aLineThatIsTooLongEndsTheStream() throws {
        var lines = LineAssembler(bytesMax: 4)
        #expect(try lines.feed(Array("abcd\n".utf8)) == ["abcd"])
        #expect(throws: LineTooLong(bytesMax: 4)) { try lines.feed(Array("abcde".utf8)) }
    }

    @Test func linesEndThreeWays() throws {
        var lines = LineAssembler(bytesMax: 100)
        #expect(try lines.feed(Array("a\r\nb\rc\n\nd\r".utf8)) == ["a", "b", "c", "", "d"])
        #expect(try lines.feed(Array("\ne\n".utf8)) == ["e"])
    }
}
