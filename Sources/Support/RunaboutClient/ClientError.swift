public import RunaboutWire

/// Why a call of the control API gave no result.
public enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nothing answers there.
    case unreachable(place: String, reason: String)
    /// The socket is there and may not be opened by this user.
    case notPermitted(path: String)
    /// No answer came in time.
    case timedOut(place: String)
    /// The daemon refused or failed, and says why.
    case refused(Problem)
    /// What answered is not a Runabout daemon, or one of another time.
    case malformedAnswer(String)

    /// What was attempted, on what, and what to do.
    public var description: String {
        switch self {
        case .unreachable(let place, let reason):
            "No daemon answers at \(place): \(reason). Is runaboutd running?"
        case .notPermitted(let path):
            "The socket \(path) is there, but this user may not open it. "
                + "Run the command as the daemon's user, or give --url and --token."
        case .timedOut(let place):
            "The daemon at \(place) did not answer in time."
        case .refused(let problem):
            problem.description
        case .malformedAnswer(let reason):
            "The answer was not one of a Runabout daemon: \(reason)."
        }
    }
}
