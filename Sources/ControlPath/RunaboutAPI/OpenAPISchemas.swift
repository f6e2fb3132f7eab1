extension OpenAPIDocument {
    /// What bodies look like.
    static let schemas = #"""
          "FieldError": {
            "type": "object",
            "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            "required": ["path", "message"]
          },
          "Problem": {
            "type": "object",
            "properties": {
              "type": {"type": "string"},
              "title": {"type": "string"},
              "status": {"type": "integer", "minimum": 400, "maximum": 599},
              "detail": {"type": "string"},
              "instance": {"type": "string"},
              "code": {"type": "string"},
              "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}}
            },
            "required": ["type", "title", "status", "detail", "instance", "code"],
            "description": "RFC 9457; code stays the same, detail is for people."
          },
          "Status": {
            "type": "object",
            "properties": {"status": {"type": "string", "enum": ["ok", "unready"]}},
            "required": ["status"]
          },
          "Health": {
            "type": "object",
            "properties": {
              "isRouterConnected": {"type": "boolean"},
              "runtime": {"type": "string"},
              "missingIsolation": {"type": "array", "items": {"type": "string"}},
              "notices": {"type": "array", "items": {"type": "string"}},
              "version": {"type": "string"}
            },
            "required": ["isRouterConnected", "runtime", "missingIsolation", "notices", "version"]
          },
          "CertificateAuthority": {
            "type": "object",
            "properties": {"certificate": {"type": "string", "description": "The root's certificate in PEM."}},
            "required": ["certificate"]
          },
          "HealthCheckInput": {
            "type": "object",
            "properties": {
              "method": {"type": "string", "enum": ["tcp", "http"]},
              "path": {"type": "string", "pattern": "^/[!-~]*$", "maxLength": 512},
              "intervalSeconds": {"type": "integer", "minimum": 1, "maximum": 20},
              "timeoutSeconds": {"type": "integer", "minimum": 1, "maximum": 20},
              "healthyThreshold": {"type": "integer", "minimum": 1, "maximum": 20},
              "unhealthyThreshold": {"type": "integer", "minimum": 1, "maximum": 20}
            },
            "additionalProperties": false
          },
          "HealthCheck": {
            "type": "object",
            "properties": {
              "method": {"type": "string", "enum": ["tcp", "http"]},
              "path": {"type": "string", "pattern": "^/[!-~]*$", "maxLength": 512},
              "intervalSeconds": {"type": "integer", "minimum": 1, "maximum": 20},
              "timeoutSeconds": {"type": "integer", "minimum": 1, "maximum": 20},
              "healthyThreshold": {"type": "integer", "minimum": 1, "maximum": 20},
              "unhealthyThreshold": {"type": "integer", "minimum": 1, "maximum": 20}
            },
            "required": [
              "method", "path", "intervalSeconds", "timeoutSeconds", "healthyThreshold", "unhealthyThreshold"
            ]
          },
          "InstanceConfigurationInput": {
            "type": "object",
            "properties": {
              "port": {"type": "integer", "minimum": 1, "maximum": 65535},
              "startCommand": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 256},
              "environment": {"type": "object", "additionalProperties": {"type": "string"}},
              "cpuMillis": {"type": "integer", "minimum": 50, "maximum": 64000},
              "memoryMebibytes": {"type": "integer", "minimum": 16, "maximum": 262144},
              "healthCheck": {"$ref": "#/components/schemas/HealthCheckInput"},
              "startDeadlineSeconds": {"type": "integer", "minimum": 1, "maximum": 3600},
              "stopGraceSeconds": {"type": "integer", "minimum": 0, "maximum": 3600},
              "requestTimeoutSeconds": {
                "type": "integer", "minimum": 1, "maximum": 86400,
                "description": "From a request's first byte to its answer's last. A tunnel (WebSocket) has no such end."
              },
              "connectTimeoutSeconds": {
                "type": "integer", "minimum": 1, "maximum": 60, "description": "Connecting to an instance."
              },
              "responseHeaderTimeoutSeconds": {
                "type": "integer", "minimum": 1, "maximum": 86400,
                "description": "From a request's end to its answer's head. Without it as long as the request may take."
              },
              "idleTimeoutSeconds": {
                "type": "integer", "minimum": 1, "maximum": 86400,
                "description": "A request or a tunnel (WebSocket) that carries nothing either way."
              },
              "drainTimeoutSeconds": {
                "type": "integer", "minimum": 0, "maximum": 86400,
                "description": "Requests of an instance that is to end. Without it as long as one may take, 120 at least."
              },
              "protocol": {
                "type": "string", "enum": ["http1", "http2"],
                "description": "What the code speaks; http2 is without TLS and with prior knowledge, as gRPC."
              }
            },
            "additionalProperties": false,
            "description": "What is left out has its default."
          },
          "InstanceConfiguration": {
            "type": "object",
            "properties": {
              "port": {"type": "integer", "minimum": 1, "maximum": 65535},
              "startCommand": {"type": "array", "items": {"type": "string"}},
              "environment": {"type": "object", "additionalProperties": {"type": "string"}},
              "cpuMillis": {"type": "integer", "minimum": 50, "maximum": 64000},
              "memoryMebibytes": {"type": "integer", "minimum": 16, "maximum": 262144},
              "healthCheck": {"$ref": "#/components/schemas/HealthCheck"},
              "startDeadlineSeconds": {"type": "integer", "minimum": 1, "maximum": 3600},
              "stopGraceSeconds": {"type": "integer", "minimum": 0, "maximum": 3600},
              "requestTimeoutSeconds": {
                "type": "integer", "minimum": 1, "maximum": 86400,
                "description": "From a request's first byte to its answer's last. A tunnel (WebSocket) has no such end."
              },
              "connectTimeoutSeconds": {
                "type": "integer", "minimum": 1, "maximum": 60, "description": "Connecting to an instance."
              },
              "responseHeaderTimeoutSeconds": {
                "type": "integer", "minimum": 1, "maximum": 86400,
                "description": "From a request's end to its answer's head. Without it as long as the request may take."
              },
              "idleTimeoutSeconds": {
                "type": "integer", "minimum": 1, "maximum": 86400,
                "description": "A request or a tunnel (WebSocket) that carries nothing either way."
              },
              "drainTimeoutSeconds": {
                "type": "integer", "minimum": 0, "maximum": 86400,
                "description": "Requests of an instance that is to end. Without it as long as one may take, 120 at least."
              },
              "protocol": {
                "type": "string", "enum": ["http1", "http2"],
                "description": "What the code speaks; http2 is without TLS and with prior knowledge, as gRPC."
              }
            },
            "required": [
              "port", "environment", "cpuMillis", "memoryMebibytes", "healthCheck", "startDeadlineSeconds",
              "stopGraceSeconds", "requestTimeoutSeconds", "connectTimeoutSeconds", "idleTimeoutSeconds", "protocol"
            ]
          },
          "CreateService": {
            "type": "object",
            "properties": {
              "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{3,39}$"},
              "image": {
                "type": "string",
                "minLength": 1,
                "description": "repository, repository:tag or repository@digest in the embedded registry."
              },
              "configuration": {"$ref": "#/components/schemas/InstanceConfigurationInput"},
              "autoScaling": {"type": "string", "description": "NAME or NAME/REVISION."}
            },
            "required": ["name", "image"],
            "additionalProperties": false
          },
          "UpdateService": {
            "type": "object",
            "properties": {
              "image": {"type": "string", "minLength": 1},
              "configuration": {"$ref": "#/components/schemas/InstanceConfigurationInput"},
              "autoScaling": {"type": "string"}
            },
            "additionalProperties": false,
            "description": "What is absent stays; a configuration is replaced whole."
          },
          "CreateAutoScalingConfiguration": {
            "type": "object",
            "properties": {
              "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{3,31}$"},
              "maxConcurrency": {"type": "integer", "minimum": 1, "maximum": 200, "default": 100},
              "minSize": {"type": "integer", "minimum": 0, "maximum": 25, "default": 1},
              "maxSize": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 25},
              "stabilizationSeconds": {"type": "integer", "minimum": 1, "maximum": 3600, "default": 60}
            },
            "required": ["name"],
            "additionalProperties": false
          },
          "AutoScalingConfiguration": {
            "type": "object",
            "properties": {
              "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "name": {"type": "string"},
              "revision": {"type": "integer", "minimum": 1},
              "maxConcurrency": {"type": "integer", "minimum": 1, "maximum": 200},
              "minSize": {"type": "integer", "minimum": 0, "maximum": 25},
              "maxSize": {"type": "integer", "minimum": 1, "maximum": 1000},
              "stabilizationSeconds": {"type": "integer", "minimum": 1, "maximum": 3600},
              "createdAt": {"type": "string", "format": "date-time"}
            },
            "required": [
              "id", "name", "revision", "maxConcurrency", "minSize", "maxSize", "stabilizationSeconds", "createdAt"
            ]
          },
          "Revision": {
            "type": "object",
            "properties": {
              "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "number": {"type": "integer", "minimum": 1},
              "image": {"type": "string"},
              "imageDigest": {"type": "string"},
              "configuration": {"$ref": "#/components/schemas/InstanceConfiguration"},
              "createdAt": {"type": "string", "format": "date-time"}
            },
            "required": ["id", "number", "image", "imageDigest", "configuration", "createdAt"]
          },
          "InstanceExit": {
            "type": "object",
            "properties": {"status": {"type": "integer"}, "isOutOfMemory": {"type": "boolean"}},
            "required": ["status", "isOutOfMemory"]
          },
          "StartTimings": {
            "type": "object",
            "properties": {
              "createMilliseconds": {"type": "integer", "minimum": 0},
              "startMilliseconds": {"type": "integer", "minimum": 0},
              "healthyMilliseconds": {"type": "integer", "minimum": 0}
            }
          },
          "Instance": {
            "type": "object",
            "properties": {
              "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "service": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "revision": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "state": {
                "type": "string",
                "enum": [
                  "pending", "creating", "starting", "ready", "frozen", "draining", "stopping", "stopped", "failed"
                ]
              },
              "address": {"type": "string"},
              "exit": {"$ref": "#/components/schemas/InstanceExit"},
              "reason": {"type": "string"},
              "timings": {"$ref": "#/components/schemas/StartTimings"},
              "createdAt": {"type": "string", "format": "date-time"},
              "updatedAt": {"type": "string", "format": "date-time"}
            },
            "required": ["id", "service", "revision", "state", "timings", "createdAt", "updatedAt"]
          },
          "InstanceUsage": {
            "type": "object",
            "properties": {
              "cpuNanoseconds": {"type": "integer", "minimum": 0},
              "memoryBytes": {"type": "integer", "minimum": 0},
              "processes": {"type": "integer", "minimum": 0}
            },
            "required": ["cpuNanoseconds", "memoryBytes", "processes"]
          },
          "LogLine": {
            "type": "object",
            "properties": {
              "instance": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "at": {"type": "string", "format": "date-time"},
              "stream": {"type": "string", "enum": ["stdout", "stderr"]},
              "text": {"type": "string"}
            },
            "required": ["instance", "at", "stream", "text"]
          },
          "OperationFailure": {
            "type": "object",
            "properties": {
              "code": {
                "type": "string",
                "enum": [
                  "instanceExited", "instanceOutOfMemory", "healthCheckFailed", "instanceCouldNotStart",
                  "noCapacity", "superseded", "internalError"
                ]
              },
              "message": {"type": "string"},
              "logLines": {"type": "array", "items": {"type": "string"}},
              "exit": {"$ref": "#/components/schemas/InstanceExit"}
            },
            "required": ["code", "message", "logLines"]
          },
          "Operation": {
            "type": "object",
            "properties": {
              "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "service": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "type": {
                "type": "string",
                "enum": [
                  "createService", "updateService", "startDeployment", "pauseService", "resumeService",
                  "deleteService"
                ]
              },
              "status": {
                "type": "string",
                "enum": ["pending", "inProgress", "succeeded", "failed", "rollbackSucceeded"]
              },
              "failure": {"$ref": "#/components/schemas/OperationFailure"},
              "startedAt": {"type": "string", "format": "date-time"},
              "endedAt": {"type": "string", "format": "date-time"}
            },
            "required": ["id", "service", "type", "status", "startedAt"]
          },
          "Event": {
            "type": "object",
            "properties": {
              "sequence": {"type": "integer", "minimum": 1},
              "at": {"type": "string", "format": "date-time"},
              "principal": {"type": "string"},
              "kind": {"type": "string"},
              "service": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "instance": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "operation": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "message": {"type": "string"}
            },
            "required": ["sequence", "at", "principal", "kind", "message"]
          },
          "Service": {
            "type": "object",
            "properties": {
              "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "name": {"type": "string"},
              "host": {"type": "string"},
              "url": {"type": "string", "format": "uri", "description": "Where a browser finds the service."},
              "desired": {"type": "string", "enum": ["running", "paused", "deleted"]},
              "status": {
                "type": "string",
                "enum": ["operationInProgress", "running", "paused", "createFailed", "deleteFailed", "deleted"]
              },
              "generation": {"type": "integer", "minimum": 1},
              "revision": {"$ref": "#/components/schemas/Revision"},
              "autoScaling": {"$ref": "#/components/schemas/AutoScalingConfiguration"},
              "instances": {"type": "array", "items": {"$ref": "#/components/schemas/Instance"}},
              "operation": {"$ref": "#/components/schemas/Operation"},
              "createdAt": {"type": "string", "format": "date-time"},
              "updatedAt": {"type": "string", "format": "date-time"},
              "deletedAt": {"type": "string", "format": "date-time"}
            },
            "required": [
              "id", "name", "host", "url", "desired", "status", "generation", "autoScaling", "instances",
              "createdAt", "updatedAt"
            ]
          },
          "Accepted": {
            "type": "object",
            "properties": {
              "service": {"$ref": "#/components/schemas/Service"},
              "operation": {"$ref": "#/components/schemas/Operation"}
            },
            "required": ["service", "operation"]
          },
          "ScaleDecision": {
            "type": "object",
            "properties": {
              "at": {"type": "string", "format": "date-time"},
              "inFlight": {"type": "integer", "minimum": 0},
              "queued": {"type": "integer", "minimum": 0},
              "maxConcurrency": {"type": "integer", "minimum": 1},
              "wanted": {"type": "integer", "minimum": 0},
              "windowMax": {"type": "integer", "minimum": 0},
              "current": {"type": "integer", "minimum": 0},
              "desired": {"type": "integer", "minimum": 0},
              "rule": {"type": "string", "enum": ["up", "down", "steady", "held", "watching"]},
              "bound": {"type": "string", "enum": ["none", "minSize", "maxSize", "memory", "crashBackoff"]}
            },
            "required": [
              "at", "inFlight", "queued", "maxConcurrency", "wanted", "windowMax", "current", "desired", "rule",
              "bound"
            ]
          },
          "Wake": {
            "type": "object",
            "properties": {
              "at": {"type": "string", "format": "date-time"},
              "instance": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "queueMilliseconds": {"type": "integer", "minimum": 0},
              "timings": {"$ref": "#/components/schemas/StartTimings"},
              "firstByteMilliseconds": {"type": "integer", "minimum": 0}
            },
            "required": ["at", "instance", "queueMilliseconds", "firstByteMilliseconds"]
          },
          "RequestFailure": {
            "type": "object",
            "properties": {
              "at": {"type": "string", "format": "date-time"},
              "instance": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "requestId": {"type": "string"},
              "outcome": {"type": "string"},
              "queueMilliseconds": {"type": "integer", "minimum": 0},
              "totalMilliseconds": {"type": "integer", "minimum": 0}
            },
            "required": ["at", "requestId", "outcome", "queueMilliseconds", "totalMilliseconds"]
          },
          "InstanceDemand": {
            "type": "object",
            "properties": {
              "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
              "inFlight": {"type": "integer", "minimum": 0}
            },
            "required": ["id", "inFlight"]
          },
          "Demand": {
            "type": "object",
            "properties": {
              "inFlight": {"type": "integer", "minimum": 0},
              "queued": {"type": "integer", "minimum": 0},
              "peak": {"type": "integer", "minimum": 0},
              "accepted": {"type": "integer", "minimum": 0},
              "instances": {"type": "array", "items": {"$ref": "#/components/schemas/InstanceDemand"}}
            },
            "required": ["inFlight", "queued", "peak", "accepted", "instances"]
          },
          "Explanation": {
            "type": "object",
            "properties": {
              "decisions": {"type": "array", "items": {"$ref": "#/components/schemas/ScaleDecision"}},
              "wakes": {"type": "array", "items": {"$ref": "#/components/schemas/Wake"}},
              "failures": {"type": "array", "items": {"$ref": "#/components/schemas/RequestFailure"}},
              "demand": {"$ref": "#/components/schemas/Demand"}
            },
            "required": ["decisions", "wakes", "failures"]
          },
          "ServicePage": {
            "type": "object",
            "properties": {
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/Service"}},
              "nextToken": {"type": "string"}
            },
            "required": ["items"]
          },
          "AutoScalingConfigurationPage": {
            "type": "object",
            "properties": {
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/AutoScalingConfiguration"}},
              "nextToken": {"type": "string"}
            },
            "required": ["items"]
          },
          "InstancePage": {
            "type": "object",
            "properties": {
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/Instance"}},
              "nextToken": {"type": "string"}
            },
            "required": ["items"]
          },
          "OperationPage": {
            "type": "object",
            "properties": {
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/Operation"}},
              "nextToken": {"type": "string"}
            },
            "required": ["items"]
          },
          "EventPage": {
            "type": "object",
            "properties": {
              "items": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
              "nextToken": {"type": "string"}
            },
            "required": ["items"]
          }
        """#
}
