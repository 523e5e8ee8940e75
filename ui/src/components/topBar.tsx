import type { Session } from "../api/messages.ts";
import type { Workspace } from "../app.ts";
import type { Route } from "../state/route.ts";
import { Fragment, h, useEffect, type VNode } from "../view.ts";
import { brand } from "../texts/common.ts";
import * as texts from "../texts/page.ts";
import { MenuIcon, PlusIcon, PromptIcon, SearchIcon } from "./icons.tsx";
import { Menu, MenuItem } from "./menu.tsx";
import { PageLink } from "./pageLink.tsx";
import { ThemeSwitch } from "./themeSwitch.tsx";
import { useObservable } from "./useObservable.ts";

interface TopBarProps {
  workspace: Workspace;
  session: Session;
  canRun: boolean;
  onRun(): void;
  onKeys(): void;
  onAbout(): void;
  onPassword(): void;
}

export function TopBar(props: TopBarProps): VNode {
  const { workspace, session, canRun, onRun } = props;
  const { router } = workspace.app;
  const route = useObservable(router.route);
  const nodes = useObservable(workspace.nodes.state);
  useEffect(() => void workspace.nodes.fetch(), []);
  const isTeam = nodes.nodes.length > 1 || session.team === true;
  return (
    <header class="top-bar">
      <PageLink router={router} to={{ page: "jobs" }} class="brand" isCurrent={route.page === "jobs"}>
        <PromptIcon /> {brand}
      </PageLink>
      <span class="node mono" title={texts.machine}>{session.node}</span>
      {isTeam && (
        <PageLink router={router} to={{ page: "nodes" }} class="top-link" isCurrent={route.page === "nodes"}>
          {texts.pages.nodes}
        </PageLink>
      )}
      <span class="spacer" />
      <PageLink
        router={router}
        to={{ page: "search", text: "" }}
        class="icon-button"
        label={texts.searchAllJobs}
        isCurrent={route.page === "search"}
      >
        <SearchIcon />
      </PageLink>
      {canRun && (
        <button type="button" class="button primary" onClick={onRun}>
          <PlusIcon /> <span>{texts.runACommand[0]}</span> <span class="wide-only">{texts.runACommand[1]}</span>
        </button>
      )}
      <Menu label={texts.menu} button={<MenuIcon />}>
        {(close) => <MainMenu {...props} isTeam={isTeam} close={close} />}
      </Menu>
    </header>
  );
}

interface MainMenuProps extends TopBarProps {
  isTeam: boolean;
  close(): void;
}

function MainMenu({ workspace, session, isTeam, onKeys, onAbout, onPassword, close }: MainMenuProps): VNode {
  const { app } = workspace;
  const choose = (action: () => void) => () => {
    close();
    action();
  };
  const isAdmin = session.rights.includes("administer");
  // A server that knows people says the role of each; an older one has one token and nothing to manage.
  const hasPeople = session.role !== undefined;
  const pages: { to: Route; label: string; isThere: boolean }[] = [
    { to: { page: "search", text: "" }, label: texts.searchAllJobs, isThere: true },
    { to: { page: "nodes" }, label: texts.pages.nodes, isThere: isTeam },
    { to: { page: "tokens" }, label: texts.pages.tokens, isThere: hasPeople },
    { to: { page: "users" }, label: texts.pages.users, isThere: hasPeople && isAdmin },
    { to: { page: "audit" }, label: texts.pages.audit, isThere: hasPeople && isAdmin },
  ];
  return (
    <Fragment>
      <p class="menu-user dim">{texts.signedInAs(session.user, session.role)}</p>
      <ThemeSwitch preferences={app.preferences} />
      {pages.filter(({ isThere }) => isThere).map(({ to, label }) => (
        <a
          key={label}
          class="menu-item"
          href={app.router.address(to)}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            choose(() => app.router.go(to))();
          }}
        >
          {label} {to.page === "search" && <kbd>a</kbd>}
        </a>
      ))}
      <MenuItem onChoose={choose(onKeys)}>
        {texts.keys} <kbd>?</kbd>
      </MenuItem>
      <MenuItem onChoose={choose(onAbout)}>{texts.about}</MenuItem>
      {hasPassword(session) && <MenuItem onChoose={choose(onPassword)}>{texts.changePassword}</MenuItem>}
      <MenuItem onChoose={choose(() => void app.session.signOut())}>{texts.signOut}</MenuItem>
    </Fragment>
  );
}

/** Only people have one: not the server's own administrator, its tokens, everybody, or whom a proxy vouches for. */
function hasPassword({ user, auth }: Session): boolean {
  return auth === "token" && user !== "admin" && !user.startsWith("token:");
}
