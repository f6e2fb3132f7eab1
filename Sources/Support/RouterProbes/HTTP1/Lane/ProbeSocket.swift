import CEpoll
import Glibc

/// A socket could not be made; says which step failed.
package struct ProbeError: Error, CustomStringConvertible {
    /// What was attempted and why it failed.
    package let description: String

    init(_ attempt: String, code: Int32) { description = "\(attempt): \(String(cString: strerror(code)))" }
}

/// Where instances of a lane listen: a socket on loopback that its owner closes.
package struct ProbeListener: Sendable {
    /// The descriptor.
    package let descriptor: Int32
    /// The port it listens at.
    package let port: Int

    /// Begins to listen; port 0 lets the kernel choose.
    ///
    /// - Throws: ``ProbeError``.
    package init(port: Int = 0) throws(ProbeError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_INET, type, 0)
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = loopbackAddress(port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1_024) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isListening else {
            let code = errno
            Glibc.close(descriptor)
            throw ProbeError("Listening on port \(port)", code: code)
        }
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Ends it.
    package func close() { Glibc.close(descriptor) }
}

func loopbackAddress(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}

/// One end of a connection that never blocks; keeps all it has received.
final class ProbeSocket {
    let descriptor: Int32
    private(set) var received: [UInt8] = []
    private(set) var end = StreamEnd.open
    private(set) var isClosed = false
    private var unsent: ArraySlice<UInt8> = []
    private var endsWhenSent = false
    private var closesWhenSent = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Connects to a port of this machine.
    convenience init(port: Int) throws(ProbeError) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = loopbackAddress(port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw ProbeError("Connecting to port \(port)", code: code)
        }
        self.init(descriptor: descriptor)
    }

    deinit { close() }

    /// What `poll` is to watch for; none when there is nothing to wait for.
    var interest: Int16 {
        guard !isClosed else { return 0 }
        return (end == .open ? Int16(POLLIN) : 0) | (unsent.isEmpty ? 0 : Int16(POLLOUT))
    }

    /// Whether nothing is left to be sent.
    var isSent: Bool { unsent.isEmpty }

    func send(_ bytes: [UInt8]) {
        unsent += bytes
        write()
    }

    /// Says that nothing more comes, when all is sent.
    func endSending() {
        endsWhenSent = true
        write()
    }

    /// Closes when all is sent.
    func closeWhenSent() {
        closesWhenSent = true
        write()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        Glibc.close(descriptor)
    }

    /// Closes with a reset.
    func reset() {
        guard !isClosed else { return }
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Reads all there is.
    func read() {
        guard !isClosed, end == .open else { return }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 65_536) { buffer in
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 {
                    received += buffer[..<count]
                } else if count == 0 {
                    end = .ended
                    return
                } else {
                    if errno != EAGAIN, errno != EINTR { end = .broken }
                    if errno != EINTR { return }
                }
            }
        }
    }

    /// Sends what there is room for.
    func write() {
        guard !isClosed else { return }
        while !unsent.isEmpty {
            let count = unsent.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                unsent = unsent.dropFirst(count)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // Nobody takes it any more; what the peer said is still there to be read.
                unsent = []
            }
        }
        if closesWhenSent {
            close()
        } else if endsWhenSent {
            endsWhenSent = false
            shutdown(descriptor, Int32(SHUT_WR))
        }
    }
}
