/// A part of a blob that a `Range` header asks for.
///
/// Source: RFC 9110, section 14; one range of bytes, since no client of a registry asks for several.
enum ByteRange: Hashable, Sendable {
    /// No range, or one in a form that may be ignored.
    case whole
    /// Bytes `lowerBound..<upperBound`.
    case part(Range<Int64>)
    /// Malformed, or beyond the end.
    case unsatisfiable

    /// Reads the header's value for content of a size: `bytes=0-4`, `bytes=5-`, `bytes=-3`.
    ///
    /// Of 10 bytes, `bytes=8-20` is the part 8..<10, `bytes=-3` is 7..<10, and `bytes=10-` is unsatisfiable.
    init(header: String?, size: Int64) {
        guard let header, header.hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let text = header.dropFirst("bytes=".count)
        guard !text.contains(",") else {
            self = .whole
            return
        }
        self = Self.single(text, size: size)
    }

    private static func single(_ text: Substring, size: Int64) -> ByteRange {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .unsatisfiable }
        if ends[0].isEmpty {
            guard let count = number(ends[1]), count > 0, size > 0 else { return .unsatisfiable }
            return .part(max(0, size - count)..<size)
        }
        guard let first = number(ends[0]), first < size else { return .unsatisfiable }
        if ends[1].isEmpty { return .part(first..<size) }
        guard let last = number(ends[1]), last >= first else { return .unsatisfiable }
        return .part(first..<min(last, size - 1) + 1)
    }

    static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text)
    }
}

/// Where a chunk belongs in an upload: `first-last`, both counted from 0 and included.
///
/// Source: OCI distribution-spec 1.1, "Pushing a blob in chunks"; the form is not RFC 9110's. Some clients write
/// `bytes ` in front and `/size` behind, which is accepted.
struct ChunkRange: Hashable, Sendable {
    let first: Int64
    let count: Int64

    init?(header: String) {
        let text = header.hasPrefix("bytes ") ? header.dropFirst("bytes ".count) : header[...]
        let ends = text.prefix { $0 != "/" }.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = ByteRange.number(ends[0]), let last = ByteRange.number(ends[1]),
            last >= first, last < Int64.max
        else { return nil }
        self.first = first
        self.count = last - first + 1
    }
}
