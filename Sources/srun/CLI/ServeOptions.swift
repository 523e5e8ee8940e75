import ArgumentParser

/// The flags of `srun serve`. They are collected here as text and mean something in `Configuration` only, together with
/// the environment and the configuration file; that is why none of them has a type or a default here.
struct ServeOptions: ParsableArguments {
    @Option(
        name: [.long, .customLong("port", withSingleDash: true)],
        help: ArgumentHelp("Port to listen on; 0 lets the system choose. Default: 8000.", valueName: "n"))
    var port: [String] = []

    @Option(help: "Address to listen on. Default: 127.0.0.1.")
    var host: [String] = []

    @Option(
        help: ArgumentHelp(
            "Both in one, for example 127.0.0.1:8000 or [::1]:8000; or a Unix socket as unix:PATH.",
            valueName: "host:port"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp("Another name under which the server may be reached. May be repeated.", valueName: "name"))
    var allowedHost: [String] = []

    @Option(help: ArgumentHelp("Addresses and networks whose forwarding headers are believed.", valueName: "list"))
    var trustedProxies: [String] = []

    @Option(help: ArgumentHelp("Speak HTTPS with this certificate, PEM with its chain.", valueName: "file"))
    var tlsCert: [String] = []

    @Option(help: ArgumentHelp("The key of the certificate, PEM, mode 0600.", valueName: "file"))
    var tlsKey: [String] = []

    @Flag(help: "Tell browsers to come by HTTPS only for a year, to this name and all its ports.")
    var hsts = false

    @Flag(help: "A proxy that speaks TLS stands before srun, so an address other than loopback is fine.")
    var behindProxy = false

    @Flag(help: "Allow an address other than loopback although everything then travels unencrypted.")
    var allowPlainHttp = false

    @Option(
        help: ArgumentHelp(
            "Where jobs are kept: sqlite, sqlite:FILE, postgres, postgres://... or memory. Default: sqlite.",
            valueName: "store"))
    var store: [String] = []

    @Option(help: ArgumentHelp("The SQLite database. Default: srun.db in the state folder.", valueName: "file"))
    var db: [String] = []

    @Option(
        name: .customLong("database-url"),
        help: ArgumentHelp(
            "The database of --store postgres, without a password. Default: what libpq's environment and files say.",
            valueName: "url"))
    var databaseURL: [String] = []

    @Flag(name: .customLong("wait-db"), help: "Wait for PostgreSQL for ever at the start, not only for a minute.")
    var waitDatabase = false

    @Flag(name: .customLong("init"), help: "Accept a database file of zero bytes and fill it.")
    var acceptEmptyDatabase = false

    @Option(
        help: ArgumentHelp("Folder for the database and the token. Default: ~/.local/state/srun.", valueName: "folder"))
    var stateDir: [String] = []

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical. Default: notice.", valueName: "level"))
    var logLevel: [String] = []

    @Option(help: ArgumentHelp("Name of this server in its jobs. Default: the host name.", valueName: "name"))
    var node: [String] = []

    @Option(help: ArgumentHelp("A label that jobs can ask for in a team. May be repeated.", valueName: "label"))
    var label: [String] = []

    @Option(
        help: ArgumentHelp(
            "In a team: how long without a sign of life a node's jobs are known. Default: 30.", valueName: "seconds"))
    var lease: [String] = []

    @Option(
        help: ArgumentHelp(
            "In a team: how long after that the jobs of a silent node are lost. Default: 300.", valueName: "seconds"))
    var lostAfter: [String] = []

    @Option(
        help: ArgumentHelp(
            "In a team: keep (the default) or stop jobs when this node loses the database for too long.",
            valueName: "how"))
    var onLeaseLoss: [String] = []

    @Option(help: ArgumentHelp("How many jobs run at once; others wait. Default: 16.", valueName: "n"))
    var jobs: [String] = []

    @Option(
        help: ArgumentHelp(
            "How many jobs one person may start in a minute, a third of them at once; 0: any number. Default: 600.",
            valueName: "n"))
    var createRate: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long a job that is stopped may take before it is killed. Default: 10.", valueName: "seconds"))
    var stopGrace: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long ended jobs are kept, for example 12h or 30d; off: for ever. Default: 30d.", valueName: "time"))
    var keepAge: [String] = []

    @Option(help: ArgumentHelp("How many ended jobs are kept; off: any number. Default: off.", valueName: "n"))
    var keepJobs: [String] = []

    @Option(
        help: ArgumentHelp(
            "How much output ended jobs may have in all, for example 500MB or 10GiB; off: any amount. Default: 10GiB.",
            valueName: "amount"))
    var keepBytes: [String] = []

    @Option(
        help: ArgumentHelp(
            "Start nothing while less of the disk is free: an amount, a share such as 5%, or off. Default: 512MiB or 5%, whichever is more.",
            valueName: "amount"))
    var diskFloor: [String] = []

    @Option(
        help: ArgumentHelp(
            "How much output of one job is kept, its beginning and its end; off: all of it. Default: 1GiB.",
            valueName: "amount"))
    var outputQuota: [String] = []

    @Option(
        help: ArgumentHelp(
            "on (the default) or off: index output, so that all jobs are searched quickly.", valueName: "how"))
    var searchIndex: [String] = []

    @Option(
        help: ArgumentHelp(
            "A variable of srun's own environment that jobs get too. May be repeated.", valueName: "name"))
    var passEnv: [String] = []

    @Option(help: ArgumentHelp("token (the default), proxy or none.", valueName: "how"))
    var auth: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --auth proxy: in which header field a trusted proxy says who it is. Default: X-Forwarded-User.",
            valueName: "field"))
    var authHeader: [String] = []

    @Option(
        help: ArgumentHelp(
            "What somebody becomes whom the proxy or the issuer names and who is no user yet: viewer, operator or admin. Default: nobody is let in who is no user.",
            valueName: "role"))
    var newUserRole: [String] = []

    @Option(
        help: ArgumentHelp(
            "Let people sign in by this OpenID Connect issuer, for example https://id.example.com.", valueName: "url"))
    var oidcIssuer: [String] = []

    @Option(
        name: .customLong("oidc-client-id"), help: ArgumentHelp("As what the issuer knows srun.", valueName: "id"))
    var oidcClientID: [String] = []

    @Option(
        help: ArgumentHelp("The secret that the issuer has given srun, in a file with mode 0600.", valueName: "file"))
    var oidcClientSecretFile: [String] = []

    @Option(
        help: ArgumentHelp(
            "What people call the issuer, for the button of the page. Default: its host.", valueName: "name"))
    var oidcName: [String] = []

    @Flag(help: "Operators stop, restart and type into the jobs they have started, and only look at others.")
    var ownJobsOnly = false

    @Flag(
        name: .customLong("i-know-this-is-rce"),
        help: "Needed for --auth none: whoever can connect runs commands as you.")
    var iKnowThisIsRCE = false

    @Option(
        help: ArgumentHelp(
            "json: when ready, print one line with url, token and pid on standard output.", valueName: "form"))
    var announce: [String] = []

    @Flag(help: "End when standard input ends: with the program that started srun.")
    var untilStdinCloses = false

    @Flag(help: "Let jobs use programs with the set-user-ID bit, such as sudo.")
    var allowSetuid = false

    @Option(help: ArgumentHelp("The user whose rights jobs have. Needs a server that runs as root.", valueName: "user"))
    var runAs: [String] = []

    @Option(help: ArgumentHelp("none (the default), read-only-home or bwrap.", valueName: "profile"))
    var sandbox: [String] = []

    @Flag(help: "Run jobs as children of the server itself: they end with it.")
    var noKeeper = false

    @Option(
        help: ArgumentHelp(
            "What becomes of running jobs when srun is ended: stop (the default), or keep, which leaves them to the next start.",
            valueName: "how"))
    var onExit: [String] = []

    @Option(
        help: ArgumentHelp(
            "How much output of each job may wait for the store, at least 256KiB. Default: 4MiB.", valueName: "amount"))
    var ringBytes: [String] = []

    @Option(
        help: ArgumentHelp("JSON file with the same names. Default: ~/.config/srun/config.json.", valueName: "file"))
    var config: [String] = []

    var layer: SettingLayer {
        var layer = SettingLayer(.flags)
        let texts: [(Setting, [String])] = [
            (.port, port), (.host, host), (.listen, listen), (.allowedHost, allowedHost),
            (.trustedProxies, trustedProxies),
            (.store, store), (.db, db), (.databaseURL, databaseURL), (.label, label), (.lease, lease),
            (.lostAfter, lostAfter),
            (.onLeaseLoss, onLeaseLoss), (.stateDir, stateDir), (.logLevel, logLevel),
            (.node, node), (.jobs, jobs), (.createRate, createRate),
            (.stopGrace, stopGrace), (.passEnv, passEnv), (.auth, auth), (.announce, announce), (.config, config),
            (.authHeader, authHeader), (.newUserRole, newUserRole), (.tlsCert, tlsCert), (.tlsKey, tlsKey),
            (.oidcIssuer, oidcIssuer), (.oidcClientID, oidcClientID), (.oidcClientSecretFile, oidcClientSecretFile),
            (.oidcName, oidcName),
            (.keepAge, keepAge), (.keepJobs, keepJobs), (.keepBytes, keepBytes), (.diskFloor, diskFloor),
            (.outputQuota, outputQuota), (.searchIndex, searchIndex),
            (.ringBytes, ringBytes), (.onExit, onExit), (.runAs, runAs), (.sandbox, sandbox),
        ]
        for (setting, values) in texts { layer.add(values, for: setting) }
        let toggles: [(Setting, Bool)] = [
            (.behindProxy, behindProxy), (.allowPlainHTTP, allowPlainHttp), (.acceptEmptyDatabase, acceptEmptyDatabase),
            (.waitDatabase, waitDatabase),
            (.noKeeper, noKeeper), (.allowSetuid, allowSetuid),
            (.iKnowThisIsRCE, iKnowThisIsRCE), (.untilStdinCloses, untilStdinCloses),
            (.ownJobsOnly, ownJobsOnly), (.hsts, hsts),
        ]
        for (setting, isOn) in toggles where isOn { layer.add(["true"], for: setting) }
        return layer
    }
}
