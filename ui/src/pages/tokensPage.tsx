import { AccessClient, type Role, ROLES, type Token } from "../api/accessClient.ts";
import { messageOf } from "../api/http.ts";
import type { Session } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { ConfirmDialog } from "../components/confirmDialog.tsx";
import { CopyButton } from "../components/copyButton.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { FormDialog, TextInput } from "../components/formDialog.tsx";
import { PlusIcon, TrashIcon } from "../components/icons.tsx";
import { RoleSelect, roleWord } from "../components/roleSelect.tsx";
import { Cell, TablePage } from "../components/tablePage.tsx";
import { useObservable } from "../components/useObservable.ts";
import { age } from "../format.ts";
import { Resource } from "../state/resource.ts";
import { h, useEffect, useMemo, useState, type VNode } from "../view.ts";

type Question = { kind: "add" } | { kind: "remove"; token: Token } | { kind: "made"; secret: string } | null;

const DAY = 86_400;
const LIFETIMES = [
  { label: "For 30 days", seconds: 30 * DAY },
  { label: "For 90 days", seconds: 90 * DAY },
  { label: "For a year", seconds: 365 * DAY },
  { label: "Until it is removed", seconds: 0 },
] as const;

/** What programs sign in with. */
export function TokensPage({ workspace, session }: { workspace: Workspace; session: Session }): VNode {
  const { app } = workspace;
  const client = useMemo(() => new AccessClient(app.client.http), []);
  const tokens = useMemo(() => new Resource(() => client.tokens()), []);
  useEffect(() => () => tokens.dispose(), []);
  const state = useObservable(tokens.state);
  const now = useObservable(app.ticker);
  const [question, ask] = useState<Question>(null);

  const row = (token: Token) => (
    <tr key={token.id}>
      <Cell name="Name">
        <strong>{token.name}</strong>
      </Cell>
      <Cell name="Begins with" isCode>{token.prefix}…</Cell>
      <Cell name="Of">{token.user}</Cell>
      <Cell name="Role">{roleWord(token.role)}</Cell>
      <Cell name="Used">{token.lastUsedAt === null ? "never" : age(token.lastUsedAt, now)}</Cell>
      <Cell name="Good until">
        {token.expiresAt === null
          ? "removed"
          : Date.parse(token.expiresAt) < now
          ? "no longer"
          : new Date(token.expiresAt).toLocaleDateString()}
      </Cell>
      <Cell name="Actions">
        <button
          type="button"
          class="icon-button"
          aria-label={`Remove ${token.name}`}
          onClick={() => ask({ kind: "remove", token })}
        >
          <TrashIcon />
        </button>
      </Cell>
    </tr>
  );

  return (
    <TablePage
      title="Tokens"
      tools={
        <button type="button" class="button" onClick={() => ask({ kind: "add" })}>
          <PlusIcon /> Make a token
        </button>
      }
      state={state}
      columns={["Name", "Begins with", "Of", "Role", "Used", "Good until", "Actions"]}
      row={row}
      none="There are no tokens. One lets a program do what you may do, and can be taken back alone."
    >
      {question?.kind === "add" && (
        <AddDialog
          session={session}
          onClose={() => ask(null)}
          onAdd={async (token) => {
            const made = await client.addToken(token);
            ask({ kind: "made", secret: made.token });
            void tokens.fetch();
          }}
        />
      )}
      {question?.kind === "made" && <MadeDialog secret={question.secret} onClose={() => ask(null)} />}
      {question?.kind === "remove" && (
        <ConfirmDialog
          title={`Remove the token ${question.token.name}?`}
          action="Remove"
          onClose={() => ask(null)}
          onConfirm={() => void tokens.change(() => client.removeToken(question.token.id))}
        >
          <p>Whatever uses it is shut out at once.</p>
        </ConfirmDialog>
      )}
    </TablePage>
  );
}

interface AddProps {
  session: Session;
  onAdd(token: { name: string; role: Role; expiresInSeconds?: number }): Promise<void>;
  onClose(): void;
}

function AddDialog({ session, onAdd, onClose }: AddProps): VNode {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>(ROLES.find((role) => role === session.role) ?? "operator");
  const [seconds, setSeconds] = useState<number>(LIFETIMES[1].seconds);
  const [error, setError] = useState<string | null>(null);
  const send = async () => {
    try {
      await onAdd({ name: name.trim(), role, ...(seconds === 0 ? {} : { expiresInSeconds: seconds }) });
    } catch (error) {
      setError(messageOf(error, "The token could not be made."));
    }
  };
  return (
    <FormDialog
      title="Make a token"
      action="Make"
      isReady={name.trim() !== ""}
      error={error}
      onSend={send}
      onClose={onClose}
    >
      <Field label="Name" hint="What it is for.">
        {(attributes) => <TextInput attributes={attributes} isFirst value={name} onInput={setName} />}
      </Field>
      <Field label="Role">{({ id }) => <RoleSelect id={id} role={role} onChange={setRole} />}</Field>
      <Field label="Good">
        {(attributes) => (
          <select
            {...attributes}
            value={String(seconds)}
            onChange={(event) => setSeconds(Number(event.currentTarget.value))}
          >
            {LIFETIMES.map(({ label, seconds }) => <option key={seconds} value={String(seconds)}>{label}</option>)}
          </select>
        )}
      </Field>
    </FormDialog>
  );
}

function MadeDialog({ secret, onClose }: { secret: string; onClose(): void }): VNode {
  return (
    <Dialog title="Your new token" class="small" onClose={onClose}>
      <div class="dialog-body">
        <p>Keep it now: it is shown only this once.</p>
        <pre class="address" tabIndex={0}>{secret}</pre>
      </div>
      <footer class="dialog-foot">
        <CopyButton label="Copy" text={() => secret} />
        <button type="button" class="button primary" onClick={onClose}>Done</button>
      </footer>
    </Dialog>
  );
}
