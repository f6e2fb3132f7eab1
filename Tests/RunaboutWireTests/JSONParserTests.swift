import RunaboutModel
import Testing

@testable import RunaboutWire

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    @Test(arguments: [
        ("null", JSONValue.null), (" true\n", .bool(true)), ("false", .bool(false)), ("0", .integer(0)),
        ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(0x1p63)),
        ("1.5", .number(1.5)), ("-1e2", .number(-100)), ("1E+2", .number(100)), ("0.25e-1", .number(0.025)),
        (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\t""#, .string("a\"\\/\u{8}\u{C}\n\r\t")),
        (#""\u00e9\u20AC""#, .string("é€")), (#""\ud83d\ude00""#, .string("😀")), (#""é😀""#, .string("é😀")),
        ("[]", .array([])), ("[1, [2]]", .array([.integer(1), .array([.integer(2)])])), ("{ }", .object([])),
        (
            #"{"b": 1, "a": {}}"#,
            .object([.init(name: "b", value: .integer(1)), .init(name: "a", value: .object([]))])
        ),
    ])
    func valuesAreRead(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        ("", 1, 1), ("nul", 1, 1), ("[1,]", 1, 4), ("[1 2]", 1, 4), ("{\"a\" 1}", 1, 6), ("{a:1}", 1, 2),
        ("{\"a\":1,}", 1, 8), ("{\"a\":1\n \"b\":2}", 2, 2), ("01", 1, 3), ("1.", 1, 3), ("-", 1, 2), ("1e", 1, 3),
        ("\"a", 1, 3), ("\"\\x\"", 1, 3), ("\"\n\"", 1, 2), ("\"\\u12g4\"", 1, 6), ("\"\\ud800\"", 1, 8), ("1 2", 1, 3),
        ("// c\n1", 1, 1), ("NaN", 1, 1), ("{\"a\":1,\"a\":2}", 1, 8), ("1e999", 1, 6), ("\"\\udc00\"", 1, 8),
    ])
    func whatIsNotJSONIsRefusedAtItsPlace(text: String, line: Int, column: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try parse(text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
    }

    @Test func nestingHasALimit() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(Limits.jsonDepthMax))
        #expect(throws: JSONSyntaxError.self) { try parse(nested(Limits.jsonDepthMax + 1)) }
    }

    @Test func anyBytesEitherParseOrSayWhere() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = Generator(state: seed)
        let alphabet = Array(#"{}[]",:\u0123456789eE+-.truefalsn "#.utf8)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            do {
                _ = try JSONParser.parse(text)
            } catch {
                #expect(error.line == 1)
                #expect((1...text.count + 1).contains(error.column), "\(text)")
            }
        }
    }
}

private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
