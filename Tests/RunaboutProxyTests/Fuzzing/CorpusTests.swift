import Foundation
import RunaboutTestSupport
import Testing

@testable import RunaboutProxy

/// What the fuzzer kept is tried again, and each with changes that a seed decides.
@Suite struct CorpusTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Fuzz/Corpus")

    /// Changed inputs tried of each target.
    private static let changes = 1_000

    @Test(arguments: FuzzTarget.allCases)
    func whatWasFoundStaysRight(target: FuzzTarget) throws {
        let folder = Self.corpus.appending(path: target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        #expect(files.count > 5, "the corpus of \(target) is missing")
        var inputs: [[UInt8]] = []
        for file in files {
            let input = [UInt8](try Data(contentsOf: file))
            inputs.append(input)
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.run(input) }
        }
        let seed = self.seed()
        var random = SeededGenerator(seed: seed)
        for number in 0..<Self.changes {
            let input = changed(inputs, &random)
            #expect(throws: Never.self, "seed \(seed), change \(number): \(input)") { try target.run(input) }
        }
        print("seed \(seed) for \(target)")
    }

    /// The one that `FUZZ_SEED` names, else a new one.
    private func seed() -> UInt64 {
        ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1 << 32)
    }

    private func changed(_ inputs: [[UInt8]], _ random: inout SeededGenerator) -> [UInt8] {
        var input = inputs.randomElement(using: &random) ?? []
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            let place = Int.random(in: 0...input.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: input.insert(.random(in: 0...255, using: &random), at: place)
            case 1: input.insert(contentsOf: [13, 10], at: place)
            case 2 where place < input.count: input.remove(at: place)
            case 3 where place < input.count: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 4: input.removeSubrange(place...)
            default:
                let other = inputs.randomElement(using: &random) ?? []
                let start = Int.random(in: 0...other.count, using: &random)
                input.insert(contentsOf: other[start..<Int.random(in: start...other.count, using: &random)], at: place)
            }
        }
        return input.count > 8_192 ? Array(input.prefix(8_192)) : input
    }
}
