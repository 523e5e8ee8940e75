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
ACKNOWLEDGE_EVERY = 256 * 1024


class Server:
    """The release build on SQLite in a folder that goes with it."""

    def __init__(self, *flags):
        self.flags = flags

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="srun-bench-")
        self.start()
        return self

    @property
    def database(self):
        return self.folder.name + "/state/srun.db"

    def start(self):
        binary = os.environ.get("SRUN", str(ROOT / ".build/release/srun"))
        self.process = subprocess.Popen(
            [binary, "serve", "--port", "0", "--state-dir", self.folder.name + "/state", "--announce", "json",
             "--until-stdin-closes", "--create-rate", "0", *self.flags],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        announced = json.loads(self.process.stdout.readline())
        self.token = announced["token"]
        self.host, port = announced["url"].removeprefix("http://").rstrip("/").rsplit(":", 1)
        self.port = int(port)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __exit__(self, *_):
        self.stop()
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

    def wait(self, job):
        """Until the job has ended; returns it. Waits at the end of its output, which is when its end is stored."""
        self.follow(job, start=-1)
        return self.call("GET", f"/api/jobs/{job}")

    def processes(self):
        """The server's own processes: the one that was started, and those of its children that run the same program."""
        program = os.readlink(f"/proc/{self.process.pid}/exe")
        found, rest = [], [self.process.pid]
        while rest:
            pid = rest.pop()
            try:
                if os.readlink(f"/proc/{pid}/exe") != program:
                    continue
                children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            except OSError:  # ended meanwhile
                continue
            found.append(pid)
            rest += map(int, children)
        return found

    def cpu_seconds(self):
        ticks = 0
        for pid in self.processes():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def peak_megabytes(self):
        return sum(field(f"/proc/{pid}/status", "VmHWM") for pid in self.processes()) / 1024

    def private_megabytes(self):
        """What the machine cannot take back: pages of the program that only it has mapped are not in it."""
        return sum(field(f"/proc/{pid}/smaps_rollup", "Private_Dirty") for pid in self.processes()) / 1024

    def open(self, job, start=0):
        """A connection that has just become a WebSocket with `srun.v1`: frames come next."""
        stream = socket.create_connection((self.host, self.port), timeout=120)
        key = base64.b64encode(os.urandom(16)).decode()
        stream.sendall((
            f"GET /api/jobs/{job}/logs?from={start} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Authorization: Bearer {self.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: srun.v1\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = stream.recv(1)
            if not byte:
                raise RuntimeError("closed before the answer")
            head += byte
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(head.decode())
        return stream

    def follow(self, job, start=0, on_output=None):
        """Reads a job's output over `srun.v1`, acknowledging as it goes. Returns the number of bytes and their SHA-256."""
        stream = self.open(job, start)
        reader = stream.makefile("rb", buffering=1 << 20)
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
            elif kind == 1:
                message = json.loads(payload)
                if message["type"] == "hello":
                    start = offset = acknowledged = message["from"]
                elif message["type"] == "end":
                    stream.close()
                    return offset - start, digest.hexdigest()
            elif kind == 8:
                raise RuntimeError(f"closed early: {payload!r}")
            elif kind == 9:
                send_frame(stream, 0x8A, payload)


class Collector:
    """A follower that does as little as one can while it is measured: it takes in whatever the socket has, into memory that is
    there already, finds where messages begin, and acknowledges. What it got is looked at afterwards."""

    READ = 1 << 20

    def __init__(self, size):
        # Some more for the heads of messages, of which none of output need be smaller than a line.
        self.memory = bytearray(size + size // 8 + 2 * self.READ)
        self.memory[:] = b"x" * len(self.memory)  # or the kernel would find pages while it is measured
        self.parts = []

    def follow(self, server, job):
        """Reads until the end of the job's output. Returns the number of bytes."""
        stream = server.open(job)
        memory = memoryview(self.memory)
        place = filled = offset = acknowledged = 0
        while True:
            head = 2
            if filled - place >= 2:
                length = memory[place + 1] & 0x7F
                if length >= 126:
                    head = 4 if length == 126 else 10
                    if filled - place >= head:
                        length = int.from_bytes(memory[place + 2:place + head], "big")
            if filled - place < head or filled - place < head + length:
                count = stream.recv_into(memory[filled:filled + self.READ])
                if count == 0:
                    raise RuntimeError("closed early")
                filled += count
                continue
            kind, start, place = memory[place] & 0x0F, place + head, place + head + length
            if kind == 2:
                self.parts.append((start, place))
                offset += length
                if offset - acknowledged >= ACKNOWLEDGE_EVERY:
                    send_text(stream, '{"type":"ack","offset":%d}' % offset)
                    acknowledged = offset
            elif kind == 1:
                if json.loads(bytes(memory[start:place]))["type"] == "end":
                    stream.close()
                    return offset
            elif kind == 8:
                raise RuntimeError("closed early")
            elif kind == 9:
                send_frame(stream, 0x8A, bytes(memory[start:place]))

    def digest(self):
        digest = hashlib.sha256()
        for start, end in self.parts:
            digest.update(memoryview(self.memory)[start:end])
        return digest.hexdigest()


def field(path, name):
    """A figure of a file in /proc, in KiB."""
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def send_text(stream, text):
    send_frame(stream, 0x81, text.encode())


def send_frame(stream, first, payload):
    # A mask of zeros is a mask: RFC 6455 §5.3 asks clients for one, not for a good one.
    stream.sendall(bytes([first, 0x80 | len(payload)]) + bytes(4) + payload)
