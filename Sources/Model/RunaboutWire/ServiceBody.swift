import OCI
public import RunaboutModel

/// A service with all that a reader wants to see at once.
public struct ServiceBody: Hashable, Sendable, Codable {
    /// Unique; 32 hexadecimal digits.
    public let id: ServiceID
    /// Unique among services that are not deleted.
    public let name: String
    /// The host at which the front proxy answers for it.
    public let host: String
    /// Where a browser finds it: `https://NAME.BASE_DOMAIN`, with the port where it is not the scheme's own.
    public let url: String
    /// What its owner wants: `running`, `paused`, `deleted`.
    public let desired: DesiredRunState
    /// What it is doing.
    public let status: ServiceStatus
    /// Goes up with each change of what is desired; also the answer's ETag.
    public let generation: Int64
    /// The revision that serves; before that the one being deployed.
    public let revision: RevisionBody?
    /// How it scales.
    public let autoScaling: AutoScalingConfigurationBody
    /// Instances that have not ended.
    public let instances: [InstanceBody]
    /// The newest operation.
    public let operation: OperationBody?
    /// When it was made.
    public let createdAt: Timestamp
    /// When it last changed.
    public let updatedAt: Timestamp
    /// When it was deleted; absent while it exists.
    public let deletedAt: Timestamp?

    /// Takes the model's values.
    public init(
        _ service: Service,
        at address: PublicAddress,
        autoScaling: AutoScalingConfiguration,
        revision: Revision?,
        instances: [Instance],
        operation: Operation?,
    ) {
        self.id = service.id
        self.name = service.name
        self.host = service.host
        self.url = address.url(of: service.host)
        self.desired = service.desired
        self.status = service.status
        self.generation = service.generation
        self.revision = revision.map { RevisionBody($0) }
        self.autoScaling = AutoScalingConfigurationBody(autoScaling)
        self.instances = instances.map { InstanceBody($0) }
        self.operation = operation.map { OperationBody($0) }
        self.createdAt = Timestamp(service.createdAt)
        self.updatedAt = Timestamp(service.updatedAt)
        self.deletedAt = service.deletedAt.map { Timestamp($0) }
    }
}

/// A revision: an image's digest with a configuration.
public struct RevisionBody: Hashable, Sendable, Codable {
    /// Unique; 32 hexadecimal digits.
    public let id: RevisionID
    /// Counted up from 1 within a service.
    public let number: Int
    /// The image as its owner named it.
    public let image: String
    /// The manifest that name stood for.
    public let imageDigest: String
    /// How instances run.
    public let configuration: InstanceConfigurationBody
    /// When it was made.
    public let createdAt: Timestamp

    /// Takes the model's values.
    public init(_ revision: Revision) {
        self.id = revision.id
        self.number = revision.number
        self.image = revision.imageName
        self.imageDigest = revision.imageDigest.description
        self.configuration = InstanceConfigurationBody(revision.configuration)
        self.createdAt = Timestamp(revision.createdAt)
    }
}

/// One revision of an auto scaling configuration.
public struct AutoScalingConfigurationBody: Hashable, Sendable, Codable {
    /// Unique; 32 hexadecimal digits.
    public let id: AutoScalingConfigurationID
    /// Its name.
    public let name: String
    /// Counted up from 1 within a name.
    public let revision: Int
    /// Requests in flight at one instance, never exceeded.
    public let maxConcurrency: Int
    /// Instances kept even without requests.
    public let minSize: Int
    /// Instances at the most.
    public let maxSize: Int
    /// How far back the greatest want holds the number of instances up.
    public let stabilizationSeconds: Int
    /// When it was made.
    public let createdAt: Timestamp

    /// Takes the model's values.
    public init(_ configuration: AutoScalingConfiguration) {
        self.id = configuration.id
        self.name = configuration.name
        self.revision = configuration.revision
        self.maxConcurrency = configuration.maxConcurrency
        self.minSize = configuration.minSize
        self.maxSize = configuration.maxSize
        self.stabilizationSeconds = configuration.stabilizationSeconds
        self.createdAt = Timestamp(configuration.createdAt)
    }
}

/// A change under way, with the service as it is now.
public struct AcceptedBody: Hashable, Sendable, Codable {
    /// The service after the change was written down.
    public let service: ServiceBody
    /// The operation that carries it out.
    public let operation: OperationBody

    /// Takes both parts.
    public init(service: ServiceBody, operation: OperationBody) {
        self.service = service
        self.operation = operation
    }
}
