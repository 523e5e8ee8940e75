import { Field } from "../components/field.tsx";
import { PromptIcon } from "../components/icons.tsx";
import type { SessionModel } from "../state/session.ts";
import { h, useState, type VNode } from "../view.ts";

interface SignInProps {
  session: SessionModel;
  reason: string | null;
  isTrying: boolean;
}

export function SignInPage({ session, reason, isTrying }: SignInProps): VNode {
  const [token, setToken] = useState("");
  return (
    <main class="whole-page">
      <form
        class="sign-in"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== "" && !isTrying) void session.signIn(token.trim());
        }}
      >
        <p class="brand large">
          <PromptIcon /> srun
        </p>
        <h1>Sign in</h1>
        {reason !== null && <p class="notice warn" role="alert">{reason}</p>}
        <p>
          Open the sign-in link that was printed where srun was started. For a new one, run <code>srun link</code>{" "}
          on that machine.
        </p>
        <Field label="Or paste the token" hint="It is in the file “token” in srun's state folder.">
          {(attributes) => (
            <input
              {...attributes}
              type="password"
              class="mono"
              autocomplete="current-password"
              autofocus
              value={token}
              onInput={(event) => setToken(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" class="button primary wide" disabled={isTrying || token.trim() === ""}>
          {isTrying ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
