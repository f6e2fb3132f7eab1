import Glibc
import Synchronization

/// Listens, gives each connection a thread, and answers.
final class Server: Sendable {
    private let options: Options
    private let statistics = Statistics()
    private let startedAt = wallClockMilliseconds()
    private let isStopping = Atomic(false)
    private let allocations = Mutex<[[UInt8]]>([])
    private let listener = Atomic<Int32>(-1)

    /// Does nothing yet.
    init(options: Options) { self.options = options }

    /// Listens and accepts until ``stop()``.
    func run() {
        pause(milliseconds: options.startDelayMilliseconds)
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = options.port.bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(socket, 1_024) == 0 else {
            log("can't listen on port \(options.port): \(String(cString: strerror(errno)))")
            exit(1)
        }
        listener.store(socket, ordering: .sequentiallyConsistent)
        log("\(options.instance) listens on port \(options.port)")
        while true {
            let connected = accept(socket, nil, nil)
            if connected >= 0 {
                setsockopt(connected, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
                if !startThread({ self.serve(Connection(socket: connected)) }) { close(connected) }
            } else if isStopping.load(ordering: .sequentiallyConsistent) {
                return
            } else if errno == EMFILE || errno == ENFILE || errno == ENOMEM {
                pause(milliseconds: 10)
            }
        }
    }

    /// Takes no more connections, lets requests end, and ends the process.
    func stop() -> Never {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        shutdown(listener.load(ordering: .sequentiallyConsistent), Int32(SHUT_RD))
        while statistics.current.inFlight > 0 { pause(milliseconds: 5) }
        // The last answer is counted as ended just before it is sent.
        pause(milliseconds: 20)
        log("\(options.instance) ends after \(statistics.current.served) requests")
        exit(0)
    }

    private func serve(_ connection: consuming Connection) {
        while let request = connection.next() {
            if request.path == "/healthz" {
                let status = options.failsHealth ? "500 Internal Server Error" : "200 OK"
                if !connection.answer(status, type: "text/plain", body: [], keepsAlive: request.keepsAlive) { return }
                if request.keepsAlive { continue } else { return }
            }
            statistics.begin()
            let (status, type, body) = answer(to: request)
            statistics.end()
            let keepsAlive = request.keepsAlive && !isStopping.load(ordering: .sequentiallyConsistent)
            let content = request.method == "HEAD" ? [] : body
            if !connection.answer(status, type: type, body: content, keepsAlive: keepsAlive) || !keepsAlive { return }
        }
    }

    private func answer(to request: Request) -> (status: String, type: String, body: [UInt8]) {
        func number(_ name: String) -> Int { max(0, request.query[name].flatMap { Int($0) } ?? 0) }
        func text(_ line: String) -> (String, String, [UInt8]) { ("200 OK", "text/plain", Array((line + "\n").utf8)) }
        switch request.path {
        case "/": return text("Hello from \(options.instance)")
        case "/echo": return ("200 OK", "application/octet-stream", request.body)
        case "/stats":
            // A wait makes it possible to ask several instances at once.
            pause(milliseconds: number("ms"))
            return ("200 OK", "application/json", Array(statisticsJSON().utf8))
        case "/slow":
            pause(milliseconds: number("ms"))
            return text("\(options.instance) waited \(number("ms")) ms")
        case "/burn":
            let end = threadCPUNanoseconds() + number("ms") * 1_000_000
            while threadCPUNanoseconds() < end {}
            return text("\(options.instance) burned \(number("ms")) ms of CPU")
        case "/allocate":
            // Written, so that the kernel has to provide it.
            allocations.withLock { $0.append([UInt8](repeating: 1, count: number("mb") * 1_048_576)) }
            return text("\(options.instance) holds \(number("mb")) MiB more")
        case "/log":
            log(request.query["line"] ?? "")
            return text("logged")
        case "/crash":
            log("\(options.instance) crashes as asked")
            abort()
        case "/exit":
            log("\(options.instance) exits as asked")
            exit(Int32(truncatingIfNeeded: number("code")))
        default: return ("404 Not Found", "text/plain", Array("There is nothing at \(request.path)\n".utf8))
        }
    }

    private func statisticsJSON() -> String {
        let numbers = statistics.current
        return """
            {"instance":"\(options.instance)","inFlight":\(numbers.inFlight),"maxInFlight":\(numbers.maxInFlight),\
            "served":\(numbers.served),"startedAt":\(startedAt)}

            """
    }
}
