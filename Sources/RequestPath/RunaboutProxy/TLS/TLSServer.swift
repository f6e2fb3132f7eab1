import CTLS
import Glibc
package import RunaboutLink
package import RunaboutModel

/// From what all loops of a process derive their ticket keys, each by itself and all the same.
///
/// Period by period: the next period's keys come from this one's by a one-way function, so that nobody who reads our
/// memory can decrypt tickets of periods that are over.
package struct TLSTicketSecret: Sendable, CustomStringConvertible {
    let bytes: [UInt8]
    /// When the first period began.
    let start: MonotonicTime

    /// Takes random bytes from the operating system's generator.
    package init(start: MonotonicTime) {
        var bytes = [UInt8](repeating: 0, count: Int(CTLS_TICKET_SECRET_BYTES))
        guard ctls_random(&bytes, bytes.count) == 1 else {
            preconditionFailure("OpenSSL has no random bytes")
        }
        self.bytes = bytes
        self.start = start
    }

    /// The number of the period that a time is in, of `Limits.tlsTicketPeriod` each, from 0.
    package func period(at now: MonotonicTime) -> UInt64 {
        UInt64(max(0, (now - start).wholeNanoseconds / Limits.tlsTicketPeriod.wholeNanoseconds))
    }

    /// A placeholder.
    package var description: String { "(secret)" }
}

/// Certificates by host, for one server, ready for handshakes.
///
/// Made on any thread. Handed to its server, or freed.
package struct TLSTable: @unchecked Sendable {
    // Sendable: nothing changes a table after it was made, but for its one owner freeing it.
    let pointer: OpaquePointer

    /// Frees it.
    ///
    /// Connections that use its certificates keep them.
    package func free() { ctls_table_free(pointer) }
}

/// A certificate that can't be used.
package struct TLSCertificateProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The hosts it is for.
    package let hosts: [String]
    /// What is wrong with it.
    package let reason: String

    /// One sentence; holds nothing of the key.
    package var description: String {
        "The certificate for \(hosts.joined(separator: ", ")) can't be used: \(reason)."
    }
}

/// TLS of one event loop: its certificates, its ticket keys and everything that its sessions share.
///
/// A plain handle. All but ``table(_:)`` is for the loop's thread. Freed once, after its sessions and tables.
package struct TLSServer: @unchecked Sendable {
    // Sendable: other threads only make tables for it, which reads what never changes after `init`.
    let pointer: OpaquePointer
    private let tickets: TLSTicketSecret

    /// Makes a server without certificates.
    ///
    /// - Parameters:
    ///   - tickets: the same for all servers of a process.
    ///   - offersHTTP2: whether clients may choose `h2`.
    package init(tickets: TLSTicketSecret, offersHTTP2: Bool) {
        let seconds = UInt32(Limits.tlsTicketPeriod.components.seconds)
        guard let pointer = ctls_server_new(tickets.bytes, offersHTTP2 ? 1 : 0, seconds) else {
            preconditionFailure("OpenSSL could not make a TLS server: no memory, or AES, SHA-256 or HMAC is missing")
        }
        self.pointer = pointer
        self.tickets = tickets
    }

    /// A table of certificates, of which the first is shown to clients that name an unknown host or none.
    ///
    /// On any thread. Of two for one host the first counts.
    /// - Throws: ``TLSCertificateProblem`` for the first that can't be used.
    package func table(_ certificates: [RouterCertificate]) throws(TLSCertificateProblem) -> TLSTable {
        guard let table = ctls_table_new(pointer) else { preconditionFailure("There is no memory for certificates") }
        for certificate in certificates {
            if let reason = Self.add(certificate, to: table) {
                ctls_table_free(table)
                throw TLSCertificateProblem(hosts: certificate.hosts, reason: reason)
            }
        }
        return TLSTable(pointer: table)
    }

    private static func add(_ certificate: RouterCertificate, to table: OpaquePointer) -> String? {
        let hosts = certificate.hosts.map { strdup($0) }
        defer { for host in hosts { Glibc.free(host) } }
        var chain = certificate.chain
        var key = certificate.key.revealed
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { reason in
            let pointers = hosts.map { UnsafePointer<CChar>($0) }
            let isAdded = chain.withUTF8 { chain in
                key.withUTF8 { key in
                    chain.withMemoryRebound(to: CChar.self) { chain in
                        key.withMemoryRebound(to: CChar.self) { key in
                            ctls_table_add(
                                table, pointers, pointers.count, chain.baseAddress, chain.count, key.baseAddress,
                                key.count, reason.baseAddress, reason.count)
                        }
                    }
                }
            }
            guard isAdded == 0, let text = reason.baseAddress else { return nil }
            return String(cString: text)
        }
    }

    /// Puts a table in force for connections to come; those that are open keep what they have.
    ///
    /// - Returns: the table that was in force, to be freed, on any thread.
    package func install(_ table: TLSTable) -> TLSTable? {
        ctls_server_exchange_table(pointer, table.pointer).map { TLSTable(pointer: $0) }
    }

    /// Begins TLS on a connection that was accepted.
    ///
    /// - Returns: nil while there is no certificate, or no memory.
    package func session(now: MonotonicTime) -> TLSSession? {
        ctls_server_advance_tickets(pointer, tickets.period(at: now))
        return ctls_server_session(pointer).map { TLSSession(pointer: $0) }
    }

    /// Frees it, with the table in force.
    package func free() { ctls_server_free(pointer) }
}
