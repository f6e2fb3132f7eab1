/// What a client wants to read when the platform itself answers.
enum AnswerForm: UInt8, Equatable, Sendable {
    /// Plain text: for everyone who does not say.
    case text
    /// A page: for browsers.
    case html
    /// A problem document: for programs that ask for JSON.
    ///
    /// Source: RFC 9457.
    case json

    /// What an `Accept` value asks for.
    ///
    /// Of pages, JSON and plain text the one with the greatest weight, the first of equals; wildcards for all media ask
    /// for nothing in particular.
    ///
    /// Examples: `text/html,application/xhtml+xml,*/*;q=0.8` is a page, `application/json` JSON, `*/*` text,
    /// `text/html;q=0.5, application/vnd.api+json` JSON.
    /// Source: RFC 9110 §12.5.1.
    init(accept value: Span<UInt8>) {
        self = .text
        var best = 0
        var offset = 0
        while offset < value.count {
            let range = Self.element(value, from: offset)
            offset = range.upperBound + 1
            let media = Self.part(value, range)
            guard let form = Self.form(of: value, media) else { continue }
            let weight = Self.weight(value, media.upperBound..<range.upperBound)
            if weight > best { (self, best) = (form, weight) }
        }
    }

    /// What the `Accept` field of a request's head asks for; the first where there are several.
    init(requestHead head: Span<UInt8>) {
        self = .text
        let name: StaticString = "\naccept:"
        var start = 0
        search: while start + name.utf8CodeUnitCount < head.count {
            for index in 0..<name.utf8CodeUnitCount
            where ByteClass.lowercase(head[start + index]) != name.utf8Start[index] {
                start += 1
                continue search
            }
            start += name.utf8CodeUnitCount
            var end = start
            while end < head.count, head[end] != ByteClass.cr { end += 1 }
            self.init(accept: head.extracting(start..<end))
            return
        }
    }

    private static func element(_ value: Span<UInt8>, from start: Int) -> Range<Int> {
        var end = start
        var isQuoted = false
        while end < value.count, isQuoted || value[end] != UInt8(ascii: ",") {
            if value[end] == UInt8(ascii: "\"") { isQuoted.toggle() }
            end += 1
        }
        return start..<end
    }

    /// What stands in front of the parameters, without blanks.
    private static func part(_ value: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.lowerBound)
        while start < range.upperBound, ByteClass.isBlank(value[start]) { start += 1 }
        end = start
        while end < range.upperBound, value[end] != UInt8(ascii: ";"), !ByteClass.isBlank(value[end]) { end += 1 }
        return start..<end
    }

    private static func form(of value: Span<UInt8>, _ media: Range<Int>) -> AnswerForm? {
        if hasEnd("text/html", value, media, isWhole: true) { return .html }
        if hasEnd("application/xhtml+xml", value, media, isWhole: true) { return .html }
        if hasEnd("/json", value, media) || hasEnd("+json", value, media) { return .json }
        if hasEnd("application/*", value, media, isWhole: true) { return .json }
        if hasEnd("text/plain", value, media, isWhole: true) || hasEnd("text/*", value, media, isWhole: true) {
            return .text
        }
        return nil
    }

    /// Thousandths, 1000 where none is said.
    private static func weight(_ value: Span<UInt8>, _ parameters: Range<Int>) -> Int {
        var offset = parameters.lowerBound
        while offset < parameters.upperBound {
            let start = offset
            while offset < parameters.upperBound, value[offset] != UInt8(ascii: ";") { offset += 1 }
            let parameter = ForwardedList.trimmed(value, start..<offset)
            offset += 1
            guard parameter.count >= 3, value[parameter.lowerBound] | 0x20 == UInt8(ascii: "q"),
                value[parameter.lowerBound + 1] == UInt8(ascii: "=")
            else { continue }
            return thousandths(value, parameter.lowerBound + 2..<parameter.upperBound)
        }
        return 1_000
    }

    /// `0`, `1`, `0.5`, `0.333`; what has another form counts as 0.
    private static func thousandths(_ value: Span<UInt8>, _ number: Range<Int>) -> Int {
        let first = value[number.lowerBound]
        guard first == UInt8(ascii: "0") || first == UInt8(ascii: "1"), number.count <= 5 else { return 0 }
        var result = first == UInt8(ascii: "1") ? 1_000 : 0
        var scale = 100
        for index in number.dropFirst() {
            if index == number.lowerBound + 1 {
                guard value[index] == UInt8(ascii: ".") else { return 0 }
                continue
            }
            guard ByteClass.isDigit(value[index]) else { return 0 }
            result += Int(value[index] - 48) * scale
            scale /= 10
        }
        return min(result, 1_000)
    }

    private static func hasEnd(
        _ text: StaticString, _ value: Span<UInt8>, _ range: Range<Int>, isWhole: Bool = false,
    ) -> Bool {
        let count = text.utf8CodeUnitCount
        guard range.count >= count, !isWhole || range.count == count else { return false }
        let start = range.upperBound - count
        for index in 0..<count where ByteClass.lowercase(value[start + index]) != text.utf8Start[index] { return false }
        return true
    }
}
