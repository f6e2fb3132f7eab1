/// Where a channel stands in the ``TimerWheel``.
struct TimerLink {
    var previous: ChannelRef?
    var next: ChannelRef?
    /// The turn of the wheel in which it is looked at; below 0 when it stands nowhere.
    var tick: Int64 = -1
}

/// The times at which channels are looked at again, in steps of about 17 ms.
///
/// A channel stands in one place at most. Moving a deadline back costs nothing: it is looked at too early and says when
/// to look next. The wheel spans about a minute; what is due later is looked at then and put in again.
struct TimerWheel: ~Copyable {
    /// A tick is 2^24 ns.
    private static let shift: Int64 = 24
    private static let size = 4_096

    private let heads: UnsafeMutablePointer<ChannelRef?>
    /// One bit for each place: whether anything stands there.
    private let occupied: UnsafeMutablePointer<UInt64>
    /// The first tick that has not been run.
    private var tick: Int64
    private(set) var count = 0

    init(now: Nanoseconds) {
        heads = .allocate(capacity: Self.size)
        heads.initialize(repeating: nil, count: Self.size)
        occupied = .allocate(capacity: Self.size / 64)
        occupied.initialize(repeating: 0, count: Self.size / 64)
        tick = now >> Self.shift
    }

    deinit {
        heads.deallocate()
        occupied.deallocate()
    }

    /// Makes sure that the channel is looked at no later than one tick after this time, and not before it, unless it
    /// stands earlier already.
    mutating func arm(_ channel: ChannelRef, at time: Nanoseconds) {
        let due = ((time - 1) >> Self.shift) + 1
        let place = min(max(due, tick), tick + Int64(Self.size) - 1)
        let current = channel.pointee.timer.tick
        if current >= 0 {
            if current <= place { return }
            disarm(channel)
        }
        let index = Int(place) & (Self.size - 1)
        let head = heads[index]
        channel.pointee.timer = TimerLink(previous: nil, next: head, tick: place)
        head?.pointee.timer.previous = channel
        heads[index] = channel
        occupied[index >> 6] |= 1 << UInt64(index & 63)
        count += 1
    }

    /// Takes the channel out.
    mutating func disarm(_ channel: ChannelRef) {
        let link = channel.pointee.timer
        guard link.tick >= 0 else { return }
        let index = Int(link.tick) & (Self.size - 1)
        if let previous = link.previous { previous.pointee.timer.next = link.next } else { heads[index] = link.next }
        link.next?.pointee.timer.previous = link.previous
        if heads[index] == nil { occupied[index >> 6] &= ~(1 << UInt64(index & 63)) }
        channel.pointee.timer = TimerLink()
        count -= 1
    }

    /// Takes out a channel that is to be looked at now.
    mutating func popDue(_ now: Nanoseconds) -> ChannelRef? {
        let last = now >> Self.shift
        while tick <= last {
            guard let next = firstOccupied(), next <= last else {
                tick = last + 1
                return nil
            }
            tick = next
            if let channel = heads[Int(next) & (Self.size - 1)] {
                disarm(channel)
                return channel
            }
        }
        return nil
    }

    /// When the first of them is to be looked at; nil when there is none.
    var earliest: Nanoseconds? { firstOccupied().map { $0 << Self.shift } }

    /// The first tick, from the one that is next, at which anything stands.
    private func firstOccupied() -> Int64? {
        guard count > 0 else { return nil }
        let start = Int(tick) & (Self.size - 1)
        let words = Self.size / 64
        var word = start >> 6
        var bits = occupied[word] & (~0 << UInt64(start & 63))
        for _ in 0...words {
            if bits != 0 {
                let index = word << 6 + bits.trailingZeroBitCount
                return tick + Int64((index - start) & (Self.size - 1))
            }
            word = (word + 1) % words
            bits = occupied[word]
        }
        return nil
    }
}
