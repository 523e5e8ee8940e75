#!/usr/bin/env python3
"""Serves the page from ui/dist in front of a running srun, and builds it again whenever a file of it changes.

    python3 ui/tools/dev.py [http://127.0.0.1:8000] [--port 8001] [--no-build]

What is not a file of the page goes to the server: requests, answers and WebSockets, with `Host` and `Origin` put right. The
sign-in link that `srun link` prints works here too, once its port is changed. Only for this machine: it listens on loopback.
"""

import argparse
import asyncio
import contextlib
import pathlib
import re
import subprocess
import urllib.parse

UI = pathlib.Path(__file__).resolve().parents[1]
DIST = UI / "dist"
VIEWS = re.compile(r"^/($|jobs/[^/]+$|search$|nodes$|users$|tokens$|audit$)")
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Head:
    """The first lines of a request."""

    def __init__(self, raw: bytes):
        line, *fields = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        self.method, self.target, self.version = line.split(" ", 2)
        self.fields = [field.split(":", 1) for field in fields if ":" in field]

    def sent_to(self, server: urllib.parse.SplitResult) -> bytes:
        """One request a connection: then nothing behind the head has to be understood. An upgrade keeps its own field."""
        is_upgrade = any(name.lower() == "upgrade" for name, _ in self.fields)
        lines = [f"{self.method} {self.target} {self.version}"]
        for name, value in self.fields:
            match name.lower():
                case "host":
                    value = f" {server.netloc}"
                case "origin":
                    value = f" {server.scheme}://{server.netloc}"
                case "connection" if not is_upgrade:
                    value = " close"
            lines.append(f"{name}:{value}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class DevelopmentServer:
    def __init__(self, server: str):
        self.server = urllib.parse.urlsplit(server)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = Head(await reader.readuntil(b"\r\n\r\n"))
            path = urllib.parse.unquote(urllib.parse.urlsplit(head.target).path)
            file = self.file(path)
            if file is not None and head.method in ("GET", "HEAD"):
                self.answer(writer, file)
                await writer.drain()
            else:
                await self.forward(head, reader, writer)
        with contextlib.suppress(OSError):
            writer.close()

    @staticmethod
    def file(path: str) -> pathlib.Path | None:
        if VIEWS.match(path):
            return DIST / "index.html"
        name = path.removeprefix("/assets/")
        return DIST / name if path.startswith("/assets/") and "/" not in name else None

    @staticmethod
    def answer(writer: asyncio.StreamWriter, file: pathlib.Path) -> None:
        kind = TYPES.get(file.suffix, "text/html")
        body = file.read_bytes() if file.is_file() else b""
        status = "200 OK" if file.is_file() else "404 Not Found"
        if file.suffix == ".html":
            body = body.replace(b"__SRUN_BASE__", b"")
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            f"Cache-Control: no-store\r\nContent-Security-Policy: {POLICY}\r\nConnection: close\r\n\r\n".encode() + body
        )

    async def forward(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(self.server.hostname, self.server.port)
        except OSError:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        server_writer.write(head.sent_to(self.server))
        ways = [asyncio.create_task(copy(reader, server_writer)), asyncio.create_task(copy(server_reader, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        server_writer.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()


def newest() -> float:
    files = [path for folder in ("src", "types", "vendor") for path in (UI / folder).rglob("*")] + [UI / "index.html"]
    return max(path.stat().st_mtime for path in files if path.is_file())


async def rebuild() -> None:
    built = 0.0
    while True:
        with contextlib.suppress(OSError):
            changed = newest()
            if changed != built:
                built = changed
                await asyncio.to_thread(subprocess.run, [UI / "tools" / "build.sh"], check=False)
        await asyncio.sleep(0.3)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--no-build", action="store_true")
    arguments = parser.parse_args()
    development = DevelopmentServer(arguments.server)
    listener = await asyncio.start_server(development.handle, "127.0.0.1", arguments.port, limit=1 << 18)
    port = listener.sockets[0].getsockname()[1]
    print(f"ui dev: http://127.0.0.1:{port} in front of {arguments.server}", flush=True)
    async with listener:
        if arguments.no_build:
            await listener.serve_forever()
        await rebuild()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
