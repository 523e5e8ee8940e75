"""Limits of whole jobs by control groups of version 2. Run by test_groups.py on a kernel that has every controller."""

import pathlib

import pytest

from support.hierarchy import Hierarchy
from support.server import Server
from support.team import until

CONTROLLERS = {"cpu", "memory", "pids"}


@pytest.fixture
def server(tmp_path):
    root = pathlib.Path("/sys/fs/cgroup")
    (root / "cgroup.subtree_control").write_text("+memory +pids +cpu")
    with Hierarchy(tmp_path) as group:
        with Server(tmp_path, "--stop-grace", "1", within=group.within) as server:
            server.group = group
            yield server
        assert group.jobs() == []


def test_every_controller_is_shared_out(server):
    assert set((server.group.path / "cgroup.subtree_control").read_text().split()) >= CONTROLLERS


def test_memory_is_that_of_the_whole_job(server):
    take = "python3 -c 'b = bytearray(60 << 20); print(\"fits\"); import time; time.sleep({})'"
    limits = {"memoryBytes": 100 << 20}
    job, output = server.api.run(take.format(0), tty=False, limits=limits)
    assert (job["status"], output) == ("completed", b"fits\n")
    # Two of which each would fit: whichever the kernel ends, they have not both.
    job, output = server.api.run(f"{take.format(2)} & {take.format(2)} & wait", tty=False, limits=limits)
    assert output.count(b"fits\n") < 2
    job, _ = server.api.run("exec python3 -c 'b = bytearray(300 << 20)'", tty=False, limits=limits)
    assert (job["status"], job["signal"]) == ("failed", 9)
    assert job["reason"] == "out of memory: the job needed more than its limit"
    # Address space is not what is limited.
    assert server.api.run("ulimit -v", tty=False, limits=limits)[1] == b"unlimited\n"


def test_a_fork_bomb_stays_within_its_limit_and_is_stopped(server):
    job = server.api.submit("f() { f | f & }; f; sleep 1000", tty=False, limits={"processes": 64})["id"]
    folder = server.group.path / f"srun-{job}"
    until(lambda: int((folder / "pids.events").read_text().split()[1]) > 0)
    assert int((folder / "pids.current").read_text()) <= 64
    assert server.api.run("echo others live", tty=False)[1] == b"others live\n"
    server.api.stop(job)
    ended = server.api.job(job)
    assert (ended["status"], ended["reason"]) == ("stopped", None)
    until(lambda: not folder.exists())


SPIN = """
import pathlib, time
end = time.monotonic() + 2
while time.monotonic() < end:
    pass
group = pathlib.Path("/sys/fs/cgroup") / open("/proc/self/cgroup").read().strip().removeprefix("0::/")
print((group / "cpu.max").read_text().strip())
print(dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())["nr_throttled"])
"""


def test_a_share_of_a_processor_is_all_there_is(server):
    _, output = server.api.run(argv=["python3", "-c", SPIN], tty=False, limits={"cpuCores": 0.25})
    share, throttled = output.decode().splitlines()
    assert share == "25000 100000" and int(throttled) > 2
