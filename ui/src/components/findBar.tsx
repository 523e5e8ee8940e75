import type { LineHit } from "../api/outputClient.ts";
import { count } from "../format.ts";
import type { Find, FindState } from "../state/find.ts";
import type { Match } from "../terminal/find.ts";
import { h, type RefObject, useLayoutEffect, type VNode } from "../view.ts";
import { HitText } from "./hitText.tsx";
import { CloseIcon, DownIcon, UpIcon } from "./icons.tsx";
import { useObservable } from "./useObservable.ts";

interface FindBarProps {
  find: Find<Match>;
  field: RefObject<HTMLInputElement>;
  /** What is loaded is all there is. */
  isAll: boolean;
  onOpen(hit: LineHit): void;
  onClose(): void;
}

export function FindBar({ find, field, isAll, onOpen, onClose }: FindBarProps): VNode {
  const state = useObservable(find.state);
  // At once: the next letter typed is part of what is looked for.
  useLayoutEffect(() => field.current?.focus(), []);
  return (
    <div class="find" role="search" aria-label="Output">
      <div class="find-bar">
        <input
          ref={field}
          type="search"
          class="mono"
          aria-label="Find in the output"
          placeholder="Find in the output"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={state.isWrong}
          value={state.text}
          onInput={(event) => find.look({ text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter") find.step(event.shiftKey ? -1 : 1);
            else if (event.key === "Escape") onClose();
            else return;
            event.preventDefault();
          }}
        />
        <span class="find-count dim tabular" role="status">{countText(state)}</span>
        <Switch
          label="Upper and lower case"
          text="Aa"
          isOn={state.isCaseSensitive}
          onTurn={(isCaseSensitive) => find.look({ isCaseSensitive })}
        />
        <Switch
          label="Regular expression"
          text=".*"
          isOn={state.isRegex}
          onTurn={(isRegex) => find.look({ isRegex })}
        />
        <button
          type="button"
          class="icon-button"
          aria-label="Previous hit"
          title="Previous hit"
          onClick={() => find.step(-1)}
        >
          <UpIcon />
        </button>
        <button type="button" class="icon-button" aria-label="Next hit" title="Next hit" onClick={() => find.step(1)}>
          <DownIcon />
        </button>
        {!isAll && (
          <button
            type="button"
            class="button compact"
            disabled={state.text === "" || state.isWrong}
            onClick={() => void find.lookEverywhere()}
          >
            All of the output
          </button>
        )}
        <button type="button" class="icon-button" aria-label="Close find" title="Close" onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      {state.whole !== null && <Whole whole={state.whole} onOpen={onOpen} />}
    </div>
  );
}

function countText({ text, count, current, isWrong }: FindState): string {
  if (isWrong) return "No such pattern";
  if (text === "" || count === null) return "";
  return count === 0 ? "No hit" : `${current + 1} of ${count}`;
}

function Switch(
  { label, text, isOn, onTurn }: { label: string; text: string; isOn: boolean; onTurn(isOn: boolean): void },
) {
  return (
    <button
      type="button"
      class={isOn ? "icon-button mono on" : "icon-button mono"}
      aria-label={label}
      title={label}
      aria-pressed={isOn}
      onClick={() => onTurn(!isOn)}
    >
      {text}
    </button>
  );
}

/** What the server found, beyond what is loaded too. */
function Whole({ whole, onOpen }: { whole: NonNullable<FindState["whole"]>; onOpen(hit: LineHit): void }): VNode {
  const { hits, isDone, isTruncated, error } = whole;
  const lines = `${isTruncated ? "The first " : ""}${count(hits.length, "line", "lines")}`;
  return (
    <div class="find-hits">
      <p class="dim" role="status">
        {error ?? (isDone ? hits.length === 0 ? "No line of the output matches." : lines : "Searching…")}
      </p>
      <ol>
        {hits.map((hit) => (
          <li key={`${hit.line}-${hit.offset}-${hit.start}`}>
            <button type="button" class="hit" onClick={() => onOpen(hit)}>
              <span class="hit-line dim tabular">{hit.line}</span>
              <HitText hit={hit} />
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
