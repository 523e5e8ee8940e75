import Foundation

/// The limit of open files. A keeper holds some descriptors for each job, and raises its own; the jobs get the old one.
enum DescriptorLimit {
    /// - Returns: What it was before.
    static func raise() -> SpawnOrder.Limit? {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return nil }
        let before = SpawnOrder.Limit(
            resource: Int32(RLIMIT_NOFILE.rawValue), soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
        return before
    }

    static func restore(_ limit: SpawnOrder.Limit?) {
        guard let limit else { return }
        var before = rlimit(rlim_cur: rlim_t(limit.soft), rlim_max: rlim_t(limit.hard))
        _ = setrlimit(resource, &before)
    }

    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}
