import HTTPTypes
import Hummingbird
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire

extension ControlAPI {
    /// What users own.
    var serviceEndpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/services", query: ["limit", "pageToken"]) { call in
                let page = try await controlPlane.services(after: call.text("pageToken"), limit: call.pageSize())
                return try answer(PageBody(items: page.items.map { body($0) }, nextToken: page.nextToken))
            },
            Endpoint(.post, "/v1/services") { call in
                let request = CreateServiceRequest(try await call.body(CreateServiceBody.self))
                return try accepted(
                    await controlPlane.createService(
                        request, by: call.principal, idempotencyKey: call.idempotencyKey))
            },
            Endpoint(.get, "/v1/services/{service}") { call in
                let detail = try await controlPlane.service(call.parameter("service"))
                return try answer(body(detail), headers: [.eTag: entityTag(detail)])
            },
            Endpoint(.patch, "/v1/services/{service}") { call in
                let request = UpdateServiceRequest(try await call.body(UpdateServiceBody.self))
                return try accepted(
                    await controlPlane.updateService(
                        call.parameter("service"), request, ifMatch: call.ifMatch(), by: call.principal))
            },
            Endpoint(.delete, "/v1/services/{service}") { call in
                try accepted(
                    await controlPlane.deleteService(
                        call.parameter("service"), ifMatch: call.ifMatch(), by: call.principal))
            },
            Endpoint(.post, "/v1/services/{service}/pause") { call in
                try accepted(await controlPlane.pauseService(call.parameter("service"), by: call.principal))
            },
            Endpoint(.post, "/v1/services/{service}/resume") { call in
                try accepted(await controlPlane.resumeService(call.parameter("service"), by: call.principal))
            },
            Endpoint(.post, "/v1/services/{service}/deployments") { call in
                try accepted(await controlPlane.startDeployment(call.parameter("service"), by: call.principal))
            },
            Endpoint(.get, "/v1/services/{service}/explain", query: ["limit"]) { call in
                let limit = try call.pageSize()
                let explanation = try await controlPlane.explain(call.parameter("service"))
                return try answer(ExplanationBody(explanation, limit: limit))
            },
        ]
    }

    /// 202 with the operation's place while it runs; 200 when nothing is left to do.
    private func accepted(_ change: (service: ServiceDetail, operation: Operation)) throws -> Response {
        let body = AcceptedBody(
            service: body(change.service), operation: OperationBody(change.operation))
        var headers: HTTPFields = [.eTag: entityTag(change.service)]
        headers[.location] = "/v1/operations/\(change.operation.id)"
        return try answer(body, status: change.operation.status.isEnded ? .ok : .accepted, headers: headers)
    }

    private func body(_ detail: ServiceDetail) -> ServiceBody {
        ServiceBody(detail, at: controlPlane.settings.publicAddress)
    }

    private func entityTag(_ detail: ServiceDetail) -> String { "\"\(detail.service.generation)\"" }
}
