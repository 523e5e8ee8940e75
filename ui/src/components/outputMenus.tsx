import type { Job } from "../api/messages.ts";
import type { App, Workspace } from "../app.ts";
import { downloadName } from "../fileName.ts";
import { Fragment, h, useEffect, type VNode } from "../view.ts";
import * as texts from "../texts/output.ts";
import { copyText } from "./copyButton.tsx";
import { DownloadIcon, TuneIcon } from "./icons.tsx";
import { Menu, MenuItem } from "./menu.tsx";
import { type Stream, toggleTimes } from "./stream.ts";
import { useObservable } from "./useObservable.ts";

/** The three forms in which the output can be kept. */
export function DownloadMenu({ app, job }: { app: App; job: Job }): VNode {
  const forms = [
    { form: "raw", ending: ".log" },
    { form: "text", ending: ".txt" },
    { form: "recording", ending: ".cast" },
  ] as const;
  return (
    <Menu label={texts.download} button={<DownloadIcon />}>
      {(close) =>
        forms.map(({ form, ending }) => (
          <a
            key={form}
            class="menu-item"
            href={app.client.outputAddress(job.id, form)}
            download={downloadName(job, ending)}
            onClick={close}
          >
            {texts.forms[form].label} <span class="dim">{texts.forms[form].hint}</span>
          </a>
        ))}
    </Menu>
  );
}

interface ViewMenuProps {
  workspace: Workspace;
  job: Job;
  stream: Stream;
  canResize: boolean;
}

/** How the output is shown. */
export function ViewMenu({ workspace, job, stream, canResize }: ViewMenuProps): VNode {
  const { app, announcement } = workspace;
  const { viewer, terminal } = stream;
  const view = useObservable(viewer.view);
  const wraps = useObservable(app.preferences.wraps);
  useEffect(() => terminal.setWrapping(wraps), [wraps]);

  const copyLink = async () => {
    const offset = await viewer.place();
    if (offset === null) return;
    const place = { kind: "at", offset } as const;
    app.router.replace({ page: "job", id: job.id, place });
    const isCopied = await copyText(app.router.link({ page: "job", id: job.id, place }));
    announcement.value = isCopied ? texts.linkCopied : texts.linkInAddress;
  };
  const fit = () => {
    if (view.kind === "live") view.output.resize(terminal.sizeThatFits());
  };
  return (
    <Menu label={texts.view} button={<TuneIcon />}>
      {(close) => (
        <Fragment>
          <label class="check menu-check">
            <input type="checkbox" checked={view.kind === "timed"} onChange={() => toggleTimes(stream)} />
            {texts.times} <kbd>t</kbd>
          </label>
          <label class="check menu-check">
            <input
              type="checkbox"
              checked={wraps}
              onChange={(event) => app.preferences.wraps.value = event.currentTarget.checked}
            />
            {texts.wrap} <kbd>w</kbd>
          </label>
          {view.kind !== "timed" && (
            <MenuItem
              onChoose={() => {
                close();
                void copyLink();
              }}
            >
              {texts.copyLink}
            </MenuItem>
          )}
          {canResize && job.tty !== false && view.kind === "live" && (
            <MenuItem
              onChoose={() => {
                close();
                fit();
              }}
            >
              {texts.fit}
            </MenuItem>
          )}
          {job.tty !== false && <p class="menu-user dim">{texts.size(job.tty.cols, job.tty.rows)}</p>}
        </Fragment>
      )}
    </Menu>
  );
}
