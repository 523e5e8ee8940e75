import type { Nodes } from "../state/nodes.ts";
import { EMPTY_FORM, type RunField, type RunForm } from "../state/runForm.ts";
import { type ComponentChildren, h, useState, type VNode } from "../view.ts";
import * as texts from "../texts/run.ts";
import { Field } from "./field.tsx";
import type { OptionProps } from "./optionProps.ts";
import { PlaceField } from "./placeField.tsx";
import { SecretFields } from "./secretFields.tsx";
import { TerminalChoice } from "./terminalChoice.tsx";

type Part = readonly (keyof RunForm)[];

const ABOUT: Part = ["cwd", "env", "secrets", "terminal", "timeout", "name", "tags"];
const QUEUE: Part = ["place", "priority", "nice", "retries", "retryDelay"];
const LIMITS: Part = ["memory", "processes", "cpuCores", "openFiles", "fileSize", "cpuTime"];

/** Everything about a job but its command, folded at first, unless something in it is filled in. */
export function RunOptions({ nodes, ...props }: OptionProps & { nodes: Nodes }): VNode {
  return (
    <div>
      <Folded
        title={texts.options}
        part={ABOUT}
        fields={["cwd", "env", "secretEnv", "tty", "timeout", "name", "tags"]}
        {...props}
      >
        <Text field="name" {...props} />
        <Text field="tags" {...props} />
        <Text field="cwd" isCode {...props} />
        <Text field="timeout" {...props} />
        <Environment {...props} />
        <TerminalChoice {...props} />
        <SecretFields {...props} />
      </Folded>
      <Folded title={texts.order} part={QUEUE} fields={["node", "priority", "nice", "retries"]} {...props}>
        <PlaceField nodes={nodes} {...props} />
        <Text field="priority" {...props} />
        <Text field="retries" {...props} />
        <Text field="retryDelay" error="retries" {...props} />
        <Text field="nice" {...props} />
      </Folded>
      <Folded title={texts.limits} part={LIMITS} fields={["limits"]} {...props}>
        <Text field="memory" error="limits" {...props} />
        <Text field="cpuCores" error="limits" {...props} />
        <Text field="processes" error="limits" {...props} />
        <Text field="cpuTime" error="limits" {...props} />
        <Text field="openFiles" error="limits" {...props} />
        <Text field="fileSize" error="limits" {...props} />
      </Folded>
    </div>
  );
}

interface FoldedProps extends OptionProps {
  title: string;
  part: Part;
  fields: readonly RunField[];
  children: ComponentChildren;
}

function Folded({ title, part, fields, form, errors, children }: FoldedProps): VNode {
  const [isOpen, setOpen] = useState(
    part.some((field) => JSON.stringify(form[field]) !== JSON.stringify(EMPTY_FORM[field])),
  );
  const isWrong = fields.some((field) => errors[field] !== undefined);
  return (
    <details class="options" open={isOpen || isWrong} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {(isOpen || isWrong) && <div class="options-grid">{children}</div>}
    </details>
  );
}

type TextField = keyof RunForm & keyof typeof texts.fields;

interface TextProps extends OptionProps {
  field: TextField;
  /** The name under which the server refuses it, where that is another. */
  error?: RunField;
  isCode?: boolean;
}

function Text({ field, error, isCode, form, errors, onChange }: TextProps): VNode {
  return (
    <Field {...texts.fields[field]} error={errors[error ?? field as RunField]}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          class={isCode ? "mono" : ""}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          value={form[field]}
          onInput={(event) => onChange({ [field]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}

function Environment({ form, errors, onChange }: OptionProps): VNode {
  return (
    <Field {...texts.fields.env} error={errors.env}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="mono"
          rows={3}
          wrap="off"
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          value={form.env}
          onInput={(event) => onChange({ env: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}
