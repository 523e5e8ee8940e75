"""What is no request, and what is no WebSocket, byte by byte (B4, B22, B25-B37): each gets its answer, and then the connection ends."""

import base64
import concurrent.futures
import os
import socket
import struct
import time

import pytest

from support.server import Server

pytestmark = pytest.mark.xdist_group("raw")

LIMIT = 10
KEY = f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
GET, POST, LIVE = "GET /api/jobs HTTP/1.1\r\nAUTH", "POST /api/jobs HTTP/1.1\r\nAUTHJSON", "GET /api/events HTTP/1.1\r\nAUTHUPGRADE"
BODY = '{"command":"true"}'


def connect(server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=LIMIT)


def filled(server, text: str) -> bytes:
    host = f"Host: {server.url.removeprefix('http://')}\r\n"
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    for name, value in [
        ("AUTH", f"{host}Authorization: Bearer {server.token}\r\n"), ("JSON", "Content-Type: application/json\r\n"),
        ("UPGRADE", upgrade), ("HOST", host), ("KEY", KEY),
    ]:  # fmt: skip
        text = text.replace(name, value)
    return text.encode("latin-1")


def answer(server, data: bytes) -> bytes:
    """Everything that comes until the server ends the connection, which it must."""
    with connect(server) as connection:
        got = b""
        try:
            connection.sendall(data)
            while part := connection.recv(1 << 16):
                got += part
        except (ConnectionResetError, BrokenPipeError):
            # Ended while we were still sending.
            pass
        return got


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (POST + "Content-Length: 18\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"),
        (POST + "Content-Length: 18\r\nContent-Length: 18\r\n\r\n" + BODY, 400, "bad_request"),
        (POST + "Content-Length: +18\r\n\r\n" + BODY, 400, "bad_request"),
        (POST + "Content-Length: -1\r\n\r\n" + BODY, 400, "bad_request"),
        (POST + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"),
        (POST + "Transfer-Encoding: chunked\r\n\r\n0x1\r\n{\r\n0\r\n\r\n", 400, "bad_request"),
        ("GET /healthz HTTP/1.1\nHost: localhost\n\n", 400, "bad_request"),
        (GET + "X-A: b\r\n c\r\n\r\n", 400, "bad_request"),
        (GET + "X-A : b\r\n\r\n", 400, "bad_request"),
        (GET + "X-A: b\0c\r\n\r\n", 400, "bad_request"),
        (GET + f"X-A: {'a' * 16385}\r\n\r\n", 431, "head_too_large"),
        (GET + "X: 1\r\n" * 101 + "\r\n", 431, "head_too_large"),
        (f"GET /{'a' * 8192} HTTP/1.1\r\nHOST\r\n", 414, "uri_too_long"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad_request"),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x55" * 200, 400, "bad_request"),
        ("GET / HTTP/9.9\r\nHOST\r\n", 400, "bad_request"),
        ("GET /healthz HTTP/1.1\r\n\r\n", 421, "bad_host"),
        ("GET /healthz HTTP/1.1\r\nHOSTHOST\r\n", 421, "bad_host"),
        ("GET http://evil.test/healthz HTTP/1.1\r\nHOST\r\n", 421, "bad_host"),
        ("TRACE /api/jobs HTTP/1.1\r\nAUTHConnection: close\r\n\r\n", 405, "method_not_allowed"),
        ("CONNECT a:1 HTTP/1.1\r\nAUTH\r\n", 405, "method_not_allowed"),
        ("GET /assets/../../secret HTTP/1.1\r\nAUTHConnection: close\r\n\r\n", 404, "not_found"),
        ("GET /assets/%2e%2e%2fsecret HTTP/1.1\r\nAUTHConnection: close\r\n\r\n", 404, "not_found"),
        ("GET /assets/%00 HTTP/1.1\r\nAUTHConnection: close\r\n\r\n", 404, "not_found"),
        (LIVE + "\r\n", 400, "bad_upgrade"),
        (LIVE + "Sec-WebSocket-Key: eHh4\r\n\r\n", 400, "bad_upgrade"),
        (LIVE.replace("UPGRADE", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n") + "KEY\r\n",
            426, "bad_upgrade"),
        (LIVE.replace("GET", "POST") + "KEYContent-Length: 0\r\n\r\n", 400, "bad_upgrade"),
        (LIVE.replace("/api/events", "/api/jobs/unknown/logs") + "KEY\r\n", 404, "job_not_found"),
        (LIVE.replace("AUTH", "HOST") + "KEY\r\n", 401, "unauthorized"),
    ],
    ids=lambda value: value[:40].encode().hex() if isinstance(value, str) and " " in value else None,
)  # fmt: skip
def test_what_is_no_request_gets_its_answer(shared_server, request_, status, code):
    got = answer(shared_server, filled(shared_server, request_))
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == str(status).encode(), got
    assert f'"code":"{code}"'.encode() in body
    assert shared_server.api.request("GET", "/api/jobs")[0] == 200


def test_a_megabyte_of_noise_changes_nothing(shared_server):
    lines = len(shared_server.log.splitlines())
    for _ in range(5):
        assert answer(shared_server, os.urandom(1 << 20))[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")
    assert shared_server.api.request("GET", "/healthz")[0] == 200
    assert len(shared_server.log.splitlines()) <= lines + 5


def test_requests_sent_at_once_are_answered_in_order(shared_server):
    """B29: fifty that do not wait for each other's answers."""
    paths = [f"/api/jobs?limit={number}" if number % 2 else f"/api/nothing{number}" for number in range(1, 51)]
    sent = "".join(f"GET {path} HTTP/1.1\r\nAUTH\r\n" for path in paths[:-1]) + f"GET {paths[-1]} HTTP/1.1\r\nAUTHConnection: close\r\n\r\n"
    got = answer(shared_server, filled(shared_server, sent))
    statuses = [part[:3] for part in got.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200" if number % 2 else b"404" for number in range(1, 51)]


def dripped(connection, drip: bytes) -> tuple[float, bytes]:
    """Sends one byte every half second; how long it took until the server ended it, and what it said."""
    began, got = time.monotonic(), b""
    connection.settimeout(0.5)
    while time.monotonic() - began < 60:
        try:
            part = connection.recv(1 << 16)
            if not part:
                break
            got += part
        except TimeoutError:
            connection.sendall(drip[:1])
            drip = drip[1:]
    return time.monotonic() - began, got


def late(server, first: bytes, drip: bytes = b"") -> tuple[float, bytes]:
    """The same after a beginning."""
    with connect(server) as connection:
        connection.sendall(first)
        return dripped(connection, drip)


def answers_late(server, limit: float, *requests: tuple[bytes, bytes]) -> None:
    """All at once: each is told that it took too long, when the time is over and not before."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for took, got in pool.map(lambda request: late(server, *request), requests):
            head, _, body = got.partition(b"\r\n\r\n")
            assert head.split(b" ", 2)[1] == b"408" and b'"code":"request_timeout"' in body, got
            assert limit - 0.5 <= took < limit + 5


def test_who_does_not_finish_a_head_is_told_so(shared_server):
    """B28: also one who sends a byte now and then, which would keep a timer alive that counts silence."""
    half = filled(shared_server, "GET /api/jobs HTTP/1.1\r\nAUTHX-A: ")
    answers_late(shared_server, 10, (b"", b""), (b"GET /healthz HT", b""), (half, b"a" * 100), (b"G", b"ET / HTTP/1.1\r\nX: " + b"y" * 100))


def test_so_is_who_does_not_finish_a_further_head(shared_server):
    """B28: on a connection that is kept, from the first byte of that head on; being silent between two requests is no fault yet."""
    whole = filled(shared_server, "GET /healthz HTTP/1.1\r\nHOST\r\n")

    def further(beginning: bytes, drip: bytes, behind: bool) -> tuple[float, bytes]:
        with connect(shared_server) as connection:
            stream = connection.makefile("rb")
            for _ in range(2):
                connection.sendall(whole + (beginning if behind and _ else b""))
                while (line := stream.readline()) != b"\r\n":
                    length = int(line.split()[1]) if line.lower().startswith(b"content-length") else 0
                stream.read(length)
            if not behind:
                # Longer than a head may take.
                time.sleep(11)
                connection.sendall(beginning)
            return dripped(connection, drip)

    cases = [(b"G", b"", False), (b"GET /healthz HT", b"", False), (b"GET / HTTP/1.1\r\nX: ", b"y" * 100, False), (b"GET / HTTP/1.1\r\n", b"", True)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for took, got in pool.map(lambda case: further(*case), cases):
            assert got.startswith(b"HTTP/1.1 408 ") and b'"code":"request_timeout"' in got, got
            assert 9.5 <= took < 15


def offered(*entries: str) -> str:
    return f"Sec-WebSocket-Protocol: {', '.join(entries)}\r\n" if entries else ""


def bearer(token: str | bytes) -> str:
    data = token if isinstance(token, bytes) else token.encode()
    return "srun.bearer." + base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    ("entries", "authorization", "status", "chosen"),
    [
        (["srun.v1", "GOOD"], "", 101, b"srun.v1"),
        (["GOOD", "srun.v1"], "", 101, b"srun.v1"),
        (["GOOD"], "", 101, None),
        (["srun.v1", bearer("wrong")], "", 401, None),
        (["srun.v1", "srun.bearer.***"], "", 401, None),
        (["srun.v1", "GOOD="], "", 401, None),
        (["srun.v1", "srun.bearer."], "", 401, None),
        (["srun.v1", bearer(b"\xff\xfe")], "", 401, None),
        (["srun.v1", "GOOD", "GOOD"], "", 401, None),
        (["srun.v1", "GOOD", bearer("wrong")], "", 401, None),
        (["srun.v1", "GOOD"], "Authorization: Bearer TOKEN\r\n", 401, None),
        (["srun.v1", "GOOD"], "Authorization: Bearer wrong\r\n", 401, None),
        (["srun.v1"], "Authorization: Bearer TOKEN\r\n", 101, b"srun.v1"),
    ],
)
def test_a_token_may_stand_among_the_subprotocols(traced_server, entries, authorization, status, chosen):
    """C20: for who cannot set `Authorization`. It is answered nowhere and written down nowhere."""
    server = traced_server
    good = bearer(server.token)
    job = server.api.submit("echo hello; sleep 1000")["id"]
    server.api.wait_for_output(job, b"hello")
    text = f"GET /api/jobs/{job}/logs HTTP/1.1\r\nHOST{authorization.replace('TOKEN', server.token)}UPGRADEKEY"
    text += offered(*(entry.replace("GOOD", good) for entry in entries)) + "\r\n"
    with connect(server) as connection:
        connection.sendall(filled(server, text))
        got = b""
        while b"\r\n\r\n" not in got or (status == 101 and b"hello" not in got):
            got += connection.recv(1 << 16) or pytest.fail(f"it ended after {got!r}")
    assert got.split()[1] == str(status).encode()
    head, _, rest = got.partition(b"\r\n\r\n")
    assert (b"Sec-WebSocket-Protocol: srun.v1\r\n" in head + b"\r\n") == (chosen is not None)
    assert b"bearer." not in head + rest
    if status == 101:
        # Binary frames behind a hello with the protocol, text without.
        assert (b'"type":"hello"' in rest) == (chosen is not None)
        assert rest[0] == 0x81
    server.api.stop(job)
    assert good not in server.log and server.token not in server.log and "srun.bearer" not in server.log


@pytest.fixture(scope="module")
def traced_server(tmp_path_factory):
    """One that writes down all it ever does."""
    with Server(tmp_path_factory.mktemp("traced"), "--log-level", "trace", "--stop-grace", "1") as server:
        yield server


@pytest.mark.soak
def test_who_does_not_finish_a_body_is_told_so(shared_server):
    """B28"""
    head = filled(shared_server, POST + "Content-Length: 1000\r\n\r\n{")
    chunked = filled(shared_server, POST + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"com")
    answers_late(shared_server, 30, (head, b""), (head, b" " * 200), (chunked, b""))


def frame(first: int, payload: bytes = b"", length: bytes | None = None, masked: bool = True) -> bytes:
    """As RFC 6455 §5.2 draws it; the mask is all zeros, which changes nothing."""
    size = len(payload)
    length = length or (bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size))
    if not masked:
        return bytes([first]) + length + payload
    return bytes([first, length[0] | 0x80]) + length[1:] + bytes(4) + payload


@pytest.mark.parametrize(
    ("frames", "codes"),
    [
        (frame(0x81, b"{}", masked=False), {1002}),
        (frame(0xC1, b"{}"), {1002}),
        (frame(0x83), {1002}),
        (frame(0x09), {1002}),
        (frame(0x89, b"a" * 126), {1002}),
        (frame(0x80, b"x"), {1002}),
        (frame(0x81, b"\xff"), {1007}),
        (frame(0x01, b"\xe2\x82") + frame(0x80, b"("), {1007}),
        (frame(0x81, length=b"\x7f" + struct.pack(">Q", 1 << 40)), {1009}),
        (frame(0x81, length=b"\x7f" + struct.pack(">Q", 1 << 63)), {1002, 1009}),
        ((frame(0x01, b"a" * 60000) + frame(0x00, b"a" * 60000) * 4 + frame(0x80, b"a" * 60000)), {1009}),
        (frame(0x88, struct.pack(">H", 999)), {1002}),
        (frame(0x88, struct.pack(">H", 1005)), {1002}),
        (frame(0x88, b"\x03"), {1002}),
        (frame(0x88, struct.pack(">H", 1000) + b"\xff"), {1007}),
    ],
    ids=lambda value: value[:12].hex() if isinstance(value, bytes) else None,
)
def test_what_is_no_frame_ends_the_websocket_with_its_code(shared_server, frames, codes):
    job = shared_server.api.submit("sleep 1000")["id"]
    with connect(shared_server) as connection:
        connection.sendall(filled(shared_server, LIVE.replace("/api/events", f"/api/jobs/{job}/logs") + "KEY\r\n"))
        stream = connection.makefile("rb")
        assert stream.readline().split()[1] == b"101"
        while stream.readline() != b"\r\n":
            pass
        connection.sendall(frames)
        while True:
            first, size = stream.read(2)
            size = size if size < 126 else struct.unpack(">H", stream.read(2))[0]
            payload = stream.read(size)
            if first == 0x88:
                break
        assert struct.unpack(">H", payload[:2])[0] in codes
    shared_server.api.stop(job)
