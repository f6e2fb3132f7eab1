import Foundation
import Glibc
import LinuxEvents
import RunaboutModel

/// What the kernel tells of processes in `/proc`.
enum ProcessTable {
    /// One process's line.
    ///
    /// Source: proc_pid_stat(5).
    struct Entry: Hashable {
        let state: Character
        let session: Int32
        let cpuTicks: Int64
        let threads: Int
        let residentPages: Int64

        /// Takes the text of a `stat` file.
        ///
        /// The second field is the name in parentheses and may hold anything.
        init?(_ text: String) {
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            // The first field here is the file's third.
            guard fields.count > 21, let state = fields[0].first, let session = Int32(fields[3]) else { return nil }
            guard let user = Int64(fields[11]), let system = Int64(fields[12]) else { return nil }
            guard let threads = Int(fields[17]), let pages = Int64(fields[21].trimmingCharacters(in: .newlines)) else {
                return nil
            }
            self.state = state
            self.session = session
            self.cpuTicks = user + system
            self.threads = threads
            self.residentPages = pages
        }
    }

    static func entry(_ number: Int32) -> Entry? {
        // A process that ended meanwhile has no line.
        (try? SmallFile.read("/proc/\(number)/stat")).flatMap { Entry($0) }
    }

    /// What all processes of a session use together; nil when there is none.
    static func usage(session: Int32) -> InstanceUsage? {
        let entries = InstanceFiles.names(in: "/proc").compactMap { Int32($0) }.compactMap { entry($0) }
        let own = entries.filter { $0.session == session }
        guard !own.isEmpty else { return nil }
        let ticksPerSecond = Int64(sysconf(Int32(_SC_CLK_TCK)))
        let pageBytes = Int64(sysconf(Int32(_SC_PAGESIZE)))
        return InstanceUsage(
            cpuNanoseconds: own.reduce(0) { $0 + $1.cpuTicks } * 1_000_000_000 / ticksPerSecond,
            memory: ByteCount(bytes: own.reduce(0) { $0 + $1.residentPages } * pageBytes),
            processes: own.reduce(0) { $0 + $1.threads })
    }
}
