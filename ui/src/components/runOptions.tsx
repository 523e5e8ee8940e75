import type { Nodes } from "../state/nodes.ts";
import { EMPTY_FORM, type RunErrors, type RunField, type RunForm } from "../state/runForm.ts";
import { type ComponentChildren, h, useState, type VNode } from "../view.ts";
import { Field } from "./field.tsx";
import { PlaceField } from "./placeField.tsx";
import { SecretFields } from "./secretFields.tsx";
import { TerminalChoice } from "./terminalChoice.tsx";

export interface OptionProps {
  form: RunForm;
  errors: RunErrors;
  onChange(part: Partial<RunForm>): void;
}

type Part = readonly (keyof RunForm)[];

const ABOUT: Part = ["cwd", "env", "secrets", "terminal", "timeout", "name", "tags"];
const QUEUE: Part = ["place", "priority", "nice", "retries", "retryDelay"];
const LIMITS: Part = ["memory", "processes", "cpuCores", "openFiles", "fileSize", "cpuTime"];

/** Everything about a job but its command, folded at first, unless something in it is filled in. */
export function RunOptions({ nodes, ...props }: OptionProps & { nodes: Nodes }): VNode {
  return (
    <div>
      <Folded
        title="Options"
        part={ABOUT}
        fields={["cwd", "env", "secretEnv", "tty", "timeout", "name", "tags"]}
        {...props}
      >
        <Text label="Name" field="name" hint="For people; the list shows it." {...props} />
        <Text label="Tags" field="tags" hint="Separated by commas." {...props} />
        <Text label="Working folder" field="cwd" hint="An absolute path. Empty: the home folder." isCode {...props} />
        <Text label="Time limit" field="timeout" hint="90, 10m or 2h. Empty: none." {...props} />
        <Environment {...props} />
        <TerminalChoice {...props} />
        <SecretFields {...props} />
      </Folded>
      <Folded title="Place, order and retries" part={QUEUE} fields={["node", "priority", "nice", "retries"]} {...props}>
        <PlaceField nodes={nodes} {...props} />
        <Text label="Priority" field="priority" hint="-100 to 100; higher starts first." {...props} />
        <Text label="Retries" field="retries" hint="How often to try again when it fails." {...props} />
        <Text
          label="Pause between tries"
          field="retryDelay"
          error="retries"
          hint="5s or 2m; it doubles each time."
          {...props}
        />
        <Text label="Nice" field="nice" hint="0 to 19; higher gives way to others." {...props} />
      </Folded>
      <Folded title="Limits" part={LIMITS} fields={["limits"]} {...props}>
        <Text label="Memory" field="memory" error="limits" hint="512MB or 2GiB." {...props} />
        <Text label="CPU cores" field="cpuCores" error="limits" hint="1 or 0.5." {...props} />
        <Text label="Processes" field="processes" error="limits" hint="At most so many at once." {...props} />
        <Text label="CPU time" field="cpuTime" error="limits" hint="10m of computing, not of waiting." {...props} />
        <Text label="Open files" field="openFiles" error="limits" hint="In each process." {...props} />
        <Text label="File size" field="fileSize" error="limits" hint="The largest file it may write." {...props} />
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

type TextField = {
  [Name in keyof RunForm]: RunForm[Name] extends string ? Name : never;
}[keyof RunForm];

interface TextProps extends OptionProps {
  label: string;
  field: TextField;
  /** The name under which the server refuses it, where that is another. */
  error?: RunField;
  hint: string;
  isCode?: boolean;
}

function Text({ label, field, error, hint, isCode, form, errors, onChange }: TextProps): VNode {
  return (
    <Field label={label} hint={hint} error={errors[error ?? field as RunField]}>
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
    <Field label="Environment" hint="One NAME=value a line. Everybody who sees the job sees it." error={errors.env}>
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
