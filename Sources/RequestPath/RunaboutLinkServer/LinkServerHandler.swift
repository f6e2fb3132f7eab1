import NIOCore
import RunaboutLink

/// One connection of a router: says hello, checks the router's, passes on the rest.
///
/// Confined to its event loop.
final class LinkServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let server: LinkServer
    private var decoder = LinkFrameDecoder()
    private var isWelcome = false

    init(server: LinkServer) { self.server = server }

    func channelActive(context: ChannelHandlerContext) {
        do {
            let hello = try LinkCodec.frame(ControlMessage.hello(version: linkVersion))
            context.writeAndFlush(NIOAny(ByteBuffer(bytes: hello)), promise: nil)
        } catch {
            server.reject(context.channel, "\(error)")
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let json = try decoder.next() {
                receive(try LinkCodec.message(RouterMessage.self, from: json), on: context.channel)
            }
        } catch {
            server.reject(context.channel, "\(error)")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.part(with: context.channel)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func receive(_ message: RouterMessage, on channel: any Channel) {
        guard case .hello(let hello) = message else {
            if isWelcome {
                server.pass(.received(message), from: channel)
            } else {
                server.reject(channel, "The router did not say hello first.")
            }
            return
        }
        guard hello.version == linkVersion else {
            let versions = "The router speaks link version \(hello.version), this daemon version \(linkVersion)."
            server.reject(channel, "\(versions) Install both programs from one release.")
            return
        }
        guard !isWelcome else { return }
        isWelcome = true
        server.welcome(hello, on: channel)
    }
}
