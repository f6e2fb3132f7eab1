import Foundation

/// Where everything lies on disk.
struct Layout: Equatable, Sendable {
    /// Absolute.
    let state: String
    /// Absolute.
    let run: String
    /// The directory of the link's socket: `run`, or a shorter and reachable one beside it.
    let link: String

    var database: String { state + "/state.db" }
    var token: String { state + "/token" }
    var lock: String { state + "/lock" }
    var certificates: String { state + "/certificates" }
    var images: String { state + "/images" }
    var layers: String { state + "/layers" }
    var apiSocket: String { run + "/api.sock" }
    var linkSocket: String { link + "/router.sock" }
    var routerProcess: String { run + "/router.pid" }

    /// Bytes of a Unix socket's path.
    ///
    /// Source: unix(7), `sun_path` is 108 bytes with the terminating zero; the link's socket is made as `NAME.new`.
    static let socketPathBytesMax = 103

    /// Makes the directories.
    ///
    /// The state directory may be entered and not listed by others: the router's account has to reach the link's socket.
    /// Where some directory above keeps it out, as `/root` does, or the path is too long for a socket, the link moves to
    /// a directory of its own below `/run`.
    ///
    /// - Throws: ``StartError`` when a directory can't be made or a path is too long.
    static func make(_ settings: Settings, isRouterUnprivileged: Bool) throws(StartError) -> Layout {
        let state = absolute(settings.stateDirectory)
        let run = settings.runDirectory.map(absolute) ?? state + "/run"
        for directory in [state, run] { try makeDirectory(directory) }
        var link = run
        if isRouterUnprivileged, !isReachableByOthers(run) || run.utf8.count > socketPathBytesMax - 12 {
            guard let status = FileStatus(state) else { throw StartError("\(state) can't be looked at") }
            link = "/run/runabout-link-\(status.device)-\(status.number)"
            try makeDirectory(link)
        }
        let layout = Layout(state: state, run: run, link: link)
        for path in [layout.apiSocket, layout.linkSocket] where path.utf8.count > socketPathBytesMax {
            throw StartError(
                "The path \(path) is too long for a socket (\(socketPathBytesMax) bytes). "
                    + "Set runDirectory to a shorter one.")
        }
        return layout
    }

    private static func absolute(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.path(percentEncoded: false).droppingLastSlash
    }

    private static func makeDirectory(_ path: String) throws(StartError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        } catch {
            throw StartError("The directory \(path) can't be made: \(error.localizedDescription)")
        }
    }

    /// Whether every directory on the way may be entered by any account.
    private static func isReachableByOthers(_ path: String) -> Bool {
        var current = path
        while true {
            guard let status = FileStatus(current), status.mode & 0o001 != 0 else { return false }
            if current == "/" { return true }
            current = URL(filePath: current).deletingLastPathComponent().path(percentEncoded: false).droppingLastSlash
        }
    }
}

/// What the file system says of a file.
struct FileStatus: Equatable {
    /// The permission bits.
    let mode: Int
    /// Its file system's number.
    let device: Int
    /// Its number there.
    let number: Int

    /// Looks, following links; nil when there is nothing.
    init?(_ path: String) {
        let resolved = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved) else { return nil }
        mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        device = (attributes[.systemNumber] as? NSNumber)?.intValue ?? 0
        number = (attributes[.systemFileNumber] as? NSNumber)?.intValue ?? 0
    }
}

extension String {
    fileprivate var droppingLastSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}

/// Why the daemon does not start: one line for the operator.
struct StartError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Holds the state directory for this process: two daemons on one state would undo each other's work.
final class StateLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock; it is the kernel's and ends with the process, however that ends.
    ///
    /// - Throws: ``StartError`` when another daemon holds it.
    init(path: String) throws(StartError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StartError("The lock file \(path) can't be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StartError("Another runaboutd works on this state directory (\(path) is locked). Stop it first.")
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
