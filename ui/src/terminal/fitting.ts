import type { TerminalSize } from "../api/messages.ts";
import { type Box, cellsThatFit, FONT_SIZE, fontToFit } from "./layout.ts";
import type { Terminal } from "./xterm.ts";

/** Between the last letter and the scroll bar. */
const RIGHT_MARGIN = 8;

/** Wide enough for what people call a line; the pane scrolls sideways. */
const UNWRAPPED_COLUMNS = 500;

/** Fits a terminal into its pane: the letters to a size that the job has, or the number of letters to the pane. */
export class Fitting {
  /** Long lines go on in the next row, and not sideways out of the pane. */
  isWrapping = true;
  /** No more output will come. */
  hasEnded = false;
  readonly #cells = new Map<string, Box>();

  constructor(
    private readonly terminal: Terminal,
    private readonly host: HTMLElement,
    private readonly frame: HTMLElement,
    private readonly screen: HTMLElement,
    private readonly viewport: HTMLElement,
    /** The job's terminal; `false` for a job on pipes. */
    public size: TerminalSize | false,
  ) {}

  /** How many characters of the usual size the pane has room for. */
  sizeThatFits(): TerminalSize {
    return cellsThatFit(this.#pane(), this.#cellAt(FONT_SIZE));
  }

  /** Returns false, and changes nothing, while the pane is hidden or not laid out yet. */
  fit(): boolean {
    const pane = this.#pane();
    if (pane.width <= 0 || pane.height <= 0) return false;
    const { terminal, size } = this;
    if (!this.isWrapping) {
      const fitting = cellsThatFit(pane, this.#cellAt(FONT_SIZE));
      terminal.options.fontSize = FONT_SIZE;
      terminal.resize(UNWRAPPED_COLUMNS, size === false || this.#hasFreeRows() ? fitting.rows : size.rows);
    } else if (size === false) {
      const { cols, rows } = cellsThatFit(pane, this.cell());
      terminal.resize(cols, rows);
    } else {
      const { cols } = size;
      const needed = { cols, rows: this.#hasFreeRows() ? 1 : size.rows };
      const isDrawnOn = terminal.buffer.active.type === "alternate";
      terminal.options.fontSize = fontToFit(needed, pane, (fontSize) => this.#cellAt(fontSize), isDrawnOn);
      terminal.resize(cols, this.#hasFreeRows() ? cellsThatFit(pane, this.cell()).rows : size.rows);
    }
    const cell = this.cell();
    const scrollBar = this.viewport.offsetWidth - this.viewport.clientWidth;
    this.frame.style.minWidth = size === false && this.isWrapping
      ? ""
      : `${Math.ceil(cell.width * terminal.cols) + scrollBar}px`;
    this.frame.style.minHeight = `${Math.ceil(cell.height * terminal.rows)}px`;
    return true;
  }

  #pane(): Box {
    const style = getComputedStyle(this.host);
    return {
      width: this.host.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - RIGHT_MARGIN -
        (this.viewport.offsetWidth - this.viewport.clientWidth),
      height: this.host.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom),
    };
  }

  /** One character, as large as it is now. */
  cell(): Box {
    const { width, height } = this.screen.getBoundingClientRect();
    return { width: width / this.terminal.cols, height: height / this.terminal.rows };
  }

  /**
   * Whether the pane may choose the number of rows: nothing more will be placed by row, and nothing stands below the cursor,
   * where a lower terminal would drop it.
   */
  #hasFreeRows(): boolean {
    const { active } = this.terminal.buffer;
    if (!this.hasEnded || active.type !== "normal") return false;
    for (let row = active.cursorY + 1; row < this.terminal.rows; row += 1) {
      if (active.getLine(active.baseY + row)?.translateToString(true) !== "") return false;
    }
    return true;
  }

  #cellAt(fontSize: number): Box {
    // Zooming changes how sizes are rounded to pixels.
    const key = `${fontSize} ${devicePixelRatio}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      this.terminal.options.fontSize = fontSize;
      cell = this.cell();
      this.#cells.set(key, cell);
    }
    return cell;
  }
}
