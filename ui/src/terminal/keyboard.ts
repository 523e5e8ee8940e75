import type { IDisposable, Terminal } from "../../types/xterm.d.ts";
import { Observable } from "../state/observable.ts";

/** Typing into the job, while somebody wants to. Otherwise no key is the terminal's. */
export class TerminalKeyboard {
  readonly isOn = new Observable(false);
  #listening: IDisposable | null = null;

  constructor(private readonly terminal: Terminal, private readonly host: HTMLElement) {}

  begin(send: (text: string) => void): void {
    this.end();
    this.terminal.options.disableStdin = false;
    this.terminal.options.cursorBlink = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#listening = this.terminal.onData(send);
    this.host.classList.add("typing");
    this.isOn.value = true;
    this.terminal.focus();
  }

  end(): void {
    this.#listening?.dispose();
    this.#listening = null;
    this.terminal.options.disableStdin = true;
    this.terminal.options.cursorBlink = false;
    this.host.classList.remove("typing");
    this.isOn.value = false;
  }

  /** Whether keys reach the job; the terminal is drawn without life while they do not. */
  setReaching(isReaching: boolean): void {
    this.host.classList.toggle("unreached", !isReaching);
  }

  /** Whether the terminal may have this key. Every key is the job's, so one must lead out: the one that telnet used. */
  takes(event: KeyboardEvent): boolean {
    if (!this.isOn.value) return false;
    if (event.type === "keydown" && event.ctrlKey && event.key === "]") {
      event.preventDefault();
      this.end();
      return false;
    }
    return true;
  }
}
