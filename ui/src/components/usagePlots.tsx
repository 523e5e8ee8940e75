import type { Job } from "../api/messages.ts";
import type { App } from "../app.ts";
import { bytes, duration } from "../texts/format.ts";
import { type Curve, UsageModel } from "../state/usage.ts";
import { h, useEffect, useMemo, type VNode } from "../view.ts";
import * as texts from "../texts/job.ts";
import { useObservable } from "./useObservable.ts";

const WIDTH = 200;
const HEIGHT = 44;

/** Small curves of what the job used. What they show is also said in words. */
export function UsagePlots({ job, app, isLive }: { job: Job; app: App; isLive: boolean }): VNode | null {
  const model = useMemo(() => new UsageModel(job.id, app.client, app.timing), []);
  useEffect(() => () => model.dispose(), []);
  useEffect(() => void model.fetch(isLive), [isLive]);
  const curves = useObservable(model.curves);
  if (curves.length === 0) return null;
  return (
    <section class="plots" aria-label={texts.usage}>
      {curves.map((curve) => <Plot key={curve.kind} curve={curve} />)}
    </section>
  );
}

function Plot({ curve }: { curve: Curve }): VNode {
  const most = Math.max(...curve.points.map(({ value }) => value));
  const last = curve.points[curve.points.length - 1];
  const seconds = last?.at ?? 0;
  const name = texts.curves[curve.kind];
  const now = amount(curve, last?.value ?? 0);
  const words = texts.curveInWords(name, duration(seconds), now, amount(curve, most));
  return (
    <figure class="plot">
      <figcaption>
        <span>{name}</span>
        <span class="tabular">{now}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} height={HEIGHT} preserveAspectRatio="none" role="img" aria-label={words}>
        <line class="plot-ground" x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        <path
          class="plot-area"
          d={`${line(curve, most, seconds)}V${HEIGHT}H${x(curve.points[0]?.at ?? 0, seconds)}Z`}
        />
        <path class="plot-line" d={line(curve, most, seconds)} />
      </svg>
      <p class="dim tabular">{texts.atMost(amount(curve, most))}</p>
    </figure>
  );
}

function x(at: number, seconds: number): number {
  return Math.round(at / Math.max(seconds, 1e-9) * WIDTH * 10) / 10;
}

function line({ points }: Curve, most: number, seconds: number): string {
  const height = (value: number) => Math.round((HEIGHT - 1 - value / Math.max(most, 1e-9) * (HEIGHT - 4)) * 10) / 10;
  return points.map(({ at, value }, index) => `${index === 0 ? "M" : "L"}${x(at, seconds)} ${height(value)}`).join("");
}

function amount({ unit }: Curve, value: number): string {
  if (unit === "percent") return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
  return unit === "bytes" ? bytes(Math.round(value)) : `${bytes(Math.round(value))}/s`;
}
