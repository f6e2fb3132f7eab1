extension OpenAPIDocument {
    /// What can be asked for.
    static let paths = "{\n" + [platformAndServicePaths, otherPaths, registryPaths].joined(separator: ",\n") + "\n}"

    /// The daemon itself, and services with what belongs to them.
    private static let platformAndServicePaths = #"""
          "/healthz": {
            "get": {
              "operationId": "isAlive",
              "summary": "Whether the daemon answers.",
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"}
              },
              "security": []
            }
          },
          "/readyz": {
            "get": {
              "operationId": "isReady",
              "summary": "Whether the daemon and its router are there.",
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "503": {
                  "description": "Not ready.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}
                }
              },
              "security": []
            }
          },
          "/openapi.json": {
            "get": {
              "operationId": "describe",
              "summary": "This document.",
              "responses": {
                "200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}},
                "400": {"$ref": "#/components/responses/BadRequest"}
              },
              "security": []
            }
          },
          "/metrics": {
            "get": {
              "operationId": "metrics",
              "summary": "The platform's numbers, as Prometheus reads them.",
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"text/plain": {"schema": {"type": "string"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"}
              }
            }
          },
          "/v1/health": {
            "get": {
              "operationId": "health",
              "summary": "How the platform's parts are.",
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"}
              }
            }
          },
          "/v1/certificate-authority": {
            "get": {
              "operationId": "certificateAuthority",
              "summary": "The root certificate of the platform's own authority, for those who want to trust it.",
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CertificateAuthority"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            }
          },
          "/v1/services": {
            "get": {
              "operationId": "listServices",
              "summary": "Services that are not deleted, by name.",
              "parameters": [
                {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/pageToken"}
              ],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ServicePage"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"}
              }
            },
            "post": {
              "operationId": "createService",
              "summary": "Make a service and start its first deployment.",
              "parameters": [{"$ref": "#/components/parameters/idempotencyKey"}],
              "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CreateService"}}}
              },
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "202": {
                  "description": "Under way; Location names the operation.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
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
          "/v1/services/{service}": {
            "get": {
              "operationId": "getService",
              "summary": "A service with its revision, scaling and instances.",
              "parameters": [{"$ref": "#/components/parameters/service"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Service"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            },
            "patch": {
              "operationId": "updateService",
              "summary": "Change a service.",
              "parameters": [
                {"$ref": "#/components/parameters/service"}, {"$ref": "#/components/parameters/ifMatch"}
              ],
              "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/UpdateService"}}}
              },
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "202": {
                  "description": "Under way; Location names the operation.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"},
                "409": {"$ref": "#/components/responses/Conflict"},
                "412": {"$ref": "#/components/responses/PreconditionFailed"},
                "413": {"$ref": "#/components/responses/TooLarge"},
                "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
                "422": {"$ref": "#/components/responses/Invalid"}
              }
            },
            "delete": {
              "operationId": "deleteService",
              "summary": "Delete a service.",
              "parameters": [
                {"$ref": "#/components/parameters/service"}, {"$ref": "#/components/parameters/ifMatch"}
              ],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "202": {
                  "description": "Under way; Location names the operation.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"},
                "409": {"$ref": "#/components/responses/Conflict"},
                "412": {"$ref": "#/components/responses/PreconditionFailed"}
              }
            }
          },
          "/v1/services/{service}/pause": {
            "post": {
              "operationId": "pauseService",
              "summary": "End its instances and keep its definition.",
              "parameters": [{"$ref": "#/components/parameters/service"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "202": {
                  "description": "Under way; Location names the operation.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"},
                "409": {"$ref": "#/components/responses/Conflict"}
              }
            }
          },
          "/v1/services/{service}/resume": {
            "post": {
              "operationId": "resumeService",
              "summary": "Start a paused service again.",
              "parameters": [{"$ref": "#/components/parameters/service"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "202": {
                  "description": "Under way; Location names the operation.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"},
                "409": {"$ref": "#/components/responses/Conflict"}
              }
            }
          },
          "/v1/services/{service}/deployments": {
            "post": {
              "operationId": "startDeployment",
              "summary": "Deploy what the image name stands for now.",
              "parameters": [{"$ref": "#/components/parameters/service"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "202": {
                  "description": "Under way; Location names the operation.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"},
                "409": {"$ref": "#/components/responses/Conflict"},
                "422": {"$ref": "#/components/responses/Invalid"}
              }
            }
          },
          "/v1/services/{service}/explain": {
            "get": {
              "operationId": "explainService",
              "summary": "Why it has the instances it has.",
              "parameters": [{"$ref": "#/components/parameters/service"}, {"$ref": "#/components/parameters/limit"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Explanation"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            }
          },
          "/v1/services/{service}/instances": {
            "get": {
              "operationId": "listInstances",
              "summary": "Its instances.",
              "parameters": [{"$ref": "#/components/parameters/service"}, {"$ref": "#/components/parameters/all"}],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/InstancePage"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            }
          },
          "/v1/services/{service}/logs": {
            "get": {
              "operationId": "serviceLogs",
              "summary": "Lines of all its instances, a JSON object each.",
              "parameters": [
                {"$ref": "#/components/parameters/service"}, {"$ref": "#/components/parameters/tail"},
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
          "/v1/services/{service}/operations": {
            "get": {
              "operationId": "listServiceOperations",
              "summary": "Its operations, newest first.",
              "parameters": [
                {"$ref": "#/components/parameters/service"}, {"$ref": "#/components/parameters/limit"},
                {"$ref": "#/components/parameters/pageToken"}
              ],
              "responses": {
                "200": {
                  "description": "Done.",
                  "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OperationPage"}}}
                },
                "400": {"$ref": "#/components/responses/BadRequest"},
                "401": {"$ref": "#/components/responses/Unauthorized"},
                "404": {"$ref": "#/components/responses/NotFound"}
              }
            }
          },
          "/v1/services/{service}/events": {
            "get": {
              "operationId": "listServiceEvents",
              "summary": "Its events, or a stream of them.",
              "parameters": [
                {"$ref": "#/components/parameters/service"}, {"$ref": "#/components/parameters/after"},
                {"$ref": "#/components/parameters/limit"}, {"$ref": "#/components/parameters/follow"},
                {"$ref": "#/components/parameters/lastEventID"}
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
                "404": {"$ref": "#/components/responses/NotFound"},
                "503": {"$ref": "#/components/responses/Unavailable"}
              }
            }
          }
        """#
}
