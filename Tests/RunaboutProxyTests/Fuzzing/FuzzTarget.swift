#if canImport(RunaboutProxy)
    @testable import RunaboutProxy
#endif

/// What a target found out that may not be.
struct FuzzFinding: Error, CustomStringConvertible {
    let description: String
}

/// Something that is tried with any bytes: by a fuzzer, and by a test with those kept and changes of them.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// Heads of requests, whole and in pieces, beside a plain reading of the same bytes.
    case request
    /// Heads of answers likewise.
    case answer
    /// Chunked bodies likewise.
    case chunks
    /// Heads that are written anew and must say the same.
    case rewriting
    /// Frames of HTTP/2, whole and in pieces.
    case frames
    /// Header sections of HTTP/2.
    case fields
    /// PROXY protocol headers and lists of proxies.
    case forwarding

    /// Tries some bytes.
    ///
    /// - Throws: a ``FuzzFinding``; what is refused as it should be is none.
    func run(_ input: [UInt8]) throws(FuzzFinding) {
        switch self {
        case .request: try tryRequest(input)
        case .answer: try tryAnswer(input)
        case .chunks: try tryChunks(input)
        case .rewriting: try tryRewriting(input)
        case .frames: try tryFrames(input)
        case .fields: try tryFields(input)
        case .forwarding: try tryForwarding(input)
        }
    }
}

func expect(_ isTrue: Bool, _ message: @autoclosure () -> String) throws(FuzzFinding) {
    guard isTrue else { throw FuzzFinding(description: message()) }
}

/// Where an input is cut, so that the same one is always cut the same.
struct Cuts {
    private var state: UInt64

    init(_ input: [UInt8]) {
        state = 0xCBF2_9CE4_8422_2325
        for byte in input { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    /// From 1 to a maximum; mostly little.
    mutating func next(upTo maximum: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        let most = state & 7 == 0 ? maximum : min(maximum, 24)
        return 1 + Int((state >> 8) % UInt64(most))
    }

    /// The ends of pieces of so many bytes, the last one the end of all.
    mutating func ends(of count: Int) -> [Int] {
        var ends: [Int] = []
        while (ends.last ?? 0) < count {
            let last = ends.last ?? 0
            ends.append(last + next(upTo: count - last))
        }
        return ends
    }
}
