import Glibc

/// What a process has and has used at a moment, as the kernel counts it.
public struct ProcessFigures: Hashable, Sendable {
    /// Kibibytes that are resident.
    ///
    /// Source: `VmRSS` in `/proc/PID/status`.
    public let residentKibibytes: Int
    /// Nanoseconds that its threads have been on a processor.
    ///
    /// Threads that have ended are not counted. Source: the first number of `/proc/PID/task/*/schedstat`.
    public let processorNanoseconds: Int64
    /// Open descriptors.
    public let descriptors: Int
    /// Threads.
    public let threads: Int

    /// Reads them.
    ///
    /// - Throws: `StandError` when there is no such process, or it is not ours to read.
    public init(process: Int32) throws(StandError) {
        let status = try Self.text(of: "/proc/\(process)/status")
        guard
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
        else {
            throw StandError("Process \(process) has ended, so it has no memory.")
        }
        residentKibibytes = kibibytes
        let tasks = try Self.names(in: "/proc/\(process)/task")
        var nanoseconds: Int64 = 0
        for task in tasks {
            let text: String
            do {
                text = try Self.text(of: "/proc/\(process)/task/\(task)/schedstat")
            } catch {
                continue  // A thread that ended meanwhile is no error.
            }
            nanoseconds += text.split(separator: " ").first.flatMap { Int64($0) } ?? 0
        }
        processorNanoseconds = nanoseconds
        threads = tasks.count
        descriptors = try Self.names(in: "/proc/\(process)/fd").count
    }

    static func text(of path: String) throws(StandError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StandError("Reading \(path)", code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 8_192)
        while true {
            let count = read(descriptor, &part, part.count)
            if count > 0 {
                bytes += part[0..<count]
            } else if count == 0 {
                return String(decoding: bytes, as: UTF8.self)
            } else if errno != EINTR {
                throw StandError("Reading \(path)", code: errno)
            }
        }
    }

    static func names(in path: String) throws(StandError) -> [String] {
        guard let directory = opendir(path) else { throw StandError("Listing \(path)", code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
