import Foundation
import Glibc
import LinuxEvents
import OCI
import RunaboutModel

/// What is kept of an instance on disk, written before anything of it exists: its labels and where its parts are.
struct InstanceRecord: Hashable, Sendable, Codable {
    let id: InstanceID
    let service: ServiceID
    let revision: RevisionID
    let image: Digest
    let address: InstanceAddress
    /// The number of its network namespace; nil when it has none.
    let network: Int?
    /// The signal that asks it to end.
    let stopSignal: Int32
}

/// The files of one instance, and what they say.
///
/// `instances/ID/` holds `record.json`, the bundle and `log`; the exit status is in `exits/ID`.
struct InstanceFiles: Hashable, Sendable {
    let id: InstanceID
    let state: String

    init(_ id: InstanceID, state: String) {
        self.id = id
        self.state = state
    }

    var directory: String { "\(state)/instances/\(id)" }
    var record: String { directory + "/record.json" }
    var log: String { directory + "/log" }
    var bundle: String { directory + "/bundle" }
    var exit: String { "\(state)/exits/\(id)" }

    /// Makes the directory and writes the record; both survive a power cut when this returns.
    func write(_ record: InstanceRecord) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        // An exit of an earlier instance with the same id does not exist, but a start that was repeated may have left one.
        unlink(exit)
        try SmallFile.replace(self.record, with: String(decoding: try JSONEncoder().encode(record), as: UTF8.self))
    }

    /// The record; nil when there is none: never written, or the instance was released.
    func readRecord() -> InstanceRecord? {
        // A record that can't be parsed is not deleted: its directory is reported by whoever lists directories.
        guard let text = try? SmallFile.read(record) else { return nil }
        return try? JSONDecoder().decode(InstanceRecord.self, from: Data(text.utf8))
    }

    /// The exit status that conmon or the supervisor wrote; nil before the end.
    var exitStatus: Int? {
        // No file yet: no end yet.
        guard let text = try? SmallFile.read(exit) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Removes everything but the log.
    func removeAllButLog() {
        for name in InstanceFiles.names(in: directory) where name != "log" && name != "record.json" {
            removeTree("\(directory)/\(name)")
        }
        unlink(exit)
        // Last: without a record the instance counts as released, and followers of its log stop.
        unlink(record)
    }

    /// Removes everything.
    func removeAll() {
        unlink(exit)
        removeTree(directory)
    }

    /// The ids of the directories below `instances/`, and the names that are no ids.
    static func all(state: String) -> (ids: [InstanceID], strangers: [String]) {
        let names = names(in: state + "/instances")
        let ids = names.compactMap { InstanceID($0) }
        return (ids, names.filter { InstanceID($0) == nil })
    }

    /// What is known of every instance that was not released and is not being started.
    static func records(state: String, except starting: Set<InstanceID>) -> [InstanceRecord] {
        all(state: state).ids.compactMap { id in
            starting.contains(id) ? nil : InstanceFiles(id, state: state).readRecord()
        }
    }

    static func names(in directory: String) -> [String] {
        // A directory that does not exist has nothing in it.
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }
}

extension RuntimeInstance {
    /// What a record says, with what the process does.
    init(_ record: InstanceRecord, state: State) {
        self.init(
            id: record.id, service: record.service, revision: record.revision, address: record.address, state: state)
    }
}

/// Removes a directory with all that is in it; what can't be removed is found by the next collection of leftovers.
func removeTree(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
}
