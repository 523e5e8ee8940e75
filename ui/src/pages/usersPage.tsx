import { AccessClient, type Role, type User } from "../api/accessClient.ts";
import { messageOf } from "../api/http.ts";
import type { Session } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import { ConfirmDialog } from "../components/confirmDialog.tsx";
import { Field } from "../components/field.tsx";
import { FormDialog, TextInput } from "../components/formDialog.tsx";
import { PlusIcon, TrashIcon } from "../components/icons.tsx";
import { RoleSelect } from "../components/roleSelect.tsx";
import { Cell, TablePage } from "../components/tablePage.tsx";
import { useObservable } from "../components/useObservable.ts";
import { columns } from "../texts/access.ts";
import * as texts from "../texts/access.ts";
import { age } from "../texts/format.ts";
import { Resource } from "../state/resource.ts";
import { Fragment, h, useEffect, useMemo, useState, type VNode } from "../view.ts";
import { PasswordDialog } from "./passwordDialog.tsx";

type Question = { kind: "add" } | { kind: "remove" | "password"; user: User } | null;

/** The people who may sign in with a password of their own. */
export function UsersPage({ workspace, session }: { workspace: Workspace; session: Session }): VNode {
  const { app } = workspace;
  const client = useMemo(() => new AccessClient(app.client.http), []);
  const users = useMemo(() => new Resource(() => client.users()), []);
  useEffect(() => () => users.dispose(), []);
  const state = useObservable(users.state);
  const now = useObservable(app.ticker);
  const [question, ask] = useState<Question>(null);

  const row = (user: User) => (
    <tr key={user.name}>
      <Cell name={columns.name} isLong>
        <strong>{user.name}</strong>
        {user.name === session.user && <span class="dim">{texts.you}</span>}
        {user.disabled && <span class="dim">{texts.mayNotSignIn}</span>}
        {user.identity !== null && (
          <span class="dim below" title={user.identity.issuer}>
            {texts.knownAs(user.identity.name, user.identity.subject)}
          </span>
        )}
      </Cell>
      <Cell name={columns.role}>
        <RoleSelect
          role={user.role}
          label={texts.roleOf(user.name)}
          isShort
          disabled={state.isBusy || user.name === session.user}
          onChange={(role) => void users.change(() => client.changeUser(user.name, { role }))}
        />
      </Cell>
      <Cell name={columns.signedIn}>{user.lastSignInAt === null ? texts.never : age(user.lastSignInAt, now)}</Cell>
      <Cell name={columns.since}>{new Date(user.createdAt).toLocaleDateString()}</Cell>
      <Cell name={columns.actions}>
        <span class="cell-actions">
          <button type="button" class="button compact" onClick={() => ask({ kind: "password", user })}>
            {texts.password}
          </button>
          {user.name !== session.user && (
            <button
              type="button"
              class="icon-button"
              aria-label={texts.removeOne(user.name)}
              onClick={() => ask({ kind: "remove", user })}
            >
              <TrashIcon />
            </button>
          )}
        </span>
      </Cell>
    </tr>
  );

  return (
    <TablePage
      title={texts.people}
      tools={
        <Fragment>
          <span class="dim">{state.value !== null && texts.personCount(state.value.length)}</span>
          <button type="button" class="button" onClick={() => ask({ kind: "add" })}>
            <PlusIcon /> {texts.addPerson}
          </button>
        </Fragment>
      }
      state={state}
      columns={[columns.name, columns.role, columns.signedIn, columns.since, columns.actions]}
      row={row}
      none={texts.nobody}
    >
      {question?.kind === "add" && (
        <AddDialog
          onClose={() => ask(null)}
          onAdd={async (user) => {
            await client.addUser(user);
            ask(null);
            void users.fetch();
          }}
        />
      )}
      {question?.kind === "password" && (
        <PasswordDialog
          client={app.client}
          name={question.user.name}
          isOwn={question.user.name === session.user}
          onClose={() => ask(null)}
        />
      )}
      {question?.kind === "remove" && (
        <ConfirmDialog
          title={texts.removePerson(question.user.name)}
          action={texts.remove}
          onClose={() => ask(null)}
          onConfirm={() => void users.change(() => client.removeUser(question.user.name))}
        >
          <p>{texts.removePersonText}</p>
        </ConfirmDialog>
      )}
    </TablePage>
  );
}

interface AddProps {
  onAdd(user: { name: string; role: Role; password: string }): Promise<void>;
  onClose(): void;
}

function AddDialog({ onAdd, onClose }: AddProps): VNode {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [error, setError] = useState<string | null>(null);
  const send = async () => {
    try {
      await onAdd({ name: name.trim(), role, password });
    } catch (error) {
      setError(messageOf(error, texts.couldNotAdd));
    }
  };
  return (
    <FormDialog
      title={texts.addPerson}
      action={texts.add}
      isReady={name.trim() !== "" && password !== ""}
      error={error}
      onSend={send}
      onClose={onClose}
    >
      <Field label={columns.name} hint={texts.nameHint}>
        {(attributes) => <TextInput attributes={attributes} isFirst value={name} onInput={setName} />}
      </Field>
      <Field label={texts.password} hint={texts.passwordHint}>
        {(attributes) => (
          <TextInput
            attributes={attributes}
            type="password"
            autocomplete="new-password"
            value={password}
            onInput={setPassword}
          />
        )}
      </Field>
      <Field label={columns.role}>
        {({ id }) => <RoleSelect id={id} role={role} onChange={setRole} />}
      </Field>
    </FormDialog>
  );
}
