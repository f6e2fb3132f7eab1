/// What a field of HTTP/2 is, beyond what ``FieldName`` says.
enum FieldRole: UInt8, Sendable {
    case plain
    case cookie
    case method
    case scheme
    case path
    case authority
    case status
    case `protocol`
    /// A name that begins with a colon and is none of the above.
    case unknownPseudo

    var isPseudo: Bool { rawValue >= FieldRole.method.rawValue }
}

/// The fields that HPACK knows from the start, made once.
///
/// Source: RFC 7541, appendix A.
struct StaticTable: @unchecked Sendable {  // The tables are never changed, nor freed, once they are made.
    struct Entry {
        let nameStart: UInt16
        let nameCount: UInt16
        let valueCount: UInt16
        let kind: FieldName
        let role: FieldRole
    }

    static let count = 61

    /// Names and values, by index from 1.
    static let fields: [(StaticString, StaticString)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""),
        ("access-control-allow-origin", ""), ("age", ""), ("allow", ""), ("authorization", ""), ("cache-control", ""),
        ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""),
        ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""),
        ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""),
        ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
        ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ]

    static let shared = StaticTable()

    private let entries: UnsafePointer<Entry>
    private let texts: UnsafeBufferPointer<UInt8>
    /// Indices of the names, by ``slot(of:_:)``, then the next free slot; 0 where there is none.
    private let slots: UnsafePointer<UInt8>

    private init() {
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: Self.count + 1)
        var texts: [UInt8] = []
        for (index, field) in Self.fields.enumerated() {
            let nameStart = texts.count
            let name = UnsafeBufferPointer(start: field.0.utf8Start, count: field.0.utf8CodeUnitCount)
            texts += name
            texts += UnsafeBufferPointer(start: field.1.utf8Start, count: field.1.utf8CodeUnitCount)
            let entry = Entry(
                nameStart: UInt16(nameStart),
                nameCount: UInt16(name.count),
                valueCount: UInt16(texts.count - nameStart - name.count),
                kind: HeaderFields.classify(texts.span, nameStart..<nameStart + name.count),
                role: Self.role(texts.span, nameStart..<nameStart + name.count),
            )
            (entries + index + 1).initialize(to: entry)
        }
        // Index 0 stands for no field.
        entries.initialize(to: Entry(nameStart: 0, nameCount: 0, valueCount: 0, kind: .other, role: .plain))
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: texts.count)
        _ = memory.initialize(from: texts)
        self.entries = UnsafePointer(entries)
        self.texts = UnsafeBufferPointer(memory)
        let slots = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        slots.initialize(repeating: 0, count: 256)
        for index in 15...Self.count {
            let name = self.texts.extracting(
                Int(entries[index].nameStart)..<Int(entries[index].nameStart + entries[index].nameCount))
            var slot = Self.slot(of: name.span, 0..<name.count)
            while slots[slot] != 0 { slot = (slot + 1) & 255 }
            slots[slot] = UInt8(index)
        }
        self.slots = UnsafePointer(slots)
    }

    /// Index 1...61.
    func entry(_ index: Int) -> Entry {
        precondition((1...Self.count).contains(index), "no static field \(index)")
        return entries[index]
    }

    /// Name and value of an entry, one behind the other.
    func text(_ entry: Entry) -> UnsafeBufferPointer<UInt8> {
        let start = Int(entry.nameStart)
        return texts.extracting(start..<start + Int(entry.nameCount) + Int(entry.valueCount))
    }

    /// The index of a name of a field, whatever its case; 0 when it has none.
    func index(ofName bytes: Span<UInt8>, _ name: Range<Int>) -> Int {
        guard name.count >= 3 else { return 0 }
        var slot = Self.slot(of: bytes, name)
        while slots[slot] != 0 {
            let index = Int(slots[slot])
            if isName(entries[index], bytes, name) { return index }
            slot = (slot + 1) & 255
        }
        return 0
    }

    private func isName(_ entry: Entry, _ bytes: Span<UInt8>, _ name: Range<Int>) -> Bool {
        guard Int(entry.nameCount) == name.count else { return false }
        for offset in 0..<name.count {
            guard ByteClass.lowercase(bytes[name.lowerBound + offset]) == texts[Int(entry.nameStart) + offset] else {
                return false
            }
        }
        return true
    }

    /// Mixes the length and three letters, whatever their case.
    private static func slot(of bytes: Span<UInt8>, _ name: Range<Int>) -> Int {
        let first = Int(bytes[name.lowerBound] | 0x20)
        let middle = Int(bytes[name.lowerBound + name.count / 2] | 0x20)
        let last = Int(bytes[name.upperBound - 1] | 0x20)
        return (name.count &* 31 &+ first &* 7 &+ middle &* 17 &+ last &* 3) & 255
    }

    /// What a name, which has to be in lower case, means to HTTP/2.
    static func role(_ bytes: Span<UInt8>, _ name: Range<Int>) -> FieldRole {
        guard let first = name.first else { return .plain }
        if bytes[first] == ByteClass.colon {
            if bytes.isEqual(name, ignoringCase: ":method") { return .method }
            if bytes.isEqual(name, ignoringCase: ":scheme") { return .scheme }
            if bytes.isEqual(name, ignoringCase: ":path") { return .path }
            if bytes.isEqual(name, ignoringCase: ":authority") { return .authority }
            if bytes.isEqual(name, ignoringCase: ":status") { return .status }
            if bytes.isEqual(name, ignoringCase: ":protocol") { return .protocol }
            return .unknownPseudo
        }
        return bytes.isEqual(name, ignoringCase: "cookie") ? .cookie : .plain
    }
}
