"""Output from a job to the store and to one live follower, against a bare read loop on the same kind of descriptor.

For each of pipe and terminal: the same file is printed by `cat` into a loop that only reads (the reference), and by a job that
is stored in SQLite and followed over a WebSocket. What the follower got and what is stored must be the file, byte for byte;
that is looked at when the time has been taken, and the follower's own CPU time is told, because it is on the same cores.
"""

import hashlib
import os
import pty
import subprocess
import tempfile
import termios
import time

from harness import Collector, Server

MEGABYTE = 1_000_000


def sample(path, size):
    """Numbered lines with some colour: what build logs look like. Returns the SHA-256 with LF and with CR LF."""
    plain, terminal = hashlib.sha256(), hashlib.sha256()
    with open(path, "wb") as file:
        number = 0
        while size > 0:
            lines = b"".join(
                b"\x1b[3%dm%09d\x1b[0m the quick brown fox jumps over the lazy dog, again and again and again\n"
                % (1 + (number + index) % 6, number + index) for index in range(10_000))[:size]
            file.write(lines)
            plain.update(lines)
            terminal.update(lines.replace(b"\n", b"\r\n"))
            size -= len(lines)
            number += 10_000
    return plain.hexdigest(), terminal.hexdigest()


def bare_pipe(path):
    started = time.monotonic()
    child = subprocess.Popen(["cat", path], stdout=subprocess.PIPE)
    count = 0
    while data := os.read(child.stdout.fileno(), 65536):
        count += len(data)
    child.wait()
    return count / (time.monotonic() - started) / MEGABYTE


def bare_terminal(path, processing):
    master, slave = pty.openpty()
    if not processing:
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
    started = time.monotonic()
    child = subprocess.Popen(["cat", path], stdout=slave)
    os.close(slave)
    count = 0
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        count += len(data)
    child.wait()
    os.close(master)
    return count / (time.monotonic() - started) / MEGABYTE


def through_srun(path, terminal, expected):
    reader = Collector(os.path.getsize(path))
    with Server() as server:
        before, own, started = server.cpu_seconds(), time.process_time(), time.monotonic()
        job = server.submit(f"cat {path}", tty=terminal)
        count = reader.follow(server, job)
        elapsed, cpu, own = time.monotonic() - started, server.cpu_seconds() - before, time.process_time() - own
        digest = reader.digest()
        if digest != expected:
            raise SystemExit("FAILED: the follower did not get what the job printed")
        stored, stored_digest = server.follow(job)
        if (stored, stored_digest) != (count, digest):
            raise SystemExit("FAILED: the store does not hold what the job printed")
        if server.call("GET", f"/api/jobs/{job}")["exitCode"] != 0:
            raise SystemExit("FAILED: the exit code is wrong")
        return count / elapsed / MEGABYTE, cpu, server.peak_megabytes(), count, own


def mean(first, second):
    """Of two speeds for the same amount."""
    return 2 / (1 / first + 1 / second)


def report(name, srun, reference, reference_name):
    speed, cpu, peak, count, own = srun
    print(f"{name}: {speed:6.1f} MB/s, {reference_name} {reference:6.1f} MB/s, ratio {speed / reference:.2f}; "
          f"server CPU {cpu:.2f} s ({cpu / (count / 1e9):.2f} s/GB), peak RSS {peak:.0f} MB; "
          f"the follower itself {own / (count / 1e9):.2f} s/GB; follower and store identical")


def main():
    with tempfile.TemporaryDirectory(prefix="srun-bench-") as folder:
        large, small = f"{folder}/200MB", f"{folder}/100MB"
        plain, _ = sample(large, 200 * MEGABYTE)
        _, processed = sample(small, 100 * MEGABYTE)
        os.sync()
        # The reference before and after: a machine that others use too does not stay as fast as it is.
        for _ in range(3):
            before = bare_pipe(large)
            srun = through_srun(large, False, plain)
            report("pipe, 200 MB", srun, mean(before, bare_pipe(large)), "bare read loop")
        for _ in range(3):
            before = [bare_terminal(small, processing) for processing in (True, False)]
            srun = through_srun(small, True, processed)
            after = [bare_terminal(small, processing) for processing in (True, False)]
            report("terminal, 100 MB", srun, mean(before[0], after[0]), "bare read loop, kernel processing")
            report("terminal, 100 MB", srun, mean(before[1], after[1]), "bare read loop, no processing")


if __name__ == "__main__":
    main()
