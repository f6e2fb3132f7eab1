import RunaboutModel
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

@Suite struct ByteClassTests {
    private static let alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    @Test(arguments: UInt8.min...UInt8.max)
    func everyByteIsWhatTheStandardsSay(byte: UInt8) {
        func isOne(of more: String) -> Bool { Array((Self.alphanumeric + more).utf8).contains(byte) }
        #expect(ByteClass.isToken(byte) == isOne(of: "!#$%&'*+-.^_`|~"))
        #expect(ByteClass.isHost(byte) == isOne(of: "-._~!$&'()*+;="))
        #expect(ByteClass.isID(byte) == isOne(of: "-._~+/=:"))
        #expect(ByteClass.isValue(byte) == (byte == 9 || (byte >= 32 && byte != 127)))
        let isTarget = (33...126).contains(byte) && !Array("\"<>#".utf8).contains(byte)
        #expect(ByteClass.isTarget(byte) == isTarget)
        #expect(ByteClass.isDigit(byte) == ("0"..."9").contains(Unicode.Scalar(byte)))
        #expect(
            ByteClass.hexadecimal(byte)
                == (byte < 128 ? Character(Unicode.Scalar(byte)).hexDigitValue : nil).map(UInt64.init))
    }

    @Test(arguments: UInt8.min...UInt8.max, [0, 1, 7, 8, 14, 15])
    func vectorsAgreeWithBytes(byte: UInt8, place: Int) {
        var bytes = Array("aaaaaaaaaaaaaaaa".utf8)
        bytes[place] = byte
        let vector = bytes.span.vector(at: 0)
        let isName = Array((Self.alphanumeric + "-").utf8).contains(byte)
        #expect(vector.noNames.first == (isName ? 16 : place))
        #expect(vector.noHosts.first == (isName || byte == UInt8(ascii: ".") ? 16 : place))
        #expect(vector.controls.first == (byte >= 32 && byte != 127 ? 16 : place))
        #expect(vector.noTargets.first == (ByteClass.isTarget(byte) && byte != UInt8(ascii: "\\") ? 16 : place))
    }

    @Test func behindTheEndThereAreZeros() {
        for count in 0...40 {
            let bytes = (0..<count).map { UInt8($0 + 1) }
            for offset in 0...count {
                let expected = (offset..<offset + 16).map { $0 < count ? UInt8($0 + 1) : 0 }
                let vector = bytes.span.vector(at: offset)
                var found: [UInt8] = []
                for index in 0..<8 { found.append(UInt8(truncatingIfNeeded: vector.low >> UInt64(8 * index))) }
                for index in 0..<8 { found.append(UInt8(truncatingIfNeeded: vector.high >> UInt64(8 * index))) }
                #expect(found == expected)
                #expect(bytes.span.word(at: offset) == vector.low)
            }
        }
    }
}

@Suite struct FieldNameTests {
    private static let names: [(String, FieldName)] = [
        ("connection", .connection), ("content-length", .contentLength), ("expect", .expect),
        ("forwarded", .forwarded), ("x-forwarded-for", .forwardedFor), ("x-forwarded-host", .forwardedHost),
        ("x-forwarded-port", .forwardedPort), ("x-forwarded-proto", .forwardedProto), ("host", .host),
        ("http2-settings", .http2Settings), ("keep-alive", .keepAlive), ("proxy-authorization", .proxyAuthorization),
        ("proxy-connection", .proxyConnection), ("x-real-ip", .realIP), ("x-request-id", .requestID), ("te", .te),
        ("traceparent", .traceparent), ("trailer", .trailer), ("transfer-encoding", .transferEncoding),
        ("upgrade", .upgrade), ("x-amzn-trace-id", .amazonTraceID),
    ]

    private func kind(_ name: String) -> FieldName {
        let bytes = Array(name.utf8)
        return HeaderFields.classify(bytes.span, 0..<bytes.count)
    }

    @Test func everyNameIsFoundWhateverItsCase() {
        for (name, expected) in Self.names {
            #expect(kind(name) == expected)
            #expect(kind(name.uppercased()) == expected)
            #expect(kind(name.replacing("-", with: "_")) == expected)
        }
    }

    @Test func noNameThatDiffersInOnePlaceIsTaken() {
        for (name, expected) in Self.names {
            #expect(kind(String(name.dropLast())) == .other)
            #expect(kind(name + "x") == .other)
            for place in name.indices {
                for other in ["0", "!", "~", "`", "^", "@", "M"] where other.lowercased() != String(name[place]) {
                    var changed = name
                    changed.replaceSubrange(place...place, with: other)
                    #expect(kind(changed) != expected, "\(changed)")
                }
            }
        }
    }
}

@Suite struct FieldTableTests {
    @Test func itHoldsWhatFitsAndNoMore() throws {
        var table = FieldTable()
        for number in 0..<Limits.headersMax {
            let kind = number % 3 == 0 ? FieldName.host : .other
            try table.append(HeaderField(name: number..<200, value: 300..<400, kind: kind, isCanonical: true))
        }
        #expect(throws: Malformation.tooManyFields) {
            try table.append(HeaderField(name: 0..<1, value: 2..<3, kind: .other))
        }
        #expect(table.count == Limits.headersMax && table.indices == 0..<Limits.headersMax)
        var notable = table.notable
        var found: [Int] = []
        while let number = notable.popFirst() { found.append(number) }
        #expect(found == Array(stride(from: 0, to: Limits.headersMax, by: 3)))
        #expect(table[100].name == 100..<200 && table[100].value == 300..<400 && table[100].start == 100)
        table.removeAll()
        #expect(table.isEmpty && table.notable.isEmpty)
    }

    @Test func aSetHoldsWhatWasPutIntoIt() {
        for number in 0..<128 {
            var set = FieldSet()
            set.insert(number)
            #expect((0..<128).allSatisfy { set.contains($0) == ($0 == number) })
            var other = FieldSet()
            other.insert(127 - number)
            var all = set.union(other)
            #expect(all.popFirst() == min(number, 127 - number))
            #expect(all.popFirst() == max(number, 127 - number) && all.isEmpty)
        }
    }

    @Test func aFieldThatIsNotThereCantBeRead() async {
        await #expect(processExitsWith: .failure) {
            let table = FieldTable()
            _ = table[0]
        }
    }
}

@Suite struct ByteWriterTests {
    private func written(_ write: (inout ByteWriter) -> Void) -> String {
        var writer = ByteWriter()
        write(&writer)
        return writer.text(0..<writer.count)
    }

    @Test(arguments: [0, 7, 10, 99, 100, 18_446_744_073_709_551_615] as [UInt64])
    func numbersAreWrittenOut(number: UInt64) {
        #expect(written { $0.append(decimal: number) } == String(number))
        let all = String(number, radix: 16)
        let padded = String(repeating: "0", count: 16 - all.count) + all
        for digits in 1...16 {
            #expect(written { $0.append(hexadecimal: number, digits: digits) } == padded.suffix(digits))
        }
    }

    @Test func everyDigitIsRight() {
        let seed = UInt64.random(in: 0..<1 << 32)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            let number = random.next()
            let all = String(number, radix: 16)
            let padded = String(repeating: "0", count: 16 - all.count) + all
            #expect(written { $0.append(hexadecimal: number, digits: 16) } == padded, "seed \(seed)")
        }
        print("seed \(seed)")
    }

    @Test func piecesOfEveryLengthComeThrough() {
        let source = (0..<200).map { UInt8($0) }
        for count in 0...100 {
            for start in [0, 1, 150, 200 - count] where start + count <= 200 {
                var writer = ByteWriter()
                writer.append("ab")
                writer.append(source.span, start..<start + count)
                writer.append("cd")
                let bytes = writer.withUnsafeBytes { Array($0) }
                #expect(bytes == [97, 98] + source[start..<start + count] + [99, 100])
                #expect(writer.span.count == bytes.count)
            }
        }
    }

    @Test func itGrowsAndCanBeEmptied() {
        var writer = ByteWriter()
        #expect(writer.capacity == 0)
        var expected: [UInt8] = []
        for number in 0..<10_000 {
            writer.append(decimal: UInt64(number))
            expected += Array(String(number).utf8)
        }
        #expect(writer.withUnsafeBytes { Array($0) } == expected)
        let capacity = writer.capacity
        writer.removeAll()
        #expect(writer.isEmpty && writer.capacity == capacity)
        writer.removeAll(keepingCapacity: false)
        #expect(writer.capacity == 0)
        writer.append("é")
        #expect(writer.text(0..<2) == "é")
    }

    @Test func aRangeThatIsNotThereCantBeAppended() async {
        await #expect(processExitsWith: .failure) {
            var writer = ByteWriter()
            writer.append(([1, 2, 3] as [UInt8]).span, 2..<4)
        }
        await #expect(processExitsWith: .failure) {
            var writer = ByteWriter()
            writer.append([UInt8](repeating: 1, count: 64).span, -1..<1)
        }
    }
}
