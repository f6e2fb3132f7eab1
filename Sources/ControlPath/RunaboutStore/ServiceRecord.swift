public import RunaboutModel

/// A value of one service kept for people, as JSON: a scaling decision, a wake from zero, a ledger entry.
public struct ServiceRecord: Hashable, Sendable {
    /// What the record is.
    public enum Kind: String, Sendable, CaseIterable {
        /// A `ScaleDecision`.
        case scaleDecision
        /// A `WakeReport`.
        case wake
        /// A `LedgerEntry` of a request that the platform ended.
        case ledgerEntry
    }

    /// Its service.
    public let service: ServiceID
    /// What it is.
    public let kind: Kind
    /// When it was made.
    public let at: UnixTime
    /// The value, JSON.
    public let body: String

    /// Takes all values.
    public init(service: ServiceID, kind: Kind, at: UnixTime, body: String) {
        self.service = service
        self.kind = kind
        self.at = at
        self.body = body
    }
}
