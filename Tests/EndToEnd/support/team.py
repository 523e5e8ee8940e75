"""Several servers on one PostgreSQL, and what a test of them needs."""

import contextlib
import os
import pathlib
import signal
import time

from .server import Server, worker


class Node(Server):
    """A server with a folder, a name and a sign of life of its own."""

    def __init__(
        self, folder: pathlib.Path, name: str, url: str, *flags: str, lease: float = 30, lost: float = 300,
        extra: dict[str, str] | None = None, **options,
    ):  # fmt: skip
        home = folder / name
        home.mkdir()
        self.name = name
        super().__init__(
            home, "--store", "postgres", "--node", name, "--lease", str(lease), "--lost-after", str(lost),
            "--stop-grace", "1", *flags, env={"SRUN_DATABASE_URL": url, **(extra or {})}, **options,
        )  # fmt: skip

    def pause(self) -> None:
        """The server stops; the keeper and the jobs go on."""
        self.paused = worker(self)
        os.kill(self.paused, signal.SIGSTOP)

    def continue_(self) -> None:
        os.kill(self.paused, signal.SIGCONT)


@contextlib.contextmanager
def team(folder: pathlib.Path, count: int, url: str, *flags: str, **options):
    with contextlib.ExitStack() as stack:
        nodes = [Node(folder, f"n{number}", url, *flags, **options) for number in range(1, count + 1)]
        for node in nodes:
            stack.enter_context(node)
        yield nodes


def node_states(node: Node) -> dict[str, str]:
    return {entry["name"]: entry["state"] for entry in node.api.value("GET", "/api/nodes")}


def until(condition, limit: float = 30):
    """The value of the condition once it is true: for what no event tells."""
    end = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return value


PRINTER = "i=0; while [ $i -lt {count} ]; do echo line $i; i=$((i+1)); sleep 0.01; done"


def printed(count: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(count))
