import RunaboutModel

/// Decodes header sections and keeps the table of fields that the peer refers to.
///
/// Whatever a section holds, it is decoded to its end, so that the table stays the same on both sides; fields beyond the
/// limits are left out of the block. Source: RFC 7541.
struct HPACKDecoder: ~Copyable {
    private var table: HPACKTable
    private let statics = StaticTable.shared
    private let huffman = HuffmanCode.shared

    /// `tableBytes` is what the table may hold: a power of two.
    init(tableBytes: Int = Limits.http2HeaderTableBytes) { table = HPACKTable(limit: tableBytes) }

    /// Bytes and entries of the table, for tests.
    var tableSize: Int { table.size }
    var tableCount: Int { table.count }

    /// Decodes a whole section; what the block held before is dropped.
    ///
    /// False when it breaks the format, after which the connection is of no use.
    mutating func decode(_ bytes: Span<UInt8>, _ range: Range<Int>, into block: inout FieldBlock) -> Bool {
        block.removeAll()
        var index = range.lowerBound
        let end = range.upperBound
        var resizes = 0
        var isAtStart = true
        while index < end {
            let first = bytes[index]
            if first & 0xE0 == 0x20 {
                // Two are enough: the smallest size there was in between, and the last.
                guard isAtStart, resizes < 2 else { return false }
                resizes += 1
                guard let size = Self.integer(bytes, &index, end, prefix: 5), size <= table.limit else { return false }
                table.resize(to: size)
                continue
            }
            isAtStart = false
            let isDecoded =
                first & 0x80 != 0
                ? takeIndexed(bytes, &index, end, &block) : takeLiteral(bytes, &index, end, &block)
            guard isDecoded else { return false }
        }
        return true
    }

    /// A field that a table has as a whole.
    private func takeIndexed(
        _ bytes: Span<UInt8>, _ index: inout Int, _ end: Int, _ block: inout FieldBlock,
    ) -> Bool {
        guard let number = Self.integer(bytes, &index, end, prefix: 7), number > 0 else { return false }
        var field = BlockField()
        if number <= StaticTable.count {
            let entry = statics.entry(number)
            let text = statics.text(entry).span
            let nameCount = Int(entry.nameCount)
            guard block.admits(nameCount: nameCount, valueCount: Int(entry.valueCount)) else { return true }
            (field.kind, field.role) = (entry.kind, entry.role)
            Self.beginLine(&field, &block)
            block.bytes.append(text, 0..<nameCount)
            Self.beginValue(&field, &block)
            block.bytes.append(text, nameCount..<text.count)
        } else {
            guard number - StaticTable.count <= table.count else { return false }
            let entry = table.entry(number - StaticTable.count - 1)
            let nameCount = Int(entry.nameCount)
            guard block.admits(nameCount: nameCount, valueCount: Int(entry.valueCount)) else { return true }
            (field.kind, field.role, field.isValid) = (entry.kind, entry.role, entry.isValid)
            Self.beginLine(&field, &block)
            table.copy(entry, 0..<nameCount, to: &block.bytes)
            Self.beginValue(&field, &block)
            table.copy(entry, nameCount..<nameCount + Int(entry.valueCount), to: &block.bytes)
        }
        Self.endLine(&field, &block)
        block.append(field)
        return true
    }

    /// A field whose value is given, and its name or the place of its name in a table.
    private mutating func takeLiteral(
        _ bytes: Span<UInt8>, _ index: inout Int, _ end: Int, _ block: inout FieldBlock,
    ) -> Bool {
        let isKept = bytes[index] & 0x40 != 0
        guard let number = Self.integer(bytes, &index, end, prefix: isKept ? 6 : 4) else { return false }
        let lineStart = block.bytes.count
        var field = BlockField()
        Self.beginLine(&field, &block)
        guard takeName(number, bytes, &index, end, &field, &block) else { return false }
        Self.beginValue(&field, &block)
        guard takeString(bytes, &index, end, &block.bytes) else { return false }
        field.valueEnd = UInt32(block.bytes.count)
        field.isValid = field.isValid && FieldRules.isValue(block.buffer.span, field.value)
        if isKept {
            let lines = block.buffer.span
            table.insert(
                lines.extracting(field.name), lines.extracting(field.value), kind: field.kind, role: field.role,
                isValid: field.isValid)
        }
        guard block.admits(nameCount: field.name.count, valueCount: field.value.count) else {
            block.bytes.truncate(to: lineStart)
            return true
        }
        Self.endLine(&field, &block)
        block.append(field)
        return true
    }

    private func takeName(
        _ number: Int, _ bytes: Span<UInt8>, _ index: inout Int, _ end: Int, _ field: inout BlockField,
        _ block: inout FieldBlock,
    ) -> Bool {
        if number == 0 {
            guard takeString(bytes, &index, end, &block.bytes) else { return false }
            let name = Int(field.nameStart)..<block.bytes.count
            let lines = block.buffer.span
            field.role = StaticTable.role(lines, name)
            field.kind = HeaderFields.classify(lines, name)
            field.isValid = FieldRules.isName(lines, name)
        } else if number <= StaticTable.count {
            let entry = statics.entry(number)
            (field.kind, field.role) = (entry.kind, entry.role)
            block.bytes.append(statics.text(entry).span, 0..<Int(entry.nameCount))
        } else {
            guard number - StaticTable.count <= table.count else { return false }
            let entry = table.entry(number - StaticTable.count - 1)
            (field.kind, field.role) = (entry.kind, entry.role)
            table.copy(entry, 0..<Int(entry.nameCount), to: &block.bytes)
            // The entry may have been invalid for its value alone.
            if !entry.isValid {
                field.isValid = FieldRules.isName(block.buffer.span, Int(field.nameStart)..<block.bytes.count)
            }
        }
        return true
    }

    private func takeString(_ bytes: Span<UInt8>, _ index: inout Int, _ end: Int, _ output: inout ByteStore) -> Bool {
        guard index < end else { return false }
        let isHuffman = bytes[index] & 0x80 != 0
        guard let count = Self.integer(bytes, &index, end, prefix: 7), count <= end - index else { return false }
        let range = index..<index + count
        index += count
        if isHuffman { return huffman.decode(bytes, range, to: &output) }
        output.append(bytes, range)
        return true
    }

    private static func beginLine(_ field: inout BlockField, _ block: inout FieldBlock) {
        field.nameStart = UInt32(block.bytes.count)
    }

    private static func beginValue(_ field: inout BlockField, _ block: inout FieldBlock) {
        field.nameEnd = UInt32(block.bytes.count)
        block.bytes.append(": ")
        field.valueStart = UInt32(block.bytes.count)
    }

    private static func endLine(_ field: inout BlockField, _ block: inout FieldBlock) {
        field.valueEnd = UInt32(block.bytes.count)
        block.bytes.append("\r\n")
    }

    /// A number in a prefix of some bits and the bytes behind it; nil when it is cut off or too large for anything.
    ///
    /// Source: RFC 7541 §5.1.
    static func integer(_ bytes: Span<UInt8>, _ index: inout Int, _ end: Int, prefix bits: UInt8) -> Int? {
        guard index < end else { return nil }
        let mask = UInt8(1) << bits &- 1
        var number = Int(bytes[index] & mask)
        index += 1
        guard number == Int(mask) else { return number }
        var shift = 0
        while index < end {
            let byte = bytes[index]
            index += 1
            // Nothing that is indexed or counted here needs more than 28 bits.
            guard shift <= 21 else { return nil }
            number += Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
            shift += 7
        }
        return nil
    }
}
