import type { ApiClient } from "../api/client.ts";
import type { Job } from "../api/messages.ts";

const MOST_RUNS = 50;

/** What a run came from. */
export function origin(job: Job): string | null {
  return job.retryOf ?? job.restartOf ?? null;
}

/**
 * The runs this one came from, and those of the known jobs that came from it, oldest first. One that was removed ends the
 * chain, as nobody knows what it came from.
 */
export async function runChain(job: Job, known: readonly Job[], client: ApiClient): Promise<Job[]> {
  const chain = [job];
  for (let id = origin(job); id !== null && chain.length < MOST_RUNS;) {
    const wanted = id;
    if (chain.some((run) => run.id === wanted)) break;
    try {
      const before = known.find((run) => run.id === wanted) ?? await client.job(wanted);
      chain.unshift(before);
      id = origin(before);
    } catch {
      break;
    }
  }
  for (let last: Job | undefined = job; last !== undefined && chain.length < MOST_RUNS;) {
    const { id }: Job = last;
    last = known.find((run) => origin(run) === id && !chain.includes(run));
    if (last !== undefined) chain.push(last);
  }
  return chain;
}
