/// What a strict reading of RFC 9110 and 9112 demands of a proxy that gets a request.
package enum Demand: String, Sendable, CaseIterable {
    /// It must not reach an instance, however it is repaired.
    case reject
    /// It may be refused, or reach an instance in the one form that nobody can misread.
    case rejectOrNormalise
    /// It is a plain request and has to reach an instance.
    case accept
}

/// A request as it should reach an instance.
package struct Forward: Hashable, Sendable {
    /// As it is written.
    package var method: String
    /// In origin form, or `*`.
    package var target: String
    /// Without its framing.
    package var body: [UInt8]
    /// The name in `Host`; nil for the lane's own.
    package var host: String?
    /// Fields, in lower case, that concern only the client's connection and may not be passed on.
    package var drops: [String] = []
    /// Fields, in lower case, that have to be passed on.
    package var keeps: [String] = []

    /// Takes what tells one request from another.
    package init(_ method: String = "GET", _ target: String = "/case-000", body: String = "", host: String? = nil) {
        self.method = method
        self.target = target
        self.body = rawBytes(body)
        self.host = host
    }

    /// `POST /case-000` with the body `hello`.
    package static let hello = Forward("POST", body: "hello")
    /// `GET /case-000`.
    package static let get = Forward()
    /// `GET /case-000-hidden`, which only a proxy that was fooled, or a reader behind it, sees.
    package static let hidden = Forward("GET", "/case-000-hidden")

    /// The same, from which the proxy removes fields.
    package func dropping(_ names: String...) -> Forward {
        var copy = self
        copy.drops += names
        return copy
    }

    /// The same, in which the proxy leaves fields.
    package func keeping(_ names: String...) -> Forward {
        var copy = self
        copy.keeps += names
        return copy
    }
}

/// What a client sends, and what may become of it.
package struct HTTP1Case: Sendable {
    /// Unique, in words.
    package let name: String
    /// The kind of trick: `chunk size`.
    package let group: String
    /// Exactly what is sent, but for the lane's and the case's number.
    package let bytes: [UInt8]
    /// What is demanded.
    package let demand: Demand
    /// What has to reach an instance in any case: all of it, or the part before what is malformed.
    package let legal: [Forward]
    /// What may reach an instance behind that, each a way to read it that the RFCs allow.
    package let readings: [[Forward]]
    /// What a proxy that is too lenient makes of it without being fooled.
    package let lenientReadings: [[Forward]]
    /// Whether the client says, behind the bytes, that nothing more comes.
    package let ends: Bool

    /// The case for a lane and its place in the corpus: their numbers are written over the zeros in `probe-00` and
    /// `case-000`, whatever the letters' case, so that every length stays what it was.
    package func numbered(lane: Int, number: Int) -> HTTP1Case {
        func written(_ bytes: [UInt8]) -> [UInt8] {
            var copy = bytes
            Self.write(lane, digits: 2, behind: "probe-", in: &copy)
            Self.write(number, digits: 3, behind: "case-", in: &copy)
            return copy
        }
        func written(_ forward: Forward) -> Forward {
            var copy = forward
            copy.target = latin1(written(rawBytes(forward.target)))
            copy.host = forward.host.map { latin1(written(rawBytes($0))) }
            copy.body = written(forward.body)
            return copy
        }
        return HTTP1Case(
            name: name, group: group, bytes: written(bytes), demand: demand, legal: legal.map(written),
            readings: readings.map { $0.map(written) }, lenientReadings: lenientReadings.map { $0.map(written) },
            ends: ends)
    }

    /// The host name of a lane.
    package static func host(lane: Int) -> String { "probe-\(padded(lane, 2)).test" }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func write(_ number: Int, digits: Int, behind mark: String, in bytes: inout [UInt8]) {
        let mark = Array(mark.utf8)
        let number = Array(padded(number, digits).utf8)
        precondition(number.count == digits, "\(number) has more than \(digits) digits")
        let count = mark.count + digits
        guard bytes.count >= count, let first = mark.first else { return }
        for start in 0...bytes.count - count where bytes[start] | 0x20 == first {
            let isMark = (0..<mark.count).allSatisfy { bytes[start + $0] | 0x20 == mark[$0] | 0x20 }
            guard isMark, bytes[(start + mark.count)..<(start + count)].allSatisfy({ $0 == 48 }) else { continue }
            bytes.replaceSubrange((start + mark.count)..<(start + count), with: number)
        }
    }
}

/// Gathers the cases of a group.
struct CaseList {
    let group: String
    private(set) var cases: [HTTP1Case] = []

    init(_ group: String) { self.group = group }

    /// A plain request, or several.
    mutating func accept(_ name: String, _ text: String, as forwards: [Forward] = [.get]) {
        add(name, text, .accept, legal: forwards)
    }

    /// A request that nothing can make good; `lenient` are what a proxy that is too kind makes of it.
    mutating func reject(
        _ name: String, _ text: String, after legal: [Forward] = [], lenient: [[Forward]] = [[.get]],
        ends: Bool = false,
    ) {
        add(name, text, .reject, legal: legal, lenient: lenient, ends: ends)
    }

    /// A request that may be refused or repaired; `readings` are what may become of it.
    mutating func either(
        _ name: String, _ text: String, after legal: [Forward] = [], readings: [[Forward]] = [[.get]],
        lenient: [[Forward]] = [], ends: Bool = false,
    ) {
        add(name, text, .rejectOrNormalise, legal: legal, readings: readings, lenient: lenient, ends: ends)
    }

    private mutating func add(
        _ name: String, _ text: String, _ demand: Demand, legal: [Forward], readings: [[Forward]] = [],
        lenient: [[Forward]] = [], ends: Bool = false,
    ) {
        cases.append(
            HTTP1Case(
                name: "\(group): \(name)", group: group, bytes: rawBytes(text), demand: demand, legal: legal,
                readings: readings, lenientReadings: lenient, ends: ends))
    }
}

/// A request of these lines; `host` is its whole line, nil for none.
func request(
    _ line: String = "GET /case-000 HTTP/1.1", host: String? = "Host: probe-00.test", _ fields: [String] = [],
    body: String = "",
) -> String {
    let lines = [line] + [host].compactMap(\.self) + fields
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
}

/// A GET with these lines.
func request(_ fields: [String]) -> String { request("GET /case-000 HTTP/1.1", fields) }

/// A POST of these lines.
func post(_ fields: [String], body: String = "hello") -> String {
    request("POST /case-000 HTTP/1.1", fields, body: body)
}

/// A chunked POST of these bytes.
func chunked(_ body: String, _ fields: [String] = []) -> String {
    post(["Transfer-Encoding: chunked"] + fields, body: body)
}

/// The request that a smuggler hides in or behind another.
let hiddenRequest = "GET /case-000-hidden HTTP/1.1\r\nHost: probe-00.test\r\n\r\n"
