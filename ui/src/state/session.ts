import type { ApiClient } from "../api/client.ts";
import { ApiError, messageOf } from "../api/http.ts";
import type { Proof, Right, Session } from "../api/messages.ts";
import { couldNotStart } from "../texts/page.ts";
import * as texts from "../texts/signIn.ts";
import { Observable } from "./observable.ts";

export type SessionState =
  | { kind: "starting" }
  | { kind: "signedIn"; session: Session }
  /** `reason` is a sentence for the person, when there is more to say than "sign in". */
  | { kind: "signedOut"; reason: string | null; isTrying: boolean }
  | { kind: "unreachable"; message: string };

/** Who is using the page. The proof is a cookie that scripts cannot read, so only the server can tell. */
export class SessionModel {
  readonly state = new Observable<SessionState>({ kind: "starting" });
  #checking = false;

  constructor(private readonly client: ApiClient) {}

  can(right: Right): boolean {
    const state = this.state.value;
    return state.kind === "signedIn" && state.session.rights.includes(right);
  }

  /**
   * With the code of a sign-in link, or null to go on with the session there is.
   *
   * @param reason What to say when there is none.
   */
  async start(code: string | null, reason: string | null = null): Promise<void> {
    this.state.value = { kind: "starting" };
    try {
      if (code !== null) {
        try {
          this.state.value = { kind: "signedIn", session: await this.client.signIn({ code }) };
          return;
        } catch (error) {
          if (!(error instanceof ApiError) || error.status !== 401) throw error;
          // A link works once. Opened again (or restored with a tab), an existing session is as good.
          reason = texts.linkUsed;
        }
      }
      this.state.value = { kind: "signedIn", session: await this.client.session() };
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.state.value = { kind: "signedOut", reason, isTrying: false };
      } else {
        this.state.value = { kind: "unreachable", message: messageOf(error, couldNotStart) };
      }
    }
  }

  async signIn(proof: Proof): Promise<void> {
    this.state.value = { kind: "signedOut", reason: null, isTrying: true };
    try {
      this.state.value = { kind: "signedIn", session: await this.client.signIn(proof) };
    } catch (error) {
      const isRefused = error instanceof ApiError && error.status === 401;
      const reason = !isRefused
        ? messageOf(error, texts.didNotWork)
        : "user" in proof
        ? texts.noSuchPerson
        : texts.noSuchToken;
      this.state.value = { kind: "signedOut", reason, isTrying: false };
    }
  }

  async signOut(): Promise<void> {
    try {
      await this.client.signOut();
    } catch (error) {
      // Already signed out is what was wanted; anything else leaves the session alive, which must not be hidden.
      if (!(error instanceof ApiError) || error.status !== 401) return;
    }
    this.state.value = { kind: "signedOut", reason: null, isTrying: false };
  }

  /** Finds out whether the session is still good, for instance after a connection was refused without a reason. */
  async check(): Promise<void> {
    if (this.#checking || this.state.value.kind !== "signedIn") return;
    this.#checking = true;
    try {
      await this.client.session();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.state.value = { kind: "signedOut", reason: texts.sessionEnded, isTrying: false };
      }
    } finally {
      this.#checking = false;
    }
  }
}

/**
 * Takes the code of a sign-in link, and why a provider's sign-in came to nothing, out of the address, so that they stay in no
 * history and no copied link.
 *
 * @returns Null when neither is there. The reason is a sentence of our own: anybody can write an address.
 */
export function takeSignIn(
  location: Location,
  history: History,
): { code: string | null; reason: string | null } | null {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const [code, refused] = [parameters.get("code"), parameters.get("refused")];
  if (code === null && refused === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return { code, reason: refused === null ? null : texts.refusal(refused) };
}
