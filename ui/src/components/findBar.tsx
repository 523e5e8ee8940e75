import type { LineHit } from "../api/outputClient.ts";
import type { Find, FindState } from "../state/find.ts";
import type { Match } from "../terminal/find.ts";
import { h, type RefObject, useLayoutEffect, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/output.ts";
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
    <div class="find" role="search" aria-label={texts.output}>
      <div class="find-bar">
        <input
          ref={field}
          type="search"
          class="mono"
          aria-label={texts.find}
          placeholder={texts.find}
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
          label={texts.upperAndLower}
          text={texts.upperAndLowerSign}
          isOn={state.isCaseSensitive}
          onTurn={(isCaseSensitive) => find.look({ isCaseSensitive })}
        />
        <Switch
          label={texts.regex}
          text={texts.regexSign}
          isOn={state.isRegex}
          onTurn={(isRegex) => find.look({ isRegex })}
        />
        <button
          type="button"
          class="icon-button"
          aria-label={texts.previousHit}
          title={texts.previousHit}
          onClick={() => find.step(-1)}
        >
          <UpIcon />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={texts.nextHit}
          title={texts.nextHit}
          onClick={() => find.step(1)}
        >
          <DownIcon />
        </button>
        {!isAll && (
          <button
            type="button"
            class="button compact"
            disabled={state.text === "" || state.isWrong}
            onClick={() => void find.lookEverywhere()}
          >
            {texts.findInAll}
          </button>
        )}
        <button type="button" class="icon-button" aria-label={texts.closeFind} title={common.close} onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      {state.whole !== null && <Whole whole={state.whole} onOpen={onOpen} />}
    </div>
  );
}

function countText({ text, count, current, isWrong }: FindState): string {
  if (isWrong) return texts.badPattern;
  if (text === "" || count === null) return "";
  return count === 0 ? common.noHit : common.placeOf(current + 1, count);
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
  const lines = texts.lines(hits.length, isTruncated);
  return (
    <div class="find-hits">
      <p class="dim" role="status">
        {error ?? (isDone ? hits.length === 0 ? texts.noLine : lines : texts.searching)}
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
