import type { Node } from "../api/teamClient.ts";
import type { Workspace } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import { Loading } from "../components/loading.tsx";
import { useObservable } from "../components/useObservable.ts";
import { age } from "../format.ts";
import { EVERYTHING } from "../state/jobFilter.ts";
import { h, useEffect, type VNode } from "../view.ts";

const STATES = {
  up: { word: "Up", look: "completed" },
  draining: { word: "Draining", look: "timeout" },
  unknown: { word: "Lost contact", look: "lost" },
  down: { word: "Down", look: "failed" },
} as const;

/** The machines of the team: how they are, and how busy. */
export function NodesPage({ workspace, canAdminister }: { workspace: Workspace; canAdminister: boolean }): VNode {
  const { nodes: model } = workspace;
  const state = useObservable(model.state);
  useEffect(() => model.watch(), []);
  return (
    <div class="page">
      <div class="page-head">
        <h1>Nodes</h1>
      </div>
      <div class="page-body">
        {state.error !== null && <p class="notice error" role="alert">{state.error}</p>}
        {state.phase === "unknown" && <Loading what="nodes" />}
        {state.phase === "absent" && <EmptyState title="This server runs alone." />}
        {state.phase === "failed" && (
          <EmptyState title="The nodes could not be loaded.">
            <button type="button" class="button" onClick={() => void model.fetch()}>Try again</button>
          </EmptyState>
        )}
        <ul class="cards" aria-label="Nodes">
          {state.nodes.map((node) => (
            <NodeCard
              key={node.name}
              node={node}
              workspace={workspace}
              isBusy={state.pending !== null}
              canAdminister={canAdminister}
            />
          ))}
        </ul>
      </div>
    </div>
  );
}

interface NodeCardProps {
  node: Node;
  workspace: Workspace;
  isBusy: boolean;
  canAdminister: boolean;
}

function NodeCard({ node, workspace, isBusy, canAdminister }: NodeCardProps): VNode {
  const { app, jobs, nodes } = workspace;
  const now = useObservable(app.ticker);
  const { word, look } = STATES[node.state];
  const isDraining = node.state === "draining";
  const showJobs = () => {
    jobs.filter({ ...EVERYTHING, node: node.name });
    app.router.go({ page: "jobs" });
  };
  return (
    <li class="card">
      <header>
        <h2 class="mono">{node.name}</h2>
        {node.isSelf && <span class="dim">this one</span>}
        <span class="spacer" />
        <span class={`status ${look}`}>
          <span class="state-dot" aria-hidden="true" />
          {word}
        </span>
      </header>
      {node.state === "unknown" && (
        <p class="dim">It does not answer. Its jobs may still run; if it stays away, they are lost.</p>
      )}
      {isDraining && <p class="dim">It takes no new jobs, and ends those it has.</p>}
      <Load node={node} />
      <dl class="facts">
        <div>
          <dt>Waiting</dt>
          <dd class="tabular">{node.queued}</dd>
        </div>
        {node.heartbeatAt !== null && !node.isSelf && (
          <div>
            <dt>Heard of</dt>
            <dd class="tabular">{age(node.heartbeatAt, now)}</dd>
          </div>
        )}
        {node.version !== null && (
          <div>
            <dt>Version</dt>
            <dd>{node.version}</dd>
          </div>
        )}
        {node.address !== null && (
          <div>
            <dt>Address</dt>
            <dd class="mono">{node.address}</dd>
          </div>
        )}
        {node.labels.length > 0 && (
          <div>
            <dt>Labels</dt>
            <dd>{node.labels.join(", ")}</dd>
          </div>
        )}
      </dl>
      <footer>
        <button type="button" class="button compact" onClick={showJobs}>Its jobs</button>
        {canAdminister && node.state !== "down" && nodes.isTeam && (
          <button
            type="button"
            class="button compact"
            disabled={isBusy}
            onClick={() => void nodes.setDraining(node, !isDraining)}
          >
            {isDraining ? "Take jobs again" : "Drain"}
          </button>
        )}
      </footer>
    </li>
  );
}

function Load({ node: { running, capacity } }: { node: Node }): VNode {
  const of = capacity === null ? "" : ` of ${capacity}`;
  const part = capacity === null || capacity === 0 ? 0 : Math.min(100, running / capacity * 100);
  return (
    <div class="load">
      <span class="tabular">{running}{of} running</span>
      <span class="load-bar" aria-hidden="true">
        <span style={`width:${part}%`} />
      </span>
    </div>
  );
}
