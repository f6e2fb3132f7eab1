import RunaboutModel
import RunaboutPlanning
import RunaboutStore
import Testing

@testable import RunaboutReconciler

struct MachineMemoryTests {
    @Test func theKernelsFileIsRead() {
        let text = "MemTotal:       24684440 kB\nMemFree:        20000000 kB\nMemAvailable:   23000000 kB\n"
        #expect(
            MachineMemory(meminfo: text)
                == MachineMemory(total: .kibibytes(24_684_440), available: .kibibytes(23_000_000)))
        #expect(MachineMemory(meminfo: "MemTotal: 1 kB\n") == nil)
        #expect(MachineMemory.current() != nil)
    }

    @Test func capacityIsBoundByWhatIsPromisedAndByWhatIsThere() {
        let memory = MachineMemory(total: .mebibytes(4_096), available: .mebibytes(3_000))
        // The example of the formula's documentation.
        #expect(memory.capacity(size: .mebibytes(512), promised: .mebibytes(1_024), reserve: .mebibytes(256)) == 5)
        #expect(memory.capacity(size: .mebibytes(512), promised: .mebibytes(3_800), reserve: .mebibytes(256)) == 0)
        #expect(memory.capacity(size: .mebibytes(512), promised: .mebibytes(9_000), reserve: .mebibytes(256)) == 0)
        let busy = MachineMemory(total: .mebibytes(4_096), available: .mebibytes(800))
        #expect(busy.capacity(size: .mebibytes(512), promised: .mebibytes(0), reserve: .mebibytes(256)) == 1)
    }
}

struct ProbeResponseTests {
    private func progress(_ parts: String..., limit: Int = 200) -> ProbeResponse.Progress {
        var response = ProbeResponse(limit: limit)
        var progress = ProbeResponse.Progress.incomplete
        for part in parts { progress = response.append(part.utf8) }
        return progress
    }

    @Test func theStatusIsFoundHoweverTheBytesCome() {
        #expect(progress("HTTP/1.1 204 No Content\r\n") == .status(204))
        #expect(progress("HT", "TP/1.0 50", "3 no", "\r\n") == .status(503))
        #expect(progress("HTTP/1.1 200\n") == .status(200))
    }

    @Test func anInterimResponseIsPassedOver() {
        #expect(progress("HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n") == .status(200))
        #expect(progress("HTTP/1.1 103 Early\r\nlink: x\r\n") == .incomplete)
    }

    @Test(arguments: ["SSH-2.0-OpenSSH\r\n", "HTTP/2 200\r\n", "HTTP/1.1 20x OK\r\n", "HTTP/1.1 999 \r\n", "\r\n"])
    func whatIsNoResponseIsMalformed(text: String) { #expect(progress(text) == .malformed) }

    @Test func aHeadWithoutEndIsCutOff() {
        #expect(progress(String(repeating: "a", count: 201)) == .malformed)
        #expect(progress(String(repeating: "a", count: 200)) == .incomplete)
    }
}

struct RecordBufferTests {
    private func record(_ number: Int) -> ServiceRecord {
        ServiceRecord(
            service: ServiceID(high: 0, low: 1), kind: .wake, at: UnixTime(milliseconds: Int64(number)), body: "{}")
    }

    @Test func aFloodDropsTheOldestAndCountsThem() {
        var buffer = RecordBuffer(limit: 10)
        var firsts = 0
        for number in 0..<35 where buffer.append(record(number)) { firsts += 1 }
        #expect(firsts == 1)
        let taken = buffer.takeAll()
        #expect(taken.records.count + taken.dropped == 35)
        #expect(taken.records.count <= 10)
        #expect(taken.records.last == record(34))
        #expect(buffer.takeAll().records.isEmpty)
    }

    @Test func whatIsPutBackComesFirst() {
        var buffer = RecordBuffer(limit: 3)
        _ = buffer.append(record(5))
        buffer.putBack([record(1), record(2), record(3)])
        #expect(buffer.takeAll().records == [record(2), record(3), record(5)])
    }
}

struct BackoffTests {
    @Test func waitsDoubleUpToTheCap() {
        #expect(retryBackoff(failures: 1) == .milliseconds(100))
        #expect(retryBackoff(failures: 2) == .milliseconds(200))
        #expect(retryBackoff(failures: 4) == .milliseconds(800))
        #expect(retryBackoff(failures: 1_000) == .seconds(30))
    }
}

struct LiveTableTests {
    @Test func anAdoptedInstanceCountsAgainstTheMachinesMemory() async throws {
        let world = try await World.make()
        let id = try await world.create(1)
        var snapshot = try #require(try await world.store.read { try $0.snapshot(of: id) })
        let revision = try #require(snapshot.target ?? snapshot.active)
        let row = Instance(
            id: InstanceID(high: 9, low: 1), service: id, revision: revision.id, state: .ready,
            createdAt: UnixTime(milliseconds: 0), updatedAt: UnixTime(milliseconds: 0))
        snapshot = ServiceSnapshot(
            service: snapshot.service, autoScaling: snapshot.autoScaling, active: snapshot.active,
            target: snapshot.target, operation: snapshot.operation, instances: [row])
        var table = LiveTable(generationBase: 0)
        table.insert(
            row.id, LiveInstance(service: id, memory: ByteCount(bytes: 0), runtime: .running, since: .zero))

        let machine = MachineMemory(
            total: .mebibytes(3 * revision.configuration.memoryMebibytes) + Limits.memoryReserve,
            available: .mebibytes(64_000))
        #expect(table.input(snapshot, memory: machine, now: .zero).capacity == 2)
    }
}
