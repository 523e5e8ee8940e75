import { wrong } from "../texts/run.ts";

/** Seconds; undefined for an empty text, null for one that is no time. */
export function readDuration(text: string): number | null | undefined {
  if (text.trim() === "") return undefined;
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)?\s*$/i.exec(text) ?? [];
  const seconds = Number(amount) * ({ m: 60, h: 3600, d: 86_400 }[unit?.toLowerCase() ?? ""] ?? 1);
  return seconds > 0 ? seconds : null;
}

const UNITS: Record<string, number> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Bytes; undefined for an empty text, null for one that is no amount. */
export function readBytes(text: string): number | null | undefined {
  if (text.trim() === "") return undefined;
  const [, amount, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * (UNITS[unit.toLowerCase()] ?? NaN));
  return bytes > 0 ? bytes : null;
}

/** A number within bounds; undefined for an empty text, null for anything else. */
export function readNumber(text: string, least: number, most: number, isWhole = true): number | null | undefined {
  if (text.trim() === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) && number >= least && number <= most && (!isWhole || Number.isInteger(number))
    ? number
    : null;
}

/** `NAME=value` lines; empty lines do not count. Returns the sentence to show when a line is something else. */
export function readEnvironment(text: string): Record<string, string> | string {
  const env: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const equals = line.indexOf("=");
    if (equals < 1) return wrong.env(index + 1);
    // Only the name is trimmed: spaces may be part of a value.
    env[line.slice(0, equals).trim()] = line.slice(equals + 1);
  }
  return env;
}
