import Glibc
import RunaboutLink
import RunaboutProxy
import Testing

@Suite(.timeLimit(.minutes(1))) struct FirstRoutesTests {
    @Test func aNewRouterLetsConnectionsWaitForItsFirstRouteTable() async throws {
        let instance = try ScriptedInstance(answering: "hello")
        let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        let engine = try ProxyEngine(
            ProxyEngine.Configuration(listeners: [listener], routesWait: .seconds(600), say: { _, _ in }))
        try engine.start()
        let port = listener.port
        let answer: String
        do {
            let wire = try await onThread {
                let wire = try Wire(port: port)
                try wire.write(get())
                return wire
            }
            engine.handle(.connected(1))
            await engine.settle()
            engine.handle(.received(.snapshot([route([instance.routed()])])))
            answer = try await onThread { wire.readToEnd() }
        } catch {
            await engine.stop(within: .zero)
            close(listener.descriptor)
            throw error
        }
        await engine.stop(within: .zero)
        close(listener.descriptor)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer)")
    }
}
