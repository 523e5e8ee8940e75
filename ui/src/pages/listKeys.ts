import type { App } from "../app.ts";
import { type RefObject, useEffect } from "../view.ts";

/** The keys of the list: they move the focus between its links, so that Enter and a screen reader need nothing of their own. */
export function useListKeys(
  app: App,
  list: RefObject<HTMLUListElement>,
  filter: RefObject<HTMLInputElement>,
  openID: string | null,
): void {
  useEffect(() => {
    const links = () => [...(list.current?.querySelectorAll<HTMLElement>("a") ?? [])];
    const move = (step: number) => {
      const all = links();
      const focused = all.indexOf(document.activeElement as HTMLElement);
      const from = focused >= 0 ? focused : all.findIndex((link) => link.getAttribute("aria-current") === "page");
      all[Math.max(0, Math.min(all.length - 1, from < 0 ? 0 : from + step))]?.focus();
    };
    return app.shortcuts.bind({
      "/": () => {
        // On a narrow screen the list is another page, and must be there before it can take the focus.
        if (filter.current?.offsetParent === null) app.router.go({ page: "jobs" });
        requestAnimationFrame(() => filter.current?.select());
      },
      j: () => move(1),
      k: () => move(-1),
      ...(openID === null
        ? { g: () => links()[0]?.focus(), G: () => links().at(-1)?.focus() }
        : { Escape: () => app.router.go({ page: "jobs" }) }),
    });
  }, [openID]);
}
