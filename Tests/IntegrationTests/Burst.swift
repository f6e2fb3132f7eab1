import Dispatch
import Foundation
import Glibc

/// Requests that arrive together: their connections are open before the first of them is sent.
enum Burst {
    /// Sends so many requests to a service within a few milliseconds and gives all answers.
    static func send(_ count: Int, _ path: String, host: String, port: Int) async -> [Answer] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let sockets = (0..<count).map { _ in connect(port) }
                let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
                let clock = ContinuousClock()
                let started = clock.now
                for socket in sockets { _ = write(socket, request, request.count) }
                let answers = sockets.map { socket in
                    let text = readToEnd(socket)
                    close(socket)
                    return answer(text, duration: clock.now - started)
                }
                continuation.resume(returning: answers)
            }
        }
    }

    private static func connect(_ port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return descriptor
    }

    private static func readToEnd(_ socket: Int32) -> String {
        var bytes: [UInt8] = []
        while true {
            let chunk = [UInt8](unsafeUninitializedCapacity: 4_096) { space, count in
                count = max(0, read(socket, space.baseAddress, space.count))
            }
            if chunk.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk
        }
    }

    private static func answer(_ text: String, duration: Duration) -> Answer {
        let words = text.prefix(64).split(separator: " ")
        let status = words.count > 1 && words[0].hasPrefix("HTTP/1.") ? Int(words[1]) : nil
        let body = text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
        return Answer(
            status: status, body: body, requestID: nil, error: status == nil ? "no answer: \(text)" : nil,
            duration: duration)
    }
}
