import { type Http, nextCursor, path } from "./http.ts";

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

export interface User {
  name: string;
  role: Role;
  createdAt: string;
  lastSignInAt: string | null;
  disabled: boolean;
  /** As whom an OpenID Connect issuer knows them. */
  identity: { issuer: string; subject: string; name: string } | null;
}

export interface Token {
  id: string;
  name: string;
  user: string;
  role: Role;
  prefix: string;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface AuditEntry {
  id: string | number;
  time: string;
  user: string | null;
  address: string | null;
  action: string;
  job: string | null;
  detail: string | null;
  result: string;
}

/** People, their tokens, and what they did. */
export class AccessClient {
  constructor(private readonly http: Http) {}

  users(): Promise<User[]> {
    return this.http.json("GET", "/api/users");
  }

  addUser(user: { name: string; role: Role; password: string }): Promise<User> {
    return this.http.json("POST", "/api/users", user);
  }

  changeUser(name: string, change: Partial<Pick<User, "role" | "disabled">>): Promise<void> {
    return this.http.done("PATCH", path`/api/users/${name}`, change);
  }

  removeUser(name: string): Promise<void> {
    return this.http.done("DELETE", path`/api/users/${name}`);
  }

  /** One's own password needs the `current` one. */
  setPassword(name: string, password: string, current?: string): Promise<void> {
    const body = current === undefined ? { password } : { password, current };
    return this.http.done("PUT", path`/api/users/${name}/password`, body);
  }

  tokens(): Promise<Token[]> {
    return this.http.json("GET", "/api/tokens");
  }

  /** The only time the token itself is told. */
  addToken(token: { name: string; role: Role; expiresInSeconds?: number }): Promise<Token & { token: string }> {
    return this.http.json("POST", "/api/tokens", token);
  }

  removeToken(id: string): Promise<void> {
    return this.http.done("DELETE", path`/api/tokens/${id}`);
  }

  /** Newest first. */
  async audit(
    filter: { user: string; action: string },
    cursor: string | null,
  ): Promise<{ entries: AuditEntry[]; cursor: string | null }> {
    const query = new URLSearchParams({ limit: "100" });
    if (filter.user !== "") query.set("user", filter.user);
    if (filter.action !== "") query.set("action", filter.action);
    if (cursor !== null) query.set("cursor", cursor);
    const response = await this.http.request("GET", `/api/audit?${query}`);
    return { entries: await response.json(), cursor: nextCursor(response.headers.get("Link")) };
  }
}
