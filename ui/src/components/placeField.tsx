import type { Nodes } from "../state/nodes.ts";
import { h, type VNode } from "../view.ts";
import { Field } from "./field.tsx";
import type { OptionProps } from "./runOptions.tsx";
import { useObservable } from "./useObservable.ts";

/** Where the job may run; nothing to choose where there is one node. */
export function PlaceField({ nodes, form, errors, onChange }: OptionProps & { nodes: Nodes }): VNode | null {
  const state = useObservable(nodes.state);
  if (!nodes.isTeam && form.place === "" && errors.node === undefined) return null;
  const labels = [...new Set(state.nodes.flatMap((node) => node.labels))].sort();
  const places = [
    { value: "", label: "Any node" },
    ...state.nodes.map(({ name, state, isSelf }) => ({
      value: `=${name}`,
      label: state !== "up" ? `${name} (${state})` : isSelf ? `${name} (this one)` : name,
    })),
    ...labels.map((label) => ({ value: `#${label}`, label: `A node labelled ${label}` })),
  ];
  if (!places.some(({ value }) => value === form.place)) places.push({ value: form.place, label: form.place.slice(1) });
  return (
    <Field label="Runs where" error={errors.node} hint="A queued job waits for a node with room.">
      {(attributes) => (
        <select
          {...attributes}
          value={form.place}
          onChange={(event) => onChange({ place: event.currentTarget.value })}
        >
          {places.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
        </select>
      )}
    </Field>
  );
}
