import { type FunctionComponent, h, useEffect, useState, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import { EmptyState } from "./emptyState.tsx";
import { Loading } from "./loading.tsx";

interface LazyProps<P> {
  /** Fetches the part of the page, at most once; the browser keeps it. */
  load(): Promise<FunctionComponent<P>>;
  what: string;
  props: P;
}

/** A part of the page that few people need at first, loaded when it is shown. */
export function Lazy<P>({ load, what, props }: LazyProps<P>): VNode {
  const [part, setPart] = useState<{ component: FunctionComponent<P> } | "failed" | null>(null);
  useEffect(() => {
    let isGone = false;
    load().then(
      (component) => !isGone && setPart({ component }),
      () => !isGone && setPart("failed"),
    );
    return () => isGone = true;
  }, []);
  if (part === null) return <Loading what={what} />;
  if (part === "failed") {
    // Mostly because the server has been upgraded, and its parts now have other names.
    return (
      <EmptyState isPage title={common.partFailed}>
        <button type="button" class="button" onClick={() => location.reload()}>{common.loadPageAgain}</button>
      </EmptyState>
    );
  }
  return h(part.component, props);
}
