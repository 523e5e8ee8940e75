/// What one place says: the command line, the environment, or the configuration file.
struct SettingLayer: Sendable {
    enum Origin: Sendable, Hashable {
        case flags, environment
        case file(String)
    }

    let origin: Origin
    /// Never an empty array.
    private(set) var values: [Setting: [String]] = [:]

    init(_ origin: Origin) { self.origin = origin }

    mutating func add(_ values: [String], for setting: Setting) {
        if !values.isEmpty { self.values[setting, default: []] += values }
    }

    /// How a person would name the setting in this place.
    func name(of setting: Setting) -> String {
        switch origin {
        case .flags: setting.flag
        case .environment: setting.variable
        case .file(let path): "\"\(setting.rawValue)\" in \(path)"
        }
    }

    /// A refusal: wrong flags and variables are wrong usage, a wrong file is bad data.
    func error(_ setting: Setting, _ problem: String) -> SettingError {
        SettingError(origin: origin, description: "\(name(of: setting)) \(problem)")
    }
}

struct SettingError: Error, CustomStringConvertible, Sendable {
    let origin: SettingLayer.Origin
    let description: String
}

extension SettingLayer {
    /// The layer of the environment. An empty variable counts as not set, as everywhere in a shell.
    init(environment: [String: String]) {
        self.init(.environment)
        for setting in Setting.allCases {
            if let value = environment[setting.variable], !value.isEmpty { add([value], for: setting) }
        }
    }

    /// Writes `listen` as the `host` and `port` it stands for, so that the layers can be compared one setting at a
    /// time.
    func expandingListen() throws -> SettingLayer {
        guard let addresses = values[.listen] else { return self }
        var layer = self
        for text in addresses {
            guard let address = ListenAddress(text) else {
                throw error(.listen, "must be HOST:PORT, for example 127.0.0.1:8000 or [::1]:8000, or unix:PATH")
            }
            layer.add([address.host], for: .host)
            layer.add([String(address.port)], for: .port)
        }
        layer.values[.listen] = nil
        return layer
    }
}

/// The layers, strongest first. Here, and nowhere else, is decided which of them counts: flag, environment, file,
/// default.
struct SettingLayers: Sendable {
    private let layers: [SettingLayer]

    init(_ layers: [SettingLayer]) throws {
        self.layers = try layers.map { try $0.expandingListen() }
    }

    /// The strongest value, made into what it means.
    ///
    /// - Parameter read: Returns nil for a text that cannot be it.
    /// - Throws: ``SettingError`` when the value is empty, given twice and differently, or not what is `expected`.
    func value<Value>(_ setting: Setting, expected: String, read: (String) -> Value?) throws -> Value? {
        guard let (layer, texts) = strongest(setting), let first = texts.first else { return nil }
        guard texts.allSatisfy({ $0 == first }) else {
            throw layer.error(setting, "is given more than once, with different values")
        }
        guard !first.isEmpty else { throw layer.error(setting, "must not be empty") }
        guard let value = read(first) else { throw layer.error(setting, "must be \(expected)") }
        return value
    }

    func text(_ setting: Setting) throws -> String? {
        try value(setting, expected: "text") { $0 }
    }

    func isOn(_ setting: Setting) throws -> Bool {
        try value(setting, expected: "true or false") { text in
            switch text.lowercased() {
            case "1", "true", "yes", "on": true
            case "0", "false", "no", "off": false
            default: nil
            }
        } ?? false
    }

    func list(_ setting: Setting) throws -> [String] {
        guard let (layer, texts) = strongest(setting) else { return [] }
        let items = texts.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { item in
            String(item.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
        guard items.allSatisfy({ !$0.isEmpty }) else { throw layer.error(setting, "must not be empty") }
        return items
    }

    /// A refusal of the value that counts.
    func error(_ setting: Setting, _ problem: String) -> SettingError {
        (strongest(setting)?.layer ?? SettingLayer(.flags)).error(setting, problem)
    }

    private func strongest(_ setting: Setting) -> (layer: SettingLayer, texts: [String])? {
        for layer in layers {
            if let texts = layer.values[setting] { return (layer, texts) }
        }
        return nil
    }
}

extension SettingLayers {
    /// Whether the value that counts was given as a flag, where every user of the machine can read it.
    func isFlag(_ setting: Setting) -> Bool { strongest(setting)?.layer.origin == .flags }
}
