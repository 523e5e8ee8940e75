"""Jobs outlive the server: its worker is killed, crashes, or is replaced, and no job notices (F1-F4)."""

import hashlib
import json
import os
import pathlib
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from support.api import API
from support.server import Server, binary, processes_of_job, worker, workers

RUNS = int(os.environ.get("SRUN_KEEPER_RUNS", "10"))

# Prints so many bytes of numbered lines as fast as it can and leaves the hash of what it wrote; on a terminal the kernel adds a CR to
# each LF. When a third argument names a file, the second half is not printed before that is there.
PRINTER = """
import hashlib, os, sys, time
count, path, gate = int(sys.argv[1]), sys.argv[2], (sys.argv + [None])[3]
tty = os.isatty(1)
digest, total, number = hashlib.sha256(), 0, 0
while total < count:
    while gate and total >= count // 2 and not os.path.exists(gate):
        time.sleep(0.01)
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


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
def test_worker_killed_while_a_job_prints_for_long(tmp_path, tty):
    """The same 200 times, with several kills each."""
    with Server(tmp_path) as server:
        runs = int(os.environ.get("SRUN_KEEPER_RUNS", "200"))
        killed_at_random(server, tty, runs, 8_000_000 if tty else 60_000_000, kills=2)


def test_many_jobs_at_once(tmp_path):
    count = 50
    with Server(tmp_path, "--jobs", str(count)) as server:
        script = printer(tmp_path)
        jobs = []
        for number in range(count):
            told = tmp_path / f"digest-{number}"
            argv = ["python3", script, "200000", str(told)]
            jobs.append((stubborn(lambda: server.api.submit(argv=argv, tty=number % 2 == 0)["id"]), told))
            if number in (count // 2, count - 1):
                os.kill(worker(server), signal.SIGKILL)
        for job, told in jobs:
            found, stored = wait_for_end(server, job)
            assert (found["status"], found["exitCode"]) == ("failed", 7), found
            assert hashlib.sha256(stored).hexdigest() == told.read_text()


def wait_for_end(server: Server, job: str) -> tuple[dict, bytes]:
    follower = Follower(server.api, job)
    follower.join(110)
    assert not follower.is_alive() and follower.failure is None, follower.failure
    return stubborn(lambda: server.api.job(job)), stubborn(lambda: server.api.output(job))


def is_zombie(process: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


# Tries to look into other processes, and tells which files it got anything from.
PEEK = """
import json, os, sys
got = {}
for pid in sys.argv[1:]:
    for name in ("environ", "mem", "maps", "auxv", "fd", "exe"):
        path = f"/proc/{pid}/{name}"
        try:
            if name == "fd":
                os.listdir(path)
            elif name == "exe":
                os.readlink(path)
            else:
                with open(path, "rb") as file:
                    file.read(1)
            got[path] = "open"
        except PermissionError:
            got[path] = "denied"
print(json.dumps(got))
"""


def test_jobs_cannot_look_into_keeper_and_worker(nobody):
    """C36, of the same user: neither of the process that holds the jobs nor of those that serve, also not of a later one."""
    user, folder = nobody
    script = folder / "peek.py"
    script.write_text(PEEK)
    script.chmod(0o644)
    with Server(folder, env={"CANARY": "secret"}, user=user) as server:
        for _ in range(2):
            keeper, pid = server.process.pid, worker(server)
            _, output = stubborn(lambda: server.api.run(f"python3 {script} {keeper} {pid}", tty=False))
            got = json.loads(output)
            assert len(got) == 12 and set(got.values()) == {"denied"}, got
            end = os.pidfd_open(pid)
            signal.pidfd_send_signal(end, signal.SIGKILL)
            assert select.select([end], [], [], 10)[0]
            os.close(end)


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
def test_job_that_ends_while_no_worker_runs(tmp_path, tty):
    with Server(tmp_path) as server:
        go = tmp_path / "go"
        os.mkfifo(go)
        job = server.api.submit(f"echo begun; read line <{go}; echo $line; exit 3", tty=tty)
        server.api.wait_for_output(job["id"], b"begun")
        # The keeper is held, so that there is no worker until we say so.
        os.kill(server.process.pid, signal.SIGSTOP)
        os.kill(worker(server), signal.SIGKILL)
        go.write_text("the last words\n")
        deadline = time.monotonic() + 10
        while not is_zombie(job["pid"]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(server.process.pid, signal.SIGCONT)
        found, stored = wait_for_end(server, job["id"])
        assert (found["status"], found["exitCode"]) == ("failed", 3)
        assert stored.replace(b"\r", b"") == b"begun\nthe last words\n"


def test_killed_around_the_end_of_a_job(tmp_path):
    """F2: between the end of a process and the moment it is written down, and a little before and after."""
    with Server(tmp_path) as server:
        for _ in range(max(3, RUNS // 2)):
            job = stubborn(lambda: server.api.submit("sleep 0.05; echo out; exit 5", tty=False))["id"]
            time.sleep(random.uniform(0.03, 0.08))
            os.kill(worker(server), signal.SIGKILL)
            found, stored = wait_for_end(server, job)
            assert (found["status"], found["exitCode"], stored) == ("failed", 5, b"out\n"), found


def lines(log: pathlib.Path) -> int:
    return log.read_bytes().count(b"\n") if log.exists() else 0


def killed_while_jobs_start(server: Server, log: pathlib.Path, kills: int) -> dict[str, str]:
    """Submits many jobs at once, each of which writes its name down when it runs, and kills the server again and again.

    Their programs are looked for in many folders, so that most are claimed and not yet begun at any moment.
    """
    over = threading.Event()
    spec = {
        "argv": ["sh", "-c", f"echo $SRUN_JOB_ID >>{log}"], "env": {"PATH": "/n:" * 40_000 + os.environ["PATH"]}, "tty": False,
    }  # fmt: skip

    def submit() -> None:
        while not over.is_set():
            try:
                server.api.request("POST", "/api/jobs", spec)
            except OSError:
                pass
            except Exception as error:
                if type(error).__module__ != "http.client":
                    raise

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(kills):
            # Each time what the one before had left has run, and more is on its way.
            before, deadline = lines(log), time.monotonic() + 30
            while lines(log) < before + 16:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            time.sleep(random.uniform(0, 0.1))
            os.kill(worker(server), signal.SIGKILL)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    deadline = time.monotonic() + 60
    while stubborn(lambda: server.api.jobs("?limit=1&status=queued,running")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with sqlite3.connect(server.state / "srun.db") as database:
        return dict(database.execute("SELECT id, status FROM jobs"))


def test_killed_around_the_start_of_jobs(tmp_path):
    """What was claimed and had not begun is started by the next server; nothing runs twice, and nothing is `lost`."""
    log = tmp_path / "ran"
    with Server(tmp_path) as server:
        states = killed_while_jobs_start(server, log, 5)
        ran = log.read_text().split()
        assert len(set(ran)) == len(ran), "a job ran twice"
        # A kill between the last look at a job and the word to the keeper, some microseconds, cannot be told from one after it.
        lost = [job for job, state in states.items() if state != "completed"]
        assert len(lost) <= 1, {job: states[job] for job in lost}
        assert set(states) - set(ran) <= set(lost)


def test_a_stop_goes_on_in_the_next_worker(tmp_path):
    with Server(tmp_path, "--stop-grace", "3") as server:
        job = server.api.submit("trap 'echo asked' TERM; trap '' HUP; echo ready; while :; do sleep 0.1; done", tty=False)
        server.api.wait_for_output(job["id"], b"ready")
        stopping = threading.Thread(target=lambda: stubborn(lambda: server.api.request("POST", f"/api/jobs/{job['id']}/stop")))
        stopping.start()
        server.api.wait_for_output(job["id"], b"asked")
        found = server.api.job(job["id"])
        assert (found["status"], found["stopping"], found["stoppedBy"]) == ("running", True, "admin")
        os.kill(worker(server), signal.SIGKILL)
        found = stubborn(lambda: server.api.job(job["id"]))
        assert (found["status"], found["stopping"], found["stoppedBy"]) == ("running", True, "admin")
        found, _ = wait_for_end(server, job["id"])
        stopping.join()
        assert (found["status"], found["signal"], found["stoppedBy"]) == ("stopped", 9, "admin")
        assert processes_of_job(job["id"]) == []


def test_a_pause_before_a_try_goes_on_in_the_next_worker(tmp_path):
    with Server(tmp_path) as server:
        first, _ = server.api.run("exit 3", tty=False, retries={"count": 2, "delaySeconds": 0.5})
        os.kill(worker(server), signal.SIGKILL)
        deadline = time.monotonic() + 20
        while [job["status"] for job in stubborn(server.api.jobs)] != ["failed"] * 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        jobs = server.api.jobs()
        assert [job["attempt"] for job in jobs] == [3, 2, 1]
        assert [job["retryOf"] for job in jobs] == [jobs[1]["id"], first["id"], None]
        assert [job["retryAt"] for job in jobs] == [None] * 3


def test_nothing_outlives_the_keeper(tmp_path):
    """F3: whatever ends the keeper ends its worker and its jobs; the next start tells them lost."""
    with Server(tmp_path) as server:
        jobs = [server.api.submit("trap '' HUP TERM; echo ready; sleep 1000", tty=tty)["id"] for tty in (True, False)]
        for job in jobs:
            server.api.wait_for_output(job, b"ready")
        pid = worker(server)
        handle = os.pidfd_open(pid)
        server.process.kill()
        server.process.wait()
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        assert poll.poll(5000), "the worker lives on without its keeper"
        os.close(handle)
    with Server(tmp_path) as server:
        assert [server.api.job(job)["status"] for job in jobs] == ["lost", "lost"]
        assert [processes_of_job(job) for job in jobs] == [[], []]


def test_upgrade_while_a_job_prints_and_people_ask(tmp_path, installed, command_line):
    with Server(tmp_path) as server:
        told = tmp_path / "digest"
        job = server.api.submit(argv=["python3", printer(tmp_path), "30000000", str(told)])["id"]
        follower = Follower(server.api, job)
        before = worker(server)
        refused, asked, done = [], 0, threading.Event()

        def ask():
            nonlocal asked
            while not done.is_set():
                try:
                    assert server.api.value("GET", "/api/version")["pid"]
                    asked += 1
                except ConnectionRefusedError as error:
                    refused.append(error)
                except OSError:
                    pass
                except Exception as error:
                    if type(error).__module__ != "http.client":
                        raise

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for thread in asking:
            thread.start()
        try:
            new = installed.with_name("srun.new")
            shutil.copy(installed, new)
            new.rename(installed)
            result = command_line(server)("upgrade")
        finally:
            done.set()
            for thread in asking:
                thread.join()
        assert result.returncode == 0, result.stderr
        assert b"serves now" in result.stdout
        assert refused == [] and asked > 0
        assert worker(server) != before and server.process.poll() is None
        follower.join(110)
        assert follower.failure is None and follower.digest.hexdigest() == told.read_text()
        assert server.api.job(job)["exitCode"] == 7
        assert hashlib.sha256(server.api.output(job)).hexdigest() == told.read_text()


def killed_in_upgrades(server: Server, runs: int, size: int) -> None:
    """One of the servers that take part in an upgrade is killed at any moment of it."""
    script = printer(server.folder)
    for run in range(runs):
        told = server.folder / f"digest-{run}"
        job = stubborn(lambda: server.api.submit(argv=["python3", script, str(size), str(told)], tty=run % 2 == 0)["id"])
        follower = Follower(server.api, job)
        server.signal(signal.SIGHUP)
        time.sleep(random.uniform(0, 0.5))
        victims = workers(server)
        if victims:
            os.kill(random.choice(victims), signal.SIGKILL)
        follower.join(110)
        assert not follower.is_alive() and follower.failure is None, follower.failure
        found = stubborn(lambda: server.api.job(job))
        assert (found["status"], found["exitCode"]) == ("failed", 7), found
        stored = stubborn(lambda: server.api.output(job))
        assert hashlib.sha256(stored).hexdigest() == told.read_text(), f"run {run}: stored"
        assert follower.digest.hexdigest() == told.read_text(), f"run {run}: follower"
        assert server.process.poll() is None, server.log


def test_killed_in_the_middle_of_an_upgrade(tmp_path):
    with Server(tmp_path) as server:
        killed_in_upgrades(server, max(3, RUNS // 2), 3_000_000)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_in_the_middle_of_an_upgrade_for_long(tmp_path):
    with Server(tmp_path) as server:
        killed_in_upgrades(server, int(os.environ.get("SRUN_KEEPER_RUNS", "200")), 6_000_000)


# Runs as the first process of a PID namespace, where it may say which number the next process gets.
NUMBERS = r"""
import os, pathlib, subprocess, sys, time
from support.server import Server

def take(number):
    for _ in range(500):
        pathlib.Path("/proc/sys/kernel/ns_last_pid").write_text(str(number - 1))
        innocent = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        if innocent.pid == number:
            return innocent
        innocent.kill()
        innocent.wait()
    raise AssertionError(f"nobody got {number}")

def gone(number):
    deadline = time.monotonic() + 10
    while pathlib.Path(f"/proc/{number}").exists():
        assert time.monotonic() < deadline, number
        try:
            os.waitpid(number, os.WNOHANG)
        except ChildProcessError:
            pass
        time.sleep(0.01)

folder = pathlib.Path(sys.argv[1])
innocents = []
with Server(folder, "--stop-grace", "1") as server:
    # A process of the job's tree, in a session of its own, ends; a stranger gets its number before the job is stopped.
    job = server.api.submit("setsid sleep 1000 & echo =$!=; wait; echo over; sleep 1000", tty=False)["id"]
    member = int(server.api.wait_for_output(job, b"=\n").split(b"=")[1])
    os.kill(member, 9)
    server.api.wait_for_output(job, b"over")
    gone(member)
    innocents.append(take(member))
    server.api.stop(job)
    assert server.api.job(job)["status"] == "stopped"
    # The job's own process has ended, something of it goes on, and a stranger leads a session with its number.
    job, output = server.api.run("setsid sh -c 'echo ready; trap \"\" HUP TERM; sleep 1000' & sleep 0.3; exit 0", tty=False)
    innocents.append(take(job["pid"]))
    assert server.api.request("POST", f"/api/jobs/{job['id']}/signal", {"signal": 9})[0] == 409
    assert server.api.request("POST", f"/api/jobs/{job['id']}/stop")[0] == 409
    # The keeper dies, and the numbers of its jobs are given anew before the next start.
    lost = [server.api.submit("echo ready; exec sleep 1000", tty=tty)["id"] for tty in (True, False)]
    for job in lost:
        server.api.wait_for_output(job, b"ready")
    numbers = [server.api.job(job)["pid"] for job in lost]
    server.kill()
for number in numbers:
    gone(number)
    innocents.append(take(number))
with Server(folder) as server:
    assert [server.api.job(job)["status"] for job in lost] == ["lost", "lost"]
assert [innocent.poll() for innocent in innocents] == [None] * 4, [innocent.poll() for innocent in innocents]
"""


def test_a_number_that_is_given_anew_hits_nobody(tmp_path):
    """F33: strangers with the process and session numbers that jobs had are never signalled."""
    command = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", sys.executable, "-c", NUMBERS]
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent)}
    result = subprocess.run(
        [*command, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "program, word",
    [
        ("#!/bin/sh\nexit 3\n", "ended with code 3"),
        # Says hello as a version that speaks another protocol would: 98 to 99.
        (
            "#!/usr/bin/env python3\nimport socket, struct\n"
            "number = lambda tag, value: struct.pack('<HIq', tag, 8, value)\n"
            "hello = struct.pack('<BH', 0, 1) + number(1, 99) + number(2, 98) + struct.pack('<HI', 3, 3) + b'9.0'\n"
            "channel = socket.socket(fileno=3)\nchannel.send(hello)\nchannel.recv(1)\n",
            "versions 98 to 99",
        ),
    ],
    ids=["does not start", "another protocol"],
)
def test_upgrade_that_cannot_be(tmp_path, installed, command_line, program, word):
    with Server(tmp_path) as server:
        job = server.api.submit("echo ready; sleep 1000")["id"]
        server.api.wait_for_output(job, b"ready")
        before = worker(server)
        new = installed.with_name("srun.new")
        new.write_text(program)
        new.chmod(0o755)
        old = installed.with_name("srun.old")
        installed.rename(old)
        new.rename(installed)
        status, answer = server.api.request("POST", "/api/upgrade", {"pid": server.api.value("GET", "/api/version")["pid"]})
        assert (status, word in answer.decode()) == (409, True), answer
        assert worker(server) == before
        assert server.api.job(job)["status"] == "running"
        server.api.stop(job)


def test_without_a_keeper(tmp_path):
    with Server(tmp_path, "--no-keeper") as server:
        assert workers(server) == []
        assert server.api.run("echo fine", tty=False)[1] == b"fine\n"
        assert server.api.request("POST", "/api/upgrade", {"pid": server.api.value("GET", "/api/version")["pid"]})[0] == 409


def test_the_keeper_is_small(tmp_path):
    """Under 8 MB of its own in the debug build; docs/performance.md has what a release build takes."""
    with Server(tmp_path) as server:
        for _ in range(20):
            server.api.run("true", tty=False)
        threads = list(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir())
        assert len(threads) == 1
        rollup = pathlib.Path(f"/proc/{server.process.pid}/smaps_rollup").read_text().splitlines()
        private = sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))
        assert private < 8192, f"{private} KiB"
        assert len(list(pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir())) < 20


def test_copies_at_random_moments_open_clean(tmp_path):
    """F5: what the disk has at any moment is a whole database, and no row of it says that a job runs which does not."""
    copied_at_random(tmp_path, 3, 20_000_000)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_many_copies_at_random_moments_open_clean(tmp_path):
    for number in range(int(os.environ.get("SRUN_KEEPER_RUNS", "200")) // 10):
        folder = tmp_path / str(number)
        folder.mkdir()
        copied_at_random(folder, 10, 60_000_000)
        shutil.rmtree(folder)  # or the disk would be full in the end


def copied_at_random(tmp_path: pathlib.Path, count: int, size: int) -> None:
    state = tmp_path / "state"
    with Server(tmp_path) as server:
        script = printer(tmp_path)
        copies = []
        jobs = [
            server.api.submit(argv=["python3", script, str(size), str(tmp_path / f"digest-{n}")], tty=False)["id"]
            for n in range(3)
        ]
        for number in range(count):
            time.sleep(random.uniform(0.02, 0.2))
            server.api.submit("echo between", tty=False)
            pid = worker(server)
            # The copy is of one moment: while it is made nobody writes.
            os.kill(pid, signal.SIGSTOP)
            try:
                copy = tmp_path / f"copy-{number}"
                copy.mkdir(mode=0o700)
                for name in ("srun.db", "srun.db-wal", "token"):
                    if (state / name).exists():
                        shutil.copy(state / name, copy / name)
                        (copy / name).chmod(0o600)
                copies.append(copy)
            finally:
                os.kill(pid, signal.SIGCONT)
        whole = {job: wait_for_end(server, job)[1] for job in jobs}
    for copy in copies:
        with sqlite3.connect(copy / "srun.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
        with Server(tmp_path, state=copy) as server:
            for job in server.api.jobs():
                assert job["status"] in ("lost", "completed", "failed"), job
                assert len(server.api.output(job["id"])) == job["outputBytes"]
            for job in jobs:
                assert whole[job].startswith(server.api.output(job))
