import Foundation
import RunaboutModel
import RunaboutTestSupport
import Testing

@Suite struct IDTests {
    @Test func anIDIsMadeOfItsBits() {
        let id = ServiceID(high: 0xAB, low: 1)
        #expect(id.rawValue == "00000000000000ab0000000000000001")
        #expect(ServiceID(high: 0x0123_4567_89AB_CDEF, low: 0).short == "0123456789ab")
        #expect(ServiceID(id.rawValue) == id)
    }

    @Test(arguments: [
        "", "00000000000000ab000000000000000", "00000000000000ab00000000000000012",
        "00000000000000AB0000000000000001", "00000000000000xy0000000000000001", "0000000000000ab-0000000000000001",
    ])
    func whatHasNotItsFormIsNoID(text: String) { #expect(InstanceID(text) == nil) }

    @Test func anIDIsItsTextInJSONAndAWrongOneIsNamedWithItsKind() throws {
        let id = RevisionID(high: 1, low: 2)
        let data = try JSONEncoder().encode([id])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(id)\"]")
        #expect(try JSONDecoder().decode([RevisionID].self, from: data) == [id])
        let error = try #require(throws: DecodingError.self) {
            try JSONDecoder().decode([RevisionID].self, from: Data("[\"x\"]".utf8))
        }
        #expect("\(error)".contains("'x' is not the id of a revision"))
    }

    @Test(arguments: [UInt64(1), 2, 3]) func drawnIDsDiffer(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var ids: Set<OperationID> = []
        for _ in 0..<100 { ids.insert(OperationID(using: &generator)) }
        #expect(ids.count == 100, "seed \(seed)")
    }
}
