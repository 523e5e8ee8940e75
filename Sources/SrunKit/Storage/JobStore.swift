/// A backend: jobs and their output in one place.
public typealias Store = JobStore & LogSink

/// Keeps jobs.
///
/// **Vocabulary.** A job is *inserted* once, *advances* through its states, and is *removed* at the end or never. Its state is
/// what ``JobState`` says; which steps are legal is decided by ``JobState/mayAdvance(to:)`` and by nothing else.
///
/// **Atomicity.** Each call happens wholly or not at all, also when the process is killed in the middle. When a call has
/// returned, every later call on any task sees its effect, and so does the next process that opens the store; a memory store
/// is exempt from the latter. After a loss of power a store may have lost the last moments, but never part of a call.
///
/// **Concurrency.** Calls may overlap freely. Writes to one job come from one task at a time; the store refuses an illegal
/// step even so.
///
/// **Times** are kept to the microsecond.
///
/// `docs/writing-a-store.md` tells how to write one; the suite `StoreConformance` proves it.
public protocol JobStore: Sendable {
    /// Adds a job in whatever state it has.
    ///
    /// - Throws: ``StoreError/Code/alreadyExists`` when the identifier is taken, ``StoreError/Code/full``, or
    ///   ``StoreError/Code/unavailable``.
    func insert(_ job: Job) async throws(StoreError)

    /// Moves a job to its next state.
    ///
    /// Repeating the state a job is already in changes nothing and is not an error. A finished state also sets the job's
    /// ``Job/outputBytes``.
    ///
    /// - Throws: ``StoreError/Code/jobNotFound``, ``StoreError/Code/illegalTransition``, or ``StoreError/Code/unavailable``.
    func advance(_ id: JobID, to state: JobState) async throws(StoreError)

    /// The job, or nil when there is none: an unknown identifier is not an error.
    ///
    /// For a job that has not ended, ``Job/outputBytes`` is the number of bytes stored.
    func job(_ id: JobID) async throws(StoreError) -> Job?

    /// One page of jobs, newest first, ordered as ``JobCursor/precedes(_:_:)``.
    ///
    /// Following ``JobPage/next`` from page to page shows every job that existed at the first page and was not removed exactly
    /// once, whatever is inserted meanwhile. A limit outside 1...``JobQuery/maximumLimit`` is brought inside. Here
    /// ``Job/outputBytes`` of a job that has not ended may be 0: a listing never looks at output.
    func jobs(_ query: JobQuery) async throws(StoreError) -> JobPage

    /// The jobs of a node that have not ended, oldest first: what a crash left behind.
    func unfinishedJobs(onNode node: String) async throws(StoreError) -> [Job]

    /// How many jobs of any node have ended, how much output they have, and which of them ended first, ordered as
    /// ``FinishedJob/precedes(_:_:)``: all of it as it was at one moment.
    ///
    /// Asked every few seconds while jobs end, so it looks at no output, and no more than necessary at jobs.
    ///
    /// - Parameter limit: At most so many in ``FinishedJobs/oldest``; one outside 1...``JobQuery/maximumLimit`` is brought
    ///   inside.
    func finishedJobs(oldest limit: Int) async throws(StoreError) -> FinishedJobs

    /// Removes a finished job and all its output.
    ///
    /// Large output may be removed in several steps; a crash in between leaves the job in the list, and removing it again
    /// completes the work.
    ///
    /// - Throws: ``StoreError/Code/jobNotFound``, ``StoreError/Code/illegalTransition`` when the job has not ended, or
    ///   ``StoreError/Code/unavailable``.
    func remove(_ id: JobID) async throws(StoreError)

    /// Releases files, locks and connections. Nothing may be called afterwards; a second close does nothing.
    func close() async
}
