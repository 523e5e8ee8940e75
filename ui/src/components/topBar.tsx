import type { Session } from "../api/messages.ts";
import type { App } from "../app.ts";
import { h, useRef, type VNode } from "../view.ts";
import { MenuIcon, PlusIcon, PromptIcon } from "./icons.tsx";
import { PageLink } from "./pageLink.tsx";
import { ThemeSwitch } from "./themeSwitch.tsx";

interface TopBarProps {
  app: App;
  session: Session;
  canRun: boolean;
  onRun(): void;
  onKeys(): void;
  onAbout(): void;
}

export function TopBar({ app, session, canRun, onRun, onKeys, onAbout }: TopBarProps): VNode {
  const menu = useRef<HTMLDivElement>(null);
  const choose = (action: () => void) => () => {
    menu.current?.hidePopover();
    action();
  };
  return (
    <header class="top-bar">
      <PageLink router={app.router} to={{ page: "jobs" }} class="brand">
        <PromptIcon /> srun
      </PageLink>
      <span class="node mono" title="The machine that runs the commands">{session.node}</span>
      <span class="spacer" />
      {canRun && (
        <button type="button" class="button primary" onClick={onRun}>
          <PlusIcon /> <span>Run</span> <span class="wide-only">a command</span>
        </button>
      )}
      <button type="button" class="icon-button" aria-label="Menu" popovertarget="menu">
        <MenuIcon />
      </button>
      <div id="menu" class="menu" popover="auto" ref={menu}>
        <p class="menu-user dim">Signed in as {session.user}</p>
        <ThemeSwitch preferences={app.preferences} />
        <button type="button" class="menu-item" onClick={choose(onKeys)}>
          Keys <kbd>?</kbd>
        </button>
        <button type="button" class="menu-item" onClick={choose(onAbout)}>About srun</button>
        <button type="button" class="menu-item" onClick={choose(() => void app.session.signOut())}>Sign out</button>
      </div>
    </header>
  );
}
