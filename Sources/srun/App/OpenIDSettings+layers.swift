import Foundation

extension OpenIDSettings {
    /// - Returns: Nil where nobody else signs people in.
    /// - Throws: ``SettingError`` for settings that do not go together; ``Failure`` with ``ExitCodes/refusedConfiguration`` for an
    ///   issuer that anybody between could be, and as ``PrivateFile/text(_:called:)`` for the secret.
    init?(_ layers: SettingLayers, access: Configuration.Access, currentFolder: String) throws {
        guard let issuer = try layers.text(.oidcIssuer) else {
            for setting in [Setting.oidcClientID, .oidcClientSecretFile, .oidcName]
            where try layers.text(setting) != nil {
                throw layers.error(setting, "goes with --oidc-issuer")
            }
            return nil
        }
        guard let client = try layers.text(.oidcClientID) else {
            throw layers.error(.oidcIssuer, "goes with --oidc-client-id")
        }
        guard access == .token else {
            throw layers.error(.oidcIssuer, "goes with --auth token only: there must be one answer to who somebody is")
        }
        guard Self.isIssuer(issuer) else {
            throw Failure(
                .refusedConfiguration,
                "--oidc-issuer must be an https URL without a query: over plain HTTP, which is only for this machine, anybody on the way could sign in as anybody"
            )
        }
        let secret = try layers.text(.oidcClientSecretFile).map { file in
            try PrivateFile.text(Configuration.absolute(file, in: currentFolder), called: "the client secret")
        }
        let name = try layers.value(.oidcName, expected: "1 to 64 printable characters") { text in
            (1...64).contains(text.count)
                && text.unicodeScalars.allSatisfy {
                    !$0.properties.isDefaultIgnorableCodePoint && $0.properties.generalCategory != .control
                } ? text : nil
        }
        self.init(issuer: issuer, clientID: client, clientSecret: secret, name: name)
    }
}
