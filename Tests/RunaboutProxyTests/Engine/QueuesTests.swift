import Foundation
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

@Suite struct SendQueueTests {
    @Test func bytesComeOutAsTheyWentIn() {
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        var queue = SendQueue()
        defer { queue.removeAll() }
        var model: [UInt8] = []
        for _ in 0..<2_000 {
            if Bool.random(using: &random) {
                let more = (0..<Int.random(in: 0...3_000, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                more.withUnsafeBytes { queue.append($0) }
                model += more
            } else {
                let count = Int.random(in: 0...min(model.count, 5_000), using: &random)
                queue.removeFirst(count)
                model.removeFirst(count)
            }
            #expect(queue.count == model.count && queue.isEmpty == model.isEmpty, "seed \(seed)")
            #expect(queue.bytes.elementsEqual(model), "seed \(seed)")
        }
    }
}

@Suite struct KeptBytesTests {
    @Test func newBytesTakeThePlaceOfOldOnes() {
        var kept = KeptBytes()
        defer { kept.removeAll() }
        #expect(kept.isEmpty)
        [UInt8]("abc".utf8).withUnsafeBytes { kept.replace(with: $0) }
        [UInt8]("defg".utf8).withUnsafeBytes { kept.replace(with: $0) }
        #expect(kept.bytes.elementsEqual("defg".utf8))
        kept.removeAll()
        #expect(kept.isEmpty && kept.bytes.isEmpty)
    }
}
