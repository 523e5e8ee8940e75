import { type LogMessage, parseLogMessage } from "./messages.ts";
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
}

export interface LogSocket {
  /** Everything before this offset has been shown, so the server may send more. */
  acknowledge(offset: number): void;
  close(): void;
}

/**
 * One connection to a job's output with subprotocol `srun.v1`; resuming when it is lost is the caller's part.
 *
 * `from` is the offset of the first byte wanted; a negative one means that many bytes before the end.
 */
export function openLogSocket(connect: Connect, job: string, from: number, handlers: LogHandlers): LogSocket {
  const socket = connect(`/api/jobs/${encodeURIComponent(job)}/logs?from=${from}`, "srun.v1", {
    text(data) {
      const message = parseLogMessage(data);
      if (message?.type === "hello") handlers.hello(message);
      else if (message?.type === "gap") handlers.gap(message.bytes);
      else if (message?.type === "end") handlers.end(message);
    },
    bytes: handlers.output,
    closed: handlers.closed,
  });
  return {
    acknowledge: (offset) => socket.send(JSON.stringify({ type: "ack", offset })),
    close: () => socket.close(),
  };
}
