import type { Workspace } from "../app.ts";
import { isEverything, NAMED_FILTERS, STATUS_GROUPS, typedFilter } from "../state/jobFilter.ts";
import { Fragment, h, type RefObject, type VNode } from "../view.ts";
import * as texts from "../texts/list.ts";
import { CheckIcon, CloseIcon, FilterIcon, SearchIcon } from "./icons.tsx";
import { Menu } from "./menu.tsx";
import { useObservable } from "./useObservable.ts";

interface FilterBarProps {
  workspace: Workspace;
  canOperate: boolean;
  field: RefObject<HTMLInputElement>;
}

export function JobFilterBar({ workspace, canOperate, field }: FilterBarProps): VNode {
  const { jobs, selection } = workspace;
  const { filter } = useObservable(jobs.list);
  const { isOn } = useObservable(selection.state);
  return (
    <div class="filter-bar" role="search" aria-label={texts.jobs}>
      <span class="search">
        <SearchIcon />
        <input
          ref={field}
          type="search"
          aria-label={texts.filterBy}
          placeholder={texts.filter}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={filter.text}
          onInput={(event) => jobs.filter(typedFilter(event.currentTarget.value))}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.preventDefault();
            if (filter.text !== "") jobs.filter({ text: "" });
            else event.currentTarget.blur();
          }}
        />
      </span>
      <Menu
        label={texts.moreFilters}
        button={<FilterIcon />}
        class={isEverything({ ...filter, text: "" }) ? "icon-button" : "icon-button on"}
      >
        {(close) => <FilterForm workspace={workspace} onDone={close} />}
      </Menu>
      {canOperate && (
        <button
          type="button"
          class={isOn ? "icon-button on" : "icon-button"}
          aria-label={texts.chooseSeveral}
          title={texts.chooseSeveral}
          aria-pressed={isOn}
          onClick={() => isOn ? selection.end() : selection.begin()}
        >
          <CheckIcon />
        </button>
      )}
      <Groups workspace={workspace} />
      <Chips workspace={workspace} />
    </div>
  );
}

/** The first groups of statuses, at one click. */
function Groups({ workspace: { jobs } }: { workspace: Workspace }): VNode {
  const { filter } = useObservable(jobs.list);
  return (
    <fieldset class="segments filter-groups">
      <legend class="visually-hidden">{texts.status}</legend>
      {STATUS_GROUPS.slice(0, 3).map(({ name, statuses, short }) => (
        <label key={name}>
          <input
            type="radio"
            name="status-group"
            checked={statuses.join() === filter.statuses.join()}
            onChange={() => jobs.filter({ statuses })}
          />
          <span>{short}</span>
        </label>
      ))}
    </fieldset>
  );
}

function FilterForm({ workspace, onDone }: { workspace: Workspace; onDone(): void }): VNode {
  const { filter, jobs } = useObservable(workspace.jobs.list);
  const group = STATUS_GROUPS.find(({ statuses }) => statuses.join() === filter.statuses.join());
  const known = {
    tag: unique(jobs.flatMap((job) => job.tags)),
    node: unique(jobs.map((job) => job.node ?? "")),
    by: unique(jobs.map((job) => job.createdBy ?? "")),
  };
  return (
    <form
      class="filter-form"
      onSubmit={(event) => {
        event.preventDefault();
        onDone();
      }}
    >
      <label>
        {texts.status}
        <select
          value={group?.name ?? "any"}
          onChange={(event) => {
            const chosen = STATUS_GROUPS.find(({ name }) => name === event.currentTarget.value);
            workspace.jobs.filter({ statuses: chosen?.statuses ?? [] });
          }}
        >
          {STATUS_GROUPS.map(({ name, label }) => <option key={name} value={name}>{label}</option>)}
        </select>
      </label>
      {NAMED_FILTERS.map(({ key, label }) => (
        <label key={key}>
          {label}
          <input
            type="text"
            list={`known-${key}`}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            value={filter[key]}
            onChange={(event) => workspace.jobs.filter({ [key]: event.currentTarget.value.trim() })}
          />
          <datalist id={`known-${key}`}>{known[key].map((value) => <option key={value} value={value} />)}</datalist>
        </label>
      ))}
      <p class="field-hint">{texts.filterHint}</p>
    </form>
  );
}

/** What the list is filtered by, each to be taken away. */
function Chips({ workspace: { jobs } }: { workspace: Workspace }): VNode | null {
  const { filter } = useObservable(jobs.list);
  const status = filter.statuses.length === 0
    ? null
    : STATUS_GROUPS.find(({ statuses }) => statuses.join() === filter.statuses.join())?.label ??
      filter.statuses.join(", ");
  const chips = NAMED_FILTERS.filter(({ key }) => filter[key] !== "");
  if (status === null && chips.length === 0) return null;
  return (
    <div class="chips">
      {status !== null && <Chip label={status} onRemove={() => jobs.filter({ statuses: [] })} />}
      {chips.map(({ key, label }) => (
        <Chip
          key={key}
          label={texts.named(label, filter[key])}
          onRemove={() => jobs.filter({ [key]: "" })}
        />
      ))}
    </div>
  );
}

function Chip({ label, onRemove }: { label: string; onRemove(): void }): VNode {
  return (
    <Fragment>
      <button type="button" class="chip" aria-label={texts.without(label)} onClick={onRemove}>
        <span>{label}</span> <CloseIcon />
      </button>
    </Fragment>
  );
}

function unique(values: string[]): string[] {
  return [...new Set(values)].filter((value) => value !== "").sort().slice(0, 100);
}
