import OCI
import RunaboutModel

/// Checks what clients send and collects all that is wrong, so that nobody has to ask twice.
struct Validation {
    private(set) var fields: [ControlPlaneError.Field] = []

    /// Notes that a field is not what it has to be.
    mutating func refuse(_ path: String, _ message: String) {
        fields.append(ControlPlaneError.Field(path: path, message: message))
    }

    /// - Throws: `invalidRequest` with every field that was refused.
    func finish() throws(ControlPlaneError) {
        guard fields.isEmpty else { throw Self.refusal(fields) }
    }

    static func refusal(_ fields: [ControlPlaneError.Field]) -> ControlPlaneError {
        let message = fields.count == 1 ? "A field is not what it has to be." : "\(fields.count) fields are wrong."
        return ControlPlaneError(code: .invalidRequest, message: message, fields: fields)
    }

    static func checkPage(limit: Int) throws(ControlPlaneError) {
        var validation = Validation()
        validation.check(limit, in: 1...Limits.pageSizeMax, "limit")
        try validation.finish()
    }

    mutating func check<Value: Comparable & Sendable>(_ value: Value, in range: ClosedRange<Value>, _ path: String) {
        guard !range.contains(value) else { return }
        refuse(path, "has to be \(range.lowerBound)...\(range.upperBound); it was \(value)")
    }

    /// Names of services and configurations: `[A-Za-z0-9][A-Za-z0-9-_]*` of a length in the range.
    mutating func checkName(_ name: String, length: ClosedRange<Int>, _ path: String) {
        let first = name.utf8.first.map(Self.isLetterOrDigit) ?? false
        let rest = name.utf8.allSatisfy {
            Self.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard !first || !rest || !length.contains(name.utf8.count) else { return }
        refuse(
            path,
            "has to be \(length.lowerBound)...\(length.upperBound) letters, digits, '-' or '_', the first a letter or "
                + "digit; it was \(Self.quoted(name))")
    }

    mutating func check(_ configuration: InstanceConfiguration, _ path: String) {
        check(configuration.port, in: Limits.portRange, "\(path).port")
        if let command = configuration.startCommand { checkStartCommand(command, "\(path).startCommand") }
        checkEnvironment(configuration.environment, "\(path).environment")
        check(configuration.cpuMillis, in: Limits.cpuMillisRange, "\(path).cpuMillis")
        check(configuration.memoryMebibytes, in: Limits.memoryMebibytesRange, "\(path).memoryMebibytes")
        check(configuration.healthCheck, "\(path).healthCheck")
        check(configuration.startDeadlineSeconds, in: Limits.startDeadlineSecondsRange, "\(path).startDeadlineSeconds")
        check(configuration.stopGraceSeconds, in: Limits.stopGraceSecondsRange, "\(path).stopGraceSeconds")
        checkTimeouts(of: configuration, path)
    }

    private mutating func checkTimeouts(of configuration: InstanceConfiguration, _ path: String) {
        let total = configuration.requestTimeoutSeconds
        check(total, in: Limits.requestTimeoutSecondsRange, "\(path).requestTimeoutSeconds")
        check(
            configuration.connectTimeoutSeconds, in: Limits.connectTimeoutSecondsRange, "\(path).connectTimeoutSeconds")
        check(configuration.idleTimeoutSeconds, in: Limits.idleTimeoutSecondsRange, "\(path).idleTimeoutSeconds")
        if let drain = configuration.drainTimeoutSeconds {
            check(drain, in: Limits.drainTimeoutSecondsRange, "\(path).drainTimeoutSeconds")
        }
        guard let header = configuration.responseHeaderTimeoutSeconds else { return }
        if header > total, Limits.requestTimeoutSecondsRange.contains(total) {
            refuse(
                "\(path).responseHeaderTimeoutSeconds",
                "has to be at most requestTimeoutSeconds, which is \(total); it was \(header)")
        } else {
            check(header, in: Limits.requestTimeoutSecondsRange, "\(path).responseHeaderTimeoutSeconds")
        }
    }

    private mutating func check(_ health: HealthCheckConfiguration, _ path: String) {
        let isPath = health.path.hasPrefix("/") && health.path.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        if !isPath || health.path.utf8.count > Limits.healthCheckPathBytesMax {
            refuse(
                "\(path).path",
                "has to begin with '/' and be at most \(Limits.healthCheckPathBytesMax) visible ASCII characters; it was "
                    + Self.quoted(health.path))
        }
        check(health.intervalSeconds, in: Limits.healthCheckRange, "\(path).intervalSeconds")
        check(health.timeoutSeconds, in: Limits.healthCheckRange, "\(path).timeoutSeconds")
        check(health.healthyThreshold, in: Limits.healthCheckRange, "\(path).healthyThreshold")
        check(health.unhealthyThreshold, in: Limits.healthCheckRange, "\(path).unhealthyThreshold")
    }

    private mutating func checkStartCommand(_ words: [String], _ path: String) {
        if !(1...Limits.startCommandWordsMax).contains(words.count) {
            refuse(path, "has to be 1...\(Limits.startCommandWordsMax) words; it was \(words.count)")
        }
        if words.first?.isEmpty == true { refuse("\(path)[0]", "has to name a program; it was empty") }
        for (index, word) in words.enumerated().prefix(Limits.startCommandWordsMax) {
            guard word.utf8.contains(0) || word.utf8.count > Limits.startCommandWordBytesMax else { continue }
            refuse(
                "\(path)[\(index)]",
                "has to be at most \(Limits.startCommandWordBytesMax) bytes without a NUL; it was \(word.utf8.count) bytes"
            )
        }
    }

    private mutating func checkEnvironment(_ environment: [String: String], _ path: String) {
        if environment.count > Limits.environmentVariablesMax {
            refuse(
                path, "has to be at most \(Limits.environmentVariablesMax) variables; there were \(environment.count)")
        }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }).prefix(Limits.environmentVariablesMax) {
            let field = "\(path).\(Self.shortened(name))"
            checkEnvironmentName(name, field)
            if value.utf8.contains(0) || value.utf8.count > Limits.environmentValueBytesMax {
                refuse(
                    field,
                    "has to be at most \(Limits.environmentValueBytesMax) bytes without a NUL; it was "
                        + "\(value.utf8.count) bytes")
            }
        }
    }

    private mutating func checkEnvironmentName(_ name: String, _ field: String) {
        let isWord = name.utf8.allSatisfy { Self.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
        let isDigit = name.utf8.first.map { (48...57).contains($0) } ?? true
        if !isWord || isDigit || name.utf8.count > Limits.environmentNameBytesMax {
            refuse(
                field,
                "has to be named with at most \(Limits.environmentNameBytesMax) letters, digits and '_', the first not a "
                    + "digit; the name was \(Self.quoted(name))")
        } else if name == "PORT" {
            refuse(field, "is set by the platform; say 'port' instead")
        } else if name.hasPrefix("RUNABOUT_") {
            refuse(field, "can't be set: names that begin with RUNABOUT_ are the platform's")
        }
    }

    /// A reference to an image of our own registry; nil, and noted, when it is none.
    mutating func imageReference(_ text: String, _ path: String) -> ImageReference? {
        do throws(ImageReference.ParseError) {
            return try ImageReference(parsing: text)
        } catch {
            var message = "has to be 'repository', 'repository:tag' or 'repository@digest' of the embedded registry; "
            message += Self.shortened(error.description)
            if Self.namesHost(text) { message += ". Leave the host in front of the repository away" }
            refuse(path, message)
            return nil
        }
    }

    /// Whether the part before the first slash can only be a host.
    static func namesHost(_ text: String) -> Bool {
        guard let slash = text.firstIndex(of: "/") else { return false }
        let first = text[..<slash]
        return first.contains(":") || first.contains(".") || first == "localhost"
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func quoted(_ text: String) -> String { "'\(shortened(text))'" }

    /// What a client sent, short enough to be repeated in an answer.
    private static func shortened(_ text: String) -> String {
        text.count > 200 ? text.prefix(200) + "..." : text
    }
}
