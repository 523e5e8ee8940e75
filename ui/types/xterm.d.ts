// The part of xterm.js 5.5.0 this page uses. The carrier of the library has no declarations, so these are written by
// hand from its documentation; a name that is missing here exists in the library and can be added.

export interface IDisposable {
  dispose(): void;
}

export type IEvent<T> = (listener: (value: T) => void) => IDisposable;

export interface ITheme {
  background?: string;
  foreground?: string;
  cursor?: string;
  cursorAccent?: string;
  selectionBackground?: string;
  selectionInactiveBackground?: string;
  black?: string;
  red?: string;
  green?: string;
  yellow?: string;
  blue?: string;
  magenta?: string;
  cyan?: string;
  white?: string;
  brightBlack?: string;
  brightRed?: string;
  brightGreen?: string;
  brightYellow?: string;
  brightBlue?: string;
  brightMagenta?: string;
  brightCyan?: string;
  brightWhite?: string;
}

export interface ILinkHandler {
  activate(event: MouseEvent, text: string): void;
  /** Without it only http and https links reach `activate`. */
  allowNonHttpProtocols?: boolean;
}

export interface ITerminalOptions {
  allowProposedApi?: boolean;
  cols?: number;
  rows?: number;
  scrollback?: number;
  fontSize?: number;
  fontFamily?: string;
  lineHeight?: number;
  convertEol?: boolean;
  disableStdin?: boolean;
  cursorBlink?: boolean;
  cursorStyle?: "block" | "underline" | "bar";
  cursorInactiveStyle?: "outline" | "block" | "bar" | "underline" | "none";
  minimumContrastRatio?: number;
  theme?: ITheme;
  linkHandler?: ILinkHandler | null;
  drawBoldTextInBrightColors?: boolean;
  smoothScrollDuration?: number;
}

export interface IBufferCell {
  getChars(): string;
  getWidth(): number;
  isFgPalette(): boolean;
  getFgColor(): number;
}

export interface IBufferLine {
  readonly isWrapped: boolean;
  readonly length: number;
  getCell(x: number): IBufferCell | undefined;
  translateToString(trimRight?: boolean): string;
}

export interface IBuffer {
  readonly type: "normal" | "alternate";
  readonly cursorX: number;
  readonly cursorY: number;
  readonly viewportY: number;
  readonly baseY: number;
  readonly length: number;
  getLine(y: number): IBufferLine | undefined;
}

export interface IBufferNamespace {
  readonly active: IBuffer;
  readonly normal: IBuffer;
  readonly onBufferChange: IEvent<IBuffer>;
}

export interface ITerminalAddon extends IDisposable {
  activate(terminal: Terminal): void;
}

export interface IFunctionIdentifier {
  prefix?: string;
  intermediates?: string;
  final: string;
}

/** A handler that returns true has dealt with the sequence; the library then does nothing with it. */
export interface IParser {
  registerCsiHandler(id: IFunctionIdentifier, handler: (params: (number | number[])[]) => boolean): IDisposable;
  registerDcsHandler(id: IFunctionIdentifier, handler: (data: string) => boolean): IDisposable;
  registerOscHandler(code: number, handler: (data: string) => boolean): IDisposable;
}

export interface IBufferRange {
  start: { x: number; y: number };
  end: { x: number; y: number };
}

export interface IMarker extends IDisposable {
  readonly line: number;
}

export interface IDecorationOptions {
  marker: IMarker;
  x: number;
  width: number;
  backgroundColor: string;
  foregroundColor: string;
}

export class Terminal implements IDisposable {
  constructor(options?: ITerminalOptions);
  readonly element: HTMLElement | undefined;
  readonly textarea: HTMLTextAreaElement | undefined;
  readonly buffer: IBufferNamespace;
  readonly cols: number;
  readonly rows: number;
  readonly options: ITerminalOptions;
  readonly onScroll: IEvent<number>;
  readonly onLineFeed: IEvent<void>;
  readonly onData: IEvent<string>;
  readonly parser: IParser;
  /** Undefined while a program draws on the whole screen. */
  registerMarker(offsetFromCursor: number): IMarker | undefined;
  registerDecoration(options: IDecorationOptions): IDisposable | undefined;
  getSelectionPosition(): IBufferRange | undefined;
  clearSelection(): void;
  select(column: number, row: number, length: number): void;
  open(parent: HTMLElement): void;
  write(data: Uint8Array | string, parsed?: () => void): void;
  resize(columns: number, rows: number): void;
  reset(): void;
  clear(): void;
  focus(): void;
  scrollLines(amount: number): void;
  scrollPages(pages: number): void;
  scrollToTop(): void;
  scrollToBottom(): void;
  scrollToLine(line: number): void;
  loadAddon(addon: ITerminalAddon): void;
  attachCustomKeyEventHandler(handler: (event: KeyboardEvent) => boolean): void;
  dispose(): void;
}

export class WebLinksAddon implements ITerminalAddon {
  constructor(handler: (event: MouseEvent, uri: string) => void);
  activate(terminal: Terminal): void;
  dispose(): void;
}
