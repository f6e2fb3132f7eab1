/// One event of a stream of server-sent events.
public struct ServerSentEvent: Hashable, Sendable {
    /// The id to resume after; nil when none was sent yet.
    public let id: String?
    /// Its name; `message` when it has none.
    public let name: String
    /// Its data, lines joined by LF.
    public let data: String

    /// Takes all values.
    public init(id: String?, name: String, data: String) {
        self.id = id
        self.name = name
        self.data = data
    }
}

/// Turns the bytes of a stream into events.
///
/// Source: WHATWG HTML, "Server-sent events", "Interpreting an event stream".
public struct ServerSentEventParser: Equatable, Sendable {
    private var lines: LineAssembler
    private var id: String?
    private var name = ""
    private var data: [String] = []

    /// Takes lines of at most so many bytes.
    public init(lineBytesMax: Int) { self.lines = LineAssembler(bytesMax: lineBytesMax) }

    /// The events that this piece completes.
    ///
    /// Comments and unknown fields are passed over.
    ///
    /// - Throws: when a line goes over the limit.
    public mutating func feed(_ piece: some Sequence<UInt8>) throws(LineTooLong) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for line in try lines.feed(piece) {
            if line.isEmpty {
                if !data.isEmpty {
                    let event = name.isEmpty ? "message" : name
                    events.append(ServerSentEvent(id: id, name: event, data: data.joined(separator: "\n")))
                }
                name = ""
                data = []
            } else {
                take(line)
            }
        }
        return events
    }

    private mutating func take(_ line: String) {
        let field: Substring
        var value: Substring
        if let colon = line.firstIndex(of: ":") {
            field = line[..<colon]
            value = line[line.index(after: colon)...]
            if value.first == " " { value.removeFirst() }
        } else {
            field = line[...]
            value = ""
        }
        switch field {
        case "id" where !value.contains("\0"): id = String(value)
        case "event": name = String(value)
        case "data": data.append(String(value))
        default: break
        }
    }
}
