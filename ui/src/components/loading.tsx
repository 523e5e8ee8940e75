import { loading } from "../texts/common.ts";
import { h, type VNode } from "../view.ts";

/** Says so only when it takes longer than 300 ms (in the style sheet): a flash of text would look like a fault. */
export function Loading({ what }: { what: string }): VNode {
  return <p class="loading" role="status">{loading(what)}</p>;
}
