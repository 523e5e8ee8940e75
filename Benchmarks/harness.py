"""What the benchmarks share: a server of their own, its CPU time and memory, and a WebSocket reader that costs little.

Standard library only, so that a benchmark runs wherever srun does.
"""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import socket
import struct
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACKNOWLEDGE_EVERY = 64 * 1024


class Server:
    """The release build on SQLite in a folder that goes with it."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="srun-bench-")
        binary = os.environ.get("SRUN", str(ROOT / ".build/release/srun"))
        self.process = subprocess.Popen(
            [binary, "serve", "--port", "0", "--state-dir", self.folder.name + "/state", "--announce", "json",
             "--until-stdin-closes"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        announced = json.loads(self.process.stdout.readline())
        self.token = announced["token"]
        self.host, port = announced["url"].removeprefix("http://").rstrip("/").rsplit(":", 1)
        self.port = int(port)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return json.loads(data)

    def submit(self, command, **spec):
        return self.call("POST", "/api/jobs", {"command": command, **spec})["id"]

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_megabytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return float("nan")

    def follow(self, job, start=0, on_output=None):
        """Reads a job's output over `srun.v1`, acknowledging as it goes. Returns the number of bytes and their SHA-256."""
        stream = socket.create_connection((self.host, self.port), timeout=120)
        key = base64.b64encode(os.urandom(16)).decode()
        stream.sendall((
            f"GET /api/jobs/{job}/logs?from={start} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Authorization: Bearer {self.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: srun.v1\r\n\r\n").encode())
        reader = stream.makefile("rb", buffering=1 << 20)
        status = reader.readline()
        if b" 101 " not in status:
            raise RuntimeError(status.decode())
        while reader.readline() != b"\r\n":
            pass
        digest, offset, acknowledged = hashlib.sha256(), start, start
        while True:
            first, second = reader.read(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", reader.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", reader.read(8))
            payload = reader.read(length)
            kind = first & 0x0F
            if kind == 2:
                if on_output:
                    on_output(payload)
                digest.update(payload)
                offset += length
                if offset - acknowledged >= ACKNOWLEDGE_EVERY:
                    send_text(stream, json.dumps({"type": "ack", "offset": offset}))
                    acknowledged = offset
            elif kind == 1 and json.loads(payload)["type"] == "end":
                stream.close()
                return offset - start, digest.hexdigest()
            elif kind == 8:
                raise RuntimeError(f"closed early: {payload!r}")
            elif kind == 9:
                send_frame(stream, 0x8A, payload)


def send_text(stream, text):
    send_frame(stream, 0x81, text.encode())


def send_frame(stream, first, payload):
    # A mask of zeros is a mask: RFC 6455 §5.3 asks clients for one, not for a good one.
    stream.sendall(bytes([first, 0x80 | len(payload)]) + bytes(4) + payload)
