import type { Route, Router } from "../state/route.ts";
import { type ComponentChildren, h, type VNode } from "../view.ts";

interface PageLinkProps {
  router: Router;
  to: Route;
  class?: string;
  isCurrent?: boolean;
  label?: string;
  onFocus?(): void;
  children: ComponentChildren;
}

/** A real link, so that it can be copied and opened in a new tab; a plain click stays on this page. */
export function PageLink({ router, to, class: name, isCurrent, label, onFocus, children }: PageLinkProps): VNode {
  return (
    <a
      href={router.address(to)}
      class={name}
      aria-current={isCurrent ? "page" : undefined}
      aria-label={label}
      onFocus={onFocus}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        router.go(to);
      }}
    >
      {children}
    </a>
  );
}
