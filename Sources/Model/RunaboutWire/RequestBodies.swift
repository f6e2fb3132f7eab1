/// What a new service should be.
public struct CreateServiceBody: Hashable, Sendable, Codable, RequestBodyDecodable {
    /// Its name.
    public var name: String
    /// `repository[:tag|@digest]` in the embedded registry.
    public var image: String
    /// How its instances run; absent takes every default.
    public var configuration: InstanceConfigurationBody?
    /// `NAME` (newest revision) or `NAME/REVISION`; absent takes the default configuration.
    public var autoScaling: String?

    /// Takes all values.
    public init(
        name: String, image: String, configuration: InstanceConfigurationBody? = nil, autoScaling: String? = nil,
    ) {
        self.name = name
        self.image = image
        self.configuration = configuration
        self.autoScaling = autoScaling
    }

    /// Reads its fields.
    public init(from reader: inout FieldReader) {
        name = reader.requiredString("name")
        image = reader.requiredString("image")
        configuration = reader.object("configuration", of: InstanceConfigurationBody.self)
        autoScaling = reader.string("autoScaling")
    }
}

/// What should change of a service; what is absent stays as it is.
public struct UpdateServiceBody: Hashable, Sendable, Codable, RequestBodyDecodable {
    /// A new image; the same tag again deploys what it stands for now.
    public var image: String?
    /// The whole new configuration: fields left out of it get their defaults.
    public var configuration: InstanceConfigurationBody?
    /// `NAME` or `NAME/REVISION`; changing only this starts no deployment.
    public var autoScaling: String?

    /// Takes all values.
    public init(
        image: String? = nil, configuration: InstanceConfigurationBody? = nil, autoScaling: String? = nil,
    ) {
        self.image = image
        self.configuration = configuration
        self.autoScaling = autoScaling
    }

    /// Reads its fields.
    public init(from reader: inout FieldReader) {
        image = reader.string("image")
        configuration = reader.object("configuration", of: InstanceConfigurationBody.self)
        autoScaling = reader.string("autoScaling")
    }
}

/// What a new auto scaling configuration, or its next revision, should be.
public struct CreateAutoScalingConfigurationBody: Hashable, Sendable, Codable, RequestBodyDecodable {
    /// Its name.
    public var name: String
    /// Requests in flight at one instance; absent is 100.
    public var maxConcurrency: Int?
    /// Instances kept even without requests; absent is 1.
    public var minSize: Int?
    /// Instances at the most; absent is 25.
    public var maxSize: Int?
    /// How far back the greatest want holds the number of instances up; absent is 60.
    public var stabilizationSeconds: Int?

    /// Takes all values.
    public init(
        name: String,
        maxConcurrency: Int? = nil,
        minSize: Int? = nil,
        maxSize: Int? = nil,
        stabilizationSeconds: Int? = nil,
    ) {
        self.name = name
        self.maxConcurrency = maxConcurrency
        self.minSize = minSize
        self.maxSize = maxSize
        self.stabilizationSeconds = stabilizationSeconds
    }

    /// Reads its fields.
    public init(from reader: inout FieldReader) {
        name = reader.requiredString("name")
        maxConcurrency = reader.integer("maxConcurrency")
        minSize = reader.integer("minSize")
        maxSize = reader.integer("maxSize")
        stabilizationSeconds = reader.integer("stabilizationSeconds")
    }
}
