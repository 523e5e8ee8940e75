/// Everything that can be set, by the name it has as a flag, in the environment and in the configuration file.
enum Setting: String, CaseIterable, Sendable {
    case port, host, listen
    case allowedHost = "allowed-host"
    case trustedProxies = "trusted-proxies"
    case behindProxy = "behind-proxy"
    case allowPlainHTTP = "allow-plain-http"
    case store, db
    case databaseURL = "database-url"
    case waitDatabase = "wait-db"
    case acceptEmptyDatabase = "init"
    case stateDir = "state-dir"
    case logLevel = "log-level"
    case node, jobs
    case createRate = "create-rate"
    case label
    case lease
    case lostAfter = "lost-after"
    case onLeaseLoss = "on-lease-loss"
    case keepAge = "keep-age"
    case keepJobs = "keep-jobs"
    case keepBytes = "keep-bytes"
    case diskFloor = "disk-floor"
    case searchIndex = "search-index"
    case outputQuota = "output-quota"
    case stopGrace = "stop-grace"
    case passEnv = "pass-env"
    case auth
    case authHeader = "auth-header"
    case tlsCert = "tls-cert"
    case tlsKey = "tls-key"
    case hsts
    case oidcIssuer = "oidc-issuer"
    case oidcClientID = "oidc-client-id"
    case oidcClientSecretFile = "oidc-client-secret-file"
    case oidcName = "oidc-name"
    case ownJobsOnly = "own-jobs-only"
    case newUserRole = "new-user-role"
    case iKnowThisIsRCE = "i-know-this-is-rce"
    case announce
    case untilStdinCloses = "until-stdin-closes"
    case config
    case noKeeper = "no-keeper"
    case ringBytes = "ring-bytes"
    case onExit = "on-exit"
    case allowSetuid = "allow-setuid"
    case runAs = "run-as"
    case sandbox

    enum Kind: Sendable {
        case text, number
        /// A number, or a text such as `10GiB` or `off`.
        case amount
        /// May be given several times, or as one text with commas.
        case list
        case toggle
    }

    var kind: Kind {
        switch self {
        case .port, .jobs, .createRate, .stopGrace, .lease, .lostAfter: .number
        case .keepAge, .keepJobs, .keepBytes, .diskFloor, .outputQuota: .amount
        case .ringBytes: .amount
        case .noKeeper, .allowSetuid: .toggle
        case .runAs, .sandbox, .onExit: .text
        case .allowedHost, .trustedProxies, .passEnv, .label: .list
        case .behindProxy, .allowPlainHTTP, .acceptEmptyDatabase, .waitDatabase, .iKnowThisIsRCE, .untilStdinCloses:
            .toggle
        case .ownJobsOnly, .hsts: .toggle
        case .authHeader, .newUserRole, .tlsCert, .tlsKey: .text
        case .oidcIssuer, .oidcClientID, .oidcClientSecretFile, .oidcName: .text
        case .host, .listen, .searchIndex, .store, .db, .databaseURL, .onLeaseLoss, .stateDir, .logLevel, .node, .auth,
            .announce,
            .config:
            .text
        }
    }

    var flag: String { "--\(rawValue)" }

    var variable: String {
        "SRUN_" + rawValue.uppercased().split(separator: "-").joined(separator: "_")
    }
}
