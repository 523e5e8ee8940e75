/** What the page needs of a WebSocket. After `close` no handler is called any more. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketHandlers {
  text(data: string): void;
  bytes(data: Uint8Array): void;
  /** The connection ended, or was never made; the code is the browser's, 1006 when there was no closing handshake. */
  closed(code: number): void;
}

export type Connect = (path: string, protocol: string | null, handlers: SocketHandlers) => Socket;

/** Connects to this page's own server, below its prefix. */
export function webSocketConnector(base: string, origin: string = location.origin): Connect {
  return (path, protocol, handlers) => {
    const address = origin.replace(/^http/, "ws") + base + path;
    const socket = protocol === null ? new WebSocket(address) : new WebSocket(address, protocol);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") handlers.text(data);
      else handlers.bytes(new Uint8Array(data));
    };
    // Without a network a socket stays open for minutes, and what is sent into it arrives when there is one again.
    const listening = new AbortController();
    const leave = () => {
      listening.abort();
      socket.onmessage = null;
      socket.onclose = null;
      // Closing what is not open yet would be reported as a failure, and nothing has failed.
      if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close(1000);
      else socket.close(1000);
    };
    addEventListener("offline", () => {
      leave();
      handlers.closed(1006);
    }, { signal: listening.signal });
    socket.onclose = (event) => {
      listening.abort();
      handlers.closed(event.code);
    };
    return {
      send(text) {
        // Sending while it closes would only write a warning to the console; the other side no longer reads.
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: leave,
    };
  };
}
