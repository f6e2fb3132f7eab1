/// Finds what a Go program says it was built from, as the program passes by.
///
/// The linker puts a mark at an address that is a multiple of 16, and behind it, since Go 1.18, two texts with their
/// lengths: Go's version and the modules. Older programs have addresses there instead, which are not followed.
/// Source: Go's `debug/buildinfo`.
struct GoBuildInformation {
    enum Outcome: Equatable {
        /// Not built by Go.
        case none
        /// Built by a Go that is too old to be read.
        case old
        case found(goVersion: String, modules: String)
    }

    private static let mark: [UInt8] = [0xFF] + Array(" Go buildinf:".utf8)
    private static let headerBytes = 32
    private static let inlineFlag: UInt8 = 2
    private static let versionBytesMax = 256
    /// The modules' text stands between two marks of this length.
    private static let frameBytes = 16

    private let bytesMax: Int
    /// What is not looked at yet: at least from the last multiple of 16 on.
    private var pending: [UInt8] = []
    private var isCollecting = false
    private(set) var outcome = Outcome.none

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    var isDone: Bool {
        if case .found = outcome { return true }
        return false
    }

    /// Takes the next bytes of the file.
    mutating func feed(_ bytes: some Collection<UInt8>) {
        guard !isDone else { return }
        pending += bytes
        search(isEnd: false)
    }

    /// No more bytes come.
    mutating func finish() {
        if !isDone { search(isEnd: true) }
        pending = []
    }

    private mutating func search(isEnd: Bool) {
        var start = 0
        while start + Self.headerBytes <= pending.count {
            if pending[start] == 0xFF, pending[start..<(start + Self.mark.count)].elementsEqual(Self.mark) {
                guard isEnd || pending.count - start >= bytesMax else {
                    pending.removeFirst(start)
                    return
                }
                judge(pending[start...].prefix(bytesMax))
                if isDone { return }
            }
            start += 16
        }
        pending.removeFirst(min(start, pending.count))
    }

    private mutating func judge(_ bytes: ArraySlice<UInt8>) {
        let flags = bytes[bytes.startIndex + 15]
        guard flags & Self.inlineFlag != 0 else {
            if outcome == .none, [4, 8].contains(bytes[bytes.startIndex + 14]) { outcome = .old }
            return
        }
        var rest = bytes.dropFirst(Self.headerBytes)
        // Looked at before it is copied: a file may be full of marks.
        guard let version = Self.text(&rest), version.count <= Self.versionBytesMax,
            version.starts(with: "go".utf8) || version.starts(with: "devel".utf8), let modules = Self.text(&rest)
        else { return }
        let goVersion = String(decoding: version, as: UTF8.self)
        let inner = modules.dropFirst(Self.frameBytes).dropLast(Self.frameBytes)
        outcome = .found(goVersion: goVersion, modules: String(decoding: inner, as: UTF8.self))
    }

    /// A text behind its length, which has seven bits in each byte, the lowest first.
    private static func text(_ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var length = 0
        for shift in stride(from: 0, through: 28, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            length |= Int(byte & 0x7F) << shift
            if byte < 0x80 {
                guard length <= bytes.count else { return nil }
                let text = bytes.prefix(length)
                bytes = bytes.dropFirst(length)
                return text
            }
        }
        return nil
    }
}

extension GoBuildInformation {
    /// The modules of a program, and Go's standard library as the module `stdlib`, which is what advisories call it.
    static func packages(goVersion: String, modules: String, at place: Place) throws(PlaceError) -> [InstalledPackage] {
        var packages: [InstalledPackage] = []
        // `go1.22.1 X:experiment` and `devel go1.23-abc` are possible, too.
        let version = goVersion.split(separator: " ").first { $0.hasPrefix("go") }?.dropFirst(2)
        if let version, version.first?.isNumber == true {
            packages.append(try place.package(.go, "stdlib", Self.semantic(String(version))))
        }
        for line in modules.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count >= 3 else { continue }
            switch fields[0] {
            case "=>":
                // What the line before names was replaced by this.
                if !packages.isEmpty { packages.removeLast() }
            case "mod" where fields[2] == "(devel)" || fields[2].isEmpty: continue
            case "mod", "dep": break
            default: continue
            }
            // A replacement by a directory has no version, and no advisories either.
            guard !fields[2].isEmpty else { continue }
            packages.append(try place.package(.go, String(fields[1]), String(fields[2])))
        }
        return packages
    }

    /// `1.22rc1` is Go's way to write `1.22.0-rc1`.
    private static func semantic(_ version: String) -> String {
        let numbers = version.prefix { $0.isNumber || $0 == "." }
        let suffix = version.dropFirst(numbers.count)
        guard !suffix.isEmpty else { return String(numbers) }
        let missing = String(repeating: ".0", count: max(0, 2 - numbers.count { $0 == "." }))
        return "\(numbers)\(missing)-\(suffix.drop { $0 == "-" })"
    }
}
