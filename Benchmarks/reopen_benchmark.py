"""A finished log of 200 MB opened again: the first byte, and the whole of it over plain HTTP, against bare loopback TCP.

The server is started anew before, so nothing of the log is in its memory; the system's file cache is warm for both.
"""

import hashlib
import os
import socket
import tempfile
import threading
import time

from harness import Server

SIZE = 200_000_000


def download(server, job, start=0, limit=None):
    """Seconds to the first byte and to the last, and the digest of the body."""
    started = time.monotonic()
    stream = socket.create_connection((server.host, server.port), timeout=120)
    stream.sendall((
        f"GET /api/jobs/{job}/logs?from={start} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n"
        f"Authorization: Bearer {server.token}\r\nConnection: close\r\n\r\n").encode())
    buffer = bytearray()
    while b"\r\n\r\n" not in buffer:
        buffer += stream.recv(1 << 16)
    body = bytes(buffer.split(b"\r\n\r\n", 1)[1])
    while not body:
        body = stream.recv(1 << 16)
    first = time.monotonic() - started
    digest, count = hashlib.sha256(body), len(body)
    view = memoryview(bytearray(1 << 18))
    while (limit is None or count < limit) and (length := stream.recv_into(view)):
        digest.update(view[:length])
        count += length
    stream.close()
    return first, time.monotonic() - started, count, digest.hexdigest()


def bare(path):
    """The same bytes out of a file through a loopback connection, in pieces of 64 KiB."""
    listener = socket.create_server(("127.0.0.1", 0))

    def send():
        stream, _ = listener.accept()
        with open(path, "rb") as file, stream:
            while data := file.read(1 << 16):
                stream.sendall(data)

    thread = threading.Thread(target=send)
    thread.start()
    started = time.monotonic()
    stream = socket.create_connection(listener.getsockname())
    digest, view = hashlib.sha256(), memoryview(bytearray(1 << 18))
    while length := stream.recv_into(view):
        digest.update(view[:length])
    elapsed = time.monotonic() - started
    thread.join()
    stream.close()
    listener.close()
    return elapsed


def main():
    with tempfile.TemporaryDirectory(prefix="srun-bench-") as folder, Server() as server:
        path = folder + "/200MB"
        digest = hashlib.sha256()
        with open(path, "wb") as file:
            for start in range(0, SIZE // 50, 10_000):
                block = b"".join(b"%09d the quick brown fox jumps over the lazy\n" % n for n in range(start, start + 10_000))
                file.write(block)
                digest.update(block)
        size = os.path.getsize(path)
        job = server.submit(f"cat {path}", tty=False)
        server.wait(job)
        server.stop()
        server.start()
        for _ in range(3):
            before = server.cpu_seconds()
            first, whole, count, got = download(server, job)
            cpu = server.cpu_seconds() - before
            if (count, got) != (size, digest.hexdigest()):
                raise SystemExit("FAILED: the log is not what the job printed")
            tails = sorted(download(server, job, start=-(1 << 20))[0] for _ in range(20))
            reference = bare(path)
            print(f"200 MB again: first byte {first * 1e3:.1f} ms, of the last MiB {tails[10] * 1e3:.1f} ms (median of 20); "
                  f"{size / whole / 1e6:.0f} MB/s, bare loopback {size / reference / 1e6:.0f} MB/s, ratio "
                  f"{reference / whole:.2f}; server CPU {cpu:.2f} s, peak RSS {server.peak_megabytes():.0f} MB")


if __name__ == "__main__":
    main()
