extension OpenAPIDocument {
    /// Parts of URLs and headers.
    static let parameters = #"""
        {
          "service": {
            "name": "service",
            "in": "path",
            "schema": {"type": "string", "minLength": 1},
            "description": "A service's id or name.",
            "required": true
          },
          "configuration": {
            "name": "configuration",
            "in": "path",
            "schema": {"type": "string", "minLength": 1},
            "description": "An id, NAME (its newest revision) or NAME/REVISION with the slash escaped.",
            "required": true
          },
          "instance": {
            "name": "instance",
            "in": "path",
            "schema": {"type": "string", "pattern": "^[0-9a-f]{4,32}$"},
            "description": "An instance's id or an unambiguous beginning of it.",
            "required": true
          },
          "operation": {
            "name": "operation",
            "in": "path",
            "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "description": "An operation's id.",
            "required": true
          },
          "limit": {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
            "description": "Items, at most."
          },
          "pageToken": {
            "name": "pageToken",
            "in": "query",
            "schema": {"type": "string"},
            "description": "The nextToken of the page before."
          },
          "repository": {
            "name": "repository",
            "in": "query",
            "schema": {"type": "string", "minLength": 1},
            "description": "Only of this repository."
          },
          "dryRun": {
            "name": "dryRun",
            "in": "query",
            "schema": {"type": "boolean", "default": false},
            "description": "Tell what would be done, and do nothing."
          },
          "tail": {
            "name": "tail",
            "in": "query",
            "schema": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 100},
            "description": "Lines of the past."
          },
          "follow": {
            "name": "follow",
            "in": "query",
            "schema": {"type": "boolean", "default": false},
            "description": "Go on with what comes."
          },
          "after": {
            "name": "after",
            "in": "query",
            "schema": {"type": "integer", "minimum": 0},
            "description": "The sequence number after which events are wanted."
          },
          "all": {
            "name": "all",
            "in": "query",
            "schema": {"type": "boolean", "default": false},
            "description": "Ended ones, too."
          },
          "ifMatch": {
            "name": "If-Match",
            "in": "header",
            "schema": {"type": "string", "pattern": "^(\"[0-9]+\"|[*])$"},
            "description": "The ETag of the service as the caller saw it."
          },
          "idempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": "The same key again gives what it made."
          },
          "lastEventID": {
            "name": "Last-Event-ID",
            "in": "header",
            "schema": {"type": "string", "pattern": "^[0-9]+$"},
            "description": "The event after which a lost stream goes on."
          }
        }
        """#

    /// Refusals.
    static let responses = #"""
        {
          "BadRequest": {
            "description": "The URL, a header or the JSON can't be read.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          },
          "Unauthorized": {
            "description": "No valid credential.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          },
          "NotFound": {
            "description": "There is nothing under this name or id.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          },
          "Conflict": {
            "description": "The state does not allow it now.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          },
          "PreconditionFailed": {
            "description": "If-Match no longer holds.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          },
          "TooLarge": {
            "description": "The body is too large.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          },
          "UnsupportedMediaType": {
            "description": "The body is not sent as application/json.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          },
          "Invalid": {
            "description": "Fields are not what they have to be, or the image can't be run.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          },
          "Unavailable": {
            "description": "Not ready, or no stream is free.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
          }
        }
        """#
}
