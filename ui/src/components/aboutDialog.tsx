import type { ApiClient } from "../api/client.ts";
import type { Version } from "../api/messages.ts";
import { h, useEffect, useState, type VNode } from "../view.ts";
import { Dialog } from "./dialog.tsx";

export function AboutDialog({ client, node, onClose }: { client: ApiClient; node: string; onClose(): void }): VNode {
  const [version, setVersion] = useState<Version | "unknown" | null>(null);
  useEffect(() => {
    client.version().then(setVersion, () => setVersion("unknown"));
  }, []);
  const known = version === "unknown" ? null : version;
  return (
    <Dialog title="About srun" class="small" onClose={onClose}>
      <div class="dialog-body">
        <p>Runs commands on a machine for people who are elsewhere.</p>
        <dl class="pairs">
          <dt>Version</dt>
          <dd>{version === "unknown" ? "could not be read" : known?.version ?? "…"}</dd>
          <dt>Commit</dt>
          <dd class="mono">{known?.commit ?? "…"}</dd>
          <dt>Built</dt>
          <dd>{known?.date ?? "…"}</dd>
          <dt>Node</dt>
          <dd class="mono">{node}</dd>
        </dl>
        <p class="dim">
          This page contains xterm.js and Preact:{" "}
          <a href={`${client.base}/assets/licenses.txt`} target="_blank" rel="noopener">licences</a>.
        </p>
      </div>
    </Dialog>
  );
}
