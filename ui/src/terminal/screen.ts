import type { TerminalSize } from "../api/messages.ts";
import { Observable } from "../state/observable.ts";
import type { OutputScreen } from "../state/output.ts";
import { ofTheJob } from "../texts/output.ts";
import { Follow } from "./follow.ts";
import { listenForGestures } from "./gestures.ts";
import { Fitting } from "./fitting.ts";
import { FONT_SIZE, scrollbackLines } from "./layout.ts";
import { webTarget } from "./links.ts";
import { TerminalKeyboard } from "./keyboard.ts";
import { ScreenReader } from "./reader.ts";
import { silence } from "./silence.ts";
import { DARK, LIGHT } from "./theme.ts";
import { Terminal, WebLinksAddon } from "./xterm.ts";

const FONT_FAMILY =
  // deno-lint-ignore srun/texts -- names of fonts
  'ui-monospace, "JetBrains Mono", "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

export interface ScreenOptions {
  /** The job's terminal; `false` for a job on pipes, whose lines may be as long as the pane is wide. */
  size: TerminalSize | false;
  isDark: boolean;
  /** A person clicked a web address in the output. It is not opened here: the output does not decide where people go. */
  onLink(target: URL): void;
}

/** How long a line that was gone to is kept in its place, in milliseconds. */
const HELD_FOR = 300;

/**
 * A terminal that shows. Nothing the terminal would answer to a query is sent anywhere, and nothing is typed unless somebody
 * turns that on; titles are ignored, and without the clipboard add-on the output cannot reach the clipboard.
 */
export class TerminalScreen implements OutputScreen {
  readonly follow = new Follow(() => performance.now());
  /** The first lines have left the scrollback. */
  readonly isTrimmed = new Observable(false);
  /** A program draws on the whole screen, which has nothing before it. */
  readonly isDrawnOn = new Observable(false);
  readonly reader: ScreenReader;
  readonly keyboard: TerminalKeyboard;
  /** A person has scrolled up as far as it goes. */
  onTop: () => void = () => {};
  readonly #terminal: Terminal;
  readonly #frame: HTMLElement;
  readonly #viewport: HTMLElement;
  readonly #fitting: Fitting;
  readonly #observer: ResizeObserver;
  readonly #listening = new AbortController();
  readonly #host: HTMLElement;
  #isDisposed = false;
  /** The top line to stay at while following is off. */
  #heldLine = 0;
  #holdUntil = 0;
  /** Where the host was scrolled to by this class, to tell a person's scrolling from it. */
  #hostTop = 0;

  constructor(host: HTMLElement, { size, isDark, onLink }: ScreenOptions) {
    this.#host = host;
    const open = (_event: MouseEvent, address: string) => {
      const target = webTarget(address);
      if (target !== null) onLink(target);
    };
    this.#terminal = new Terminal({
      cols: size === false ? 80 : size.cols,
      rows: size === false ? 24 : size.rows,
      scrollback: scrollbackLines(size === false ? 120 : size.cols),
      fontFamily: FONT_FAMILY,
      fontSize: FONT_SIZE,
      lineHeight: 1.05,
      convertEol: size === false,
      disableStdin: true,
      cursorInactiveStyle: "outline",
      minimumContrastRatio: 4.5,
      drawBoldTextInBrightColors: false,
      theme: isDark ? DARK : LIGHT,
      linkHandler: { activate: open },
      // The marks on what was found.
      allowProposedApi: true,
    });
    this.#frame = document.createElement("div");
    this.#frame.className = "terminal-frame";
    host.append(this.#frame);
    this.#terminal.loadAddon(new WebLinksAddon(open));
    this.#terminal.open(this.#frame);
    this.#viewport = this.#part(".xterm-viewport");
    this.#fitting = new Fitting(this.#terminal, host, this.#frame, this.#part(".xterm-screen"), this.#viewport, size);
    this.#terminal.textarea?.setAttribute("aria-label", ofTheJob);
    silence(this.#terminal.parser);
    this.reader = new ScreenReader(this.#terminal, (row) => this.#goTo(row));
    this.keyboard = new TerminalKeyboard(this.#terminal, host);
    this.#listen();
    this.#observer = new ResizeObserver(() => this.#layout());
    this.#observer.observe(host);
    this.#layout();
  }

  write(bytes: Uint8Array, parsed: () => void): void {
    this.#terminal.write(bytes, () => {
      if (this.#isDisposed) return;
      this.#settle();
      parsed();
    });
  }

  reset(): void {
    // In its turn: what was written before is still in the terminal's queue, and must be cleared too.
    this.#terminal.write("", () => {
      if (this.#isDisposed) return;
      this.#terminal.reset();
      this.#heldLine = 0;
      this.#fitting.hasEnded = false;
      this.isTrimmed.value = false;
      this.isDrawnOn.value = false;
      this.follow.resume();
    });
  }

  /** The size it has, for what asks the job to take another. */
  get size(): TerminalSize | false {
    return this.#fitting.size;
  }

  /** There is nothing to be scrolled to. */
  get isAllInView(): boolean {
    return this.#terminal.buffer.active.baseY === 0 && this.#host.scrollHeight <= this.#host.clientHeight;
  }

  /** How many characters of the usual size the pane has room for. */
  sizeThatFits(): TerminalSize {
    return this.#fitting.sizeThatFits();
  }

  /** Whether long lines go on in the next row, or sideways out of the pane. */
  setWrapping(isWrapping: boolean): void {
    this.#fitting.isWrapping = isWrapping;
    this.#layout();
  }

  /** Lines that end without a carriage return, as those of a job on pipes always do. */
  setPlain(isPlain: boolean): void {
    this.#terminal.options.convertEol = isPlain || this.size === false;
  }

  /** The size the server says the job has; it cannot change between pipes and a terminal. */
  resize(size: TerminalSize | false): void {
    const present = this.size;
    if (size === false || present === false) return;
    if (size.cols === present.cols && size.rows === present.rows) return;
    this.#fitting.size = size;
    this.#layout();
  }

  /** No more output will come: the cursor goes, and the screen may use the room below it. */
  end(): void {
    this.#terminal.write("\x1b[?25l", () => {
      this.#fitting.hasEnded = true;
      if (!this.#isDisposed) this.#layout();
    });
  }

  setDark(isDark: boolean): void {
    this.reader.highlights.isDark = isDark;
    this.#terminal.options.theme = isDark ? DARK : LIGHT;
  }

  setFollowing(isFollowing: boolean): void {
    this.#heldLine = this.#terminal.buffer.active.viewportY;
    if (!isFollowing) return this.follow.set(false);
    this.follow.resume();
    this.toBottom();
  }

  toTop(): void {
    this.#holdUntil = 0;
    this.follow.set(false);
    this.#terminal.scrollToTop();
    this.#scrollHost(0);
  }

  toBottom(): void {
    this.follow.set(true);
    this.#terminal.scrollToBottom();
    this.#showCursor();
  }

  /** Holds still there, whatever comes. */
  #goTo(row: number): void {
    this.follow.set(false);
    this.#terminal.scrollToLine(row);
    this.#heldLine = this.#terminal.buffer.active.viewportY;
    this.#holdUntil = performance.now() + HELD_FOR;
  }

  /** The library hears of its own earlier scrolling late, and takes it for a person's. Returns whether that is so now. */
  #hold(): boolean {
    if (this.follow.isFollowing || performance.now() >= this.#holdUntil) return false;
    if (this.#terminal.buffer.active.viewportY !== this.#heldLine) this.#terminal.scrollToLine(this.#heldLine);
    return true;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.keyboard.end();
    this.#listening.abort();
    this.#observer.disconnect();
    this.#frame.remove();
    // The library draws once more what it has put off, first to a timer and then to a frame, and fails when it is gone by then.
    setTimeout(() => requestAnimationFrame(() => this.#terminal.dispose()));
  }

  #part(selector: string): HTMLElement {
    const element = this.#frame.querySelector<HTMLElement>(selector);
    if (element === null) throw new Error(`the terminal has no ${selector}`);
    return element;
  }

  #listen(): void {
    const { follow } = this;
    const { signal } = this.#listening;
    listenForGestures(this.#host, signal, () => this.#fitting.cell().height, {
      gesture: () => follow.gesture(),
      drag: (isDown) => follow.drag(isDown),
      wheel: (lines) => this.#wheeled(lines),
      pulledDown: () => this.#letGo(1),
    });
    this.#viewport.addEventListener("scroll", () => this.#moved(), { signal, passive: true });
    this.#host.addEventListener("scroll", () => {
      if (Math.abs(this.#host.scrollTop - this.#hostTop) > 1) this.#moved();
    }, { signal, passive: true });
    this.#terminal.onLineFeed(() => follow.lineFed());
    // A program that begins to draw on the whole screen needs all of it in sight.
    this.#terminal.buffer.onBufferChange(({ type }) => {
      this.isDrawnOn.value = type === "alternate";
      requestAnimationFrame(() => !this.#isDisposed && this.#layout());
    });
    this.#terminal.attachCustomKeyEventHandler((event) => {
      if (this.keyboard.takes(event)) return true;
      // The page's own shortcuts, the browser's, and Tab all work while the terminal has the focus, because it takes no key.
      if (event.type === "keydown" && (event.key === "PageUp" || event.key === "PageDown")) {
        follow.gesture();
        this.#holdUntil = 0;
        if (event.key === "PageDown") this.#terminal.scrollPages(1);
        else if (this.#terminal.buffer.active.viewportY === 0) this.onTop();
        else if (!this.#letGo(this.#terminal.rows - 1)) this.#terminal.scrollPages(-1);
        event.preventDefault();
      }
      return false;
    });
  }

  #wheeled(lines: number): boolean {
    const { viewportY, baseY } = this.#terminal.buffer.active;
    this.#holdUntil = 0;
    if (lines < 0 && viewportY === 0) this.onTop();
    if (lines < 0) return this.#letGo(Math.max(1, Math.round(-lines)));
    // The bottom moves away while output pours; a step that would have reached it counts as there.
    if (this.follow.isFollowing || baseY - viewportY > Math.ceil(lines)) return false;
    this.toBottom();
    return true;
  }

  /**
   * The first step away from the bottom. While output pours the library moves its viewport at every frame, and a scroll event of
   * a person that falls together with that is lost; so this step is taken at once, and only the next ones are the library's.
   */
  #letGo(lines: number): boolean {
    if (!this.follow.isFollowing || this.#terminal.buffer.active.baseY === 0) return false;
    this.follow.set(false);
    this.#terminal.scrollLines(-lines);
    this.#heldLine = this.#terminal.buffer.active.viewportY;
    return true;
  }

  /** The viewport or the host has scrolled. */
  #moved(): void {
    if (this.#hold()) return;
    const { viewportY, baseY } = this.#terminal.buffer.active;
    if (this.follow.moved(viewportY >= baseY && this.#host.scrollTop >= this.#cursorTop() - 1)) {
      this.#heldLine = viewportY;
    }
  }

  /** After each piece of output: stay at the bottom, or stay where the person is reading. */
  #settle(): void {
    const { active, normal } = this.#terminal.buffer;
    const isAtBottom = active.viewportY >= active.baseY;
    if (this.follow.isFollowing) {
      if (!isAtBottom) this.#terminal.scrollToBottom();
      this.#showCursor();
    } else if (isAtBottom && active.baseY > this.#heldLine) {
      // The terminal only holds still by itself once it has been scrolled away from the bottom.
      this.#terminal.scrollToLine(this.#heldLine);
    }
    const scrollback = this.#terminal.options.scrollback ?? 0;
    if (normal.length >= scrollback + this.#terminal.rows) this.isTrimmed.value = true;
    this.follow.publish();
  }

  #layout(): void {
    if (!this.#fitting.fit()) return;
    if (this.follow.isFollowing) this.toBottom();
    else this.#hold();
  }

  /** How far a host lower than the terminal must be scrolled for the cursor's line to be seen. */
  #cursorTop(): number {
    if (this.#host.scrollHeight <= this.#host.clientHeight) return 0;
    const below = (this.#terminal.buffer.active.cursorY + 1) * this.#fitting.cell().height - this.#host.clientHeight;
    return Math.max(0, Math.min(this.#host.scrollHeight - this.#host.clientHeight, Math.ceil(below) + 16));
  }

  #showCursor(): void {
    this.#scrollHost(this.#cursorTop());
  }

  #scrollHost(top: number): void {
    this.#host.scrollTop = top;
    this.#hostTop = this.#host.scrollTop;
  }
}
