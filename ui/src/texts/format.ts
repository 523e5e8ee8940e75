import { isFinal, type Job } from "../api/messages.ts";
import { statusWord } from "./status.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `40 ms`, `2.4 s`, `12 s`, `2 min 05 s`, `3 h 20 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  const clean = Math.max(0, seconds);
  if (clean < 0.9995) return `${Math.round(clean * 1000)} ms`;
  if (clean < 9.95) return `${clean.toFixed(1)} s`;
  const whole = Math.floor(clean);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${String(whole % MINUTE).padStart(2, "0")} s`;
  if (whole < DAY) {
    return `${Math.floor(whole / HOUR)} h ${String(Math.floor(whole % HOUR / MINUTE)).padStart(2, "0")} min`;
  }
  return `${Math.floor(whole / DAY)} d ${Math.floor(whole % DAY / HOUR)} h`;
}

/** How long the job has run or ran, or null while it has not started or where nobody knows. */
export function jobDuration(job: Job, now: number): string | null {
  if (typeof job.durationSeconds === "number") return duration(job.durationSeconds);
  if (job.startedAt === null) return null;
  const start = Date.parse(job.startedAt);
  if (job.completedAt !== null) return duration((Date.parse(job.completedAt) - start) / 1000);
  if (isFinal(job.status)) return null;
  return wholeSeconds((now - start) / 1000);
}

/** For what still grows: tenths that jump once a second look broken. */
export function wholeSeconds(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 10 ? `${whole} s` : duration(whole);
}

/** `just now`, `5 min ago`, `3 h ago`, `2 d ago`, then the date. */
export function age(time: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(time)) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < MINUTE) return `${seconds} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  if (seconds < 30 * DAY) return `${Math.floor(seconds / DAY)} d ago`;
  return new Date(time).toLocaleDateString();
}

/** `in 12 s`, and `now` for what is due. */
export function until(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  return seconds <= 0 ? "now" : `in ${wholeSeconds(Math.ceil(seconds))}`;
}

export function clockTime(time: string, now: number): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date(now).toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
}

/** `900 B`, `18.2 KB`, `3.4 MB`: thousands, as downloads are counted. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const SIGNALS: Record<number, string> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
};

export function signalName(signal: number): string {
  return SIGNALS[signal] ?? `signal ${signal}`;
}

/** How the job ended, where there is more to say than its status. */
export function outcome(job: Job): string | null {
  if (job.signal !== null) return signalName(job.signal);
  if (job.exitCode !== null && job.status !== "completed") return `exit ${job.exitCode}`;
  return null;
}

/** One spoken sentence about what a job has become. */
export function summary(job: Job, title: string): string {
  const end = outcome(job);
  return `${title}: ${statusWord(job.status).toLowerCase()}${end === null ? "" : `, ${end}`}`;
}

/** What a job is called where there is one line: its name, else its command without line ends. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ⏎ ");
}

export function shortID(id: string): string {
  // The first digits of these identifiers are the time, equal for jobs of one minute; the last ones are random.
  return id.slice(-8);
}

/** `1 line`, `2 lines`, `12,345 lines`. */
export function count(amount: number, singular: string, plural: string): string {
  return `${amount.toLocaleString("en")} ${amount === 1 ? singular : plural}`;
}
