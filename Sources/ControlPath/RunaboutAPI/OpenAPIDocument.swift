/// The interface's description for machines, kept by hand; a test holds it against the server's routes.
///
/// Source: OpenAPI 3.1. Where a request is refused: what can't be read (URL, headers, JSON) is 400; JSON whose fields
/// are not what they have to be is 422; what the state does not allow is 409.
enum OpenAPIDocument {
    /// The whole document.
    static let text = """
        {
          "openapi": "3.1.0",
          "info": {
            "title": "Runabout control API",
            "version": "1",
            "description": "Every error is a problem document. Changes that run give 202 and the operation's place."
          },
          "security": [{"token": []}, {"tokenAsPassword": []}],
          "paths": \(paths),
          "components": {
            "securitySchemes": {
              "token": {"type": "http", "scheme": "bearer"},
              "tokenAsPassword": {"type": "http", "scheme": "basic"}
            },
            \(components)
          }
        }
        """

    private static let components = [
        ("parameters", parameters), ("responses", responses),
        ("schemas", "{\n" + schemas + ",\n" + registrySchemas + "\n}"),
    ]
    .map { "\"\($0.0)\": \($0.1)" }.joined(separator: ",\n    ")
}
