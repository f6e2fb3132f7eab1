import Glibc
import RunaboutModel

/// What the kernel is told about connections; none of it is needed to serve, so a refusal is no error.
enum SocketOptions {
    /// For a listening socket; connections that it accepts have these options from the begin, without a call for each.
    static func setForClients(_ listener: Int32) {
        set(listener, TCP_NODELAY, 1)
        set(listener, TCP_NOTSENT_LOWAT, Int32(Limits.unsentBytesMax))
    }

    /// For a connection to an instance, before it connects.
    ///
    /// Instances are behind a bridge of this host. What the host uses for the internet, such as BBR, costs a clock and
    /// a model for each acknowledgement there and finds nothing to adapt to; Reno is in every kernel and counts only.
    static func setForInstance(_ descriptor: Int32) {
        set(descriptor, TCP_NODELAY, 1)
        set(descriptor, TCP_NOTSENT_LOWAT, Int32(Limits.unsentBytesMax))
        let name: StaticString = "reno"
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_CONGESTION, name.utf8Start, socklen_t(name.utf8CodeUnitCount))
    }

    private static func set(_ descriptor: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
