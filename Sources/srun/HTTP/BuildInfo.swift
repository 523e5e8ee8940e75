import CWebAssets
import Foundation

/// Which srun this is: written into the program when it was built.
struct BuildInfo: Sendable, Encodable {
    let version: String
    let commit: String
    let date: String

    /// Of the commit it was made from; nil when it was made from none.
    var time: Date? { APITime.date(date) }

    static let current = BuildInfo(
        version: String(cString: srun_build_version()), commit: String(cString: srun_build_commit()),
        date: String(cString: srun_build_date()))

    static var version: String { current.version }
    static var commit: String { current.commit }
    static var date: String { current.date }
}
