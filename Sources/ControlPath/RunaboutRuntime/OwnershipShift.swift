import OCIRuntime

extension OCIInstanceRuntime {
    /// What is added to the owners of an image's files, so that the ids of instances' user namespaces own them.
    public static let ownershipShift = UInt32(HostInspection.identity.first)
}
