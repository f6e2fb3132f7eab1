/// The interface's description for machines.
enum OpenAPIDocument {
    static let text = "{}"
}
