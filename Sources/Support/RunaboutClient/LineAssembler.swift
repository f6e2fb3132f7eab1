/// A line was longer than what is taken.
public struct LineTooLong: Error, Hashable, Sendable, CustomStringConvertible {
    /// The most bytes that are taken.
    public let bytesMax: Int

    /// Takes the limit.
    public init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// What was refused.
    public var description: String { "a line of the stream has more than \(bytesMax) bytes" }
}

/// Puts lines together from pieces that end anywhere.
///
/// Lines end with LF, CR LF or CR.
public struct LineAssembler: Equatable, Sendable {
    private let bytesMax: Int
    private var pending: [UInt8] = []
    private var lastWasReturn = false

    /// Takes lines of at most so many bytes.
    public init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The lines that this piece completes.
    ///
    /// - Throws: when a line goes over the limit; the assembler is of no use then.
    public mutating func feed(_ piece: some Sequence<UInt8>) throws(LineTooLong) -> [String] {
        var lines: [String] = []
        for byte in piece {
            let followsReturn = lastWasReturn
            lastWasReturn = byte == UInt8(ascii: "\r")
            switch byte {
            case UInt8(ascii: "\n") where followsReturn:
                continue
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                lines.append(String(decoding: pending, as: UTF8.self))
                pending.removeAll(keepingCapacity: true)
            default:
                guard pending.count < bytesMax else { throw LineTooLong(bytesMax: bytesMax) }
                pending.append(byte)
            }
        }
        return lines
    }
}
