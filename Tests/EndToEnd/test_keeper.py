"""Jobs outlive the server: its worker is killed, crashes, or is replaced, and no job notices (F1-F4)."""

import hashlib
import os
import pathlib
import random
import signal
import threading
import time

import pytest

from support.api import API
from support.server import Server, processes_of_job, worker, workers

RUNS = int(os.environ.get("SRUN_KEEPER_RUNS", "10"))

# Prints numbered lines as fast as it can and leaves the hash of what it wrote; on a terminal the kernel adds a CR to each LF.
PRINTER = """
import hashlib, os, sys
count, path = int(sys.argv[1]), sys.argv[2]
tty = os.isatty(1)
digest, total, number = hashlib.sha256(), 0, 0
while total < count:
    block = b"".join(b"%d\\n" % n for n in range(number, number + 1000))
    number += 1000
    total += len(block)
    digest.update(block.replace(b"\\n", b"\\r\\n") if tty else block)
    view = memoryview(block)
    while view:
        view = view[os.write(1, view):]
open(path, "w").write(digest.hexdigest())
sys.exit(7)
"""


class Follower(threading.Thread):
    """Reads a job's output from the first byte on, and after each break goes on at its own offset."""

    def __init__(self, api: API, job: str):
        super().__init__(daemon=True)
        self.api, self.job = api, job
        self.digest, self.count, self.breaks = hashlib.sha256(), 0, 0
        self.failure: Exception | None = None
        self.start()

    def run(self) -> None:
        deadline = time.monotonic() + 100
        try:
            while time.monotonic() < deadline:
                try:
                    with self.api.follow(self.job, self.count) as answer:
                        while part := answer.read1(1 << 18):
                            self.digest.update(part)
                            self.count += len(part)
                except OSError:
                    pass
                except Exception as error:  # http.client says IncompleteRead, or that the status line is empty.
                    if type(error).__module__ != "http.client":
                        raise
                try:
                    if self.api.job(self.job)["status"] != "running":
                        with self.api.open("GET", f"/api/jobs/{self.job}/logs?from={self.count}") as answer:
                            rest = answer.read() if answer.status == 200 else b""
                        self.digest.update(rest)
                        self.count += len(rest)
                        return
                except Exception as error:
                    if not isinstance(error, OSError) and type(error).__module__ != "http.client":
                        raise
                self.breaks += 1
            raise TimeoutError("the job did not end")
        except Exception as error:
            self.failure = error


def stubborn(call):
    """Asks again while a server that was killed is being replaced."""
    for attempt in range(50):
        try:
            return call()
        except OSError:
            pass
        except Exception as error:
            if type(error).__module__ != "http.client":
                raise
        time.sleep(0.02)
    return call()


def printer(folder: pathlib.Path) -> str:
    path = folder / "printer.py"
    path.write_text(PRINTER)
    return str(path)


def killed_at_random(server: Server, tty: bool, runs: int, size: int, kills: int = 1) -> None:
    script = printer(server.folder)
    for run in range(runs):
        told = server.folder / f"digest-{run}-{tty}"
        job = server.api.submit(argv=["python3", script, str(size), str(told)], tty=tty)["id"]
        follower = Follower(server.api, job)
        for _ in range(kills):
            time.sleep(random.uniform(0.02, 0.35))
            os.kill(worker(server), signal.SIGKILL)
        follower.join(110)
        assert not follower.is_alive() and follower.failure is None, follower.failure
        found = stubborn(lambda: server.api.job(job))
        assert (found["status"], found["exitCode"]) == ("failed", 7), found
        expected = told.read_text()
        stored = stubborn(lambda: server.api.output(job))
        assert len(stored) == found["outputBytes"]
        assert hashlib.sha256(stored).hexdigest() == expected, f"run {run}: stored"
        assert (follower.digest.hexdigest(), follower.count) == (expected, len(stored)), f"run {run}: follower"


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
def test_worker_killed_while_a_job_prints(tmp_path, tty):
    """F1: the job's own hash, the stored one and the follower's are equal, and the exit code is right."""
    with Server(tmp_path) as server:
        killed_at_random(server, tty, max(1, RUNS // 2), 6_000_000 if tty else 40_000_000)
        assert server.process.poll() is None
