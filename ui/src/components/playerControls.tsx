import type { Job } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { type Player, SHORT_PAUSE, SPEEDS } from "../state/player.ts";
import { findInTime } from "../state/recording.ts";
import { h, useEffect, useLayoutEffect, useMemo, useRef, useState, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import * as texts from "../texts/replay.ts";
import { CopyButton } from "./copyButton.tsx";
import { BackIcon, CloseIcon, DownIcon, ForwardIcon, PauseIcon, PlayIcon, SearchIcon, UpIcon } from "./icons.tsx";
import { useObservable } from "./useObservable.ts";

interface ControlsProps {
  workspace: Workspace;
  job: Job;
  player: Player;
  onLeave(): void;
}

export function PlayerControls({ workspace, job, player, onLeave }: ControlsProps): VNode {
  const { router, shortcuts } = workspace.app;
  const { isPlaying, time, duration, speed, idleLimit, shown } = useObservable(player.state);
  const field = useRef<HTMLInputElement>(null);
  const toggle = () => isPlaying ? player.pause() : player.play();
  const place = () => ({ kind: "replay", seconds: player.state.value.time } as const);

  // The address is that of the moment once it stands still; while it plays, it would only flicker.
  useEffect(() => {
    if (!isPlaying && time > 0) router.replace({ page: "job", id: job.id, place: place() });
  }, [isPlaying, time]);
  useLayoutEffect(() =>
    shortcuts.bind({
      " ": toggle,
      ".": () => player.step(1),
      ",": () => player.step(-1),
      ArrowRight: () => player.seek(player.state.value.time + 5),
      ArrowLeft: () => player.seek(player.state.value.time - 5),
      g: () => player.seek(0),
      G: () => player.seek(duration),
      "/": () => field.current?.focus(),
      p: onLeave,
      Escape: onLeave,
    }), [isPlaying]);

  return (
    <div class="player-bars">
      <div class="output-bar" role="toolbar" aria-label={texts.replay}>
        <button
          type="button"
          class="icon-button"
          aria-label={isPlaying ? texts.pause : texts.play}
          title={texts.spaceKey}
          onClick={toggle}
        >
          {isPlaying ? <PauseIcon /> : <PlayIcon />}
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={texts.stepBack}
          title={texts.stepBackHint}
          onClick={() => player.step(-1)}
        >
          <BackIcon />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={texts.stepForward}
          title={texts.stepForwardHint}
          onClick={() => player.step(1)}
        >
          <ForwardIcon />
        </button>
        <span class="tabular player-time">{clock(time)} / {clock(duration)}</span>
        <input
          type="range"
          class="timeline"
          aria-label={texts.moment}
          aria-valuetext={texts.momentOf(clock(time), clock(duration))}
          min={0}
          max={duration}
          step="any"
          style={`--done:${duration > 0 ? time / duration * 100 : 0}%`}
          value={String(time)}
          onInput={(event) => player.seek(Number(event.currentTarget.value))}
        />
        <label class="player-choice">
          <span class="visually-hidden">{texts.speed}</span>
          <select value={String(speed)} onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}>
            {SPEEDS.map((speed) => <option key={speed} value={String(speed)}>{speed}×</option>)}
          </select>
        </label>
        <button
          type="button"
          class="icon-button"
          aria-label={texts.leave}
          title={texts.backToOutput}
          onClick={onLeave}
        >
          <CloseIcon />
        </button>
      </div>
      <div class="output-bar" role="search" aria-label={texts.replay}>
        <FindInTime player={player} field={field} />
        <span class="spacer" />
        <label class="check">
          <input
            type="checkbox"
            checked={idleLimit < Infinity}
            onChange={(event) => player.setIdleLimit(event.currentTarget.checked ? SHORT_PAUSE : Infinity)}
          />
          {texts.shortenPauses}
        </label>
        <span class="dim tabular wide-only">{texts.steps(shown, player.recording.pieces.length)}</span>
        <CopyButton label={texts.copyLink} text={() => router.link({ page: "job", id: job.id, place: place() })} />
      </div>
    </div>
  );
}

/** Goes to the moments at which a text appears. */
function FindInTime({ player, field }: { player: Player; field: { current: HTMLInputElement | null } }): VNode {
  const [text, setText] = useState("");
  const found = useMemo(() => findInTime(player.recording.pieces, text), [text]);
  const { shown } = useObservable(player.state);
  const current = found.findIndex((index) => index + 1 === shown);
  const go = (by: 1 | -1) => {
    const next = by > 0 ? found.find((index) => index + 1 > shown) : found.filter((index) => index + 1 < shown).at(-1);
    const target = next ?? (by > 0 ? found[0] : found.at(-1));
    if (target === undefined) return;
    player.pause();
    player.seek(player.recording.times[target] ?? 0);
  };
  return (
    <span class="player-find">
      <span class="search">
        <SearchIcon />
        <input
          ref={field}
          type="search"
          aria-label={texts.findInTime}
          placeholder={texts.findInTime}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            else if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
            else return;
            event.preventDefault();
          }}
        />
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={texts.momentBefore}
        disabled={found.length === 0}
        onClick={() => go(-1)}
      >
        <UpIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={texts.nextMoment}
        disabled={found.length === 0}
        onClick={() => go(1)}
      >
        <DownIcon />
      </button>
      <span class="dim tabular" role="status">
        {text === ""
          ? ""
          : found.length === 0
          ? common.noHit
          : current < 0
          ? `${found.length}`
          : common.placeOf(current + 1, found.length)}
      </span>
    </span>
  );
}

/** `0:07.3`, `12:05.0`, `1:02:03.4`. */
function clock(seconds: number): string {
  const tenths = Math.floor(seconds * 10) % 10;
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(rest)}.${tenths}`;
}
