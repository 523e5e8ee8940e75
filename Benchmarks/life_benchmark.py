"""Jobs started and ended: `true` submitted by 16 clients at once, against a bare spawn and wait loop of `sh -c true`."""

import json
import os
import re
import socket
import threading
import time

from harness import Server

CLIENTS = 16
JOBS = 2_000
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def bare(count):
    """Processes per second from one thread that starts each and waits for it."""
    started = time.monotonic()
    for _ in range(count):
        pid = os.posix_spawn("/bin/sh", ["sh", "-c", "true"], {})
        os.waitpid(pid, 0)
    return count / (time.monotonic() - started)


def submit(server, count, times):
    """One client on one connection. It is as plain as a client can be: what it costs is taken from the two processors on which
    the server has to do its work."""
    connection = socket.create_connection((server.host, server.port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = json.dumps({"command": "true", "tty": False})
    request = (
        f"POST /api/jobs HTTP/1.1\r\nHost: {server.host}:{server.port}\r\nAuthorization: Bearer {server.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()
    for _ in range(count):
        while True:
            started = time.monotonic()
            connection.sendall(request)
            status = read_answer(connection)
            if status != 429:
                break
            # The queue is full: what is accepted has run ahead of what is run.
            time.sleep(0.02)
        if status != 201:
            raise RuntimeError(f"POST: {status}")
        times.append(time.monotonic() - started)
    connection.close()


def read_answer(connection):
    """The status of an answer that has a Content-Length, once all of it is here."""
    answer = b""
    while True:
        part = connection.recv(65536)
        if not part:
            raise RuntimeError("closed early")
        answer += part
        head, found, rest = answer.partition(b"\r\n\r\n")
        if found:
            length = int(LENGTH.search(head).group(1))
            if len(rest) >= length:
                return int(head[9:12])


def through_srun():
    with Server() as server:
        times, before, started = [], server.cpu_seconds(), time.monotonic()
        threads = [threading.Thread(target=submit, args=(server, JOBS // CLIENTS, times)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        accepted = time.monotonic() - started
        # Looking costs the server too, so it is done seldom.
        while any(server.call("GET", f"/api/jobs?status={status}&limit=1") for status in ("queued", "running")):
            time.sleep(0.02)
        elapsed = time.monotonic() - started
        if any(server.call("GET", f"/api/jobs?status={status}&limit=1") for status in ("failed", "stopped", "lost")):
            raise SystemExit("FAILED: a job did not complete")
        times.sort()
        return (len(times) / accepted, len(times) / elapsed, times[len(times) // 2], times[len(times) * 99 // 100],
                server.cpu_seconds() - before, server.peak_megabytes())


def main():
    for _ in range(3):
        # Half of it before and half after: a machine that others use too does not stay as fast as it is.
        before = bare(JOBS // 2)
        accepted, completed, p50, p99, cpu, peak = through_srun()
        reference = 2 / (1 / before + 1 / bare(JOBS // 2))
        print(f"{CLIENTS} clients: {accepted:.0f} accepted/s, {completed:.0f} completed/s, bare spawn and wait "
              f"{reference:.0f}/s, ratio {completed / reference:.2f}; POST p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms; "
              f"server CPU {cpu / JOBS * 1e3:.2f} ms a job, peak RSS {peak:.0f} MB")


if __name__ == "__main__":
    main()
