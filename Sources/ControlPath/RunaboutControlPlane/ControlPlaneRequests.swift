public import RunaboutModel

/// Who asks.
public struct Principal: Hashable, Sendable {
    /// `token:NAME`, `local:root`, `system`.
    public let name: String

    /// Takes the name.
    public init(name: String) { self.name = name }

    /// The platform itself.
    public static let system = Principal(name: "system")
}

/// What a new service should be.
public struct CreateServiceRequest: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// `repository[:tag|@digest]` in the embedded registry.
    public var image: String
    /// How its instances run.
    public var configuration: InstanceConfiguration
    /// `NAME` (newest revision) or `NAME/REVISION`; nil takes the default configuration.
    public var autoScaling: String?

    /// Takes all values.
    public init(name: String, image: String, configuration: InstanceConfiguration, autoScaling: String?) {
        self.name = name
        self.image = image
        self.configuration = configuration
        self.autoScaling = autoScaling
    }
}

/// What should change of a service; nil leaves a value as it is.
public struct UpdateServiceRequest: Hashable, Sendable {
    /// A new image.
    ///
    /// Naming the same tag again deploys what it stands for now.
    public var image: String?
    /// The whole new configuration.
    public var configuration: InstanceConfiguration?
    /// `NAME` or `NAME/REVISION`.
    ///
    /// Changing only this starts no deployment.
    public var autoScaling: String?

    /// Takes all values.
    public init(image: String? = nil, configuration: InstanceConfiguration? = nil, autoScaling: String? = nil) {
        self.image = image
        self.configuration = configuration
        self.autoScaling = autoScaling
    }
}

/// What a new (revision of an) auto scaling configuration should be.
public struct CreateAutoScalingConfigurationRequest: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// 1...200.
    public var maxConcurrency: Int
    /// 0...25.
    public var minSize: Int
    /// 1...1000.
    public var maxSize: Int
    /// 1...3600.
    public var stabilizationSeconds: Int

    /// Takes all values.
    public init(name: String, maxConcurrency: Int, minSize: Int, maxSize: Int, stabilizationSeconds: Int) {
        self.name = name
        self.maxConcurrency = maxConcurrency
        self.minSize = minSize
        self.maxSize = maxSize
        self.stabilizationSeconds = stabilizationSeconds
    }
}

/// A service with all that a reader wants to see at once.
public struct ServiceDetail: Hashable, Sendable {
    /// The row.
    public let service: Service
    /// Its scaling configuration.
    public let autoScaling: AutoScalingConfiguration
    /// The revision that serves; before that the one being deployed.
    public let revision: Revision?
    /// Instances that have not ended.
    public let instances: [Instance]
    /// The newest operation.
    public let operation: Operation?

    /// Takes all values.
    public init(
        service: Service,
        autoScaling: AutoScalingConfiguration,
        revision: Revision?,
        instances: [Instance],
        operation: Operation?,
    ) {
        self.service = service
        self.autoScaling = autoScaling
        self.revision = revision
        self.instances = instances
        self.operation = operation
    }
}

/// One page of a list.
public struct Page<Item: Sendable>: Sendable {
    /// What is on it.
    public let items: [Item]
    /// Given back to get the next page; nil on the last.
    public let nextToken: String?

    /// Takes both values.
    public init(items: [Item], nextToken: String?) {
        self.items = items
        self.nextToken = nextToken
    }
}
