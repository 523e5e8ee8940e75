import { ApiClient } from "./api/client.ts";
import { webSocketConnector } from "./api/socket.ts";
import type { App } from "./app.ts";
import { Shortcuts } from "./keys.ts";
import { RootPage } from "./pages/rootPage.tsx";
import { Observable } from "./state/observable.ts";
import { Preferences } from "./state/preferences.ts";
import { Router } from "./state/route.ts";
import { SessionModel, takeSignIn } from "./state/session.ts";
import { Ticker } from "./state/ticker.ts";
import { browserTiming } from "./state/timing.ts";
import { h, render } from "./view.ts";

// Before anything else: the code of a sign-in link must not stay in the address.
const arrived = takeSignIn(location, history);

// The server writes the prefix under which a proxy serves it; it is empty without one.
const base = document.documentElement.dataset.base ?? "";
const client = new ApiClient(base);
const preferences = new Preferences(storage(() => localStorage));
const session = new SessionModel(client);
const app: App = {
  client,
  connect: webSocketConnector(base),
  timing: browserTiming,
  preferences,
  router: new Router(base, window),
  session,
  shortcuts: new Shortcuts(document, preferences),
  ticker: new Ticker(browserTiming, () => client.clockSkew),
  isDark: followTheme(preferences),
  tabStorage: storage(() => sessionStorage),
};

render(<RootPage app={app} />, document.getElementById("app")!);
void session.start(arrived?.code ?? null, arrived?.reason);

// A sign-in link opened in a tab that already shows this page only changes the fragment, and loads nothing.
addEventListener("hashchange", () => {
  const arrived = takeSignIn(location, history);
  if (arrived !== null) void session.start(arrived.code, arrived.reason);
});

/** Where storage is forbidden, even asking for it throws. */
function storage(ask: () => Storage): Storage | null {
  try {
    return ask();
  } catch {
    // What would be kept then holds for as long as the page is open.
    return null;
  }
}

/** Puts the chosen theme on the page, and tells the terminal, which draws with its own colours. */
function followTheme(preferences: Preferences): Observable<boolean> {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = new Observable(system.matches);
  const apply = () => {
    const theme = preferences.theme.value;
    document.documentElement.dataset.theme = theme;
    isDark.value = theme === "system" ? system.matches : theme === "dark";
  };
  system.addEventListener("change", apply);
  preferences.theme.subscribe(apply);
  apply();
  return isDark;
}
