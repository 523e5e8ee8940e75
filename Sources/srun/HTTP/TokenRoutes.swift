import Foundation
import HTTPTypes
import HummingbirdCore
import SrunKit

/// Tokens for programs. Everybody has their own; who administers has all.
struct TokenRoutes: Sendable {
    let access: Access

    var all: [Route] {
        [
            .get("/api/tokens", .view, list),
            .post("/api/tokens", .view, body: .json, create),
            .delete("/api/tokens/:id", .view, revoke),
        ]
    }

    private static let longestLife: Int64 = 10 * 366 * 86_400
    private static let nameBytes = 1...64

    @Sendable private func list(_ request: Request, _ context: RequestContext) async throws -> Response {
        let identity = try context.identity()
        return .json(try await access.store.tokens().filter { identity.owns($0) }.map { TokenMessage($0) })
    }

    @Sendable private func create(_ request: Request, _ context: RequestContext) async throws -> Response {
        let identity = try context.identity()
        let fields = try await BodyFields(request, allowed: ["name", "role", "user", "expiresInSeconds"])
        let name = try fields.required("name")
        guard Self.nameBytes.contains(name.utf8.count),
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != "\u{7f}" })
        else { throw RequestError.invalidField("name", "name must be 1 to 64 bytes without control characters") }
        let user = try await owner(fields.text("user"), identity)
        let role = try fields.role("role") ?? min(identity.role, .operator)
        guard role <= identity.role, role <= user?.role ?? .admin else {
            throw RequestError.invalidField("role", "a token cannot have a role above that of its owner")
        }
        let life = try fields.seconds("expiresInSeconds", 1...Self.longestLife)
        let secret = RandomSecret.makeToken()
        let time = access.now()
        let token = AccessToken(
            id: String(RandomSecret.make().prefix(16)), digest: SecretDigest(of: secret).text, name: name,
            user: user?.name, role: role, prefix: String(secret.prefix(9)), createdAt: time,
            expiresAt: life.map { time.addingTimeInterval($0) })
        context.note.add(detail: "\(token.id) \(name), \(role.rawValue)\(user.map { ", of \($0.name)" } ?? "")")
        try await access.store.insert(token)
        return .json(TokenMessage(token, secret: secret), status: .created)
    }

    @Sendable private func revoke(_ request: Request, _ context: RequestContext) async throws -> Response {
        let identity = try context.identity()
        let id = (context.parameters["id"] ?? nil) ?? ""
        context.note.add(detail: id)
        let token = try await access.store.tokens().first { $0.id == id }
        // Of a token of somebody else nobody learns that it is there.
        guard let token, identity.owns(token), try await access.store.removeToken(id) else {
            throw RequestError(.notFound, "token_not_found", "there is no such token")
        }
        return .json(PlainMessage(message: "The token has been revoked."))
    }

    /// Whose a new token is; nil for the server's own administrator.
    private func owner(_ name: String?, _ identity: Identity) async throws -> AccessUser? {
        guard let wanted = name ?? identity.user else {
            guard identity.rights.contains(.administer) else { throw RequestError.forbidden }
            return nil
        }
        guard wanted == identity.user || identity.rights.contains(.administer) else { throw RequestError.forbidden }
        guard let user = try await access.store.user(wanted) else {
            throw RequestError.invalidField("user", "there is no such user")
        }
        return user
    }
}

extension Identity {
    fileprivate func owns(_ token: AccessToken) -> Bool {
        rights.contains(.administer) || (user != nil && token.user == user)
    }
}

extension RequestContext {
    fileprivate func identity() throws(RequestError) -> Identity {
        guard let identity = admission?.identity else { throw .unauthorized }
        return identity
    }
}

struct TokenMessage: Codable {
    let id: String
    let name: String
    let user: String?
    let role: String
    let prefix: String
    let createdAt: String
    let expiresAt: String?
    let lastUsedAt: String?
    /// Only in the answer that made it.
    let token: String?

    init(_ token: AccessToken, secret: String? = nil) {
        id = token.id
        name = token.name
        user = token.user
        role = token.role.rawValue
        prefix = token.prefix
        createdAt = RFC3339.string(from: token.createdAt)
        expiresAt = token.expiresAt.map(RFC3339.string)
        lastUsedAt = token.lastUsedAt.map(RFC3339.string)
        self.token = secret
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(user, forKey: .user)
        try container.encode(role, forKey: .role)
        try container.encode(prefix, forKey: .prefix)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(lastUsedAt, forKey: .lastUsedAt)
        try container.encodeIfPresent(token, forKey: .token)
    }
}
