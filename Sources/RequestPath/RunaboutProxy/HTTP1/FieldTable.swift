import RunaboutModel

/// Where one header field lies in the bytes of its head.
///
/// Two bytes are enough for an offset: no head is longer than `Limits.headBytesMax`.
struct HeaderField: Equatable, Sendable {
    private let nameStart: UInt16
    private let nameEnd: UInt16
    private let valueStart: UInt16
    private let valueEnd: UInt16
    let kind: FieldName
    /// Whether its line is just the name, colon, space, value, CR LF, so that it can be sent on as it is.
    let isCanonical: Bool

    /// - Precondition: no offset is above 65,535.
    init(name: Range<Int>, value: Range<Int>, kind: FieldName, isCanonical: Bool = false) {
        precondition(max(name.upperBound, value.upperBound) <= Int(UInt16.max), "a head is longer than its limit")
        self.init(
            unchecked: name.lowerBound, name.upperBound, value.lowerBound, value.upperBound, kind: kind,
            isCanonical: isCanonical)
    }

    @inline(__always)
    init(
        unchecked nameStart: Int, _ nameEnd: Int, _ valueStart: Int, _ valueEnd: Int, kind: FieldName,
        isCanonical: Bool,
    ) {
        self.nameStart = UInt16(truncatingIfNeeded: nameStart)
        self.nameEnd = UInt16(truncatingIfNeeded: nameEnd)
        self.valueStart = UInt16(truncatingIfNeeded: valueStart)
        self.valueEnd = UInt16(truncatingIfNeeded: valueEnd)
        self.kind = kind
        self.isCanonical = isCanonical
    }

    var name: Range<Int> { Range(uncheckedBounds: (Int(nameStart), Int(nameEnd))) }
    /// Without the blanks around it.
    var value: Range<Int> { Range(uncheckedBounds: (Int(valueStart), Int(valueEnd))) }
    /// Where its line begins.
    var start: Int { Int(nameStart) }
}

/// Numbers from 0 to 127, taken out in order.
struct FieldSet: Equatable, Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    var isEmpty: Bool { low | high == 0 }

    @inline(__always)
    mutating func insert(_ number: Int) {
        if number < 64 { low |= 1 &<< UInt64(number) } else { high |= 1 &<< UInt64(number &- 64) }
    }

    @inline(__always)
    mutating func popFirst() -> Int? {
        if low != 0 {
            defer { low &= low &- 1 }
            return low.trailingZeroBitCount
        }
        guard high != 0 else { return nil }
        defer { high &= high &- 1 }
        return 64 &+ high.trailingZeroBitCount
    }

    @inline(__always)
    func contains(_ number: Int) -> Bool { (number < 64 ? low : high) &>> UInt64(number & 63) & 1 != 0 }

    @inline(__always)
    func union(_ other: FieldSet) -> FieldSet {
        var all = self
        all.low |= other.low
        all.high |= other.high
        return all
    }
}

/// The header fields of a head that is being read; made once and filled again and again.
///
/// It has room for `Limits.headersMax` fields and never grows.
struct FieldTable: ~Copyable {
    private let storage: UnsafeMutablePointer<HeaderField>
    private(set) var count = 0
    /// The fields that mean something to a proxy, or whose lines can't be sent on as they are.
    private(set) var notable = FieldSet()

    init() {
        precondition(Limits.headersMax <= 128, "a field set has 128 bits")
        storage = .allocate(capacity: Limits.headersMax)
    }

    deinit { storage.deallocate() }

    var isEmpty: Bool { count == 0 }
    var indices: Range<Int> { 0..<count }

    @inline(__always)
    mutating func removeAll() {
        count = 0
        notable = FieldSet()
    }

    /// - Throws: `Malformation.tooManyFields` when it is full.
    @inline(__always)
    mutating func append(_ field: HeaderField) throws(Malformation) {
        guard count < Limits.headersMax else { throw .tooManyFields }
        (storage + count).initialize(to: field)
        if field.kind != .other || !field.isCanonical { notable.insert(count) }
        count &+= 1
    }

    /// - Precondition: the number is below `count`.
    @inline(__always)
    subscript(index: Int) -> HeaderField {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "there is no such field")
        return storage[index]
    }
}
