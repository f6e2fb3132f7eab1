import HTTPTypes
import Hummingbird
import NIOCore
import RunaboutControlPlane
import RunaboutWire

extension ControlAPI {
    /// The daemon itself: is it there, is it ready, how are its parts, what does it speak.
    var platformEndpoints: [Endpoint] {
        [
            Endpoint(.get, "/healthz", isOpen: true) { _ in try answer(StatusBody(status: "ok")) },
            Endpoint(.get, "/readyz", isOpen: true) { _ in
                let isReady = await controlPlane.health().isRouterConnected
                return try answer(
                    StatusBody(status: isReady ? "ok" : "unready"), status: isReady ? .ok : .serviceUnavailable)
            },
            Endpoint(.get, "/openapi.json", isOpen: true) { _ in
                Response(
                    status: .ok,
                    headers: [.contentType: "application/json"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: OpenAPIDocument.text)),
                )
            },
            Endpoint(.get, "/metrics") { _ in
                let page = MetricsPage(try await controlPlane.metrics(), version: version)
                return Response(
                    status: .ok,
                    headers: [.contentType: MetricsPage.contentType],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)),
                )
            },
            Endpoint(.get, "/v1/health") { _ in
                let health = await controlPlane.health()
                return try answer(HealthBody(health, version: version))
            },
            Endpoint(.get, "/v1/certificate-authority") { _ in
                guard let certificate = controlPlane.rootCertificate() else { throw APIProblem.noAuthority }
                return try answer(CertificateAuthorityBody(certificate: certificate))
            },
        ]
    }
}
