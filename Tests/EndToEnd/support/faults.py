"""Disks that fail: the system calls of a running server are made to, by strace."""

import contextlib
import pathlib
import re
import signal
import subprocess

from .server import Server


def process_with(path: pathlib.Path) -> int:
    """The process that has a file open for writing."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            for descriptor in (entry / "fd").iterdir():
                if descriptor.resolve() == path:
                    return int(entry.name)
    raise AssertionError(f"nobody has {path} open")


@contextlib.contextmanager
def _injecting(process: int, *arguments: str):
    tracer = subprocess.Popen(["strace", "-f", "-p", str(process), "-o", "/dev/null", *arguments], stderr=subprocess.PIPE, text=True)
    try:
        line = tracer.stderr.readline()
        assert re.search(r"attached", line), f"strace cannot be used here: {line}"
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)


def failing(server: Server, calls: str, error: str, file: str = "srun.db-wal"):
    """While it lasts, the calls of the server on one of its files fail."""
    path = (server.state / file).resolve()
    return _injecting(process_with(path), "-P", str(path), "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}")


def failing_to_start(server: Server, error: str):
    """While it lasts, whoever starts the jobs gets no process."""
    calls = "clone,clone3,fork,vfork"
    return _injecting(server.process.pid, "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}")
