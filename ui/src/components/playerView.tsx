import type { Job } from "../api/messages.ts";
import { OutputClient } from "../api/outputClient.ts";
import { messageOf } from "../api/http.ts";
import type { Workspace } from "../app.ts";
import { bytes } from "../texts/format.ts";
import { Player } from "../state/player.ts";
import { loadRecording } from "../state/recording.ts";
import { TerminalScreen } from "../terminal/screen.ts";
import { h, useEffect, useRef, useState, type VNode } from "../view.ts";
import * as texts from "../texts/replay.ts";
import { EmptyState } from "./emptyState.tsx";
import { PlayerControls } from "./playerControls.tsx";
import { useObservable } from "./useObservable.ts";

export interface PlayerViewProps {
  workspace: Workspace;
  job: Job;
  /** Where to begin. */
  seconds: number;
  onLink(target: URL): void;
}

/** The job's output played in its own time. */
export function PlayerView({ workspace, job, seconds, onLink }: PlayerViewProps): VNode {
  const { app } = workspace;
  const host = useRef<HTMLDivElement>(null);
  const [made, setMade] = useState<{ player: Player; terminal: TerminalScreen } | null>(null);
  const [loaded, setLoaded] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const isDark = useObservable(app.isDark);

  useEffect(() => {
    const abort = new AbortController();
    let ends: (() => void)[] = [];
    const load = async () => {
      const client = new OutputClient(app.client.http);
      const recording = await loadRecording(job.id, client, abort.signal, setLoaded);
      if (abort.signal.aborted || host.current === null) return;
      const size = job.tty === false ? false : recording.size;
      const terminal = new TerminalScreen(host.current, { size, isDark: app.isDark.value, onLink });
      const player = new Player(recording, terminal, app.timing);
      ends = [() => player.dispose(), () => terminal.dispose()];
      player.seek(seconds);
      // Whoever was given a moment wants to look at it; whoever comes from the job wants to see it run.
      if (seconds === 0) player.play();
      setMade({ player, terminal });
    };
    load().catch((error) => {
      if (!abort.signal.aborted) setError(messageOf(error, texts.couldNotRead));
    });
    return () => {
      abort.abort();
      for (const end of ends) end();
    };
  }, []);
  useEffect(() => made?.terminal.setDark(isDark), [made, isDark]);

  const leave = () => app.router.go({ page: "job", id: job.id });
  return (
    <section class="output player" aria-label={texts.replay}>
      {made !== null
        ? <PlayerControls workspace={workspace} job={job} player={made.player} onLeave={leave} />
        : (
          <div class="output-bar">
            <span class="output-title">{texts.replay}</span>
            <span class="dim" role="status">
              {error === null && texts.loading(loaded > 0 ? bytes(loaded) : "")}
            </span>
            <span class="spacer" />
            <button type="button" class="button compact" onClick={leave}>{texts.backToOutput}</button>
          </div>
        )}
      {error !== null && (
        <EmptyState title={texts.couldNotLoad}>
          <p>{error}</p>
        </EmptyState>
      )}
      {made?.player.recording.isCut && <p class="notice warn">{texts.isCut(bytes(48 * 1024 * 1024))}</p>}
      <div class="terminal-host" ref={host} />
    </section>
  );
}
