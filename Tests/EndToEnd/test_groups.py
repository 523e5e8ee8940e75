"""Control groups of version 2, on the real kernel: where the keeper is in one, and what a job in one cannot escape from."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from support import machine
from support.hierarchy import Hierarchy
from support.server import Server, worker, workers
from support.team import until

# Leaves the session and drops the marker, so that nothing but the group tells whose it is; takes nothing but a kill.
STRAY = """setsid env -i /bin/sh -c 'trap "" TERM HUP; echo =$$=.; while :; do sleep 1; done' &"""


def stray(server: Server, job: str) -> int:
    return int(server.api.wait_for_output(job, b"=.").split(b"=")[1])


def is_alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_each_job_has_a_group_in_one_that_was_handed_over(tmp_path):
    """C41: the keeper makes room for groups, and stopping reaches what has left everything else of its job behind."""
    with Hierarchy(tmp_path) as group:
        with Server(tmp_path, "--stop-grace", "1", within=group.within) as server:
            assert sorted(group.processes("srun.keeper")) == sorted([server.process.pid, worker(server)])
            assert group.processes() == []
            # Which the kernel allows only to a group without processes of its own.
            with group.shared_out() as controller:
                assert controller, "this kernel has no controller for version 2"
                (group.path / "cgroup.subtree_control").write_text(f"+{controller}")
                jobs = [server.api.submit(f"{STRAY} wait", tty=tty)["id"] for tty in (False, True)]
                strays = [stray(server, job) for job in jobs]
                assert group.jobs() == sorted(f"srun-{job}" for job in jobs)
                assert all(len(group.processes(f"srun-{job}")) >= 2 for job in jobs)
                assert all(process in group.processes(f"srun-{job}") for job, process in zip(jobs, strays))
                # The next server has them as well.
                before = worker(server)
                os.kill(before, signal.SIGKILL)
                until(lambda: (now := workers(server)) and before not in now)
                for job, process in zip(jobs, strays):
                    server.api.stop(job)
                    ended = server.api.job(job)
                    assert (ended["status"], ended["reason"]) == ("stopped", None)
                    assert not is_alive(process)
                until(lambda: group.jobs() == [])
            # What no controller holds here is held for each process.
            _, output = server.api.run("ulimit -v", tty=False, limits={"memoryBytes": 100 << 20})
            has_memory = "memory" in (group.path / "cgroup.subtree_control").read_text().split()
            assert output == (b"unlimited\n" if has_memory else b"102400\n")
            until(lambda: group.jobs() == [])
        assert group.processes("srun.keeper") == []


def test_what_outlives_its_job_keeps_its_group_until_the_next_start(tmp_path):
    with Hierarchy(tmp_path) as group:
        with Server(tmp_path, within=group.within) as server:
            job, output = server.api.run(f"{STRAY} sleep 0.3", tty=False)
            process = int(output.split(b"=")[1])
            assert (job["status"], group.processes(f"srun-{job['id']}")[0]) == ("completed", process)
        os.kill(process, signal.SIGKILL)
        until(lambda: group.processes(f"srun-{job['id']}") == [])
        with Server(tmp_path, within=group.within):
            assert group.jobs() == []


@pytest.mark.parametrize("is_handed_over", [True, False], ids=["somebody else is in it", "not handed over"])
def test_a_group_that_is_not_its_own_is_left_as_it_is(tmp_path, is_handed_over):
    with Hierarchy(tmp_path, is_handed_over) as group:
        guest = subprocess.Popen(["sleep", "1000"])
        try:
            if is_handed_over:
                (group.path / "cgroup.procs").write_text(str(guest.pid))
            with Server(tmp_path, within=group.within) as server:
                assert server.api.run("echo fine", tty=False)[1] == b"fine\n"
                assert {server.process.pid, worker(server)} <= set(group.processes())
                assert not (group.path / "srun.keeper").exists()
                assert group.jobs() == []
        finally:
            guest.kill()
            guest.wait()


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_on_a_kernel_with_every_controller(tmp_path):
    """The tests above once more, and the limits that only controllers hold: C42, F30."""
    here = pathlib.Path(__file__).parent
    said = machine.run(
        tmp_path, sys.executable, "-m", "pytest", "-c", str(here / "pytest.ini"), "--rootdir", str(here), "-p", "no:cacheprovider",
        "-q", str(here / "test_groups.py"), str(here / "groups_with_controllers.py"), limit=300,
    )  # fmt: skip
    print(said)
