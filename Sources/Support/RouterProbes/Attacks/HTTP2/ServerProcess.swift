import Glibc

/// What an attacked server's process costs, as the kernel counts it.
package struct ServerProcess: Sendable {
    /// Its number.
    package let id: Int32

    /// Names a process of this machine.
    package init(id: Int32) { self.id = id }

    /// Nanoseconds that its threads have been on a processor.
    ///
    /// Threads that have ended are not counted. Source: the first number of `/proc/PID/task/*/schedstat`.
    var processorNanoseconds: Int {
        guard let directory = opendir("/proc/\(id)/task") else { return 0 }
        defer { closedir(directory) }
        var sum = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let text = Self.text(of: "/proc/\(id)/task/\(name)/schedstat")
            sum += text.split(separator: " ").first.flatMap { Int($0) } ?? 0
        }
        return sum
    }

    /// Kibibytes that are resident now.
    var residentKibibytes: Int { field("VmRSS:") }

    /// The most kibibytes that were resident since ``forgetPeak()``.
    var peakKibibytes: Int { field("VmHWM:") }

    /// Begins a new peak; without the right to, the peak since the process began stays.
    func forgetPeak() {
        let descriptor = open("/proc/\(id)/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, "5", 1)
        close(descriptor)
    }

    private func field(_ name: String) -> Int {
        let lines = Self.text(of: "/proc/\(id)/status").split(separator: "\n")
        let line = lines.first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
    }

    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
