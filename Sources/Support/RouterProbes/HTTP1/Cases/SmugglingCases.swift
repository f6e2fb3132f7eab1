/// The classic disagreements: one reader goes by the length, another by the coding.
///
/// Each hides a request that only a fooled pair of readers sees. Source: RFC 9112 §6.3 and §11.2.
enum SmugglingCases {
    private static let disguises: [(String, [String])] = [
        ("plain", ["Transfer-Encoding: chunked"]),
        ("in capitals", ["TRANSFER-ENCODING: CHUNKED"]),
        ("with a comma behind", ["Transfer-Encoding: chunked,"]),
        ("an unknown one", ["Transfer-Encoding: xchunked"]),
        ("identity", ["Transfer-Encoding: identity"]),
        ("behind a tab", ["Transfer-Encoding:\tchunked"]),
        ("behind a vertical tab", ["Transfer-Encoding:\u{B}chunked"]),
        ("before a space in the name", ["Transfer-Encoding : chunked"]),
        ("on a line that begins with a space", [" Transfer-Encoding: chunked"]),
        ("folded", ["Transfer-Encoding:\r\n chunked"]),
        ("folded into another field", ["X-A: b\r\n Transfer-Encoding: chunked"]),
        ("behind a bare LF", ["X-A: b\nTransfer-Encoding: chunked"]),
        ("behind a bare CR", ["X-A: b\rTransfer-Encoding: chunked"]),
        ("in quotes", ["Transfer-Encoding: \"chunked\""]),
        ("twice, the second unknown", ["Transfer-Encoding: chunked", "Transfer-encoding: cow"]),
        ("twice, the first unknown", ["Transfer-Encoding: cow", "Transfer-encoding: chunked"]),
        ("with a trailing NUL", ["Transfer-Encoding: chunked\0"]),
        ("with a parameter", ["Transfer-Encoding: chunked;a=b"]),
    ]

    /// Disguises that are none: every reader has to see the coding.
    private static let plain = ["plain", "in capitals", "behind a tab", "folded", "behind a bare LF"]

    static var cases: [HTTP1Case] {
        var list = CaseList("length and coding")
        // The length ends behind the hidden request, the coding before it.
        let behind = "0\r\n\r\n" + hiddenRequest
        // The coding ends at the zero chunk; the length ends behind the first chunk's size line.
        let within = "POST /case-000-hidden HTTP/1.1\r\nHost: probe-00.test\r\nContent-Length: 15\r\n\r\n"
        let chunk = String(within.utf8.count, radix: 16) + "\r\n"
        let chunks = chunk + within + "\r\n0\r\n\r\n"
        for (name, lines) in disguises {
            let lengthFirst = post(["Content-Length: \(behind.utf8.count)"] + lines, body: behind)
            let codingFirst = post(lines + ["Content-Length: \(chunk.utf8.count)"], body: chunks)
            let byCoding: [[Forward]] = [[Forward("POST")]]
            let byLength: [[Forward]] = [[Forward("POST", body: behind)]]
            let byChunks: [[Forward]] = [[Forward("POST", body: within)]]
            if plain.contains(name) {
                list.either(
                    "length first, coding \(name)", lengthFirst, readings: byCoding,
                    lenient: [[Forward("POST"), .hidden]])
                list.either("coding \(name), then a length that ends early", codingFirst, readings: byChunks)
            } else {
                // A fold, or a bare CR, that becomes a space makes the line a part of the one before it.
                let isPartOfAnother = name == "folded into another field" || name == "behind a bare CR"
                if isPartOfAnother {
                    // The other way round, the length would leave the next request in pieces, and rightly so.
                    list.either("length first, coding \(name)", lengthFirst, readings: byLength)
                } else {
                    list.reject("length first, coding \(name)", lengthFirst, lenient: byCoding + byLength)
                    list.reject("coding \(name), then a length that ends early", codingFirst, lenient: byChunks)
                }
            }
        }
        addMore(&list)
        return list.cases
    }

    private static func addMore(_ list: inout CaseList) {
        let coding = "Transfer-Encoding: chunked"
        list.either(
            "they agree, length first", post(["Content-Length: 15", coding], body: "5\r\nhello\r\n0\r\n\r\n"),
            readings: [[.hello]])
        list.either(
            "they agree, coding first", post([coding, "Content-Length: 15"], body: "5\r\nhello\r\n0\r\n\r\n"),
            readings: [[.hello]])
        list.either(
            "one byte behind the last chunk", post(["Content-Length: 6", coding], body: "0\r\n\r\nG"),
            readings: [[Forward("POST")]])
        list.either(
            "a length of zero", post(["Content-Length: 0", coding], body: "5\r\nhello\r\n0\r\n\r\n"),
            readings: [[.hello]])
        list.reject(
            "a malformed length", post(["Content-Length: x", coding], body: "0\r\n\r\n"),
            lenient: [[Forward("POST")]])
        list.reject(
            "two lengths and a coding",
            post(["Content-Length: 5", coding, "Content-Length: 6"], body: "5\r\nhello\r\n0\r\n\r\n"),
            lenient: [[.hello]])
        list.either(
            "on a GET", request("GET /case-000 HTTP/1.1", ["Content-Length: 5", coding], body: "0\r\n\r\n"),
            readings: [[.get]])
        list.either(
            "on a HEAD", request("HEAD /case-000 HTTP/1.1", ["Content-Length: 5", coding], body: "0\r\n\r\n"),
            readings: [[Forward("HEAD")]])
        list.either(
            "the coding named by Connection",
            post(["Connection: Transfer-Encoding", coding, "Content-Length: 5"], body: "0\r\n\r\n"),
            readings: [[Forward("POST")]])
    }
}
