import { STATUS_GROUPS } from "../state/jobFilter.ts";
import type { Jobs } from "../state/jobs.ts";
import { h, type RefObject, type VNode } from "../view.ts";
import { SearchIcon } from "./icons.tsx";
import { useObservable } from "./useObservable.ts";

export function JobFilterBar({ jobs, field }: { jobs: Jobs; field: RefObject<HTMLInputElement> }): VNode {
  const { filter } = useObservable(jobs.list);
  const group = STATUS_GROUPS.find(({ statuses }) => statuses.join() === filter.statuses.join());
  return (
    <div class="filter-bar" role="search">
      <span class="search">
        <SearchIcon />
        <input
          ref={field}
          type="search"
          aria-label="Filter by command, name, tag or id"
          placeholder="Filter"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={filter.text}
          onInput={(event) => jobs.filter({ text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.preventDefault();
            if (filter.text !== "") jobs.filter({ text: "" });
            else event.currentTarget.blur();
          }}
        />
      </span>
      <select
        aria-label="Filter by status"
        value={group?.name ?? "any"}
        onChange={(event) => {
          const chosen = STATUS_GROUPS.find(({ name }) => name === event.currentTarget.value);
          jobs.filter({ statuses: chosen?.statuses ?? [] });
        }}
      >
        {STATUS_GROUPS.map(({ name, label }) => <option key={name} value={name}>{label}</option>)}
      </select>
    </div>
  );
}
