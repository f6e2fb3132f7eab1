extension OpenAPIDocument {
    /// Scaling configurations, instances, operations and events.
    static let otherPaths = #"""
          "/v1/auto-scaling-configurations": {
            "get": {
              "operationId": "listAutoScalingConfigurations",
              "summary": "All revisions of all configurations.",
              "parameters": [
                {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/pageToken"}
              ],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/AutoScalingConfigurationPage"}}
                  }
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"}
              }
            },
            "post": {
              "operationId": "createAutoScalingConfiguration",
              "summary": "Make a configuration or its next revision.",
              "requestBody": {
                "required": true,
                "content": {
                  "application/json": {"schema": {"$ref": "#/components/schemas/CreateAutoScalingConfiguration"}}
                }
              },
              "responses": {
                "201": {
                  "description": "Made.",
                  "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/AutoScalingConfiguration"}}
                  }
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "409": {"$ref": "#/components/responses/Conflict"},
                "413": {"$ref": "#/components/responses/TooLarge"},
                "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
                "422": {"$ref": "#/components/responses/Invalid"}
              }
            }
          },
          "/v1/auto-scaling-configurations/{configuration}": {
            "get": {
              "operationId": "getAutoScalingConfiguration",
              "summary": "One revision of a configuration.",
              "parameters": [{"$ref": "#/components/parameters/configuration"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/AutoScalingConfiguration"}}
                  }
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            },
            "delete": {
              "operationId": "deleteAutoScalingConfiguration",
              "summary": "Delete one revision that no service uses.",
              "parameters": [{"$ref": "#/components/parameters/configuration"}],
              "responses": {
                "204": {"description": "Done, nothing to say."},
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"},
                "409": {"$ref": "#/components/responses/Conflict"}
              }
            }
          },
          "/v1/instances/{instance}": {
            "get": {
              "operationId": "getInstance",
              "summary": "An instance.",
              "parameters": [{"$ref": "#/components/parameters/instance"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Instance"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            }
          },
          "/v1/instances/{instance}/usage": {
            "get": {
              "operationId": "instanceUsage",
              "summary": "What it uses now.",
              "parameters": [{"$ref": "#/components/parameters/instance"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InstanceUsage"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"},
                "409": {"$ref": "#/components/responses/Conflict"}
              }
            }
          },
          "/v1/instances/{instance}/logs": {
            "get": {
              "operationId": "instanceLogs",
              "summary": "Its lines, a JSON object each.",
              "parameters": [
                {"$ref": "#/components/parameters/instance"}, {"$ref": "#/components/parameters/tail"},
                {"$ref": "#/components/parameters/follow"}
              ],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/x-ndjson": {"schema": {"$ref": "#/components/schemas/LogLine"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"},
                "503": {"$ref": "#/components/responses/Unavailable"}
              }
            }
          },
          "/v1/operations": {
            "get": {
              "operationId": "listOperations",
              "summary": "Operations, newest first.",
              "parameters": [
                {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/pageToken"}
              ],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OperationPage"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"}
              }
            }
          },
          "/v1/operations/{operation}": {
            "get": {
              "operationId": "getOperation",
              "summary": "An operation.",
              "parameters": [{"$ref": "#/components/parameters/operation"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            }
          },
          "/v1/events": {
            "get": {
              "operationId": "listEvents",
              "summary": "Events, or a stream of them.",
              "parameters": [
                {"$ref": "#/components/parameters/after"}, {"$ref": "#/components/parameters/limit"},
                {"$ref": "#/components/parameters/follow"}, {"$ref": "#/components/parameters/lastEventID"}
              ],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/EventPage"}},
                    "text/event-stream": {"schema": {"type": "string"}}
                  }
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "503": {"$ref": "#/components/responses/Unavailable"}
              }
            }
          }
        """#
}
