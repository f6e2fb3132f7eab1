import OCI

/// A path inside a layer: components without `.`, `..`, empty ones or a leading `/`.
struct LayerPath: Hashable, Sendable {
    let components: [[UInt8]]

    /// Takes the path of an entry or of a hard link's target; an absolute one is meant from the layer's root.
    ///
    /// - Throws: `LayerError.pathEscapes` for `..`, `.malformed` for a zero byte, `.limitExceeded`.
    init(_ bytes: [UInt8], limits: ImageLimits) throws(LayerError) {
        let name = String(decoding: bytes, as: UTF8.self)
        guard !bytes.contains(0) else { throw .malformed("the path '\(name)' has a zero byte") }
        let dot = UInt8(ascii: ".")
        var components: [[UInt8]] = []
        for component in bytes.split(separator: UInt8(ascii: "/")) where Array(component) != [dot] {
            guard Array(component) != [dot, dot] else { throw .pathEscapes(name) }
            components.append(Array(component))
        }
        guard components.count <= limits.layerPathDepthMax else {
            throw .limitExceeded("'\(name.prefix(80))' is more than \(limits.layerPathDepthMax) directories deep")
        }
        self.components = components
    }

    private init(components: [[UInt8]]) { self.components = components }

    var isRoot: Bool { components.isEmpty }

    var last: [UInt8] { components.last ?? [] }

    var parent: LayerPath { LayerPath(components: components.dropLast()) }

    /// The path relative to the layer's root, `.` for the root itself.
    var text: [UInt8] { isRoot ? [UInt8(ascii: ".")] : Array(components.joined(separator: [UInt8(ascii: "/")])) }
}
