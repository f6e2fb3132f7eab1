import CLinux
import Dispatch
import Glibc

/// The signals that ask the daemon to end, in order.
///
/// They arrive through a pipe that a handler writes to. Neither ignored nor blocked signals are used: both would be
/// inherited by the programs that are started.
func stopSignals() throws(StartError) -> AsyncStream<Int32> {
    let reading = clinux_catch_signals()
    guard reading >= 0 else {
        throw StartError("Signals can't be received: \(String(cString: strerror(errno)))")
    }
    return readiness(of: reading, bufferingPolicy: .bufferingNewest(4)) {
        var number: UInt8 = 0
        return read(reading, &number, 1) == 1 ? Int32(number) : nil
    }
}

/// What can be read of a descriptor whenever it becomes readable, until the consumer stops.
///
/// The descriptor is closed when the stream ends.
func readiness<Value: Sendable>(
    of descriptor: Int32, bufferingPolicy: AsyncStream<Value>.Continuation.BufferingPolicy,
    _ take: @escaping @Sendable () -> Value?,
) -> AsyncStream<Value> {
    AsyncStream(bufferingPolicy: bufferingPolicy) { continuation in
        let source = ReadSource(DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global()))
        source.dispatch.setEventHandler {
            while let value = take() { continuation.yield(value) }
        }
        source.dispatch.setCancelHandler { close(descriptor) }
        continuation.onTermination = { _ in source.dispatch.cancel() }
        source.dispatch.resume()
    }
}

/// A source that is cancelled from whatever thread its consumer ends on.
///
/// Dispatch objects may be used from every thread: each call on one takes the source's own lock or queue. The type only
/// lacks the mark, since it is an Objective-C protocol elsewhere.
private final class ReadSource: @unchecked Sendable {
    let dispatch: any DispatchSourceRead

    init(_ dispatch: any DispatchSourceRead) { self.dispatch = dispatch }
}
