import type { Connection, ConnectionState } from "../state/connection.ts";
import type { Ticker } from "../state/ticker.ts";
import type { Timing } from "../state/timing.ts";
import { Fragment, h, useEffect, useState, type VNode } from "../view.ts";
import { useObservable } from "./useObservable.ts";

interface BannerProps {
  connection: Connection;
  ticker: Ticker;
  timing: Timing;
}

/** Says that the connection is lost, when it is tried again, and that what is shown stays. */
export function ConnectionBanner({ connection, ticker, timing }: BannerProps): VNode {
  const state = useObservable(connection.state);
  const isLost = state.kind === "waiting" || state.kind === "retrying";
  return (
    <Fragment>
      {isLost && (
        <section class="banner" aria-label="Connection">
          <span class="banner-text">
            <strong>Connection lost.</strong> <span class="wide-only">What is shown stays.</span>{" "}
            <span aria-hidden="true" class="tabular">
              {state.kind === "waiting"
                ? <Countdown until={state.until} ticker={ticker} timing={timing} />
                : "Trying again…"}
            </span>
          </span>
          {state.kind === "waiting" && (
            <button
              type="button"
              class="button compact"
              onClick={() => connection.retryNow()}
            >
              Retry now
            </button>
          )}
        </section>
      )}
      <Spoken state={state} />
    </Fragment>
  );
}

function Countdown({ until, ticker, timing }: { until: number; ticker: Ticker; timing: Timing }): VNode {
  useObservable(ticker);
  return <span>Trying again in {Math.max(1, Math.ceil((until - timing.now()) / 1000))} s.</span>;
}

/** The loss and the return are spoken once; a countdown read aloud every second would drown everything else. */
function Spoken({ state }: { state: ConnectionState }): VNode {
  const [wasLost, setWasLost] = useState(false);
  const isLost = state.kind === "waiting" || state.kind === "retrying";
  useEffect(() => {
    if (isLost) setWasLost(true);
  }, [isLost]);
  const text = isLost ? "Connection lost. Trying again." : wasLost ? "Connected again." : "";
  return <div class="visually-hidden" role="status">{text}</div>;
}
