/// The reference page of all cases.
enum ConformancePage {
    static func text(of groups: [ConformanceGroup]) -> String {
        let all = groups.reduce(0) { $0 + $1.cases.count }
        var text = """
            # Registry conformance

            What the registry must do by the OCI distribution specification 1.1, case by case, in the four workflows that the
            specification has: \(all) cases in \(groups.count) groups. Each group runs on a registry that was empty before, over a
            real connection, with the real database and the real disk. This page is written from
            `Tests/RegistryConformanceTests/`; a test compares the two.

            | Group | Pull | Push | Discovery | Management | All |
            |---|---:|---:|---:|---:|---:|

            """
        for group in groups { text += row(group.name, [group]) }
        text += row("**all**", groups)
        for group in groups {
            text += "\n## \(group.name)\n\n"
            for item in group.cases { text += "- \(item.category.rawValue): \(item.name)\n" }
        }
        return text
    }

    private static func row(_ name: String, _ groups: [ConformanceGroup]) -> String {
        let counts = Category.allCases.map { category in groups.reduce(0) { $0 + $1.count(of: category) } }
        let cells = (counts + [counts.reduce(0, +)]).map { String($0) }.joined(separator: " | ")
        return "| \(name) | \(cells) |\n"
    }
}
