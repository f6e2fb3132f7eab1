import OCI

/// What one file of an image told.
struct FileFinding: Sendable {
    /// The layer the file is of, counted from the lowest.
    var layer: Int
    var packages: [InstalledPackage] = []
    var distribution: Distribution?
    /// Paths that a distribution's packages own, one a line, without a leading `/`.
    var ownedPaths: [UInt8] = []
    var unread: [String] = []
}

/// The files of an image that told something, as the layers so far leave them.
///
/// A layer's entry replaces what lower layers have at its path, and below it unless it is a directory.
struct FindingTree: Sendable {
    private struct Node: Sendable {
        var finding: FileFinding?
        var children: [[UInt8]: Node] = [:]
        // Nothing at or below is of a layer below this one. Remembered, because an archive may ask for it again and again.
        var clearedBelow = 0

        var isEmpty: Bool { finding == nil && children.isEmpty }
    }

    private var root = Node()

    /// What is known of the file at a path.
    subscript(path: [[UInt8]]) -> FileFinding? {
        var node = root
        for part in path {
            guard let child = node.children[part] else { return nil }
            node = child
        }
        return node.finding
    }

    /// Puts a file, or something else that is no directory, at a path: what was there, or below, is gone.
    mutating func replace(_ path: [[UInt8]], with finding: FileFinding?) {
        Self.change(&root, path[...], isKept: finding != nil) { node in
            node = Node(finding: finding)
        }
    }

    /// A directory comes to be where a file may have been.
    mutating func makeDirectory(_ path: [[UInt8]]) {
        Self.change(&root, path[...], isKept: false) { $0.finding = nil }
    }

    /// Takes away what layers below one have at a path and below it.
    mutating func remove(_ path: [[UInt8]], below layer: Int) {
        Self.change(&root, path[...], isKept: false) { Self.prune(&$0, below: layer) }
    }

    /// Takes away what layers below one have inside of a directory.
    mutating func removeContent(of path: [[UInt8]], below layer: Int) { remove(path, below: layer) }

    /// All findings by path, in the order of their bytes.
    var findings: [(path: [[UInt8]], finding: FileFinding)] {
        var found: [(path: [[UInt8]], finding: FileFinding)] = []
        Self.collect(root, [], &found)
        return found
    }

    /// Recursion is as deep as paths are, which layers' limits bound.
    private static func change(
        _ node: inout Node, _ path: ArraySlice<[UInt8]>, isKept: Bool, _ body: (inout Node) -> Void,
    ) {
        guard let part = path.first else { return body(&node) }
        guard isKept || node.children[part] != nil else { return }
        // A file that becomes a directory tells nothing more.
        if isKept { node.finding = nil }
        change(&node.children[part, default: Node()], path.dropFirst(), isKept: isKept, body)
        if node.children[part]?.isEmpty == true { node.children[part] = nil }
    }

    private static func prune(_ node: inout Node, below layer: Int) {
        guard node.clearedBelow < layer else { return }
        node.clearedBelow = layer
        if let finding = node.finding, finding.layer < layer { node.finding = nil }
        for part in node.children.keys {
            prune(&node.children[part, default: Node()], below: layer)
            if node.children[part]?.isEmpty == true { node.children[part] = nil }
        }
    }

    private static func collect(
        _ node: Node, _ path: [[UInt8]], _ found: inout [(path: [[UInt8]], finding: FileFinding)],
    ) {
        if let finding = node.finding { found.append((path, finding)) }
        for part in node.children.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            if let child = node.children[part] { collect(child, path + [part], &found) }
        }
    }
}
