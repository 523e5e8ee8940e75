import type { Workspace } from "../app.ts";
import { type RefObject, useLayoutEffect } from "../view.ts";

/** The keys of the list: they move the focus between its links, so that Enter and a screen reader need nothing of their own. */
export function useListKeys(
  { app, jobs, cursor, selection }: Workspace,
  filter: RefObject<HTMLInputElement>,
  openID: string | null,
): void {
  useLayoutEffect(() => {
    const all = () => jobs.list.value.jobs;
    return app.shortcuts.bind({
      "/": () => {
        if (filter.current !== null && filter.current.offsetParent !== null) {
          // At once, or what is typed right behind it would be lost, or replaced by what is typed next.
          filter.current.select();
          return;
        }
        // On a narrow screen the list is another page, and must be there before it can take the focus.
        app.router.go({ page: "jobs" });
        requestAnimationFrame(() => filter.current?.select());
      },
      j: () => cursor.move(all(), 1, openID),
      k: () => cursor.move(all(), -1, openID),
      ...(app.session.can("operate")
        ? { x: () => void (cursor.id.value !== null && selection.toggle(cursor.id.value)) }
        : {}),
      ...(openID === null ? { g: () => cursor.toEnd(all(), false), G: () => cursor.toEnd(all(), true) } : {}),
      Escape: () => selection.state.value.isOn ? selection.end() : app.router.go({ page: "jobs" }),
    });
  }, [openID]);
}
