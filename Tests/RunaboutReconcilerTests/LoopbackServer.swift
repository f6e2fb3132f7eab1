import NIOCore
import NIOPosix
import RunaboutModel

/// Accepts connections on every loopback address and answers each first read with given bytes, then closes; without
/// bytes it says nothing.
struct LoopbackServer: Sendable {
    private let channel: any Channel
    let port: Int

    var address: InstanceAddress { InstanceAddress(host: "127.0.0.1", port: port) }

    /// Sends the answer to whatever comes first, then closes.
    static func start(answering answer: String? = nil) async throws -> LoopbackServer {
        try await start(sending: answer.map { Array($0.utf8) })
    }

    static func start(sending answer: [UInt8]?) async throws -> LoopbackServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let answer else { return }
                    try channel.pipeline.syncOperations.addHandler(Answerer(answer))
                }
            }
            .bind(host: "0.0.0.0", port: 0).get()
        return LoopbackServer(channel: channel, port: channel.localAddress?.port ?? 0)
    }

    func stop() async throws { try await channel.close() }
}

private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: [UInt8]

    init(_ answer: [UInt8]) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer)), promise: nil)
        context.close(promise: nil)
    }
}
