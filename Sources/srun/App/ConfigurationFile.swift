import Foundation

/// The configuration file: a JSON object whose keys are the long names of the flags.
enum ConfigurationFile {
    private static let sizeLimit = 256 * 1024

    /// `$XDG_CONFIG_HOME/srun/config.json`, or `~/.config/srun/config.json`.
    static func defaultPath(environment: [String: String]) -> String {
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return "\(folder)/srun/config.json" }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory()
        return "\(home)/.config/srun/config.json"
    }

    /// What the file says. The default file may be missing; one that was named may not.
    ///
    /// - Throws: ``Failure`` with ``ExitCodes/badData`` when it cannot be read or is not such an object;
    ///   ``SettingError`` naming the key for a key that does not exist or a value of the wrong type.
    static func layer(named: String?, environment: [String: String], currentFolder: String) throws -> SettingLayer {
        let path = named.map { Configuration.absolute($0, in: currentFolder) } ?? defaultPath(environment: environment)
        guard let data = try contents(path, isOptional: named == nil) else { return SettingLayer(.file(path)) }
        do {
            return try layer(StrictJSON.parse(data), path: path)
        } catch let error as JSONError {
            throw Failure(.badData, "the configuration file \(path) is not JSON: \(error)")
        }
    }

    static func layer(_ json: JSONValue, path: String) throws -> SettingLayer {
        guard case .object(let members) = json else {
            throw Failure(.badData, "the configuration file \(path) must hold a JSON object")
        }
        var layer = SettingLayer(.file(path))
        for member in members {
            guard let setting = Setting(rawValue: member.key), setting != .config else {
                throw Failure(.badData, "the configuration file \(path) has an unknown key: \(member.key)")
            }
            guard let values = texts(member.value, of: setting.kind) else {
                throw layer.error(setting, "must be \(setting.kind.inJSON)")
            }
            layer.add(values, for: setting)
        }
        return layer
    }

    private static func contents(_ path: String, isOptional: Bool) throws -> Data? {
        guard let file = FileHandle(forReadingAtPath: path) else {
            if isOptional, errno == ENOENT || errno == ENOTDIR { return nil }
            throw Failure(.badData, "the configuration file \(path) cannot be read: \(SystemError.last)")
        }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: sizeLimit + 1) ?? Data(), data.count <= sizeLimit else {
            throw Failure(
                .badData, "the configuration file \(path) cannot be read, or is larger than \(sizeLimit) bytes")
        }
        return data
    }

    /// The value as it would be written after a flag; nil when it has the wrong type.
    private static func texts(_ value: JSONValue, of kind: Setting.Kind) -> [String]? {
        switch (kind, value) {
        case (.text, .string(let text)), (.amount, .string(let text)): [text]
        case (.number, .number(.integer(let number))), (.amount, .number(.integer(let number))): [String(number)]
        case (.number, .number(.double(let number))), (.amount, .number(.double(let number))): [String(number)]
        case (.toggle, .bool(let isOn)): [isOn ? "true" : "false"]
        case (.list, .array(let items)): items.allSatisfy { $0.text != nil } ? items.compactMap(\.text) : nil
        default: nil
        }
    }
}

extension Setting.Kind {
    fileprivate var inJSON: String {
        switch self {
        case .text: "a string"
        case .number: "a number"
        case .amount: "a number or a string"
        case .list: "an array of strings"
        case .toggle: "true or false"
        }
    }
}
