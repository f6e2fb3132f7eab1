import Glibc
import NIOCore
import NIOPosix
import RunaboutHealth
import RunaboutModel

/// Asks instances whether they are well: opens a connection, or sends one `GET` and looks at the status.
struct Prober: Sendable {
    let group: any EventLoopGroup

    /// Probes once.
    ///
    /// Never throws: whatever goes wrong is the probe's result.
    /// A check by HTTP speaks what the instance speaks.
    func probe(
        _ address: InstanceAddress, _ check: HealthCheckConfiguration, over instanceProtocol: InstanceProtocol,
    ) async -> ProbeResult {
        let loop = group.next()
        let outcome = loop.makePromise(of: ProbeResult.self)
        let timeout = TimeAmount.seconds(Int64(check.timeoutSeconds))
        let limit = loop.scheduleTask(in: timeout) {
            outcome.succeed(.failed("no answer within \(check.timeoutSeconds) s"))
        }
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard check.method == .http else { return }
                    try channel.pipeline.syncOperations.addHandler(
                        HTTPProbeHandler(
                            address: address, path: check.path, over: instanceProtocol, outcome: outcome))
                }
            }
            .connect(host: address.host, port: address.port)
        connecting.whenComplete { result in
            switch result {
            case .failure(let error): outcome.succeed(.failed(Self.sentence(of: error)))
            case .success where check.method == .tcp: outcome.succeed(.passed)
            case .success: break
            }
        }
        // The promise is only ever succeeded.
        let result = try? await outcome.futureResult.get()
        limit.cancel()
        // Closing may find the connection closed already, or never made.
        connecting.whenSuccess { $0.close(promise: nil) }
        return result ?? .failed("not probed")
    }

    private static func sentence(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { sentence(of: $0.error) } ?? "no connection could be made"
        case ChannelError.connectTimeout: "no connection within the timeout"
        case let error as IOError where error.errnoCode == ECONNREFUSED: "connection refused"
        case let error as IOError where error.errnoCode == EHOSTUNREACH: "no route to the instance"
        case let error as IOError: "connecting failed: \(String(cString: strerror(error.errnoCode)))"
        default: "connecting failed: \(error)"
        }
    }
}

/// Sends the request of a probe and settles its outcome by the answer's status.
///
/// Redirects are not followed.
private final class HTTPProbeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Conversation {
        case http1(ProbeResponse)
        case http2(HTTP2Probe)
    }

    private let address: InstanceAddress
    private let path: String
    private let outcome: EventLoopPromise<ProbeResult>
    private var conversation: Conversation

    init(
        address: InstanceAddress, path: String, over instanceProtocol: InstanceProtocol,
        outcome: EventLoopPromise<ProbeResult>,
    ) {
        self.address = address
        self.path = path
        self.outcome = outcome
        conversation =
            switch instanceProtocol {
            case .http1: .http1(ProbeResponse(limit: Limits.probeHeadBytesMax))
            case .http2: .http2(HTTP2Probe(limit: Limits.probeHeadBytesMax))
            }
    }

    func channelActive(context: ChannelHandlerContext) {
        switch conversation {
        case .http1:
            let request =
                "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nUser-Agent: runabout-health-check\r\nAccept: */*\r\n"
                + "Connection: close\r\n\r\n"
            send(ByteBuffer(string: request), context)
        case .http2: send(ByteBuffer(bytes: HTTP2Probe.request(authority: "\(address)", path: path)), context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        switch conversation {
        case .http1(var response):
            switch response.append(bytes) {
            case .incomplete: break
            case .status(let status): settle(status)
            case .malformed: outcome.succeed(.failed("the answer is not HTTP/1"))
            }
            conversation = .http1(response)
        case .http2(var probe):
            switch probe.append(bytes) {
            case .incomplete(let reply): if !reply.isEmpty { send(ByteBuffer(bytes: reply), context) }
            case .status(let status): settle(status)
            case .reset(let code): outcome.succeed(.failed("the request was reset with code \(code)"))
            case .malformed: outcome.succeed(.failed("the answer is not HTTP/2"))
            }
            conversation = .http2(probe)
        }
    }

    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func settle(_ status: Int) {
        outcome.succeed((200..<400).contains(status) ? .passed : .failed("status \(status)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        outcome.succeed(.failed("the connection was closed before the answer"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        outcome.succeed(.failed("the connection broke: \(error)"))
        context.close(promise: nil)
    }
}
