/// Reads for all mirrors of a node: whoever asks while the store is asked already goes into the next question.
actor MirrorReader {
    private struct Question {
        let place: OutputPlace
        let answer: CheckedContinuation<Result<JobNews?, StoreError>, Never>
    }

    private static let jobsAtOnce = 128
    /// One may have much to read, and the others do not wait for it.
    private static let questionsAtOnce = 2

    private let store: any TeamStore
    private var waiting: [Question] = []
    private var asking = 0

    init(store: any TeamStore) { self.store = store }

    /// - Returns: Nil when there is no such job.
    func news(of place: OutputPlace) async throws(StoreError) -> JobNews? {
        let result = await withCheckedContinuation { answer in
            waiting.append(Question(place: place, answer: answer))
            if asking < Self.questionsAtOnce {
                asking += 1
                Task { await self.ask() }
            }
        }
        return try result.get()
    }

    private func ask() async {
        while !waiting.isEmpty {
            let questions = takeQuestions()
            do {
                let news = try await store.news(of: questions.map(\.place))
                let byJob = Dictionary(news.map { ($0.job.id, $0) }) { first, _ in first }
                for question in questions {
                    question.answer.resume(returning: .success(byJob[question.place.job]))
                }
            } catch {
                for question in questions { question.answer.resume(returning: .failure(error)) }
            }
        }
        asking -= 1
    }

    /// Each job once.
    private func takeQuestions() -> [Question] {
        var jobs: Set<JobID> = []
        var taken: [Question] = []
        var left: [Question] = []
        for question in waiting {
            if taken.count < Self.jobsAtOnce, jobs.insert(question.place.job).inserted {
                taken.append(question)
            } else {
                left.append(question)
            }
        }
        waiting = left
        return taken
    }
}
