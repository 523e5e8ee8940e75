import { Observable } from "./observable.ts";

/** Where in a job's output: from the byte on, or at a moment of its recording. */
export type Place = { kind: "at"; offset: number } | { kind: "replay"; seconds: number };

export type Route =
  | { page: "jobs" }
  | { page: "job"; id: string; place?: Place | null }
  | { page: "search"; text: string }
  | { page: "nodes" | "users" | "tokens" | "audit" };

/** The address bar as a value. The server answers with this page for exactly these shapes. */
export class Router {
  readonly route: Observable<Route>;
  /** The filter of the list, which stands in the address of the list and of each job beside it. */
  readonly query: Observable<string>;
  readonly #onPop = () => this.#read();

  constructor(readonly base: string, private readonly window: Window) {
    const { pathname, search, hash } = window.location;
    this.route = new Observable(parseRoute(pathname, base, search, hash));
    this.query = new Observable(this.#hasList() ? search.slice(1) : "");
    window.addEventListener("popstate", this.#onPop);
  }

  address(route: Route): string {
    const query = this.query.value === "" ? "" : `?${this.query.value}`;
    switch (route.page) {
      case "jobs":
        return `${this.base}/${query}`;
      case "job":
        return `${this.base}/jobs/${encodeURIComponent(route.id)}${query}${fragment(route.place ?? null)}`;
      case "search":
        return `${this.base}/search${route.text === "" ? "" : `?${new URLSearchParams({ q: route.text })}`}`;
      default:
        return `${this.base}/${route.page}`;
    }
  }

  /** An address that works for somebody else: without the filter of this list. */
  link(route: Route): string {
    const query = this.query.value === "" ? "" : `?${this.query.value}`;
    return this.window.location.origin + this.address(route).replace(route.page === "search" ? "" : query, "");
  }

  go(route: Route): void {
    const address = this.address(route);
    const { pathname, search, hash } = this.window.location;
    if (address !== pathname + search + hash) this.window.history.pushState(null, "", address);
    this.route.value = route;
  }

  /** The same, without a step to go back to: for what changes while somebody types or watches. */
  replace(route: Route): void {
    this.window.history.replaceState(null, "", this.address(route));
    this.route.value = route;
  }

  setQuery(query: string): void {
    if (query === this.query.value) return;
    this.query.value = query;
    if (this.#hasList()) this.window.history.replaceState(null, "", this.address(this.route.value));
  }

  dispose(): void {
    this.window.removeEventListener("popstate", this.#onPop);
  }

  #hasList(): boolean {
    return this.route.value.page === "jobs" || this.route.value.page === "job";
  }

  #read(): void {
    const { pathname, search, hash } = this.window.location;
    this.route.value = parseRoute(pathname, this.base, search, hash);
    if (this.#hasList()) this.query.value = search.slice(1);
  }
}

export function parseRoute(path: string, base: string, query = "", hash = ""): Route {
  const local = path.startsWith(base) ? path.slice(base.length) : path;
  const [, page] = /^\/(search|nodes|users|tokens|audit)\/?$/.exec(local) ?? [];
  if (page === "search") return { page, text: new URLSearchParams(query).get("q") ?? "" };
  if (page === "nodes" || page === "users" || page === "tokens" || page === "audit") return { page };
  const [, id] = /^\/jobs\/([^/]+)\/?$/.exec(local) ?? [];
  if (id === undefined) return { page: "jobs" };
  try {
    return { page: "job", id: decodeURIComponent(id), place: parsePlace(hash) };
  } catch {
    return { page: "jobs" };
  }
}

export function parsePlace(hash: string): Place | null {
  const [, kind, number] = /^#(at|replay)=(\d+(?:\.\d+)?)$/.exec(hash) ?? [];
  if (number === undefined) return null;
  if (kind === "replay") return { kind, seconds: Number(number) };
  return { kind: "at", offset: Math.floor(Number(number)) };
}

function fragment(place: Place | null): string {
  if (place === null) return "";
  // Rounded up: a moment rounded down would be before what is seen at it.
  return place.kind === "at" ? `#at=${place.offset}` : `#replay=${Math.ceil(place.seconds * 1000) / 1000}`;
}
