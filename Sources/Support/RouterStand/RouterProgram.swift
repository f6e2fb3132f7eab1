import Glibc

/// Where the router's program is.
public enum RouterProgram {
    /// Its file name.
    public static let name = "runabout-router"

    /// The program that was built along with the running one: beside it, or beside the bundle of tests it is.
    ///
    /// `RUNABOUT_ROUTER` in the environment names another.
    /// - Throws: `StandError` when there is none.
    public static func besideUs() throws(StandError) -> String {
        if let named = getenv("RUNABOUT_ROUTER") { return String(cString: named) }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard count > 0 else { throw StandError("Asking for our own path", code: errno) }
        let own = String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // A test runner that loads the bundle is elsewhere, but has the bundle's path as an argument.
        for path in [own] + CommandLine.arguments where path.contains("/") {
            var folder = path[...]
            for _ in 0..<4 {
                guard let slash = folder.lastIndex(of: "/") else { break }
                folder = folder[..<slash]
                let candidate = "\(folder)/\(name)"
                if access(candidate, X_OK) == 0 { return candidate }
            }
        }
        throw StandError("There is no \(name) beside \(own); build it, or name it with RUNABOUT_ROUTER.")
    }
}
