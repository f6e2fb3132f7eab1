/// Finds the numbers behind the user that an image names.
///
/// Source: OCI image-spec 1.1, `config.User`; the files are those of passwd(5) and group(5).
public struct UserLookup: Sendable {
    /// The most a user or group number may be: the last that the container's own user namespace has.
    private static let idMax = 65_535

    private let users: [[Substring]]
    private let groups: [[Substring]]

    /// A user as numbers, with where it is at home.
    public struct Found: Hashable, Sendable {
        /// Its numbers.
        public let user: ContainerProcess.User
        /// Its home directory; `/` when the image says nothing.
        public let home: String
    }

    /// Why a user can't be found.
    public struct Unknown: Error, Hashable, CustomStringConvertible {
        /// What was looked for, and where.
        public let description: String
    }

    /// Takes the texts of `/etc/passwd` and `/etc/group`, empty where the image has none.
    public init(passwd: String, group: String) {
        self.users = Self.records(passwd)
        self.groups = Self.records(group)
    }

    /// The numbers for `user`, `uid`, `user:group` or `uid:gid`; root when nil or empty.
    ///
    /// A number needs no entry. Without a group the user's own one holds, or 0 where there is no entry.
    /// - Throws: when a name has no entry, or a number is above 65,535.
    public func find(_ text: String?) throws(Unknown) -> Found {
        let parts = (text ?? "").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let userText = parts.first.flatMap { $0.isEmpty ? nil : $0 } ?? "0"
        let record =
            users.first { $0.count > 3 && $0[0] == userText } ?? users.first { $0.count > 3 && $0[2] == userText }
        guard let uid = record.flatMap({ Int($0[2]) }) ?? Int(userText) else {
            throw Unknown(description: "the image's user '\(userText)' is not in its /etc/passwd")
        }
        var gid = record.flatMap { Int($0[3]) } ?? 0
        if parts.count > 1, !parts[1].isEmpty {
            let named = groups.first { $0.count > 2 && $0[0] == parts[1] }
            guard let number = named.flatMap({ Int($0[2]) }) ?? Int(parts[1]) else {
                throw Unknown(description: "the image's group '\(parts[1])' is not in its /etc/group")
            }
            gid = number
        }
        guard (0...Self.idMax).contains(uid), (0...Self.idMax).contains(gid) else {
            throw Unknown(description: "the image's user \(uid):\(gid) is not within 0...\(Self.idMax)")
        }
        let home = record.flatMap { $0.count > 5 && $0[5].hasPrefix("/") ? String($0[5]) : nil } ?? "/"
        return Found(
            user: ContainerProcess.User(uid: uid, gid: gid, additionalGids: furtherGroups(of: record, besides: gid)),
            home: home)
    }

    private func furtherGroups(of record: [Substring]?, besides gid: Int) -> [Int] {
        guard let name = record?.first else { return [] }
        let numbers = groups.compactMap { group -> Int? in
            guard group.count > 3, group[3].split(separator: ",").contains(name) else { return nil }
            return Int(group[2]).flatMap { (0...Self.idMax).contains($0) && $0 != gid ? $0 : nil }
        }
        return Set(numbers).sorted()
    }

    private static func records(_ text: String) -> [[Substring]] {
        text.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
    }
}
