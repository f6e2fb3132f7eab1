import RunaboutRouting

/// How a request ended, in one byte, so that it can be counted and recorded without a string.
struct OutcomeCode: Equatable, Sendable {
    /// 0 is answered, 1 a client that left; the platform's errors follow in the order of their declaration.
    let rawValue: UInt8

    private init(_ rawValue: UInt8) { self.rawValue = rawValue }

    static var answered: OutcomeCode { OutcomeCode(0) }
    static var clientGone: OutcomeCode { OutcomeCode(1) }

    init(_ code: PlatformErrorCode) {
        // A case without payload is its place in the declaration; a test compares it with `allCases`.
        rawValue = unsafeBitCast(code, to: UInt8.self) &+ 2
    }

    init(_ outcome: RequestOutcome) {
        switch outcome {
        case .answered: self = .answered
        case .clientGone: self = .clientGone
        case .platformError(let code): self.init(code)
        }
    }

    /// How many codes there are.
    static let count = PlatformErrorCode.allCases.count + 2

    /// As records name it: `answered`, `clientGone` or the platform's code.
    var name: String { Self.names[Int(rawValue)] }

    private static let names = ["answered", "clientGone"] + PlatformErrorCode.allCases.map(\.rawValue)
}
