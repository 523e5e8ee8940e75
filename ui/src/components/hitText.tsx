import { h, type VNode } from "../view.ts";

/** A line with what was found in it marked; the numbers are in code points. */
export function HitText({ hit }: { hit: { text: string; start: number; length: number } }): VNode {
  const points = [...hit.text];
  // A long line is shown from shortly before the hit.
  const from = hit.start > 60 ? hit.start - 40 : 0;
  return (
    <span class="hit-text mono">
      {from > 0 && "…"}
      {points.slice(from, hit.start).join("")}
      <mark>{points.slice(hit.start, hit.start + hit.length).join("")}</mark>
      {points.slice(hit.start + hit.length).join("")}
    </span>
  );
}
