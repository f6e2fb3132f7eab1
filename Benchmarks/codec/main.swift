import Glibc

// How long reading and writing a head takes, in nanoseconds: the least of several rounds, since whatever else runs on
// the machine only ever adds. `codec-bench [ROUNDS]`.

let smallRequest = """
    GET /hello HTTP/1.1\r
    Host: demo.localhost:8080\r
    \r\n
    """

let browserRequest = """
    GET /app/index.html?from=search&lang=en HTTP/1.1\r
    Host: demo.localhost:8080\r
    Connection: keep-alive\r
    Cache-Control: max-age=0\r
    Upgrade-Insecure-Requests: 1\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r
    Accept-Encoding: gzip, deflate, br, zstd\r
    Accept-Language: en-GB,en-US;q=0.9,en;q=0.8\r
    Cookie: session=4f1c0d7e9b2a4c53a8d6e1f0b7c9d2e3; theme=dark; consent=1\r
    If-None-Match: "5f3c-61b2c3d4e5f60"\r
    \r\n
    """

let plainAnswer = """
    HTTP/1.1 200 OK\r
    Content-Type: text/plain\r
    Content-Length: 1024\r
    \r\n
    """

let fullAnswer = """
    HTTP/1.1 200 OK\r
    Server: example/1.2\r
    Date: Fri, 27 Nov 2026 06:00:00 GMT\r
    Content-Type: application/json; charset=utf-8\r
    Content-Length: 1024\r
    Connection: keep-alive\r
    Cache-Control: private, max-age=60\r
    ETag: "5f3c-61b2c3d4e5f60"\r
    Vary: Accept-Encoding\r
    \r\n
    """

let rounds = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 200 : 200
let repetitions = 2_000

func nanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// What is measured; its own function, so that what is loop and what is work can be told apart in a profile.
struct Bench: ~Copyable {
    var fields = FieldTable()
    var writer = ByteWriter()
    var sum = 0
    let headWriter: RequestHeadWriter

    init() {
        let peer = Array("203.0.113.195".utf8)
        headWriter = RequestHeadWriter(peer: peer.span, peerIsIPv6: false)
    }

    @inline(never)
    mutating func scanRequest(_ bytes: Span<UInt8>) {
        if let head = try? RequestHead.scan(bytes, fields: &fields) { sum &+= head.end &+ head.host.count }
    }

    @inline(never)
    mutating func passRequest(_ bytes: Span<UInt8>) {
        writer.removeAll()
        guard let head = try? RequestHead.scan(bytes, fields: &fields) else { return }
        let identity = RequestIdentity(
            high: UInt64(truncatingIfNeeded: sum), low: UInt64(truncatingIfNeeded: ~sum), unixSeconds: 1_795_000_000)
        let id = headWriter.write(head, fields, bytes, identity: identity, to: &writer)
        sum &+= id.upperBound
    }

    @inline(never)
    mutating func scanAnswer(_ bytes: Span<UInt8>) {
        if let head = try? ResponseHead.scan(bytes, answersHEAD: false, fields: &fields) { sum &+= head.end }
    }

    @inline(never)
    mutating func passAnswer(_ bytes: Span<UInt8>) {
        writer.removeAll()
        guard let head = try? ResponseHead.scan(bytes, answersHEAD: false, fields: &fields) else { return }
        ResponseHeadWriter.write(
            head, fields, bytes, framing: .plain, closes: false, saysKeepAlive: false, to: &writer)
        sum &+= writer.count
    }

    @inline(never)
    mutating func delimit(_ bytes: Span<UInt8>) {
        var delimiter = HeadDelimiter()
        if case .complete(let end) = delimiter.find(in: bytes, from: 0) { sum &+= end }
    }
}

func measure(_ name: String, _ text: String, _ operation: (inout Bench, Span<UInt8>) -> Void) -> Double {
    let bytes = Array(text.utf8) + [UInt8](repeating: 120, count: 1_024)
    var bench = Bench()
    var least = Int.max
    for _ in 0..<rounds {
        let start = nanoseconds()
        for _ in 0..<repetitions { operation(&bench, bytes.span) }
        least = min(least, nanoseconds() - start)
    }
    precondition(bench.sum != 0, "nothing was done")
    let each = Double(least) / Double(repetitions)
    let tenths = Int(each * 10 + 0.5)
    print("\(name): \(tenths / 10).\(tenths % 10) ns (\(text.utf8.count) bytes)")
    return each
}

_ = measure("read a small request", smallRequest) { $0.scanRequest($1) }
let small = measure("read and write a small request", smallRequest) { $0.passRequest($1) }
_ = measure("read a browser's request", browserRequest) { $0.scanRequest($1) }
let browser = measure("read and write a browser's request", browserRequest) { $0.passRequest($1) }
_ = measure("find the end of a browser's request", browserRequest) { $0.delimit($1) }
_ = measure("read a plain answer", plainAnswer) { $0.scanAnswer($1) }
let plain = measure("read and write a plain answer", plainAnswer) { $0.passAnswer($1) }
_ = measure("read a full answer", fullAnswer) { $0.scanAnswer($1) }
let full = measure("read and write a full answer", fullAnswer) { $0.passAnswer($1) }
print("all of a small request: \(Int(small + plain + 0.5)) ns; all of a browser's: \(Int(browser + full + 0.5)) ns")
