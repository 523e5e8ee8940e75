"""What stands between a client and the server when the network is bad."""

import contextlib
import select
import selectors
import socket
import threading


def copy_both_ways(client: socket.socket, server: socket.socket) -> None:
    """Returns when one side has ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                part = key.fileobj.recv(65536)
                if not part:
                    return
                key.data.sendall(part)


class Proxy:
    """Passes TCP connections on to a server, each on a thread of its own."""

    def __init__(self, url: str):
        host, port = url.split("//")[1].split(":")
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        raise NotImplementedError


class Wire(Proxy):
    """A connection that a test can cut and mend. While cut, every connection is closed at once."""

    def __init__(self, url: str):
        super().__init__(url)
        self.lock = threading.Lock()
        self.is_cut = False
        self.sockets: set[socket.socket] = set()

    def __exit__(self, *_):
        self.cut()
        super().__exit__()

    def cut(self) -> None:
        with self.lock:
            self.is_cut = True
            for side in self.sockets:
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        with self.lock:
            self.is_cut = False

    def _pass(self, client: socket.socket) -> None:
        with client:
            with self.lock:
                if self.is_cut:
                    return
                server = socket.create_connection(self.target)
                pair = {client, server}
                self.sockets |= pair
            try:
                with server, contextlib.suppress(OSError):
                    copy_both_ways(client, server)
            finally:
                with self.lock:
                    self.sockets -= pair


class PrefixProxy(Proxy):
    """Serves the server below a path, as a reverse proxy that is set up for it does."""

    def __init__(self, url: str, prefix: str):
        super().__init__(url)
        self.prefix = prefix

    def _pass(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                part = client.recv(65536)
                if not part:
                    return
                head += part
            head, body = head.split(b"\r\n\r\n", 1)
            line, *fields = head.decode().split("\r\n")
            method, target, version = line.split(" ")
            if not target.startswith(self.prefix):
                client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            # One request per connection: then only this head has to be understood. An upgrade keeps its own field.
            if not any(field.lower().startswith("upgrade:") for field in fields):
                fields = [field for field in fields if not field.lower().startswith("connection:")]
                fields.append("Connection: close")
            fields.append(f"X-Forwarded-Prefix: {self.prefix}")
            target = target[len(self.prefix) :] or "/"
            with socket.create_connection(self.target) as server:
                server.sendall("\r\n".join([f"{method} {target} {version}", *fields, "", ""]).encode() + body)
                copy_both_ways(client, server)


class OutputCutter(Proxy):
    """Cuts answers that carry a job's output; every other answer passes whole.

    There is one rule per such answer: a number lets so many bytes pass, a text cuts once it has passed. When the rules are used
    up, nothing is cut any more.
    """

    def __init__(self, url: str, rules: list[int | bytes]):
        super().__init__(url)
        self.rules = rules

    def _pass(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.target) as server, contextlib.suppress(OSError):
            # The command line sends each of its small requests in one piece and waits for the answer.
            while request := client.recv(65536):
                server.sendall(request)
                is_output = b"/logs?" in request.split(b"\r\n", 1)[0]
                rule = self.rules.pop(0) if is_output and self.rules else None
                if not self._answer(client, server, rule):
                    return

    @staticmethod
    def _answer(client: socket.socket, server: socket.socket, rule: int | bytes | None) -> bool:
        """Passes an answer on until the next request comes; False when the connection is to be closed."""
        passed = b""
        while True:
            readable, _, _ = select.select([server, client], [], [])
            if server not in readable:
                return True
            part = server.recv(65536)
            if isinstance(rule, int):
                part = part[: rule - len(passed)] if rule > len(passed) else b""
            client.sendall(part)
            passed += part
            if not part or (isinstance(rule, int) and len(passed) >= rule) or (isinstance(rule, bytes) and rule in passed):
                return False
