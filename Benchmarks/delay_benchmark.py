"""The delay from a child's write to a follower's receipt, a line every 10 ms, against a bare read loop on the same terminal.

The child prints the time of the system's monotonic clock, which is one clock for all processes; whoever receives the line
looks at the clock again.
"""

import os
import pty
import statistics
import subprocess
import sys
import time

from harness import Server

LINES = 500
CHILD = f"""
import sys, time
for _ in range({LINES}):
    sys.stdout.write(f"{{time.monotonic_ns()}}\\n")
    sys.stdout.flush()
    time.sleep(0.01)
"""


def delays(chunks):
    """From pairs of bytes and the time of their receipt, in the order of arrival."""
    rest, found = b"", []
    for data, received in chunks:
        *lines, rest = (rest + data).split(b"\n")
        found += [(received - int(line)) / 1e6 for line in lines if line.strip()]
    return found


def bare():
    master, slave = pty.openpty()
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdout=slave)
    os.close(slave)
    chunks = []
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        chunks.append((data, time.monotonic_ns()))
    child.wait()
    os.close(master)
    return delays(chunks)


def through_srun():
    with Server() as server:
        job = server.call("POST", "/api/jobs", {"argv": [sys.executable, "-c", CHILD]})["id"]
        chunks = []
        before = server.cpu_seconds()
        server.follow(job, on_output=lambda data: chunks.append((data, time.monotonic_ns())))
        return delays(chunks), server.cpu_seconds() - before, server.peak_megabytes()


def quantiles(values):
    cut = statistics.quantiles(values, n=100)
    return cut[49], cut[98]


def main():
    for _ in range(3):
        measured, cpu, peak = through_srun()
        if len(measured) != LINES:
            raise SystemExit(f"FAILED: {len(measured)} lines of {LINES} arrived")
        p50, p99 = quantiles(measured)
        bare50, bare99 = quantiles(bare())
        print(f"delay: p50 {p50:.2f} ms, p99 {p99:.2f} ms; bare read loop p50 {bare50:.2f} ms, p99 {bare99:.2f} ms; "
              f"ratio {p50 / bare50:.1f} and {p99 / bare99:.1f}; server CPU {cpu:.2f} s in {LINES / 100:.0f} s, "
              f"peak RSS {peak:.0f} MB")


if __name__ == "__main__":
    main()
