import { Observable } from "./observable.ts";

export type Route = { page: "jobs" } | { page: "job"; id: string };

/** The address bar as a value. The server answers with this page for exactly these two shapes. */
export class Router {
  readonly route: Observable<Route>;
  readonly #onPop = () => {
    this.route.value = parseRoute(this.window.location.pathname, this.base);
  };

  constructor(private readonly base: string, private readonly window: Window) {
    this.route = new Observable(parseRoute(window.location.pathname, base));
    window.addEventListener("popstate", this.#onPop);
  }

  address(route: Route): string {
    return this.base + (route.page === "job" ? `/jobs/${encodeURIComponent(route.id)}` : "/");
  }

  go(route: Route): void {
    const address = this.address(route);
    if (address !== this.window.location.pathname) this.window.history.pushState(null, "", address);
    this.route.value = route;
  }

  dispose(): void {
    this.window.removeEventListener("popstate", this.#onPop);
  }
}

export function parseRoute(path: string, base: string): Route {
  const [, id] = /^\/jobs\/([^/]+)\/?$/.exec(path.startsWith(base) ? path.slice(base.length) : path) ?? [];
  if (id === undefined) return { page: "jobs" };
  try {
    return { page: "job", id: decodeURIComponent(id) };
  } catch {
    return { page: "jobs" };
  }
}
