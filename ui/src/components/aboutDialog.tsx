import type { ApiClient } from "../api/client.ts";
import type { Version } from "../api/messages.ts";
import { h, useEffect, useState, type VNode } from "../view.ts";
import * as texts from "../texts/page.ts";
import { Dialog } from "./dialog.tsx";

export function AboutDialog({ client, node, onClose }: { client: ApiClient; node: string; onClose(): void }): VNode {
  const [version, setVersion] = useState<Version | "unknown" | null>(null);
  useEffect(() => {
    client.version().then(setVersion, () => setVersion("unknown"));
  }, []);
  const known = version === "unknown" ? null : version;
  return (
    <Dialog title={texts.about} class="small" onClose={onClose}>
      <div class="dialog-body">
        <p>{texts.purpose}</p>
        <dl class="pairs">
          <dt>{texts.version}</dt>
          <dd>{version === "unknown" ? texts.couldNotBeRead : known?.version ?? "…"}</dd>
          <dt>{texts.commit}</dt>
          <dd class="mono">{known?.commit ?? "…"}</dd>
          <dt>{texts.built}</dt>
          <dd>{known?.date ?? "…"}</dd>
          <dt>{texts.node}</dt>
          <dd class="mono">{node}</dd>
        </dl>
        <p class="dim">
          {texts.contains}{" "}
          <a href={`${client.base}/assets/licenses.txt`} target="_blank" rel="noopener">{texts.licences}</a>.
        </p>
      </div>
    </Dialog>
  );
}
