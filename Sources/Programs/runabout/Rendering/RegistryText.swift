import RunaboutModel
import RunaboutWire

/// The registry's images as a table.
func imageTable(_ images: [ImageBody], now: UnixTime, style: Style) -> [String] {
    guard !images.isEmpty else { return ["No images. Push one: skopeo copy, docker push, podman push."] }
    var table = Table(
        ("REPOSITORY", .left), ("TAGS", .left), ("DIGEST", .left), ("SIZE", .right), ("CONTENT", .left),
        ("PUSHED", .right), ("USED BY", .left))
    for image in images {
        let content =
            image.layers.map { counted($0, "layer") } ?? image.manifests.map { counted($0, "manifest") } ?? ""
        let uses = image.uses.map { "\($0.service)/\($0.revision)\($0.isActive ? "" : " (kept)")" }
        table.rows.append([
            Cell(image.repository, .strong), Cell(image.tags.isEmpty ? "-" : image.tags.joined(separator: ", ")),
            Cell(shortDigest("\(image.digest)")), Cell(byteText(image.bytes)), Cell(content),
            Cell(image.pushedAt.map { age(of: $0, now: now) } ?? "-"), Cell(uses.joined(separator: ", ")),
        ])
    }
    return table.lines(style: style)
}

/// What a collection took away.
func collectionText(_ parts: [CollectionBody], style: Style) -> [String] {
    let isTrial = parts.first?.dryRun ?? false
    var lines: [String] = []
    for entry in parts.flatMap(\.manifests) {
        lines.append(style.apply(.faint, to: "manifest  ") + "\(entry.repository)@\(entry.digest)")
    }
    let counts = [
        counted(parts.reduce(0) { $0 + $1.manifests.count }, "manifest"),
        counted(parts.reduce(0) { $0 + $1.blobs.count }, "blob"),
        counted(parts.reduce(0) { $0 + $1.layers.count }, "unpacked layer"),
        counted(parts.reduce(0) { $0 + $1.files }, "file"),
    ]
    let bytes = byteText(parts.reduce(0) { $0 + $1.bytes })
    lines.append("\(isTrial ? "Would remove" : "Removed") \(counts.joined(separator: ", ")): \(bytes)")
    if let why = parts.compactMap(\.layersKeptBecause).first { lines.append(style.apply(.bad, to: why)) }
    return lines
}

/// What a verification found.
func verificationText(_ parts: [VerificationBody], style: Style) -> [String] {
    var lines = parts.flatMap(\.damaged).map { damage in
        let place =
            damage.quarantinedAs.map { "set aside as quarantine/\($0)" }
            ?? "in use, left where it is; try again"
        let repositories = damage.repositories.isEmpty ? "no repository" : damage.repositories.joined(separator: ", ")
        return style.apply(.bad, to: "damaged  ") + "\(damage.digest) of \(repositories): \(place)"
    }
    let blobs = parts.reduce(0) { $0 + $1.blobs }
    lines.append("Verified \(counted(blobs, "blob")), \(byteText(parts.reduce(0) { $0 + $1.bytes }))")
    return lines
}

/// The first twelve digits of a digest's text.
private func shortDigest(_ text: String) -> String {
    String(text.drop { $0 != ":" }.dropFirst().prefix(12))
}

/// A number of bytes for people: `17 B`, `3.4 MiB`.
func byteText(_ bytes: Int64) -> String {
    var value = Double(bytes)
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1_024 { return unit == "B" ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(unit)" }
        value /= 1_024
    }
    return "\((value * 10).rounded() / 10) TiB"
}
