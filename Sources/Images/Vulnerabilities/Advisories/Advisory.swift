/// An advisory about one package, as the database gives it.
struct Advisory: Hashable {
    /// What is kept of each package that an advisory is about.
    struct Body: Hashable, Codable {
        var release: String
        var ranges: [VersionRange]
        var versions: [String]
        var rating: Rating
    }

    let id: String
    let aliases: [String]
    let summary: String
    let body: Body
}

extension OSVDocument {
    /// What of the document is kept, by family and name of the package.
    var kept: [(family: String, name: String, body: Advisory.Body)] {
        (affected ?? []).compactMap { affected in
            guard let package = affected.package else { return nil }
            let ecosystem = Ecosystem(package.ecosystem)
            guard Ecosystem.families.contains(ecosystem.family) else { return nil }
            let words = [affected.ecosystemSpecific, affected.databaseSpecific, databaseSpecific].flatMap {
                $0?.words ?? []
            }
            let ratings = affected.severity.flatMap { $0.isEmpty ? nil : $0 } ?? severity ?? []
            let body = Advisory.Body(
                release: ecosystem.release,
                ranges: (affected.ranges ?? []).filter { $0.type != "GIT" },
                versions: affected.versions ?? [],
                rating: Rating.best(of: ratings, words: words),
            )
            return (ecosystem.family, Ecosystem.key(package.name, family: ecosystem.family), body)
        }
    }

    /// One line for people: the summary, or the beginning of the details.
    var line: String {
        let text = summary.flatMap { $0.isEmpty ? nil : $0 } ?? details ?? ""
        return String(text.split(whereSeparator: \.isNewline).first?.prefix(200) ?? "")
    }
}
