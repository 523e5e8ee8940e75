"""How a server ends, on purpose and otherwise, and what the next one finds."""

import json
import os
import pathlib
import select
import signal
import sqlite3
import stat
import time

import pytest

from support.api import wait_for_status
from support.server import Server, processes_of_job

END_LIMIT = 15


def wait_until_gone(job: str, limit: float = 10) -> None:
    """Waits for the end of every process of a job, by the kernel's own word (pidfd)."""
    deadline = time.monotonic() + limit
    while processes := processes_of_job(job):
        for process in processes:
            try:
                handle = os.pidfd_open(process)
            except ProcessLookupError:
                continue
            try:
                poll = select.poll()
                poll.register(handle, select.POLLIN)
                assert poll.poll(max(0, deadline - time.monotonic()) * 1000), f"process {process} of job {job} lives on"
            finally:
                os.close(handle)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end(tmp_path, number):
    """F4: jobs are stopped, everything is flushed, exit code 0, within 15 seconds."""
    with Server(tmp_path) as server:
        quick = server.api.submit("echo quick; sleep 1000", tty=False)["id"]
        # Ignores the hang-up and being asked, so it has to be killed.
        stubborn = server.api.submit("trap '' HUP TERM INT; echo stubborn; while :; do sleep 1; done", tty=False)["id"]
        server.api.wait_for_output(quick, b"quick")
        server.api.wait_for_output(stubborn, b"stubborn")
        began = time.monotonic()
        server.signal(number)
        assert server.wait(END_LIMIT) == 0
        assert time.monotonic() - began < END_LIMIT
    for job in (quick, stubborn):
        assert processes_of_job(job) == []
    with Server(tmp_path) as server:
        for job, output in ((quick, b"quick\n"), (stubborn, b"stubborn\n")):
            assert server.api.job(job)["status"] == "stopped"
            assert server.api.output(job) == output


def test_asked_twice_hurries(tmp_path):
    with Server(tmp_path) as server:
        job = server.api.submit("trap '' HUP TERM INT; echo ready; while :; do sleep 1; done", tty=False)["id"]
        server.api.wait_for_output(job, b"ready")
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        with server.api.follow(job) as follower:
            server.signal(signal.SIGTERM)
            follower.read()
        assert server.wait(END_LIMIT) == 0
        assert time.monotonic() - began < 5


def test_followers_see_the_end_when_the_server_ends(tmp_path):
    with Server(tmp_path) as server:
        job = server.api.submit("echo ready; sleep 1000", tty=False)["id"]
        with server.api.socket(f"/api/jobs/{job}/logs", "srun.v1") as socket:
            assert json.loads(socket.recv(timeout=10))["type"] == "hello"
            assert socket.recv(timeout=10) == b"ready\n"
            server.signal(signal.SIGTERM)
            end = json.loads(socket.recv(timeout=10))
            assert (end["type"], end["status"], end["bytes"]) == ("end", "stopped", 6)
        assert server.wait(END_LIMIT) == 0


def test_idle_connections_do_not_hold_up_the_end(tmp_path):
    with Server(tmp_path) as server:
        with server.api.events() as events:
            server.signal(signal.SIGTERM)
            began = time.monotonic()
            assert server.wait(END_LIMIT) == 0
            assert time.monotonic() - began < 5
            with pytest.raises(Exception):
                next(events)


def test_killed_in_mid_job(tmp_path):
    """kill -9: the next start tells the job lost, has what was flushed, and no process of the job lives on."""
    server = Server(tmp_path).start()
    # One on a terminal, which the kernel hangs up; one on pipes that nothing tells; one that ignores the hang-up.
    commands = [
        ("n=0; while :; do n=$((n+1)); echo line $n; sleep 0.05; done", True),
        ("echo line 1; exec sleep 1000", False),
        ("trap '' HUP; echo line 1; sleep 1000 & sleep 1000", True),
    ]
    jobs = [server.api.submit(command, tty=tty)["id"] for command, tty in commands]
    for job in jobs:
        server.api.wait_for_output(job, b"line 1")
    seen = server.api.wait_for_output(jobs[0], b"line 5\r\n")
    # What was printed before another job of a second began and ended has been flushed long since.
    server.api.run("sleep 1")
    server.kill()

    with Server(tmp_path) as server:
        for job in jobs:
            found = server.api.job(job)
            assert (found["status"], found["exitCode"], found["signal"]) == ("lost", None, None)
            assert found["completedAt"] is not None
            wait_until_gone(job)
        stored = server.api.output(jobs[0])
        assert stored.startswith(seen)
        lines = stored.decode().split("\r\n")
        assert lines[:-1] == [f"line {number}" for number in range(1, len(lines))]
        assert server.api.job(jobs[0])["outputBytes"] == len(stored)
        assert server.api.output(jobs[1]) == b"line 1\n"
        # The lock was free, and the server works.
        assert server.api.run("echo again", tty=False)[1] == b"again\n"


def test_command_line_does_not_take_a_dead_server_for_a_living_one(tmp_path, command_line):
    server = Server(tmp_path).start()
    server.kill()
    assert (server.state / "server.json").exists()
    result = command_line(server)("ls")
    assert result.returncode == 69
    assert b"no server runs here" in result.stderr


def test_everything_is_there_the_next_day(tmp_path):
    with Server(tmp_path) as server:
        before, output = server.api.run(r"printf '\033[31mred\033[0m\n'; exit 3", name="a", tags=["b"])
    with Server(tmp_path) as server:
        assert server.api.job(before["id"]) == before
        assert server.api.output(before["id"]) == output


def test_other_signals_do_not_end_it(server):
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE):
        server.signal(number)
    assert server.api.run("echo alive", tty=False)[1] == b"alive\n"


def test_jobs_cannot_read_what_the_server_knows(nobody):
    """C35, C36: the environment is built, and the server's own cannot be read by its jobs."""
    user, folder = nobody
    env = {"AWS_CANARY": "secret", "PASSED": "yes"}
    with Server(folder, "--pass-env", "PASSED", env=env, user=user) as server:
        _, output = server.api.run("env; cat /proc/$PPID/environ", tty=False)
        assert b"AWS_CANARY" not in output
        assert b"Permission denied" in output
        assert b"PASSED=yes\n" in output
        assert b"SRUN_JOB_ID=" in output
        limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
        assert "Max core file size        0" in limits


# The database of the earlier tool

EARLIER_SCHEMA = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    command TEXT NOT NULL,
    pid INTEGER,
    status TEXT CHECK(status IN ('running','stopped','completed','failed','timeout')) NOT NULL,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    stopped_at DATETIME,
    exit_code INTEGER
);
CREATE TABLE job_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL,
    content TEXT NOT NULL,
    log_level TEXT CHECK(log_level IN ('stdout','stderr')) NOT NULL,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY(job_id) REFERENCES jobs(id) ON DELETE CASCADE
);
"""


def dump(path: pathlib.Path) -> list[str]:
    database = sqlite3.connect(path)
    try:
        return list(database.iterdump())
    finally:
        database.close()


def test_database_of_the_earlier_tool(tmp_path):
    done, cut = "6f1c1f1e-8a5e-4c4e-9a39-0d6a2f1b7c11", "0b8f0f5a-3f0e-4a52-8f0c-5e1d2c3b4a59"
    path = tmp_path / "srun.db"
    with sqlite3.connect(path) as database:
        database.executescript(EARLIER_SCHEMA)
        database.executemany(
            "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    done, "echo one; echo two >&2", 41, "completed",
                    "2025-05-20 12:34:56.789012345 +0200 CEST m=+0.01", "2025-05-20T10:34:58Z", 0,
                ),
                (cut, "sleep 1000", 42, "running", "2025-05-21T08:00:00.5Z", None, None),
            ],
        )  # fmt: skip
        database.executemany(
            "INSERT INTO job_logs (job_id, content, log_level) VALUES (?, ?, ?)",
            [(done, "one\n", "stdout"), (cut, "begun\n", "stdout"), (done, "two\n", "stderr"), (done, "żółć", "stdout")],
        )
    database.close()
    path.chmod(0o600)
    original = dump(path)

    for _ in range(2):
        with Server(tmp_path, "--db", str(path)) as server:
            jobs = server.api.jobs()
            assert [(job["id"], job["status"]) for job in jobs] == [(cut, "lost"), (done, "completed")]
            finished = jobs[1]
            assert (finished["command"], finished["exitCode"]) == ("echo one; echo two >&2", 0)
            assert finished["createdAt"] == "2025-05-20T10:34:56.789012Z"
            assert finished["completedAt"].startswith("2025-05-20T10:34:58")
            assert server.api.output(done) == "one\ntwo\nżółć".encode()
            assert server.api.output(cut) == b"begun\n"
            assert server.api.run("echo new", tty=False)[1] == b"new\n"
            server.api.value("DELETE", f"/api/jobs/{server.api.jobs('?limit=1')[0]['id']}")

    (backup,) = tmp_path.glob("srun.db.backup-*")
    assert dump(backup) == original
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert server.log.count("took over the database") == 1


def test_restarted_job_is_a_new_one_and_the_events_tell(server):
    with server.api.events() as events:
        job = server.api.submit("sleep 1000")["id"]
        again = server.api.value("POST", f"/api/jobs/{job}/restart")
        assert again["restartOf"] == job
        assert wait_for_status(events, job, "stopped")
        assert wait_for_status(events, again["id"], "running")
        assert server.api.stop(again["id"])
