import OCI
import RunaboutModel

@testable import RunaboutStore

extension UnixTime {
    /// Seconds after a start that is the same in every test.
    static func at(_ seconds: Int64) -> UnixTime { UnixTime(milliseconds: 1_700_000_000_000 + seconds * 1_000) }
}

extension ID {
    /// The id of a number.
    static func number(_ number: UInt64) -> ID { ID(high: 0, low: number) }
}

extension Digest {
    /// A digest made of a number.
    static func number(_ number: UInt64) throws -> Digest {
        let hex = ServiceID(high: 0, low: number).rawValue
        return try Expect.value(Digest(algorithm: .sha256, hex: hex + hex))
    }
}

/// Takes the value out of an optional that a builder knows to hold one.
enum Expect {
    struct Missing: Error {}

    static func value<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }
}

/// Rows whose defaults are valid, so that a test says only what matters to it.
enum Rows {
    static func autoScaling(_ number: UInt64 = 1_000, name: String = "scaling", revision: Int = 1)
        -> AutoScalingConfiguration
    {
        AutoScalingConfiguration(
            id: .number(number), name: name, revision: revision, maxConcurrency: 30, minSize: 1, maxSize: 10,
            createdAt: .at(0))
    }

    static func service(
        _ number: UInt64 = 1,
        name: String? = nil,
        status: ServiceStatus = .operationInProgress,
        target: RevisionID? = nil,
        autoScaling: AutoScalingConfigurationID = .number(1_000),
    ) -> Service {
        let name = name ?? "service-\(number)"
        return Service(
            id: .number(number), name: name, host: "\(name).localhost", desired: .running, status: status,
            generation: 1,
            activeRevision: nil, targetRevision: target, autoScaling: autoScaling, createdAt: .at(Int64(number)),
            updatedAt: .at(Int64(number)), deletedAt: nil)
    }

    static func revision(_ number: UInt64 = 1, service: UInt64 = 1, ordinal: Int = 1, image: UInt64 = 1)
        throws -> Revision
    {
        Revision(
            id: .number(number), service: .number(service), number: ordinal, imageName: "web:latest",
            imageDigest: try .number(image), configuration: InstanceConfiguration(environment: ["A": "b"]),
            createdAt: .at(1))
    }

    static func operation(
        _ number: UInt64 = 1, service: UInt64 = 1, type: OperationType = .createService,
        status: OperationStatus = .inProgress,
    ) -> Operation {
        Operation(
            id: .number(number), service: .number(service), type: type, status: status, startedAt: .at(1),
            endedAt: status.isEnded ? .at(1) : nil)
    }

    static func instance(_ number: UInt64 = 1, service: UInt64 = 1, revision: UInt64 = 1) -> Instance {
        Instance(
            id: .number(number), service: .number(service), revision: .number(revision), state: .pending,
            createdAt: .at(Int64(number)), updatedAt: .at(Int64(number)))
    }

    /// A service that is being created, with its revision, operation and configuration, all of the number 1.
    static func insertService(_ transaction: borrowing StoreTransaction) throws {
        try transaction.insertAutoScalingConfiguration(autoScaling())
        let revision = try revision()
        try transaction.insertService(service(target: revision.id))
        try transaction.insertRevision(revision)
        try transaction.insertOperation(operation())
    }
}
