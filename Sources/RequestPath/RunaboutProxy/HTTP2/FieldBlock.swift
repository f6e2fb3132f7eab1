import RunaboutModel

/// Where one field lies in a ``FieldBlock``.
struct BlockField: BitwiseCopyable {
    var nameStart: UInt32 = 0
    var nameEnd: UInt32 = 0
    var valueStart: UInt32 = 0
    var valueEnd: UInt32 = 0
    var kind = FieldName.other
    var role = FieldRole.plain
    /// Whether name and value hold only what they may.
    var isValid = true

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// The fields of one decoded header section, as lines of HTTP/1: name, colon, space, value, CR, LF.
///
/// One for all connections of a loop: what is in it counts until the next section is decoded.
struct FieldBlock: ~Copyable {
    /// All lines, those of pseudo-header fields too.
    var bytes = ByteStore()
    private var fields = CheckedStorage(repeating: BlockField(), count: FieldBlock.fieldsMax)
    private(set) var count = 0
    /// What the fields take by the count of RFC 9113 §6.5.2, those left out included.
    private(set) var listSize = 0
    /// Whether fields were left out because there are too many, or they are too large.
    private(set) var isTooLarge = false
    /// What the section says, when it is a request's.
    var request = HTTP2RequestHead()
    /// What the section says, when it is a response's.
    var response = HTTP2ResponseHead()

    /// A request has up to five pseudo-header fields.
    private static let fieldsMax = Limits.headersMax + 5

    subscript(index: Int) -> BlockField {
        get {
            precondition(index < count, "no such field")
            return fields[index]
        }
        set {
            precondition(index < count, "no such field")
            fields[index] = newValue
        }
    }

    /// All lines; they count until the next change.
    var buffer: UnsafeBufferPointer<UInt8> { bytes.buffer }

    mutating func removeAll() {
        bytes.removeAll()
        count = 0
        listSize = 0
        isTooLarge = false
    }

    /// Counts a field of this size; false when it has to be left out.
    mutating func admits(nameCount: Int, valueCount: Int) -> Bool {
        listSize += nameCount + valueCount + HPACKTable.entryOverhead
        if listSize > Limits.http2HeaderListBytesMax || count == Self.fieldsMax { isTooLarge = true }
        return !isTooLarge
    }

    mutating func append(_ field: BlockField) {
        precondition(count < Self.fieldsMax, "a field was not admitted")
        fields[count] = field
        count += 1
    }

    /// Drops what is behind the first fields.
    mutating func shrink(to count: Int) {
        precondition(count <= self.count, "a block does not grow so")
        self.count = count
    }

    /// The text of a range, for messages and records.
    func text(_ range: Range<Int>) -> String { buffer.span.text(range) }
}
