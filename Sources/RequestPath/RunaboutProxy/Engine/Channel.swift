import RunaboutModel

/// What every descriptor that a loop watches has; the first field of its record.
///
/// Records live in memory that stays in place, and are reached by pointers: nothing is counted, boxed or looked up on the
/// way of a request. A record that was closed is given back at the end of the round, so that events of the same round
/// still find it, marked as closed.
struct Channel {
    /// Which record the channel is the head of.
    enum Kind: UInt8 {
        case listener
        case mailbox
        case client
        case upstream
    }

    let kind: Kind
    /// Below 0 once closed.
    var descriptor: Int32
    /// Whether a read may give something.
    ///
    /// Events are edges: it stays true until a read has said otherwise.
    var isReadable = false
    /// Whether the peer has ended its side, or the connection is broken.
    var hasHungUp = false
    /// Whether writing failed, for good.
    var isWriteBroken = false
    /// Whether the connection does not stand yet.
    var isConnecting = false
    /// What encrypts it; nil where bytes go as they are.
    ///
    /// Freed when the channel is closed.
    var tls: TLSSession?
    /// Whether its turn was asked for.
    var isScheduled = false
    /// What the socket did not take yet.
    var output = SendQueue()
    var timer = TimerLink()
    /// The next one whose turn was asked for, or that was closed in this round.
    var next: ChannelRef?

    init(_ kind: Kind, descriptor: Int32) {
        self.kind = kind
        self.descriptor = descriptor
    }

    var isClosed: Bool { descriptor < 0 }
}

typealias ChannelRef = UnsafeMutablePointer<Channel>

extension UnsafeMutablePointer where Pointee == Channel {
    /// The client's record that this is the head of.
    var client: ClientRef {
        precondition(pointee.kind == .client)
        return UnsafeMutableRawPointer(self).assumingMemoryBound(to: Client.self)
    }

    /// The upstream connection's record that this is the head of.
    var upstream: UpstreamRef {
        precondition(pointee.kind == .upstream)
        return UnsafeMutableRawPointer(self).assumingMemoryBound(to: Upstream.self)
    }

    /// The listener's record that this is the head of.
    var listener: ListenerRef {
        precondition(pointee.kind == .listener)
        return UnsafeMutableRawPointer(self).assumingMemoryBound(to: Listener.self)
    }
}

extension UnsafeMutablePointer where Pointee: Channeled, Pointee: ~Copyable {
    /// The head of the record.
    var channel: ChannelRef { UnsafeMutableRawPointer(self).assumingMemoryBound(to: Channel.self) }
}

/// A record whose first stored property is a ``Channel``.
protocol Channeled: ~Copyable {
    var head: Channel { get }
}
