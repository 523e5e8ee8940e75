import { type LogMessage, parseLogMessage, type TerminalSize } from "./messages.ts";
import type { Connect } from "./socket.ts";

export type LogHello = Extract<LogMessage, { type: "hello" }>;
export type LogEnd = Extract<LogMessage, { type: "end" }>;

export interface LogHandlers {
  hello(message: LogHello): void;
  output(bytes: Uint8Array): void;
  /** So many bytes of the output were not kept; what comes next is behind them. */
  gap(bytes: number): void;
  end(message: LogEnd): void;
  closed(code: number): void;
  /** The job's terminal has another size now, whoever asked for it. */
  size(size: TerminalSize): void;
  /** So many bytes of input are out of the way since the connection was made. */
  taken(bytes: number): void;
}

export interface LogSocket {
  /** Everything before this offset has been shown, so the server may send more. */
  acknowledge(offset: number): void;
  /** Bytes for the job's terminal; the server answers how many of all are out of the way. */
  input(bytes: Uint8Array): void;
  resize(size: TerminalSize): void;
  close(): void;
}

/**
 * One connection to a job's output with subprotocol `srun.v1`; resuming when it is lost is the caller's part.
 *
 * `from` is the offset of the first byte wanted; a negative one means that many bytes before the end. With `takesScreen` a
 * full-screen program comes as it is now, and then what follows.
 */
export function openLogSocket(
  connect: Connect,
  job: string,
  from: number,
  takesScreen: boolean,
  handlers: LogHandlers,
): LogSocket {
  const query = `from=${from}${takesScreen ? "&screen=1" : ""}`;
  const socket = connect(`/api/jobs/${encodeURIComponent(job)}/logs?${query}`, "srun.v1", {
    text(data) {
      const message = parseLogMessage(data);
      if (message?.type === "hello") handlers.hello(message);
      else if (message?.type === "gap") handlers.gap(message.bytes);
      else if (message?.type === "end") handlers.end(message);
      else if (message?.type === "resize") handlers.size({ cols: message.cols, rows: message.rows });
      else if (message?.type === "input") handlers.taken(message.bytes);
    },
    bytes: handlers.output,
    closed: handlers.closed,
  });
  return {
    acknowledge: (offset) => socket.send(JSON.stringify({ type: "ack", offset })),
    input: (bytes) => socket.send(JSON.stringify({ type: "input", base64: btoa(String.fromCharCode(...bytes)) })),
    resize: ({ cols, rows }) => socket.send(JSON.stringify({ type: "resize", cols, rows })),
    close: () => socket.close(),
  };
}
