extension OpenAPIDocument {
    /// What the registry holds, and its upkeep.
    static let registryPaths = #"""
          "/v1/images": {
            "get": {
              "operationId": "listImages",
              "summary": "Images with their tags, sizes and the services that run them.",
              "parameters": [
                {"$ref": "#/components/parameters/repository"}, {"$ref": "#/components/parameters/limit"},
                {"$ref": "#/components/parameters/pageToken"}
              ],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ImagePage"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            }
          },
          "/v1/registry/collections": {
            "post": {
              "operationId": "collectRegistry",
              "summary": "Take away what no tag, index, subject or revision leads to.",
              "parameters": [{"$ref": "#/components/parameters/dryRun"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Collection"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"}
              }
            }
          },
          "/v1/registry/verifications": {
            "post": {
              "operationId": "verifyRegistry",
              "summary": "Hash blobs again, a part of them with each call, and set aside what is damaged.",
              "parameters": [{"$ref": "#/components/parameters/pageToken"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Verification"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "422": {"$ref": "#/components/responses/Invalid"}
              }
            }
          }
        """#
}
