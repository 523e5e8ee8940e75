import type { Nodes } from "../state/nodes.ts";
import { h, type VNode } from "../view.ts";
import * as texts from "../texts/run.ts";
import { states } from "../texts/team.ts";
import { Field } from "./field.tsx";
import type { OptionProps } from "./optionProps.ts";
import { useObservable } from "./useObservable.ts";

/** Where the job may run; nothing to choose where there is one node. */
export function PlaceField({ nodes, form, errors, onChange }: OptionProps & { nodes: Nodes }): VNode | null {
  const state = useObservable(nodes.state);
  if (!nodes.isTeam && form.place === "" && errors.node === undefined) return null;
  const labels = [...new Set(state.nodes.flatMap((node) => node.labels))].sort();
  const places = [
    { value: "", label: texts.anyNode },
    ...state.nodes.map(({ name, state, isSelf }) => ({
      value: `=${name}`,
      label: state !== "up" ? texts.nodeInState(name, states[state]) : isSelf ? texts.thisNode(name) : name,
    })),
    ...labels.map((label) => ({ value: `#${label}`, label: texts.nodeLabelled(label) })),
  ];
  if (!places.some(({ value }) => value === form.place)) places.push({ value: form.place, label: form.place.slice(1) });
  return (
    <Field label={texts.place} error={errors.node} hint={texts.placeHint}>
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
