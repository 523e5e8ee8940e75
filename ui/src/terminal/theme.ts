import type { ITheme } from "./xterm.ts";

// The same red, green, blue and amber as the rest of the page (styles/tokens.css), so that a colour means one thing.
// Whatever a program mixes beside them is corrected by minimumContrastRatio.

/** On what was found; as `mark` in the rest of the page. */
export const MARK = {
  light: { backgroundColor: "#ffe58f", foregroundColor: "#1f2328" },
  dark: { backgroundColor: "#6b5208", foregroundColor: "#e6edf3" },
} as const;

export const DARK: ITheme = {
  background: "#0d1117",
  foreground: "#e6edf3",
  cursor: "#9aa4af",
  cursorAccent: "#0d1117",
  selectionBackground: "#1f6feb66",
  black: "#484f58",
  red: "#ff7b72",
  green: "#3fb950",
  yellow: "#d29922",
  blue: "#58a6ff",
  magenta: "#bc8cff",
  cyan: "#39c5cf",
  white: "#b1bac4",
  brightBlack: "#8b949e",
  brightRed: "#ffa198",
  brightGreen: "#56d364",
  brightYellow: "#e3b341",
  brightBlue: "#79c0ff",
  brightMagenta: "#d2a8ff",
  brightCyan: "#56d4dd",
  brightWhite: "#ffffff",
};

export const LIGHT: ITheme = {
  background: "#ffffff",
  foreground: "#1f2328",
  cursor: "#59636e",
  cursorAccent: "#ffffff",
  selectionBackground: "#0969da40",
  black: "#24292f",
  red: "#d1242f",
  green: "#1a7f37",
  yellow: "#9a6700",
  blue: "#0969da",
  magenta: "#8250df",
  cyan: "#1b7c83",
  white: "#6e7781",
  brightBlack: "#57606a",
  brightRed: "#a40e26",
  brightGreen: "#116329",
  brightYellow: "#7d4e00",
  brightBlue: "#0550ae",
  brightMagenta: "#6639ba",
  brightCyan: "#136061",
  brightWhite: "#8c959f",
};
