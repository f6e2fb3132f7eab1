/// Reads apk's list of packages, and which files are theirs.
///
/// Source: apk-tools, "apk-installed" format: lines of a letter, a colon and a value, with an empty line behind each
/// package.
enum ApkDatabase {
    static func read(_ text: [UInt8], at place: Place) throws(PlaceError) -> FileFinding {
        var finding = FileFinding(layer: place.layerIndex)
        var values: [UInt8: String] = [:]
        var directory: ArraySlice<UInt8> = []
        for line in Stanzas.lines(of: text) {
            guard line.count >= 2, let key = line.first, line.dropFirst().first == UInt8(ascii: ":") else {
                if line.isEmpty {
                    try finish(&values, &finding, place)
                    directory = []
                }
                continue
            }
            let value = line.dropFirst(2)
            switch key {
            case UInt8(ascii: "F"): directory = value
            case UInt8(ascii: "R"):
                finding.ownedPaths += directory
                if !directory.isEmpty { finding.ownedPaths.append(UInt8(ascii: "/")) }
                finding.ownedPaths += value
                finding.ownedPaths.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "P"), UInt8(ascii: "V"), UInt8(ascii: "A"), UInt8(ascii: "o"):
                values[key] = String(decoding: value, as: UTF8.self)
            default: break
            }
        }
        try finish(&values, &finding, place)
        return finding
    }

    private static func finish(
        _ values: inout [UInt8: String], _ finding: inout FileFinding, _ place: Place,
    ) throws(PlaceError) {
        defer { values = [:] }
        guard let name = values[UInt8(ascii: "P")], let version = values[UInt8(ascii: "V")] else { return }
        let origin = values[UInt8(ascii: "o")] ?? name
        finding.packages.append(
            try place.package(
                .apk, name, version, architecture: values[UInt8(ascii: "A")],
                source: SourcePackage(name: origin, version: version)))
    }
}
