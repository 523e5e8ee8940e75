import Foundation
import SrunTestSupport
import Testing

@testable import SrunKit

/// The protocol of leases, claims and fences, played through in one thread: nodes that pause and crash, messages that are late, lost
/// or answered in vain, a database that is away. What may happen next is drawn from a seed; what must hold is looked at after every
/// step. A seed that fails belongs into ``failed`` for ever.
@Suite("Team, simulated")
struct TeamSimulationTests {
    /// Seeds that once showed a mistake.
    static let failed: [UInt64] = []

    static let seeds: [UInt64] = {
        let count = ProcessInfo.processInfo.environment["SRUN_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 150
        return failed + (1...max(1, count))
    }()

    @Test func everyScheduleKeepsTheRules() throws {
        for seed in Self.seeds {
            var simulation = Simulation(seed: seed)
            simulation.run(steps: 400)
            simulation.heal()
            try #require(simulation.violations.isEmpty, "seed \(seed): \(simulation.violations)")
        }
    }

    /// The rules are worth something only when breaking one is noticed.
    @Test func aStoreWithoutFencesIsFoundOut() {
        let found = Self.seeds.contains { seed in
            var simulation = Simulation(seed: seed)
            simulation.database.checksEpochs = false
            simulation.run(steps: 400)
            simulation.heal()
            return !simulation.violations.isEmpty
        }
        #expect(found)
    }
}

/// The rules of ``TeamStore``, for numbers instead of jobs.
private struct SimulatedDatabase {
    struct Node {
        var epoch = 0
        var leaseUntil = 0
        var hasLeft = true
    }

    enum Status: Equatable { case queued, running, completed, lost }

    struct Job {
        var status = Status.queued
        var node = -1
        var epoch = 0
        var stored = 0
        var claims = 0
        var token = -1
    }

    var nodes: [Node]
    var jobs: [Job] = []
    var checksEpochs = true
    let lease: Int
    let grace: Int

    mutating func join(_ node: Int, at now: Int) -> Int {
        nodes[node].epoch += 1
        nodes[node].leaseUntil = now + lease
        nodes[node].hasLeft = false
        for index in jobs.indices where jobs[index].node == node && jobs[index].status == .running {
            jobs[index].epoch = nodes[node].epoch
        }
        return nodes[node].epoch
    }

    mutating func renew(_ node: Int, epoch: Int, at now: Int) -> Bool {
        guard nodes[node].epoch == epoch, !nodes[node].hasLeft else { return false }
        nodes[node].leaseUntil = now + lease
        return true
    }

    private func holds(_ node: Int, _ epoch: Int, _ now: Int) -> Bool {
        !checksEpochs || nodes[node].epoch == epoch && now < nodes[node].leaseUntil
    }

    /// - Parameter doubts: Earlier claims whose answer was not heard: what they took is returned too.
    mutating func claim(_ node: Int, epoch: Int, token: Int, doubts: Set<Int>, limit: Int, at now: Int) -> [Int] {
        guard holds(node, epoch, now) else { return [] }
        let unheard = jobs.indices.filter { index in
            let job = jobs[index]
            return job.status == .running && job.node == node && job.epoch == epoch && doubts.contains(job.token)
        }
        let chosen = jobs.indices.filter { jobs[$0].status == .queued }.prefix(limit)
        for index in chosen {
            jobs[index].status = .running
            jobs[index].node = node
            jobs[index].epoch = epoch
            jobs[index].claims += 1
            jobs[index].token = token
        }
        return unheard + chosen
    }

    enum Answer { case done, fenced, settled }

    mutating func append(_ job: Int, upTo end: Int, by node: Int, epoch: Int, at now: Int) -> Answer {
        if checksEpochs, jobs[job].status != .running { return .settled }
        guard holds(node, epoch, now), !checksEpochs || jobs[job].node == node && jobs[job].epoch == epoch else {
            return .fenced
        }
        jobs[job].stored = max(jobs[job].stored, end)
        return .done
    }

    mutating func finish(_ job: Int, by node: Int, epoch: Int, at now: Int) -> Answer {
        if jobs[job].status == .completed { return .done }
        if checksEpochs, jobs[job].status != .running { return .settled }
        guard holds(node, epoch, now), !checksEpochs || jobs[job].node == node && jobs[job].epoch == epoch else {
            return .fenced
        }
        jobs[job].status = .completed
        return .done
    }

    mutating func bury(at now: Int) {
        for node in nodes.indices where !nodes[node].hasLeft && nodes[node].leaseUntil + grace < now {
            nodes[node].epoch += 1
            nodes[node].hasLeft = true
            for job in jobs.indices where jobs[job].node == node && jobs[job].status == .running {
                jobs[job].status = .lost
            }
        }
    }
}

/// One server: what it believes, and what it runs.
private struct SimulatedNode {
    var lease: LeaseStateMachine
    var epoch = 0
    var isAlive = true
    var pausedUntil = 0
    var cutUntil = 0
    var nextHeartbeat = 0
    var claim: (token: Int, until: Int)?
    /// Claims that were given up, and until when one of them may still have been carried out.
    var doubts: [Int: Int] = [:]
    var begun: Set<Int> = []
    /// What each job that runs here has printed.
    var running: [Int: Int] = [:]
}

private struct Simulation {
    private static let lease = 30
    private static let grace = 40
    private static let length = 20

    private enum Message {
        case join(asked: Int)
        case renew(epoch: Int, asked: Int)
        case claim(epoch: Int, token: Int, doubts: Set<Int>)
        case append(job: Int, end: Int, epoch: Int)
        case finish(job: Int, epoch: Int)
    }

    private enum Reply {
        case joined(epoch: Int, asked: Int)
        case renewed(Bool, epoch: Int, asked: Int)
        case claimed([Int], token: Int)
        case written(SimulatedDatabase.Answer, job: Int, isEnd: Bool)
    }

    private var generator: SeededGenerator
    var database: SimulatedDatabase
    private var nodes: [SimulatedNode]
    private var now = 0
    private var nextToken = 0
    private var requests: [(at: Int, node: Int, life: Int, message: Message)] = []
    private var replies: [(at: Int, node: Int, life: Int, reply: Reply)] = []
    /// A process that was killed does not hear what was meant for it.
    private var lives: [Int]
    private var settled: [Int: SimulatedDatabase.Status] = [:]
    private var lengthAtEnd: [Int: Int] = [:]
    private var isCalm = false
    private(set) var violations: [String] = []

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        let count = 3
        database = SimulatedDatabase(
            nodes: Array(repeating: .init(), count: count), lease: Self.lease, grace: Self.grace)
        nodes = (0..<count).map { number in
            SimulatedNode(
                lease: LeaseStateMachine(lease: .seconds(Self.lease), stopsJobs: number == 0))
        }
        lives = Array(repeating: 0, count: count)
        for node in nodes.indices { send(.join(asked: 0), from: node) }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func run(steps: Int) {
        for _ in 0..<steps where violations.isEmpty { step() }
    }

    /// No more faults: everything must come to its end.
    mutating func heal() {
        isCalm = true
        for node in nodes.indices {
            nodes[node].pausedUntil = now
            nodes[node].cutUntil = now
            if !nodes[node].isAlive { revive(node) }
        }
        run(steps: 600)
        guard violations.isEmpty else { return }
        for (number, job) in database.jobs.enumerated() {
            if job.status == .queued || job.status == .running { violations.append("job \(number) never ends") }
            if job.claims > 1 { violations.append("job \(number) was given away \(job.claims) times") }
            if job.status == .completed, job.stored != Self.length {
                violations.append("job \(number) has \(job.stored) of its bytes")
            }
        }
    }

    private mutating func step() {
        now += 1
        if !isCalm { disturb() }
        if !isCalm, chance(8) { database.jobs.append(.init()) }
        deliver()
        for node in nodes.indices where nodes[node].isAlive && nodes[node].pausedUntil <= now { act(node) }
        if chance(20) { database.bury(at: now) }
        check()
    }

    private mutating func disturb() {
        let node = Int.random(in: nodes.indices, using: &generator)
        if chance(2) { nodes[node].pausedUntil = now + Int.random(in: 1...120, using: &generator) }
        if chance(2) { nodes[node].cutUntil = now + Int.random(in: 1...120, using: &generator) }
        if chance(1), nodes[node].isAlive {
            nodes[node].isAlive = false
            nodes[node].running.removeAll()
            lives[node] += 1
        } else if chance(3), !nodes[node].isAlive {
            revive(node)
        }
    }

    /// A server that starts again: what it ran before has died with it, and it says so.
    private mutating func revive(_ node: Int) {
        nodes[node] = SimulatedNode(lease: LeaseStateMachine(lease: .seconds(Self.lease), stopsJobs: node == 0))
        nodes[node].nextHeartbeat = now
        send(.join(asked: now), from: node)
    }

    private mutating func send(_ message: Message, from node: Int) {
        let isLost = nodes[node].cutUntil > now || (!isCalm && chance(5))
        guard !isLost else { return }
        let delay = isCalm ? 1 : Int.random(in: 1...8, using: &generator)
        requests.append((now + delay, node, lives[node], message))
    }

    private mutating func deliver() {
        let due = requests.filter { $0.at <= now }
        requests.removeAll { $0.at <= now }
        for request in due {
            let reply = carryOut(request.message, for: request.node)
            // Done, and nobody hears of it: the outcome is unknown to whoever asked.
            let isLost = nodes[request.node].cutUntil > now || (!isCalm && chance(5))
            if !isLost { replies.append((now + 1, request.node, request.life, reply)) }
        }
        let heard = replies.filter { $0.at <= now && nodes[$0.node].pausedUntil <= now }
        replies.removeAll { $0.at <= now && nodes[$0.node].pausedUntil <= now }
        for reply in heard where reply.life == lives[reply.node] && nodes[reply.node].isAlive {
            hear(reply.reply, node: reply.node)
        }
    }

    private mutating func carryOut(_ message: Message, for node: Int) -> Reply {
        switch message {
        case .join(let asked):
            let epoch = database.join(node, at: now)
            // The new life settles what the old one left: it is lost.
            for job in database.jobs.indices where database.jobs[job].node == node {
                if database.jobs[job].status == .running, nodes[node].running[job] == nil {
                    database.jobs[job].status = .lost
                }
            }
            return .joined(epoch: epoch, asked: asked)
        case .renew(let epoch, let asked):
            return .renewed(database.renew(node, epoch: epoch, at: now), epoch: epoch, asked: asked)
        case .claim(let epoch, let token, let doubts):
            let jobs = database.claim(node, epoch: epoch, token: token, doubts: doubts, limit: 2, at: now)
            return .claimed(jobs, token: token)
        case .append(let job, let end, let epoch):
            return .written(
                database.append(job, upTo: end, by: node, epoch: epoch, at: now), job: job, isEnd: false)
        case .finish(let job, let epoch):
            return .written(database.finish(job, by: node, epoch: epoch, at: now), job: job, isEnd: true)
        }
    }

    private mutating func hear(_ reply: Reply, node: Int) {
        switch reply {
        case .joined(let epoch, let asked):
            guard epoch > nodes[node].epoch else { return }
            nodes[node].epoch = epoch
            nodes[node].lease.joined(askedAt: .seconds(asked))
        case .renewed(let isGood, let epoch, let asked):
            guard epoch == nodes[node].epoch else { return }
            if isGood {
                nodes[node].lease.renewed(askedAt: .seconds(asked))
            } else {
                perform(nodes[node].lease.refused(), node)
            }
        case .claimed(let jobs, let token):
            // The connection of one that was given up is closed: nobody hears it.
            guard token == nodes[node].claim?.token else { return }
            nodes[node].claim = nil
            for job in jobs {
                if !nodes[node].begun.insert(job).inserted { violations.append("job \(job) was begun twice") }
                nodes[node].running[job] = 0
                nodes[node].doubts[database.jobs[job].token] = nil
            }
        case .written(.done, let job, true), .written(.settled, let job, _): nodes[node].running[job] = nil
        case .written: break
        }
    }

    private mutating func perform(_ actions: [LeaseStateMachine.Action], _ node: Int) {
        for action in actions {
            switch action {
            case .stopJobs: for job in nodes[node].running.keys { nodes[node].running[job] = Self.length }
            case .discardJobs: nodes[node].running.removeAll()
            case .rejoin: send(.join(asked: now), from: node)
            }
        }
    }

    private mutating func act(_ node: Int) {
        perform(nodes[node].lease.tick(.seconds(now)), node)
        if nodes[node].nextHeartbeat <= now {
            nodes[node].nextHeartbeat = now + 5
            if nodes[node].epoch == 0 {
                send(.join(asked: now), from: node)
            } else {
                send(.renew(epoch: nodes[node].epoch, asked: now), from: node)
            }
        }
        claim(node)
        for (job, printed) in nodes[node].running.sorted(by: { $0.key < $1.key }) where chance(50) {
            let end = min(Self.length, printed + 3)
            nodes[node].running[job] = end
            send(.append(job: job, end: end, epoch: nodes[node].epoch), from: node)
            if end == Self.length, database.jobs[job].stored == end {
                send(.finish(job: job, epoch: nodes[node].epoch), from: node)
            }
        }
    }

    /// One claim at a time; one that is not answered in time is in doubt, for as long as it may still be on its way.
    private mutating func claim(_ node: Int) {
        if let claim = nodes[node].claim {
            guard claim.until <= now else { return }
            nodes[node].doubts[claim.token] = now + 200
            nodes[node].claim = nil
        }
        nodes[node].doubts = nodes[node].doubts.filter { $0.value > now }
        guard nodes[node].lease.mayBegin(at: .seconds(now)), nodes[node].running.count < 4, chance(30) else { return }
        nextToken += 1
        nodes[node].claim = (nextToken, now + 12)
        let doubts = Set(nodes[node].doubts.keys)
        send(.claim(epoch: nodes[node].epoch, token: nextToken, doubts: doubts), from: node)
    }

    private mutating func check() {
        for (number, job) in database.jobs.enumerated() {
            if let before = settled[number] {
                if before != job.status { violations.append("job \(number) was \(before) and is \(job.status)") }
                if lengthAtEnd[number] != job.stored { violations.append("output of job \(number) grew after its end") }
            } else if job.status == .completed || job.status == .lost {
                settled[number] = job.status
                lengthAtEnd[number] = job.stored
            }
        }
        for (number, node) in nodes.enumerated() where node.isAlive && node.lease.holdsLease(at: .seconds(now)) {
            let row = database.nodes[number]
            // Between a pause and its first look at the clock a node does nothing, so only what it acts on counts.
            if node.pausedUntil <= now, row.epoch == node.epoch, row.leaseUntil <= now {
                violations.append("node \(number) believes in a lease that is over")
            }
        }
    }
}
