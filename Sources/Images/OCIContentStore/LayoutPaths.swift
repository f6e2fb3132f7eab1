import FoundationEssentials
import Glibc
import OCI

/// Where things are in the layout, and how they get there.
struct LayoutPaths: Sendable {
    let directory: String

    var temporary: String { "\(directory)/temporary" }
    var uploads: String { "\(directory)/uploads" }
    var quarantine: String { "\(directory)/quarantine" }

    func blobs(_ algorithm: Digest.Algorithm) -> String { "\(directory)/blobs/\(algorithm.rawValue)" }

    func blob(_ digest: Digest) -> String { "\(blobs(digest.algorithm))/\(digest.hex)" }

    /// Makes what is missing of the layout.
    func prepare() throws {
        try makeParents()
        let marker = "\(directory)/oci-layout"
        if let file = try FileSystem.open(marker) {
            try check(file, path: marker)
        } else {
            guard try FileSystem.names(in: directory).isEmpty || !isForeign() else {
                throw ContentStoreError.layoutUnreadable(path: directory)
            }
            try makeDirectories()
            let index = #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#
            try write(index, to: "\(directory)/index.json")
            try write(#"{"imageLayoutVersion":"1.0.0"}"#, to: marker)
        }
        try makeDirectories()
    }

    /// Moves a verified file to its digest's name, durably; a blob that is there already stays.
    func publish(_ file: OpenFile, at path: String, as digest: Digest) throws(ContentStoreError) {
        let target = blob(digest)
        if let present = try FileSystem.status(target) {
            let size = try FileSystem.status(file, path: path).st_size
            if present.st_size == size { return try FileSystem.remove(path) }
        }
        try FileSystem.synchronize(file, path: path)
        try FileSystem.rename(path, to: target)
        try FileSystem.synchronizeDirectory(blobs(digest.algorithm))
    }

    /// Replaces the index, durably.
    func writeIndex(_ index: ImageIndex) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        try write(String(decoding: try encoder.encode(index), as: UTF8.self), to: "\(directory)/index.json")
    }

    private func makeParents() throws(ContentStoreError) {
        var path = directory.hasPrefix("/") ? "" : "."
        for component in directory.split(separator: "/") {
            path += "/\(component)"
            try FileSystem.makeDirectory(path)
        }
    }

    private func makeDirectories() throws(ContentStoreError) {
        try FileSystem.makeDirectory("\(directory)/blobs")
        for algorithm in Digest.Algorithm.allCases { try FileSystem.makeDirectory(blobs(algorithm)) }
        try FileSystem.makeDirectory(uploads)
        try FileSystem.makeDirectory(temporary)
    }

    /// Whether the directory, which has no marker, holds anything that an interrupted `prepare` would not have made.
    private func isForeign() throws(ContentStoreError) -> Bool {
        let own: Set = [
            "blobs", "uploads", "temporary", "quarantine", "index.json", "index.json.new", "oci-layout.new",
        ]
        return try FileSystem.names(in: directory).contains { !own.contains($0) }
    }

    private func check(_ file: OpenFile, path: String) throws {
        struct Marker: Decodable {
            let imageLayoutVersion: String
        }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = try bytes.withUnsafeMutableBytes { try FileSystem.read(file, at: 0, into: $0, path: path) }
        let text = Data(bytes.prefix(count))
        do {
            guard try JSONDecoder().decode(Marker.self, from: text).imageLayoutVersion == "1.0.0" else {
                throw ContentStoreError.layoutUnreadable(path: path)
            }
        } catch {
            throw ContentStoreError.layoutUnreadable(path: path)
        }
    }

    private func write(_ text: String, to path: String) throws {
        let temporary = "\(path).new"
        try FileSystem.remove(temporary)
        let file = try FileSystem.create(temporary)
        try Array(text.utf8).withUnsafeBytes { try FileSystem.writeAll($0, to: file, path: temporary) }
        try FileSystem.synchronize(file, path: temporary)
        try FileSystem.rename(temporary, to: path)
        try FileSystem.synchronizeDirectory(directory)
    }
}

/// The wall clock, which file times are compared with.
enum SystemTime {
    static var unixSeconds: Int64 { Int64(time(nil)) }
}
