// The terminal library, with its declarations. Only this folder imports it, so that a new version is a change here.

// @ts-types="../../types/xterm.d.ts"
export { Terminal, WebLinksAddon } from "xterm";
export type { ITheme } from "../../types/xterm.d.ts";
