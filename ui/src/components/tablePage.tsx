import type { ResourceState } from "../state/resource.ts";
import { type ComponentChildren, h, type VNode } from "../view.ts";
import { Loading } from "./loading.tsx";

interface TablePageProps<T> {
  title: string;
  /** What can be done on the page. */
  tools?: ComponentChildren;
  state: ResourceState<readonly T[]>;
  columns: readonly string[];
  row(item: T): VNode;
  /** Many rows whose values explain themselves: on a narrow screen they follow one another in a line. */
  isDense?: boolean;
  /** What to say when there is none. */
  none: string;
  children?: ComponentChildren;
}

/** A page that is one table. On a narrow screen each row becomes a block with the column's name before each value. */
export function TablePage<T>({ title, tools, state, columns, row, isDense, none, children }: TablePageProps<T>): VNode {
  return (
    <div class="page">
      <div class="page-head">
        <h1>{title}</h1>
        <span class="spacer" />
        {tools}
      </div>
      <div class="page-body">
        {state.error !== null && <p class="notice error" role="alert">{state.error}</p>}
        {state.value === null && state.error === null && <Loading what={title.toLowerCase()} />}
        {state.value?.length === 0 && <p class="page-none dim">{none}</p>}
        {state.value !== null && state.value.length > 0 && (
          <table class={isDense ? "table dense" : "table"}>
            <thead>
              <tr>{columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr>
            </thead>
            <tbody>{state.value.map(row)}</tbody>
          </table>
        )}
        {children}
      </div>
    </div>
  );
}

export function Cell(
  { name, isCode, isLong, children }: {
    name: string;
    isCode?: boolean;
    /** Takes the room that the others leave. */
    isLong?: boolean;
    children: ComponentChildren;
  },
): VNode {
  return (
    <td class={isLong ? "long" : isCode ? "mono" : undefined}>
      <span class="cell-name" aria-hidden="true">{name}</span>
      <span>{children}</span>
    </td>
  );
}
