"""A real srun server for one test: started, watched and ended by its own process id."""

import json
import os
import pathlib
import select
import signal
import subprocess
import time

from .api import API

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
START_LIMIT = 30
END_LIMIT = 15


def binary() -> str:
    return os.environ.get("SRUN_BINARY", str(REPOSITORY / ".build" / "debug" / "srun"))


def environment(home: pathlib.Path, **extra: str) -> dict[str, str]:
    """What srun gets to see of the world: nothing of the account that runs the tests."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **extra}


class Server:
    """Runs `srun serve` on a port of the system's choice.

    Its standard input is a pipe of ours and it has --until-stdin-closes, so it ends with the tests even when they crash.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        *flags: str,
        env: dict[str, str] | None = None,
        state: pathlib.Path | None = None,
        port: tuple[str, ...] = ("--port", "0"),
        user: int | None = None,
        within: tuple[str, ...] = (),
        create_rate: str | None = "0",
    ):
        self.folder = folder
        self.state = state or folder / "state"
        # Tests start more jobs at once than one person may; None leaves it at what the server does by itself.
        rate = ("--create-rate", create_rate) if create_rate else ()
        self.flags = (*port, *rate, *flags)
        self.env = environment(folder, **(env or {}))
        self.user = user
        # A command that the server is started by, and that becomes it.
        self.within = within
        self.process: subprocess.Popen | None = None
        self.announcement: dict = {}

    @property
    def url(self) -> str:
        return self.announcement["url"]

    @property
    def token(self) -> str:
        return self.announcement["token"]

    @property
    def api(self) -> API:
        return API(self.url, self.token)

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def start(self) -> "Server":
        return self.launch().ready()

    def launch(self) -> "Server":
        """Starts it and does not wait until it serves."""
        command = [
            *self.within, binary(), "serve", "--announce", "json", "--until-stdin-closes", "--state-dir", str(self.state), *self.flags
        ]  # fmt: skip
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=self.env, cwd=self.folder,
                user=self.user, group=self.user, extra_groups=[] if self.user else None,
            )  # fmt: skip
        return self

    def ready(self) -> "Server":
        line = self._first_line(time.monotonic() + START_LIMIT)
        self.announcement = json.loads(line)
        assert self.announcement["pid"] == self.process.pid
        return self

    def _first_line(self, deadline: float) -> bytes:
        line = b""
        output = self.process.stdout.fileno()
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([output], [], [], max(0, deadline - time.monotonic()))
            part = os.read(output, 4096) if readable else b""
            if not part:
                self.kill()
                raise AssertionError(f"srun did not become ready:\n{self.log}")
            line += part
        return line

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, limit: float = END_LIMIT) -> int:
        return self.process.wait(limit)

    def stop(self) -> int:
        """Asks the server to end, and returns its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """kill -9, and nothing of it is left."""
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(END_LIMIT)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"srun did not end with its standard input:\n{self.log}")
        self._close()


def workers(server: "Server") -> list[int]:
    """The processes that serve for this keeper: usually one, by the name that a keeper gives them."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == server.process.pid and (entry / "cmdline").read_bytes().startswith(b"srun-worker\0"):
                found.append(int(entry.name))
        except (OSError, IndexError):
            continue
    return found


def worker(server: "Server", limit: float = 10) -> int:
    """The one process that serves, waited for while another one is just being replaced."""
    deadline = time.monotonic() + limit
    while len(found := workers(server)) != 1:
        assert time.monotonic() < deadline, f"there are the workers {found}:\n{server.log}"
        time.sleep(0.01)
    return found[0]


def processes_of_job(job: str) -> list[int]:
    """Every process whose environment has the job's marker."""
    return [pid for pid, owner in _marked_processes() if owner == job]


def jobs_with_processes() -> set[str]:
    """Every job of which a process is alive."""
    return {owner for _, owner in _marked_processes()}


def _marked_processes() -> list[tuple[int, str]]:
    marker = b"SRUN_JOB_ID="
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            for variable in (entry / "environ").read_bytes().split(b"\0"):
                if variable.startswith(marker):
                    found.append((int(entry.name), variable.removeprefix(marker).decode()))
        except OSError:
            continue
    return found
