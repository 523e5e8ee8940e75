import type { Node } from "../api/teamClient.ts";
import type { Workspace } from "../app.ts";
import { EmptyState } from "../components/emptyState.tsx";
import { Loading } from "../components/loading.tsx";
import { useObservable } from "../components/useObservable.ts";
import * as common from "../texts/common.ts";
import { age } from "../texts/format.ts";
import { EVERYTHING } from "../state/jobFilter.ts";
import { facts } from "../texts/team.ts";
import * as texts from "../texts/team.ts";
import { h, useEffect, type VNode } from "../view.ts";

const LOOKS = { up: "completed", draining: "timeout", unknown: "lost", down: "failed" } as const;

/** The machines of the team: how they are, and how busy. */
export function NodesPage({ workspace, canAdminister }: { workspace: Workspace; canAdminister: boolean }): VNode {
  const { nodes: model } = workspace;
  const state = useObservable(model.state);
  useEffect(() => model.watch(), []);
  return (
    <div class="page">
      <div class="page-head">
        <h1>{texts.nodes}</h1>
      </div>
      <div class="page-body">
        {state.error !== null && <p class="notice error" role="alert">{state.error}</p>}
        {state.phase === "unknown" && <Loading what={texts.loadingWord} />}
        {state.phase === "absent" && <EmptyState title={texts.alone} />}
        {state.phase === "failed" && (
          <EmptyState title={texts.couldNotLoad}>
            <button type="button" class="button" onClick={() => void model.fetch()}>{common.tryAgain}</button>
          </EmptyState>
        )}
        <ul class="cards" aria-label={texts.nodes}>
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
  const isDraining = node.state === "draining";
  const showJobs = () => {
    jobs.filter({ ...EVERYTHING, node: node.name });
    app.router.go({ page: "jobs" });
  };
  return (
    <li class="card">
      <header>
        <h2 class="mono">{node.name}</h2>
        {node.isSelf && <span class="dim">{texts.thisOne}</span>}
        <span class="spacer" />
        <span class={`status ${LOOKS[node.state]}`}>
          <span class="state-dot" aria-hidden="true" />
          {texts.states[node.state]}
        </span>
      </header>
      {node.state === "unknown" && <p class="dim">{texts.silent}</p>}
      {isDraining && <p class="dim">{texts.draining}</p>}
      <Load node={node} />
      <dl class="facts">
        <div>
          <dt>{facts.waiting}</dt>
          <dd class="tabular">{node.queued}</dd>
        </div>
        {node.heartbeatAt !== null && !node.isSelf && (
          <div>
            <dt>{facts.heardOf}</dt>
            <dd class="tabular">{age(node.heartbeatAt, now)}</dd>
          </div>
        )}
        {node.version !== null && (
          <div>
            <dt>{facts.version}</dt>
            <dd>{node.version}</dd>
          </div>
        )}
        {node.address !== null && (
          <div>
            <dt>{facts.address}</dt>
            <dd class="mono">{node.address}</dd>
          </div>
        )}
        {node.labels.length > 0 && (
          <div>
            <dt>{facts.labels}</dt>
            <dd>{node.labels.join(", ")}</dd>
          </div>
        )}
      </dl>
      <footer>
        <button type="button" class="button compact" onClick={showJobs}>{texts.itsJobs}</button>
        {canAdminister && node.state !== "down" && nodes.isTeam && (
          <button
            type="button"
            class="button compact"
            disabled={isBusy}
            onClick={() => void nodes.setDraining(node, !isDraining)}
          >
            {isDraining ? texts.takeAgain : texts.drain}
          </button>
        )}
      </footer>
    </li>
  );
}

function Load({ node: { running, capacity } }: { node: Node }): VNode {
  const part = capacity === null || capacity === 0 ? 0 : Math.min(100, running / capacity * 100);
  return (
    <div class="load">
      <span class="tabular">{texts.running(running, capacity)}</span>
      <span class="load-bar" aria-hidden="true">
        <span style={`width:${part}%`} />
      </span>
    </div>
  );
}
