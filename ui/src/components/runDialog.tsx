import type { App, Workspace } from "../app.ts";
import type { Job, NewJob } from "../api/messages.ts";
import { placeError, readForm } from "../state/readForm.ts";
import { EMPTY_FORM, formOf, type RunErrors, type RunForm } from "../state/runForm.ts";
import { Fragment, h, useEffect, useRef, useState, type VNode } from "../view.ts";
import * as common from "../texts/common.ts";
import { copyAs } from "../texts/job.ts";
import * as texts from "../texts/run.ts";
import { CopyAsDialog } from "./copyAsDialog.tsx";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { HistoryList } from "./historyList.tsx";
import { ClockIcon, CopyIcon } from "./icons.tsx";
import { keyCap } from "./keyCap.tsx";
import { RunOptions } from "./runOptions.tsx";
import { useObservable } from "./useObservable.ts";

interface RunDialogProps {
  app: App;
  workspace: Workspace;
  onStarted(job: Job): void;
  onClose(): void;
}

export function RunDialog({ app, workspace, onStarted, onClose }: RunDialogProps): VNode {
  const { draft, nodes } = workspace;
  const form = useObservable(draft);
  const [errors, setErrors] = useState<RunErrors>({});
  const [isSending, setSending] = useState(false);
  const [isHistory, setHistory] = useState(false);
  const [copied, setCopied] = useState<NewJob | null>(null);
  const element = useRef<HTMLFormElement>(null);
  const change = (part: Partial<RunForm>) => draft.value = { ...draft.value, ...part };

  // The first field that is wrong, which may stand in the folded part.
  useEffect(() => element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [errors]);
  useEffect(() => nodes.watch(), []);

  const read = (use: (job: NewJob) => void) => {
    const result = readForm(draft.value);
    if ("errors" in result) setErrors(result.errors);
    else use(result.job);
  };
  const submit = () => {
    if (isSending) return;
    read(async (wanted) => {
      setSending(true);
      try {
        const job = await app.client.start(wanted);
        draft.value = EMPTY_FORM;
        onStarted(job);
      } catch (error) {
        setErrors(placeError(error));
        setSending(false);
      }
    });
  };

  return (
    <Fragment>
      <Dialog title={texts.title} onClose={onClose}>
        <form
          ref={element}
          class="form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            submit();
          }}
        >
          <div class="dialog-body">
            <Command form={form} errors={errors} onChange={change} />
            <div class="field-tools">
              <button
                type="button"
                class="button compact quiet"
                aria-expanded={isHistory}
                onClick={() => setHistory(!isHistory)}
              >
                <ClockIcon /> {texts.history}
              </button>
              <button type="button" class="button compact quiet" onClick={() => read(setCopied)}>
                <CopyIcon /> {copyAs}
              </button>
            </div>
            {isHistory && (
              <HistoryList
                app={app}
                onChoose={(job) => {
                  draft.value = formOf(job);
                  setErrors({});
                  setHistory(false);
                }}
              />
            )}
            <RunOptions form={form} errors={errors} nodes={nodes} onChange={change} />
            {errors.form !== undefined && <p class="notice error" role="alert">{errors.form}</p>}
          </div>
          <footer class="dialog-foot">
            <span class="dim wide-only">{texts.runsIt(keyCap)}</span>
            <span class="spacer" />
            <button type="button" class="button" onClick={onClose}>{common.cancel}</button>
            <button type="submit" class="button primary" disabled={isSending}>
              {isSending ? texts.starting : texts.run}
            </button>
          </footer>
        </form>
      </Dialog>
      {copied !== null && <CopyAsDialog job={copied} base={app.client.base} onClose={() => setCopied(null)} />}
    </Fragment>
  );
}

interface CommandProps {
  form: RunForm;
  errors: RunErrors;
  onChange(part: Partial<RunForm>): void;
}

function Command({ form, errors, onChange }: CommandProps): VNode {
  const [, interpreter] = /^#!\s*(\S.*)/.exec(form.command) ?? [];
  const hint = interpreter === undefined ? texts.commandHint : texts.scriptFor(interpreter.trim());
  return (
    <Field label={texts.command} error={errors.command} hint={hint}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="mono"
          rows={Math.min(14, Math.max(3, form.command.split("\n").length))}
          autofocus
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          value={form.command}
          onInput={(event) => onChange({ command: event.currentTarget.value })}
        />
      )}
    </Field>
  );
}
