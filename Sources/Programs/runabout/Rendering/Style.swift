import RunaboutModel

/// What a word means, and with that how it looks.
enum Tone: Equatable {
    case normal
    case good
    case busy
    case bad
    case faint
    case strong
}

/// Whether words are coloured.
enum Style: Equatable {
    case plain
    case coloured

    /// The text in its tone.
    func apply(_ tone: Tone, to text: String) -> String {
        guard self == .coloured, let code = Self.code(tone) else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    private static func code(_ tone: Tone) -> String? {
        switch tone {
        case .normal: nil
        case .good: "32"
        case .busy: "33"
        case .bad: "31"
        case .faint: "2"
        case .strong: "1"
        }
    }
}

extension ServiceStatus {
    /// In people's words.
    var words: String {
        switch self {
        case .operationInProgress: "in progress"
        case .running: "running"
        case .paused: "paused"
        case .createFailed: "create failed"
        case .deleteFailed: "delete failed"
        case .deleted: "deleted"
        }
    }

    /// How it looks.
    var tone: Tone {
        switch self {
        case .running: .good
        case .operationInProgress: .busy
        case .paused, .deleted: .faint
        case .createFailed, .deleteFailed: .bad
        }
    }
}

extension InstanceState {
    /// How it looks.
    var tone: Tone {
        switch self {
        case .ready: .good
        case .pending, .creating, .starting, .draining, .stopping: .busy
        case .frozen, .stopped: .faint
        case .failed: .bad
        }
    }
}

extension OperationStatus {
    /// In people's words.
    var words: String {
        switch self {
        case .pending: "pending"
        case .inProgress: "in progress"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .rollbackSucceeded: "failed, rolled back"
        }
    }

    /// How it looks.
    var tone: Tone {
        switch self {
        case .pending, .inProgress: .busy
        case .succeeded: .good
        case .failed, .rollbackSucceeded: .bad
        }
    }
}

extension OperationType {
    /// In people's words.
    var words: String {
        switch self {
        case .createService: "create"
        case .updateService: "update"
        case .startDeployment: "deploy"
        case .pauseService: "pause"
        case .resumeService: "resume"
        case .deleteService: "delete"
        }
    }
}
