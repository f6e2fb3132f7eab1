import Foundation
import HTTPTypes
import Hummingbird
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire

extension ControlAPI {
    /// How services scale.
    var autoScalingEndpoints: [Endpoint] {
        let path = "/v1/auto-scaling-configurations"
        return [
            Endpoint(.get, path, query: ["limit", "pageToken"]) { call in
                let page = try await controlPlane.autoScalingConfigurations(
                    after: call.text("pageToken"), limit: call.pageSize())
                return try answer(
                    PageBody(
                        items: page.items.map { AutoScalingConfigurationBody($0) }, nextToken: page.nextToken))
            },
            Endpoint(.post, path) { call in
                let request = CreateAutoScalingConfigurationRequest(
                    try await call.body(CreateAutoScalingConfigurationBody.self))
                let made = try await controlPlane.createAutoScalingConfiguration(request, by: call.principal)
                return try answer(
                    AutoScalingConfigurationBody(made), status: .created, headers: [.location: "\(path)/\(made.id)"])
            },
            Endpoint(.get, "\(path)/{configuration}") { call in
                let found = try await controlPlane.autoScalingConfiguration(call.parameter("configuration"))
                return try answer(AutoScalingConfigurationBody(found))
            },
            Endpoint(.delete, "\(path)/{configuration}") { call in
                try await controlPlane.deleteAutoScalingConfiguration(
                    call.parameter("configuration"), by: call.principal)
                return Response(status: .noContent)
            },
        ]
    }
}
