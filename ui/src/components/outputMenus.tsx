import type { Job } from "../api/messages.ts";
import type { App, Workspace } from "../app.ts";
import { downloadName } from "../fileName.ts";
import { Fragment, h, useEffect, type VNode } from "../view.ts";
import { copyText } from "./copyButton.tsx";
import { DownloadIcon, TuneIcon } from "./icons.tsx";
import { Menu, MenuItem } from "./menu.tsx";
import { type Stream, toggleTimes } from "./stream.ts";
import { useObservable } from "./useObservable.ts";

/** The three forms in which the output can be kept. */
export function DownloadMenu({ app, job }: { app: App; job: Job }): VNode {
  const forms = [
    { form: "raw", ending: ".log", label: "As it was printed", hint: "with colours" },
    { form: "text", ending: ".txt", label: "As plain text", hint: "without colours" },
    { form: "recording", ending: ".cast", label: "As a recording", hint: "for asciinema" },
  ] as const;
  return (
    <Menu label="Download the output" button={<DownloadIcon />}>
      {(close) =>
        forms.map(({ form, ending, label, hint }) => (
          <a
            key={form}
            class="menu-item"
            href={app.client.outputAddress(job.id, form)}
            download={downloadName(job, ending)}
            onClick={close}
          >
            {label} <span class="dim">{hint}</span>
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
    announcement.value = isCopied ? "The link was copied." : "The link stands in the address bar.";
  };
  const fit = () => {
    if (view.kind === "live") view.output.resize(terminal.sizeThatFits());
  };
  return (
    <Menu label="View" button={<TuneIcon />}>
      {(close) => (
        <Fragment>
          <label class="check menu-check">
            <input type="checkbox" checked={view.kind === "timed"} onChange={() => toggleTimes(stream)} />
            Times before the lines <kbd>t</kbd>
          </label>
          <label class="check menu-check">
            <input
              type="checkbox"
              checked={wraps}
              onChange={(event) => app.preferences.wraps.value = event.currentTarget.checked}
            />
            Wrap long lines <kbd>w</kbd>
          </label>
          {view.kind !== "timed" && (
            <MenuItem
              onChoose={() => {
                close();
                void copyLink();
              }}
            >
              Copy link to this line
            </MenuItem>
          )}
          {canResize && job.tty !== false && view.kind === "live" && (
            <MenuItem
              onChoose={() => {
                close();
                fit();
              }}
            >
              Fit the terminal to this pane
            </MenuItem>
          )}
          {job.tty !== false && (
            <p class="menu-user dim">The terminal has {job.tty.cols} columns and {job.tty.rows} rows.</p>
          )}
        </Fragment>
      )}
    </Menu>
  );
}
