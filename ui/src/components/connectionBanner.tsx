import type { Connection, ConnectionState } from "../state/connection.ts";
import type { Ticker } from "../state/ticker.ts";
import type { Timing } from "../state/timing.ts";
import { Fragment, h, useEffect, useState, type VNode } from "../view.ts";
import * as texts from "../texts/page.ts";
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
        <section class="banner" aria-label={texts.connection}>
          <span class="banner-text">
            <strong>{texts.connectionLost}</strong> <span class="wide-only">{texts.whatIsShownStays}</span>{" "}
            <span aria-hidden="true" class="tabular">
              {state.kind === "waiting"
                ? <Countdown until={state.until} ticker={ticker} timing={timing} />
                : texts.tryingAgain}
            </span>
          </span>
          {state.kind === "waiting" && (
            <button
              type="button"
              class="button compact"
              onClick={() => connection.retryNow()}
            >
              {texts.retryNow}
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
  return <span>{texts.tryingAgainIn(Math.max(1, Math.ceil((until - timing.now()) / 1000)))}</span>;
}

/** The loss and the return are spoken once; a countdown read aloud every second would drown everything else. */
function Spoken({ state }: { state: ConnectionState }): VNode {
  const [wasLost, setWasLost] = useState(false);
  const isLost = state.kind === "waiting" || state.kind === "retrying";
  useEffect(() => {
    if (isLost) setWasLost(true);
  }, [isLost]);
  const text = isLost ? texts.lostSpoken : wasLost ? texts.backSpoken : "";
  return <div class="visually-hidden" role="status">{text}</div>;
}
