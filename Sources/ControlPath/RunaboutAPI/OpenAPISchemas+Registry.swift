extension OpenAPIDocument {
    /// What bodies about the registry look like.
    static let registrySchemas = #"""
          "ImageUse": {
            "type": "object",
            "properties": {
              "service": {"type": "string"},
              "revision": {"type": "integer", "minimum": 1},
              "isActive": {"type": "boolean"}
            },
            "required": ["service", "revision", "isActive"]
          },
          "Image": {
            "type": "object",
            "properties": {
              "repository": {"type": "string"},
              "tags": {"type": "array", "items": {"type": "string"}},
              "digest": {"type": "string"},
              "mediaType": {"type": "string"},
              "artifactType": {"type": "string"},
              "subject": {"type": "string"},
              "layers": {"type": "integer", "minimum": 0},
              "manifests": {"type": "integer", "minimum": 0},
              "bytes": {"type": "integer", "minimum": 0},
              "pushedAt": {"type": "string", "format": "date-time"},
              "uses": {"type": "array", "items": {"$ref": "#/components/schemas/ImageUse"}}
            },
            "required": ["repository", "tags", "digest", "mediaType", "bytes", "uses"]
          },
          "ImagePage": {
            "type": "object",
            "properties": {
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/Image"}},
              "nextToken": {"type": "string"}
            },
            "required": ["items"]
          },
          "RepositoryContent": {
            "type": "object",
            "properties": {"repository": {"type": "string"}, "digest": {"type": "string"}},
            "required": ["repository", "digest"]
          },
          "Collection": {
            "type": "object",
            "properties": {
              "dryRun": {"type": "boolean"},
              "manifests": {"type": "array", "items": {"$ref": "#/components/schemas/RepositoryContent"}},
              "blobs": {"type": "array", "items": {"$ref": "#/components/schemas/RepositoryContent"}},
              "files": {"type": "integer", "minimum": 0},
              "bytes": {"type": "integer", "minimum": 0},
              "layers": {"type": "array", "items": {"type": "string"}},
              "layersKeptBecause": {"type": "string"},
              "hasMore": {"type": "boolean"}
            },
            "required": ["dryRun", "manifests", "blobs", "files", "bytes", "layers", "hasMore"]
          },
          "DamagedBlob": {
            "type": "object",
            "properties": {
              "digest": {"type": "string"},
              "actual": {"type": "string"},
              "bytes": {"type": "integer", "minimum": 0},
              "quarantinedAs": {"type": "string"},
              "repositories": {"type": "array", "items": {"type": "string"}}
            },
            "required": ["digest", "actual", "bytes", "repositories"]
          },
          "Verification": {
            "type": "object",
            "properties": {
              "blobs": {"type": "integer", "minimum": 0},
              "bytes": {"type": "integer", "minimum": 0},
              "damaged": {"type": "array", "items": {"$ref": "#/components/schemas/DamagedBlob"}},
              "nextToken": {"type": "string"}
            },
            "required": ["blobs", "bytes", "damaged"]
          }
        """#
}
