import type { Proof, Provider } from "../api/messages.ts";
import type { App } from "../app.ts";
import { Field } from "../components/field.tsx";
import { PromptIcon } from "../components/icons.tsx";
import { brand } from "../texts/common.ts";
import * as texts from "../texts/signIn.ts";
import { Fragment, h, useEffect, useState, type VNode } from "../view.ts";

interface SignInProps {
  app: App;
  reason: string | null;
  isTrying: boolean;
}

/** Every way in that this server has: the link or the token always, people and providers where there are any. */
export function SignInPage({ app, reason, isTrying }: SignInProps): VNode {
  const { session, client, preferences } = app;
  const [providers, setProviders] = useState<readonly Provider[] | null>(null);
  const [chosen, choose] = useState<"token" | "password" | null>(null);
  useEffect(() => {
    client.providers().then(setProviders, () => setProviders([]));
  }, []);
  // A server tells nobody who is outside whether it knows people; most have only the link that was printed at the start.
  const byPassword = (chosen ?? (preferences.usesPassword.value ? "password" : "token")) === "password";
  const signIn = async (proof: Proof) => {
    await session.signIn(proof);
    if (session.state.value.kind === "signedIn") preferences.usesPassword.value = "user" in proof;
  };
  return (
    <main class="whole-page">
      <div class="sign-in">
        <p class="brand large">
          <PromptIcon /> {brand}
        </p>
        <h1>{texts.signIn}</h1>
        {reason !== null && <p class="notice warn" role="alert">{reason}</p>}
        {providers?.map(({ id, name, url }) => (
          <a key={id} class="button wide" href={url.startsWith("/") ? client.base + url : url}>
            {texts.signInWith(name)}
          </a>
        ))}
        {/* A form that is replaced by another while somebody types into it is worse than one that comes a moment later. */}
        {providers === null ? null : byPassword
          ? (
            <Fragment>
              <PasswordForm isTrying={isTrying} onSend={(user, password) => void signIn({ user, password })} />
              <button type="button" class="link-button" onClick={() => choose("token")}>{texts.useToken}</button>
            </Fragment>
          )
          : (
            <Fragment>
              <p>{texts.openTheLink((code) => <code>{code}</code>)}</p>
              <TokenForm isTrying={isTrying} onSend={(token) => void signIn({ token })} />
              <button type="button" class="link-button" onClick={() => choose("password")}>
                {texts.usePassword}
              </button>
            </Fragment>
          )}
      </div>
    </main>
  );
}

function TokenForm({ isTrying, onSend }: { isTrying: boolean; onSend(token: string): void }): VNode {
  const [token, setToken] = useState("");
  return (
    <form
      class="sign-in"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (token.trim() !== "" && !isTrying) onSend(token.trim());
      }}
    >
      <Field label={texts.token} hint={texts.tokenHint}>
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
        {isTrying ? texts.signingIn : texts.signIn}
      </button>
    </form>
  );
}

function PasswordForm(
  { isTrying, onSend }: { isTrying: boolean; onSend(user: string, password: string): void },
): VNode {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const isReady = user.trim() !== "" && password !== "";
  return (
    <form
      class="sign-in"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !isTrying) onSend(user.trim(), password);
      }}
    >
      <Field label={texts.name}>
        {(attributes) => (
          <input
            {...attributes}
            type="text"
            autocomplete="username"
            autocapitalize="off"
            spellcheck={false}
            autofocus
            value={user}
            onInput={(event) => setUser(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={texts.password}>
        {(attributes) => (
          <input
            {...attributes}
            type="password"
            autocomplete="current-password"
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        )}
      </Field>
      <button type="submit" class="button primary wide" disabled={isTrying || !isReady}>
        {isTrying ? texts.signingIn : texts.signIn}
      </button>
    </form>
  );
}
