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
def failing(server: Server, calls: str, error: str, file: str = "srun.db-wal"):
    """While it lasts, the calls of the server on one of its files fail."""
    path = (server.state / file).resolve()
    command = [
        "strace", "-f", "-p", str(process_with(path)), "-o", "/dev/null", "-P", str(path),
        "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}",
    ]  # fmt: skip
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        line = tracer.stderr.readline()
        assert re.search(r"attached", line), f"strace cannot be used here: {line}"
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)
