import Yams

/// Values of settings, each checked.
extension SettingsReader {
    /// The entries of a mapping whose keys are known; each other one is a fault.
    mutating func entries(
        of node: Node, at path: String, known: [String],
    ) -> [(key: String, path: String, value: Node)] {
        guard case .mapping(let mapping) = node else {
            fault(node, path.isEmpty ? "the file" : path, "has to be a mapping of \(known.joined(separator: ", "))")
            return []
        }
        var found: [(key: String, path: String, value: Node)] = []
        for (keyNode, value) in mapping {
            let key = keyNode.string ?? ""
            let keyPath = path.isEmpty ? key : "\(path).\(key)"
            if known.contains(key) {
                found.append((key, keyPath, value))
            } else {
                fault(keyNode, keyPath, "is not a setting; known here: \(known.joined(separator: ", "))")
            }
        }
        return found
    }

    /// A text.
    mutating func string(_ node: Node, _ path: String) -> String? {
        guard case .scalar(let scalar) = node else {
            fault(node, path, "has to be a text")
            return nil
        }
        return scalar.string
    }

    /// The path of a directory.
    mutating func path(_ node: Node, _ path: String) -> String? {
        guard let text = string(node, path) else { return nil }
        guard !text.isEmpty else {
            fault(node, path, "has to be a directory's path")
            return nil
        }
        return text
    }

    /// Where to listen.
    mutating func address(_ node: Node, _ path: String) -> ListenAddress? {
        guard let text = string(node, path) else { return nil }
        guard let address = ListenAddress(text) else {
            fault(node, path, "has to be ADDRESS:PORT, like '127.0.0.1:8080' or '[::1]:8080', and is '\(text)'")
            return nil
        }
        return address
    }

    /// One of the words of an enumeration.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: Node, _ path: String, of type: Choice.Type,
    ) -> Choice? where Choice.RawValue == String {
        let text = string(node, path)
        guard let text else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        fault(node, path, "has to be one of \(all), and is '\(text)'")
        return nil
    }

    /// A list; nil, and a fault, when it is none or an item is wrong.
    mutating func list<Item>(
        _ node: Node, _ path: String, of what: String, mayBeEmpty: Bool,
        _ read: (inout SettingsReader, Node, String) -> Item?,
    ) -> [Item]? {
        guard case .sequence(let items) = node, mayBeEmpty || !items.isEmpty else {
            fault(node, path, "has to be a list of \(mayBeEmpty ? "" : "at least one ")\(what)")
            return nil
        }
        var values: [Item] = []
        for (index, item) in items.enumerated() {
            if let value = read(&self, item, "\(path)[\(index)]") { values.append(value) }
        }
        return values.count == items.count ? values : nil
    }

    /// `true` or `false`.
    mutating func flag(_ node: Node, _ path: String) -> Bool? {
        guard case .scalar(let scalar) = node, scalar.string == "true" || scalar.string == "false" else {
            fault(node, path, "has to be true or false")
            return nil
        }
        return scalar.string == "true"
    }

    /// A number of a range, or nil inside for a word that stands for none; nil alone, and a fault, for anything else.
    mutating func number(_ node: Node, _ path: String, in range: ClosedRange<Int>, orNoneAs word: String) -> Int?? {
        guard case .scalar(let scalar) = node else {
            fault(node, path, "has to be a number of \(range.lowerBound)...\(range.upperBound), or '\(word)'")
            return nil
        }
        if scalar.string == word { return .some(nil) }
        guard let number = Int(scalar.string), range.contains(number) else {
            fault(
                node, path,
                "has to be a number of \(range.lowerBound)...\(range.upperBound), or '\(word)', and is '\(scalar.string)'"
            )
            return nil
        }
        return .some(number)
    }
}
