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
import { age, count } from "../format.ts";
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
      <Cell name="Name">
        <strong>{user.name}</strong>
        {user.name === session.user && <span class="dim">(you)</span>}
        {user.disabled && <span class="dim">(may not sign in)</span>}
      </Cell>
      <Cell name="Role">
        <RoleSelect
          role={user.role}
          label={`Role of ${user.name}`}
          isShort
          disabled={state.isBusy || user.name === session.user}
          onChange={(role) => void users.change(() => client.changeUser(user.name, { role }))}
        />
      </Cell>
      <Cell name="Signed in">{user.lastSignInAt === null ? "never" : age(user.lastSignInAt, now)}</Cell>
      <Cell name="Since">{new Date(user.createdAt).toLocaleDateString()}</Cell>
      <Cell name="Actions">
        <span class="cell-actions">
          <button type="button" class="button compact" onClick={() => ask({ kind: "password", user })}>Password</button>
          {user.name !== session.user && (
            <button
              type="button"
              class="icon-button"
              aria-label={`Remove ${user.name}`}
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
      title="People"
      tools={
        <Fragment>
          <span class="dim">{state.value !== null && count(state.value.length, "person", "people")}</span>
          <button type="button" class="button" onClick={() => ask({ kind: "add" })}>
            <PlusIcon /> Add a person
          </button>
        </Fragment>
      }
      state={state}
      columns={["Name", "Role", "Signed in", "Since", "Actions"]}
      row={row}
      none="Nobody has a password here yet. The token of the server always works."
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
          title={`Remove ${question.user.name}?`}
          action="Remove"
          onClose={() => ask(null)}
          onConfirm={() => void users.change(() => client.removeUser(question.user.name))}
        >
          <p>Their sessions end and their tokens stop working at once. Their jobs stay.</p>
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
      setError(messageOf(error, "The person could not be added."));
    }
  };
  return (
    <FormDialog
      title="Add a person"
      action="Add"
      isReady={name.trim() !== "" && password !== ""}
      error={error}
      onSend={send}
      onClose={onClose}
    >
      <Field label="Name" hint="What they sign in with.">
        {(attributes) => <TextInput attributes={attributes} isFirst value={name} onInput={setName} />}
      </Field>
      <Field label="Password" hint="They can change it once they are signed in.">
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
      <Field label="Role">
        {({ id }) => <RoleSelect id={id} role={role} onChange={setRole} />}
      </Field>
    </FormDialog>
  );
}
