import { type ComponentChildren, h, type VNode } from "../view.ts";

interface EmptyStateProps {
  title: string;
  /** It stands for the whole page, so it is its heading. */
  isPage?: boolean;
  children?: ComponentChildren;
}

/** Where there is nothing to show: what is so, and what can be done about it. */
export function EmptyState({ title, isPage, children }: EmptyStateProps): VNode {
  return (
    <div class="empty">
      {isPage ? <h1 class="empty-title">{title}</h1> : <p class="empty-title">{title}</p>}
      {children}
    </div>
  );
}
