import RunaboutLink
import RunaboutModel
import RunaboutRouting
import Synchronization

/// What the loops say to the control plane, on the connection that stands.
final class RouterVoice: Sendable {
    private let say: @Sendable (RouterMessage, UInt64) -> Void
    /// 0 while there is none.
    private let connection = Atomic<UInt64>(0)

    init(_ say: @escaping @Sendable (RouterMessage, UInt64) -> Void) { self.say = say }

    /// Whether anybody listens.
    var isConnected: Bool { connection.load(ordering: .relaxed) != 0 }

    /// A connection stands: says hello on it before anyone else can say something.
    func connect(_ number: UInt64, hello: RouterHello) {
        say(.hello(hello), number)
        connection.store(number, ordering: .releasing)
    }

    func disconnect() { connection.store(0, ordering: .releasing) }

    func tell(_ message: RouterMessage) {
        let number = connection.load(ordering: .acquiring)
        if number != 0 { say(message, number) }
    }

    func tell(drained instance: DrainedInstance, of service: ServiceID) {
        tell(.drained(DrainedReport(service: service, instance: instance.id, generation: instance.generation)))
    }
}
