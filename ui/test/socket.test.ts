import { equal } from "./assert.ts";
import { webSocketConnector } from "../src/api/socket.ts";

class StandIn {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static last: StandIn;
  readyState = StandIn.CONNECTING;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closings = 0;

  constructor(readonly url: string) {
    StandIn.last = this;
  }

  close(): void {
    this.closings += 1;
    this.onclose?.({ code: 1000 });
  }

  open(): void {
    this.readyState = StandIn.OPEN;
    this.onopen?.();
  }
}

function connecting(closed: (code: number) => void) {
  const real = globalThis.WebSocket;
  Object.assign(globalThis, { WebSocket: StandIn });
  const socket = webSocketConnector("/x", "http://host:1")("/api/events", null, { text() {}, bytes() {}, closed });
  return { socket, peer: StandIn.last, [Symbol.dispose]: () => void Object.assign(globalThis, { WebSocket: real }) };
}

Deno.test("a connection that is given up before it is made is closed once it is", () => {
  const codes: number[] = [];
  using made = connecting((code) => codes.push(code));
  equal(made.peer.url, "ws://host:1/x/api/events");
  made.socket.close();
  equal(made.peer.closings, 0);
  made.peer.open();
  equal(made.peer.closings, 1);
  equal(codes, []);
});

Deno.test("an open connection is closed at once", () => {
  const codes: number[] = [];
  using made = connecting((code) => codes.push(code));
  made.peer.open();
  made.socket.close();
  equal([made.peer.closings, codes.length], [1, 0]);
});

Deno.test("a connection is lost with the network, and not waited for", () => {
  const codes: number[] = [];
  using made = connecting((code) => codes.push(code));
  made.peer.open();
  dispatchEvent(new Event("offline"));
  dispatchEvent(new Event("offline"));
  equal([made.peer.closings, codes], [1, [1006]]);
});
