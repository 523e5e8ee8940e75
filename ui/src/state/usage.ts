import type { ApiClient } from "../api/client.ts";
import { ApiError } from "../api/http.ts";
import type { UsageSample } from "../api/messages.ts";
import { Observable } from "./observable.ts";
import type { Timing } from "./timing.ts";

/** One curve: values at seconds since the first sample. */
export interface Curve {
  kind: "cpu" | "memory" | "output" | "disk";
  unit: "percent" | "bytes" | "bytesPerSecond";
  points: readonly { at: number; value: number }[];
}

const REFRESH = 3000;

/** What a job has used over time, read again and again while it runs. */
export class UsageModel {
  readonly curves = new Observable<readonly Curve[]>([]);
  #cancel: (() => void) | null = null;
  #isDisposed = false;

  constructor(private readonly job: string, private readonly client: ApiClient, private readonly timing: Timing) {}

  async fetch(isLive: boolean): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    let isAbsent = false;
    try {
      const { samples } = await this.client.usage(this.job);
      if (!this.#isDisposed) this.curves.value = curvesOf(samples);
    } catch (error) {
      // A server that keeps no samples, or one that is away: what is shown stays.
      isAbsent = error instanceof ApiError && error.status === 404;
    }
    if (isLive && !isAbsent && !this.#isDisposed) {
      this.#cancel = this.timing.after(REFRESH, () => void this.fetch(true));
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#cancel?.();
  }
}

/** Counters become rates; with fewer than two samples there is nothing to draw. */
export function curvesOf(samples: readonly UsageSample[]): Curve[] {
  const first = samples[0];
  if (first === undefined || samples.length < 2) return [];
  const start = Date.parse(first.time);
  const timed = samples.map((sample) => ({ at: (Date.parse(sample.time) - start) / 1000, sample }));
  const rate = (count: (sample: UsageSample) => number | null | undefined) =>
    timed.slice(1).map(({ at, sample }, index) => {
      const before = timed[index];
      const seconds = at - (before?.at ?? 0);
      const grown = (count(sample) ?? 0) - (before === undefined ? 0 : count(before.sample) ?? 0);
      return { at, value: seconds > 0 ? Math.max(0, grown / seconds) : 0 };
    });
  const curves: Curve[] = [
    {
      kind: "cpu",
      unit: "percent",
      points: rate(({ cpuSeconds }) => cpuSeconds).map(({ at, value }) => ({ at, value: value * 100 })),
    },
    { kind: "memory", unit: "bytes", points: timed.map(({ at, sample }) => ({ at, value: sample.memoryBytes })) },
    { kind: "output", unit: "bytesPerSecond", points: rate(({ outputBytes }) => outputBytes) },
    {
      kind: "disk",
      unit: "bytesPerSecond",
      points: rate((sample) => (sample.readBytes ?? 0) + (sample.writtenBytes ?? 0)),
    },
  ];
  return curves.filter(({ kind, points }) =>
    kind === "cpu" || kind === "memory" || points.some(({ value }) => value > 0)
  );
}
