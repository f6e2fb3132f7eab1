import Glibc
import OCILayers
import Zip

/// Content of an image on the host's disk, for as long as it is read: a file without a name.
enum Spool {
    /// Copies the current entry's content into a file in a directory.
    ///
    /// - Throws: `InventoryError.temporaryFile`, `LayerError`, `ArchiveError`.
    static func copy(_ entries: inout LayerEntries, into directory: String) throws -> FileBytes {
        let path = "\(directory)/scan-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw InventoryError.temporaryFile(operation: "create", errno: errno) }
        unlink(path)
        do {
            var buffer = [UInt8](repeating: 0, count: 262_144)
            while true {
                let count = try fill(&buffer, from: &entries)
                if count == 0 { break }
                try write(buffer[..<count], to: descriptor)
            }
        } catch {
            close(descriptor)
            throw error
        }
        return try FileBytes(descriptor: descriptor)
    }

    static func fill(_ buffer: inout [UInt8], from entries: inout LayerEntries) throws -> Int {
        try buffer.withUnsafeMutableBytes { try entries.read(into: $0) }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(InventoryError) {
        var left = bytes
        while !left.isEmpty {
            let count = left.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                left = left.dropFirst(count)
            } else if errno != EINTR {
                throw .temporaryFile(operation: "write", errno: errno)
            }
        }
    }
}
