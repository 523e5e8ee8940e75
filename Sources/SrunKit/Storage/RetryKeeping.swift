/// A store that remembers which jobs are to be tried again after a pause, so that the pause outlives the server. Not every store
/// does; whoever needs it asks with `as?`, once.
///
/// What it remembers is ``JobEnd/retryAt``. An insert of a job whose ``JobSpec/retry`` names another one takes that one's away, in
/// the same step, and is refused with ``StoreError/Code/alreadyExists`` when it is there and has none: a command is never tried
/// twice, however many want to, and never not at all.
public protocol RetryKeeping: JobStore {
    /// The jobs of a node that have ended and have a ``JobEnd/retryAt``, the earliest first.
    func jobsToRetry(onNode node: String) async throws(StoreError) -> [Job]

    /// There will be no further try. Nothing happens for a job that waits for none, or that is not known.
    func giveUpRetry(of job: JobID) async throws(StoreError)
}
