import { useEffect, useState } from "../view.ts";

/** Anything with a value that tells when it changes. */
interface Watchable<T> {
  readonly value: T;
  subscribe(listener: () => void): () => void;
}

/** The value, and a new drawing of the component each time it changes. */
export function useObservable<T>(observable: Watchable<T>): T {
  const [, redraw] = useState(0);
  const drawn = observable.value;
  useEffect(() => {
    const changed = () => redraw((times) => times + 1);
    const end = observable.subscribe(changed);
    // It may have changed between drawing and subscribing.
    if (!Object.is(observable.value, drawn)) changed();
    return end;
  }, [observable]);
  return drawn;
}
