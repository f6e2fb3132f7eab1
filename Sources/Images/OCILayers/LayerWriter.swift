import CLinux
import Glibc
import OCI

/// Makes the files of a layer's archive below a directory, and nothing outside of it.
///
/// Every name is made or opened in its parent without following a link; the way to the parent is resolved by the
/// kernel as if the layer's directory were the root. What a later entry says about a name replaces what an earlier
/// one said. Directories get their modes and times at the end, since filling them would change both.
struct LayerWriter {
    private static let whiteoutPrefix = Array(".wh.".utf8)
    private static let opaqueMarker = Array(".wh..wh..opq".utf8)
    private static let opaqueAttribute = "trusted.overlay.opaque"
    private static let ownersMax: UInt64 = 65_535

    private let root: Directory
    private let form: LayerForm
    private let limits: ImageLimits
    private var directories: [(path: LayerPath, mode: mode_t, modified: Int64)] = []
    /// The directory that was used last: archives list files directory by directory.
    private var recent: (path: LayerPath, directory: Directory)?
    private var buffer: [UInt8]

    init(root: Directory, form: LayerForm, limits: ImageLimits) {
        self.root = root
        self.form = form
        self.limits = limits
        self.buffer = [UInt8](repeating: 0, count: limits.chunkBytes)
    }

    /// Makes what an entry says; a file's content is read from the archive.
    mutating func write<Source: ByteSource>(
        _ entry: TarEntry, from archive: inout TarReader<Source>,
    ) throws(LayerError) {
        let path = try LayerPath(entry.path, limits: limits)
        guard !path.isRoot else {
            guard entry.kind == .directory else { throw .pathConflict(entry.name) }
            try setOwner(entry, of: root.descriptor)
            try setAttributes(entry, of: root.descriptor)
            directories.append((path, permissions(entry), entry.modifiedSeconds))
            return
        }
        let parent = try directory(path.parent, for: entry)
        if path.last.starts(with: Self.whiteoutPrefix) {
            return try remove(path.last, in: parent, entry)
        }
        switch entry.kind {
        case .directory: try writeDirectory(entry, path, in: parent)
        case .file: try writeFile(entry, path.last, in: parent, from: &archive)
        case .symbolicLink: try writeSymbolicLink(entry, path.last, in: parent)
        case .hardLink: try writeHardLink(entry, path.last, in: parent)
        case .pipe: try writePipe(entry, path.last, in: parent)
        case .device: throw .deviceRefused(entry.name)
        case .other(let flag): throw .kindUnsupported(entry.name, kind: String(UnicodeScalar(flag)))
        }
    }

    /// Gives directories their modes and times, as the last entry for each says.
    mutating func finish() throws(LayerError) {
        recent = nil
        for (path, mode, modified) in directories {
            // A later entry may have replaced it by something else.
            guard let directory = try unlinked(path) else { continue }
            try directory.check(fchmod(directory.descriptor, mode), "set mode of", path.text)
            let times = Self.times(modified)
            try directory.check(futimens(directory.descriptor, times), "set time of", path.text)
        }
    }

    /// A directory that the archive made, unless its name now is a link or something else.
    private func unlinked(_ path: LayerPath) throws(LayerError) -> Directory? {
        if path.isRoot { return root }
        return try root.resolve(path.parent)?.child(path.last)
    }

    private mutating func directory(_ path: LayerPath, for entry: TarEntry) throws(LayerError) -> Directory {
        if path.isRoot { return root }
        if let recent, recent.path == path { return recent.directory }
        var found = try root.resolve(path)
        if found == nil { found = try makeParents(path, entry) }
        guard let directory = found else { throw .pathConflict(entry.name) }
        recent = (path, directory)
        return directory
    }

    /// Makes what is missing of a path that the archive did not list.
    private mutating func makeParents(_ path: LayerPath, _ entry: TarEntry) throws(LayerError) -> Directory {
        let parent = try directory(path.parent, for: entry)
        let present = try parent.status(path.last)
        if present == nil || present?.isWhiteout == true {
            if present != nil { try parent.removeTree(path.last) }
            try parent.makeDirectory(path.last, mode: 0o755)
            guard let made = try parent.child(path.last) else { throw .pathConflict(entry.name) }
            try own(made.descriptor, user: 0, group: 0, entry)
            if present != nil { try setOpaque(made) }
            return made
        }
        guard let directory = try root.resolve(path) else { throw .pathConflict(entry.name) }
        return directory
    }

    private mutating func writeDirectory(
        _ entry: TarEntry, _ path: LayerPath, in parent: Directory,
    ) throws(LayerError) {
        let present = try parent.status(path.last)
        if present?.isDirectory != true {
            if present != nil { try replace(path.last, in: parent) }
            try parent.makeDirectory(path.last, mode: 0o700)
        }
        guard let directory = try parent.child(path.last) else { throw .pathConflict(entry.name) }
        try setOwner(entry, of: directory.descriptor)
        try setAttributes(entry, of: directory.descriptor)
        if present?.isWhiteout == true { try setOpaque(directory) }
        directories.append((path, permissions(entry), entry.modifiedSeconds))
    }

    private mutating func writeFile<Source: ByteSource>(
        _ entry: TarEntry, _ name: [UInt8], in parent: Directory, from archive: inout TarReader<Source>,
    ) throws(LayerError) {
        try replace(name, in: parent)
        let file = try parent.makeFile(name)
        defer { close(file) }
        while true {
            let count = try readContent(&archive)
            guard count > 0 else { break }
            try write(buffer[..<count], to: file, entry)
        }
        try setOwner(entry, of: file)
        try setAttributes(entry, of: file)
        try parent.check(fchmod(file, permissions(entry)), "set mode of", entry.path)
        let times = Self.times(entry.modifiedSeconds)
        try parent.check(futimens(file, times), "set time of", entry.path)
    }

    private mutating func writeSymbolicLink(
        _ entry: TarEntry, _ name: [UInt8], in parent: Directory,
    ) throws(LayerError) {
        guard !entry.target.isEmpty, !entry.target.contains(0) else {
            throw .malformed("the link '\(entry.name)' has no target")
        }
        try replace(name, in: parent)
        let made = entry.target.withCString { target in
            name.withCString { symlinkat(target, parent.descriptor, $0) }
        }
        try parent.check(made, "make link", entry.path)
        try setOwnerAndTimes(entry, name, in: parent)
    }

    private mutating func writeHardLink(
        _ entry: TarEntry, _ name: [UInt8], in parent: Directory,
    ) throws(LayerError) {
        let target = try LayerPath(entry.target, limits: limits)
        let targetName = String(decoding: entry.target, as: UTF8.self)
        guard !target.isRoot, let holder = try root.resolve(target.parent),
            let status = try holder.status(target.last), !status.isWhiteout
        else { throw .linkTargetMissing(entry.name, target: targetName) }
        guard !status.isDirectory else { throw .pathConflict(targetName) }
        if let present = try parent.status(name), present.st_ino == status.st_ino, present.st_dev == status.st_dev {
            return
        }
        try replace(name, in: parent)
        let made = target.last.withCString { old in
            name.withCString { linkat(holder.descriptor, old, parent.descriptor, $0, 0) }
        }
        try parent.check(made, "make hard link", entry.path)
    }

    private mutating func writePipe(_ entry: TarEntry, _ name: [UInt8], in parent: Directory) throws(LayerError) {
        try replace(name, in: parent)
        try parent.check(name.withCString { mkfifoat(parent.descriptor, $0, 0o600) }, "make pipe", entry.path)
        try setOwnerAndTimes(entry, name, in: parent)
        let mode = permissions(entry)
        try parent.check(name.withCString { fchmodat(parent.descriptor, $0, mode, 0) }, "set mode of", entry.path)
    }

    /// Writes that a name of the layers below is removed; `.wh..wh.` names are aufs's own and mean nothing here.
    private mutating func remove(_ marker: [UInt8], in parent: Directory, _ entry: TarEntry) throws(LayerError) {
        if marker == Self.opaqueMarker { return try setOpaque(parent) }
        let name = Array(marker.dropFirst(Self.whiteoutPrefix.count))
        guard !name.starts(with: Self.whiteoutPrefix) else { return }
        guard !name.isEmpty, name != Array(".".utf8), name != Array("..".utf8) else { throw .pathEscapes(entry.name) }
        switch form.removals {
        case .markers: try makeMarker(marker, in: parent)
        case .overlay:
            // What this layer itself has under the name stays; only what is below it goes.
            guard try parent.status(name) != nil else { return try parent.makeWhiteout(name) }
            if let directory = try parent.child(name) { try setOpaque(directory) }
        }
    }

    private func setOpaque(_ directory: Directory) throws(LayerError) {
        switch form.removals {
        case .markers: try makeMarker(Self.opaqueMarker, in: directory)
        case .overlay:
            let set = clinux_set_attribute(directory.descriptor, Self.opaqueAttribute, "y", 1)
            try directory.check(set, "mark as opaque", [])
        }
    }

    private func makeMarker(_ marker: [UInt8], in directory: Directory) throws(LayerError) {
        try directory.removeTree(marker)
        close(try directory.makeFile(marker))
    }

    /// Makes room for a name.
    private mutating func replace(_ name: [UInt8], in parent: Directory) throws(LayerError) {
        guard let present = try parent.status(name) else { return }
        // A directory that goes may be the one used last, or above it; so may a link on the way to it.
        if !(present.st_mode & S_IFMT == S_IFREG) { recent = nil }
        try parent.removeTree(name)
    }

    private mutating func readContent<Source: ByteSource>(
        _ archive: inout TarReader<Source>,
    ) throws(LayerError) -> Int {
        // An array's closure does not pass a typed error on; the result carries it out.
        var outcome: Result<Int, LayerError> = .success(0)
        buffer.withUnsafeMutableBytes { memory in
            do throws(LayerError) {
                outcome = .success(try archive.readContent(into: memory))
            } catch {
                outcome = .failure(error)
            }
        }
        return try outcome.get()
    }

    private func write(_ bytes: ArraySlice<UInt8>, to file: Int32, _ entry: TarEntry) throws(LayerError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw .last("write", entry.name)
            }
        }
    }

    private func permissions(_ entry: TarEntry) -> mode_t {
        guard form.ownershipShift == nil else { return entry.mode & 0o7777 }
        // Files of one's own: without set-user-id bits, and so that their owner can read and remove them.
        return entry.mode & 0o1777 | (entry.kind == .directory ? 0o700 : 0o400)
    }

    private func setOwner(_ entry: TarEntry, of descriptor: Int32) throws(LayerError) {
        try own(descriptor, user: entry.userID, group: entry.groupID, entry)
    }

    private func own(_ descriptor: Int32, user: UInt64, group: UInt64, _ entry: TarEntry) throws(LayerError) {
        guard let (user, group) = try shifted(user, group, entry) else { return }
        guard fchown(descriptor, user, group) == 0 else { throw .last("set owner of", entry.name) }
    }

    private func setOwnerAndTimes(_ entry: TarEntry, _ name: [UInt8], in parent: Directory) throws(LayerError) {
        if let (user, group) = try shifted(entry.userID, entry.groupID, entry) {
            let owned = name.withCString { fchownat(parent.descriptor, $0, user, group, AT_SYMLINK_NOFOLLOW) }
            try parent.check(owned, "set owner of", entry.path)
        }
        let times = Self.times(entry.modifiedSeconds)
        let set = name.withCString { utimensat(parent.descriptor, $0, times, AT_SYMLINK_NOFOLLOW) }
        try parent.check(set, "set time of", entry.path)
    }

    private func shifted(_ user: UInt64, _ group: UInt64, _ entry: TarEntry) throws(LayerError) -> (uid_t, gid_t)? {
        for owner in [user, group] where owner > Self.ownersMax { throw .ownerOutOfRange(entry.name, owner: owner) }
        guard let shift = form.ownershipShift else { return nil }
        return (uid_t(user) + shift, gid_t(group) + shift)
    }

    /// Keeps the user's attributes, which mean nothing to the kernel, and drops all others.
    ///
    /// `trusted.overlay.*` would steer the mount, and `security.capability` names a user
    /// namespace that is not the instance's; instances gain no privileges from files anyway.
    private func setAttributes(_ entry: TarEntry, of descriptor: Int32) throws(LayerError) {
        for attribute in entry.attributes
        where attribute.name.hasPrefix("user.") && !attribute.name.hasPrefix("user.overlay.") {
            let set = attribute.value.withUnsafeBytes {
                clinux_set_attribute(descriptor, attribute.name, $0.baseAddress, $0.count)
            }
            // A file system without attributes, such as tmpfs, loses them; nothing can be done about that.
            guard set == 0 || errno == EOPNOTSUPP else { throw .last("set attribute of", entry.name) }
        }
    }

    /// Access and modification time, as the calls want them.
    private static func times(_ seconds: Int64) -> [timespec] {
        let time = timespec(tv_sec: time_t(seconds), tv_nsec: 0)
        return [time, time]
    }
}
