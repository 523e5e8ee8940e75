import { AccessClient } from "../api/accessClient.ts";
import type { ApiClient } from "../api/client.ts";
import { messageOf } from "../api/http.ts";
import { Field } from "../components/field.tsx";
import { FormDialog, TextInput } from "../components/formDialog.tsx";
import * as texts from "../texts/access.ts";
import { h, useState, type VNode } from "../view.ts";

interface PasswordProps {
  client: ApiClient;
  name: string;
  /** One's own needs the present one, so that an open page is not enough to take an account over. */
  isOwn: boolean;
  onClose(): void;
}

export function PasswordDialog({ client, name, isOwn, onClose }: PasswordProps): VNode {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const send = async () => {
    try {
      await new AccessClient(client.http).setPassword(name, password, isOwn ? current : undefined);
      onClose();
    } catch (error) {
      setError(messageOf(error, texts.passwordFailed));
    }
  };
  return (
    <FormDialog
      title={isOwn ? texts.changeOwn : texts.newPasswordFor(name)}
      action={texts.change}
      isReady={password !== "" && (!isOwn || current !== "")}
      error={error}
      onSend={send}
      onClose={onClose}
    >
      {isOwn && (
        <Field label={texts.presentPassword}>
          {(attributes) => (
            <TextInput
              attributes={attributes}
              isFirst
              type="password"
              autocomplete="current-password"
              value={current}
              onInput={setCurrent}
            />
          )}
        </Field>
      )}
      <Field label={texts.newPassword} hint={texts.newPasswordHint}>
        {(attributes) => (
          <TextInput
            attributes={attributes}
            isFirst={!isOwn}
            type="password"
            autocomplete="new-password"
            value={password}
            onInput={setPassword}
          />
        )}
      </Field>
    </FormDialog>
  );
}
