import Glibc
public import RunaboutModel

/// What memory the machine has, as `/proc/meminfo` says.
///
/// Source: proc(5), "/proc/meminfo": lines of a name, a colon, a number and `kB`, which are binary kilobytes.
public struct MachineMemory: Hashable, Sendable {
    /// All of it.
    public let total: ByteCount
    /// What can be given to programs without swapping.
    public let available: ByteCount

    /// Takes both values.
    public init(total: ByteCount, available: ByteCount) {
        self.total = total
        self.available = available
    }

    /// Parses the file's text; nil when one of the two lines is missing.
    public init?(meminfo text: some StringProtocol) {
        func kibibytes(_ name: String) -> Int64? {
            for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
                let words = line.split(separator: " ")
                return words.count >= 2 ? Int64(words[1]) : nil
            }
            return nil
        }
        guard let total = kibibytes("MemTotal"), let available = kibibytes("MemAvailable") else { return nil }
        self.init(total: .kibibytes(total), available: .kibibytes(available))
    }

    /// Asks the kernel; nil when it can't be asked, which a Linux with `/proc` never is.
    public static func current() -> MachineMemory? {
        let file = open("/proc/meminfo", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        // The two lines are the first and third of the file.
        let bytes = [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        return MachineMemory(meminfo: String(decoding: bytes, as: UTF8.self))
    }

    /// How many more instances of one size fit.
    ///
    /// Two bounds hold: what is promised to instances (each may use all of its limit) stays within the machine's memory
    /// less a reserve, and what a new one may use is really there. For 4,096 MiB in all, 3,000 available, a reserve of
    /// 256, 1,024 promised and a size of 512: min((4096 - 256 - 1024) / 512, (3000 - 256) / 512) = min(5, 5) = 5.
    ///
    /// - Parameters:
    ///   - size: what one more instance may use.
    ///   - promised: what the instances that exist may use.
    ///   - reserve: what is never promised.
    /// - Returns: a number of instances, 0 when none fits.
    public func capacity(size: ByteCount, promised: ByteCount, reserve: ByteCount) -> Int {
        guard size.bytes > 0 else { return 0 }
        let byPromise = (total - reserve - promised).bytes / size.bytes
        let byPresence = (available - reserve).bytes / size.bytes
        return Int(max(0, min(byPromise, byPresence)))
    }
}
