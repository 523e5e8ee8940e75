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
import { columns } from "../texts/access.ts";
import * as texts from "../texts/access.ts";
import * as common from "../texts/common.ts";
import { age } from "../texts/format.ts";
import { Resource } from "../state/resource.ts";
import { h, useEffect, useMemo, useState, type VNode } from "../view.ts";

type Question = { kind: "add" } | { kind: "remove"; token: Token } | { kind: "made"; secret: string } | null;

const DAY = 86_400;
const LIFETIMES = [
  { label: texts.lifetimes.month, seconds: 30 * DAY },
  { label: texts.lifetimes.quarter, seconds: 90 * DAY },
  { label: texts.lifetimes.year, seconds: 365 * DAY },
  { label: texts.lifetimes.forever, seconds: 0 },
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
      <Cell name={columns.name} isLong>
        <strong>{token.name}</strong>
      </Cell>
      <Cell name={columns.beginsWith} isCode>{texts.prefix(token.prefix)}</Cell>
      <Cell name={columns.person}>{token.user ?? texts.nobodyWord}</Cell>
      <Cell name={columns.role}>{roleWord(token.role)}</Cell>
      <Cell name={columns.used}>{token.lastUsedAt === null ? texts.never : age(token.lastUsedAt, now)}</Cell>
      <Cell name={columns.goodUntil}>
        {token.expiresAt === null
          ? texts.untilRemoved
          : Date.parse(token.expiresAt) < now
          ? texts.noLonger
          : new Date(token.expiresAt).toLocaleDateString()}
      </Cell>
      <Cell name={columns.actions}>
        <button
          type="button"
          class="icon-button"
          aria-label={texts.removeOne(token.name)}
          onClick={() => ask({ kind: "remove", token })}
        >
          <TrashIcon />
        </button>
      </Cell>
    </tr>
  );

  return (
    <TablePage
      title={texts.tokens}
      tools={
        <button type="button" class="button" onClick={() => ask({ kind: "add" })}>
          <PlusIcon /> {texts.makeToken}
        </button>
      }
      state={state}
      columns={[
        columns.name,
        columns.beginsWith,
        columns.person,
        columns.role,
        columns.used,
        columns.goodUntil,
        columns.actions,
      ]}
      row={row}
      none={texts.noTokens}
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
          title={texts.removeToken(question.token.name)}
          action={texts.remove}
          onClose={() => ask(null)}
          onConfirm={() => void tokens.change(() => client.removeToken(question.token.id))}
        >
          <p>{texts.removeTokenText}</p>
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
      setError(messageOf(error, texts.tokenFailed));
    }
  };
  return (
    <FormDialog
      title={texts.makeToken}
      action={texts.make}
      isReady={name.trim() !== ""}
      error={error}
      onSend={send}
      onClose={onClose}
    >
      <Field label={columns.name} hint={texts.tokenNameHint}>
        {(attributes) => <TextInput attributes={attributes} isFirst value={name} onInput={setName} />}
      </Field>
      <Field label={columns.role}>{({ id }) => <RoleSelect id={id} role={role} onChange={setRole} />}</Field>
      <Field label={texts.good}>
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
    <Dialog title={texts.newToken} class="small" onClose={onClose}>
      <div class="dialog-body">
        <p>{texts.shownOnce}</p>
        <pre class="address" tabIndex={0}>{secret}</pre>
      </div>
      <footer class="dialog-foot">
        <CopyButton label={common.copy} text={() => secret} />
        <button type="button" class="button primary" onClick={onClose}>{common.done}</button>
      </footer>
    </Dialog>
  );
}
