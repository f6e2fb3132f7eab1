import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

@Suite struct ByteStoreTests {
    @Test func itHoldsWhatAnArrayWould() {
        let seed = seedOfRun()
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var store = ByteStore()
            var model: [UInt8] = []
            for step in 0..<200 {
                change(&store, &model, &generator)
                let held = Array(store.buffer)
                #expect(held == model, "SEED=\(seed) step \(step)")
            }
        }
    }

    private func change(_ store: inout ByteStore, _ model: inout [UInt8], _ generator: inout SeededGenerator) {
        let bytes = (0..<Int.random(in: 0..<90, using: &generator)).map { UInt8($0) }
        let place = Int.random(in: 0...model.count, using: &generator)
        let range = Int.random(in: 0...place, using: &generator)..<place
        switch Int.random(in: 0..<9, using: &generator) {
        case 0, 1:
            store.append(bytes.span)
            model += bytes
        case 2:
            store.consume(place)
            model.removeFirst(place)
        case 3:
            store.append(bigEndian: 0x0102_0304)
            store.append(decimal: 90_817)
            store.append("text")
            model += [1, 2, 3, 4] + Array("90817text".utf8)
        case 4:
            store.append(copyOf: range)
            model += model[range]
        case 5:
            store.remove(range)
            model.removeSubrange(range)
        case 6:
            store.truncate(to: place)
            model.removeLast(model.count - place)
        case 7:
            store.openGap(at: place, length: 3)
            for offset in 0..<3 { store[place + offset] = 7 }
            model.insert(contentsOf: [7, 7, 7], at: place)
        default:
            if model.isEmpty { store.releaseIfEmpty() }
        }
    }

    @Test func bytesOutsideAreNeverReached() async {
        await #expect(processExitsWith: .failure) {
            var store = ByteStore()
            store.append(1)
            store[1] = 2
        }
        await #expect(processExitsWith: .failure) {
            let store = CheckedStorage<UInt8>(repeating: 0, count: 4)
            _ = store.elements(2..<5).count
        }
    }
}

@Suite struct StreamTableTests {
    @Test func itHoldsWhatADictionaryWould() {
        let seed = seedOfRun()
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            var table = StreamTable()
            var model: [UInt32: UInt] = [:]
            var next: UInt32 = 1
            for step in 0..<600 {
                if model.count < 128, Bool.random(using: &generator) {
                    var stream = HTTP2Stream()
                    stream.id = next
                    stream.tag = UInt(next) &* 7
                    _ = table.insert(stream)
                    model[next] = stream.tag
                    next += 2 * UInt32.random(in: 1...3, using: &generator)
                } else if let id = model.keys.sorted().randomElement(using: &generator), let place = table.find(id) {
                    table.remove(at: place)
                    model[id] = nil
                }
                let id = UInt32.random(in: 0...next, using: &generator)
                let found = table.find(id).map { table[$0].tag }
                let count = table.count
                #expect(found == model[id] && count == model.count, "SEED=\(seed) step \(step)")
            }
            for (id, tag) in model {
                let found = table.find(id).map { table[$0].tag }
                #expect(found == tag, "SEED=\(seed)")
            }
        }
    }

    @Test func endingsOfTheLastStreamsAreKnown() {
        var closed = ClosedStreams()
        let before = closed.ending(of: 1)
        closed.note(1, .byUs)
        for id in stride(from: 3 as UInt32, through: 201, by: 2) { closed.note(id, .byPeer) }
        let (ours, late, forgotten) = (closed.ending(of: 1), closed.ending(of: 201), closed.ending(of: 3))
        #expect(before == .unknown && ours == .byUs && late == .byPeer && forgotten == .unknown)
    }
}
