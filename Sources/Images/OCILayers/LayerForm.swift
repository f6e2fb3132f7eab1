/// How unpacked layers look on the disk.
public struct LayerForm: Hashable, Sendable, CustomStringConvertible {
    /// How a name that a layer takes away from those below it is written.
    public enum Removals: String, Hashable, Sendable {
        /// As overlayfs has it: character devices 0/0, and the attribute `trusted.overlay.opaque`. Needs root.
        case overlay
        /// As archives have it: files named `.wh.NAME` and `.wh..wh..opq`. `LayerStore.flatten` understands them.
        case markers
    }

    /// How removals are written.
    public let removals: Removals
    /// What is added to every owner's number; nil leaves all to the user who unpacks, without set-user-id bits.
    public let ownershipShift: UInt32?

    /// Takes both.
    public init(removals: Removals, ownershipShift: UInt32?) {
        self.removals = removals
        self.ownershipShift = ownershipShift
    }

    /// For root: ready to be mounted, owners shifted into the range that instances' user namespaces map.
    public static func mounted(ownershipShift: UInt32) -> LayerForm {
        LayerForm(removals: .overlay, ownershipShift: ownershipShift)
    }

    /// For everybody else: to be flattened.
    public static let flattened = LayerForm(removals: .markers, ownershipShift: nil)

    /// `overlay 100000`, `markers`; written beside the layers, so that another form is noticed.
    public var description: String {
        ownershipShift.map { "\(removals.rawValue) \($0)" } ?? removals.rawValue
    }
}
