import CLinux
import Glibc

/// Copies unpacked layers over one another into one directory, with what upper layers remove removed.
///
/// Works name by name in open directories and follows no link, so a link that a lower layer left can't lead a
/// later file out of the directory.
enum LayerCopier {
    private static let whiteoutPrefix = Array(".wh.".utf8)
    private static let opaqueMarker = Array(".wh..wh..opq".utf8)
    private static let chunkBytes = 1_048_576

    static func copy(_ layer: Directory, into target: Directory) throws(LayerError) {
        let names = try layer.names()
        if isOpaque(layer, names) {
            for name in try target.names() { try target.removeTree(name) }
        }
        for name in names where name.starts(with: whiteoutPrefix) && name != opaqueMarker {
            try target.removeTree(Array(name.dropFirst(whiteoutPrefix.count)))
        }
        for name in names where !name.starts(with: whiteoutPrefix) {
            guard let status = try layer.status(name) else { continue }
            try copy(name, status, from: layer, into: target)
        }
    }

    private static func copy(
        _ name: [UInt8], _ status: stat, from layer: Directory, into target: Directory,
    ) throws(LayerError) {
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            guard let source = try layer.child(name) else { return }
            if try target.status(name)?.isDirectory != true {
                try target.removeTree(name)
                try target.makeDirectory(name, mode: 0o700)
            }
            guard let made = try target.child(name) else {
                throw .pathConflict(String(decoding: name, as: UTF8.self))
            }
            try copy(source, into: made)
            try target.check(fchmod(made.descriptor, status.st_mode & 0o7777), "set mode of", name)
        case S_IFREG:
            try target.removeTree(name)
            try copyFile(name, status, from: layer, into: target)
        case S_IFLNK:
            try target.removeTree(name)
            try copyLink(name, status, from: layer, into: target)
        case S_IFIFO:
            try target.removeTree(name)
            try target.check(
                name.withCString { mkfifoat(target.descriptor, $0, status.st_mode & 0o7777) }, "make pipe", name)
        default:
            // The only devices an unpacked layer can have are overlayfs's whiteouts.
            try target.removeTree(name)
        }
    }

    private static func copyFile(
        _ name: [UInt8], _ status: stat, from layer: Directory, into target: Directory,
    ) throws(LayerError) {
        let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC
        let source = OpenDescriptor(name.withCString { openat(layer.descriptor, $0, flags) })
        try layer.check(source.number < 0 ? -1 : 0, "open", name)
        let made = OpenDescriptor(try target.makeFile(name))
        var buffer = [UInt8](repeating: 0, count: min(chunkBytes, max(1, Int(status.st_size))))
        while true {
            let count = read(source.number, &buffer, buffer.count)
            if count == 0 { break }
            try layer.check(count < 0 ? -1 : 0, "read", name)
            var written = 0
            while written < count {
                let step = buffer.withUnsafeBytes { bytes in
                    write(made.number, bytes.baseAddress?.advanced(by: written), count - written)
                }
                try target.check(step < 0 ? -1 : 0, "write", name)
                written += step
            }
        }
        try target.check(fchmod(made.number, status.st_mode & 0o7777), "set mode of", name)
        try target.check(futimens(made.number, [status.st_atim, status.st_mtim]), "set time of", name)
    }

    private static func copyLink(
        _ name: [UInt8], _ status: stat, from layer: Directory, into target: Directory,
    ) throws(LayerError) {
        var text = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = name.withCString { readlinkat(layer.descriptor, $0, &text, text.count) }
        try layer.check(count < 0 ? -1 : 0, "read link", name)
        let link = text.prefix(count).map { UInt8(bitPattern: $0) }
        let made = link.withCString { link in
            name.withCString { symlinkat(link, target.descriptor, $0) }
        }
        try target.check(made, "make link", name)
    }

    private static func isOpaque(_ layer: Directory, _ names: [[UInt8]]) -> Bool {
        if names.contains(opaqueMarker) { return true }
        var value: UInt8 = 0
        return clinux_get_attribute(layer.descriptor, "trusted.overlay.opaque", &value, 1) == 1
            && value == UInt8(ascii: "y")
    }
}
