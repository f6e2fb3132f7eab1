import Foundation
import RunaboutControlPlane
import RunaboutModel
import RunaboutWire
import Synchronization

/// The lines of all instances of a service.
struct ServiceLogs: Sendable {
    /// What a followed log is made of: the lines of instances, and events, which tell of new instances.
    enum Key: Hashable, Sendable {
        case instance(InstanceID)
        case events
    }

    enum Element: Sendable {
        case line(LogLine)
        case event(Event)
    }

    let controlPlane: ControlPlane
    let service: String
    let tail: Int

    /// The newest `tail` lines of all instances, ended ones included, in the order in which they were written.
    func past() async throws -> [LogLineBody] {
        var newest: [LogLineBody] = []
        for instance in try await controlPlane.instances(of: service, includesEnded: true) {
            newest += await past(of: instance.id)
            newest.sort { $0.at < $1.at }
            newest = Array(newest.suffix(tail))
        }
        return newest
    }

    private func past(of id: InstanceID) async -> [LogLineBody] {
        var lines: [LogLineBody] = []
        do {
            for try await line in controlPlane.logs(of: id, tail: tail, follow: false) {
                lines.append(LogLineBody(line, instance: id))
            }
        } catch {
            // An instance that never wrote, or whose log was deleted meanwhile, has no lines: the others still have.
            return lines
        }
        return lines
    }

    /// The lines of the running instances from `tail` lines back, then each new line, those of new instances too.
    func follow() async throws -> StreamingAnswer<Key, Element> {
        // Events first: an instance that starts between the two reads is then in one of them.
        let events = try await controlPlane.watchEvents(of: service, after: nil)
        let instances = try await controlPlane.instances(of: service, includesEnded: true)
        var sources: [Key: StreamingAnswer<Key, Element>.Opening] = [
            .events: {
                StreamingAnswer<Key, Element>.Source {
                    var iterator = events.makeAsyncIterator()
                    return try await iterator.next().map { .event($0) }
                }
            }
        ]
        for instance in instances where !instance.state.isEnded {
            sources[.instance(instance.id)] = opening(instance.id, tail: tail)
        }
        let heard = HeardInstances(instances.filter(\.state.isEnded).map(\.id))
        return StreamingAnswer(sources: sources, heartbeat: "\n") { key, element in
            switch (key, element) {
            case (.instance(let id), .line(let line)):
                heard.insert(id)
                return StreamingAnswer.Step(text: LogLineBody(line, instance: id).line)
            case (_, .event(let event)):
                guard let id = event.instance, !heard.contains(id) else { return StreamingAnswer.Step() }
                return StreamingAnswer.Step(sources: [.instance(id): opening(id, tail: Limits.logTailMax)])
            case (.events, .line):
                return StreamingAnswer.Step()
            }
        }
    }

    private func opening(_ id: InstanceID, tail: Int) -> StreamingAnswer<Key, Element>.Opening {
        {
            let lines = controlPlane.logs(of: id, tail: tail, follow: true)
            return StreamingAnswer<Key, Element>.Source {
                var iterator = lines.makeAsyncIterator()
                return try await iterator.next().map { .line($0) }
            }
        }
    }
}

/// Instances that have written a line or will write none: their logs are not opened again when they are in the news.
private final class HeardInstances: Sendable {
    private let ids: Mutex<Set<InstanceID>>

    init(_ ids: [InstanceID]) { self.ids = Mutex(Set(ids)) }

    func contains(_ id: InstanceID) -> Bool { ids.withLock { $0.contains(id) } }

    func insert(_ id: InstanceID) { ids.withLock { _ = $0.insert(id) } }
}

extension LogLineBody {
    /// The line as a stream carries it: JSON and a line end.
    ///
    /// JSON has no line ends of its own.
    var line: String {
        guard let text = try? WireCoding.encode(self) else {
            // Encoding fails for numbers that are not finite only, and a log line has no numbers.
            preconditionFailure("a log line could not be encoded")
        }
        return String(decoding: text, as: UTF8.self) + "\n"
    }
}
