"""What bounds how many jobs there are, and the room they take: how fast one starts them, retention, the disk that must not become full."""

import collections
import concurrent.futures
import contextlib
import http.client
import json
import os
import sqlite3
import subprocess
import time

import pytest

from support.server import Server

LIMIT = 20


def run_jobs(server: Server, *sizes: int) -> list[str]:
    """Jobs that have ended, with so many bytes of output each."""
    ended = []
    for size in sizes:
        job, output = server.api.run(f"head -c {size} /dev/zero", tty=False)
        assert len(output) == size
        ended.append(job["id"])
    return ended


def let_time_pass(server: Server, **seconds: int) -> None:
    """Makes it so many seconds longer ago that jobs ended. The server is not running."""
    with contextlib.closing(sqlite3.connect(server.state / "srun.db")) as database, database:
        for job, time_passed in seconds.items():
            changed = database.execute(
                "UPDATE jobs SET stopped_at = stopped_at - ? WHERE id = ?", (time_passed * 1_000_000, job)
            )
            assert changed.rowcount == 1


def wait_until_listed(server: Server, expected: list[str]) -> None:
    """Reads the list after every event until it is as expected."""
    with server.api.events() as events:
        while [job["id"] for job in server.api.jobs()] != expected:
            assert next(events)["type"] in ("removed", "job")


@pytest.mark.parametrize(
    "flags, kept",
    [
        (("--keep-age", "40m"), 2),
        (("--keep-age", "off", "--keep-jobs", "1"), 1),
        (("--keep-age", "off", "--keep-bytes", "1500000"), 1),
        (("--keep-age", "50m", "--keep-jobs", "100", "--keep-bytes", "off"), 3),
        (("--keep-age", "off", "--keep-bytes", "off"), 4),
        ((), 4),
    ],
)
def test_ended_jobs_go_oldest_first(tmp_path, flags, kept):
    with Server(tmp_path, "--keep-age", "off") as server:
        jobs = run_jobs(server, 1_000_000, 1_000_000, 1_000_000, 1_000_000)
    let_time_pass(server, **{job: 3600 - 900 * number for number, job in enumerate(jobs)})
    with Server(tmp_path, *flags) as server:
        wait_until_listed(server, jobs[::-1][:kept])
        for job in jobs[: 4 - kept]:
            assert server.api.request("GET", f"/api/jobs/{job}")[0] == 404
            assert server.api.request("GET", f"/api/jobs/{job}/logs")[0] == 404
        for job in jobs[4 - kept :]:
            assert server.api.output(job) == bytes(1_000_000)


def test_running_jobs_stay_whatever_the_limits(tmp_path):
    with Server(tmp_path, "--keep-jobs", "1", "--keep-bytes", "1", "--keep-age", "1s") as server:
        first = server.api.submit("echo here; sleep 1000", tty=False)["id"]
        server.api.wait_for_output(first, b"here")
        # One that has just ended stays as well: whoever waited for it can read how.
        second = run_jobs(server, 10)[0]
        assert [job["id"] for job in server.api.jobs()] == [second, first]
        assert server.api.output(first) == b"here\n"


def test_below_the_floor_nothing_starts(tmp_path):
    """F7: 507, no process, no row; the server itself is degraded and not dead."""
    with Server(tmp_path, "--disk-floor", "100%") as server:
        marker = tmp_path / "started"
        status, data = server.api.request("POST", "/api/jobs", {"command": f"touch {marker}"})
        assert (status, json.loads(data)["code"]) == (507, "storage_full")
        assert server.api.jobs() == []
        health = server.api.value("GET", "/healthz")
        assert health["status"] == "degraded"
        assert "disk" in health["reason"]
    assert not marker.exists()


def test_a_store_in_memory_has_no_floor(tmp_path):
    with Server(tmp_path, "--store", "memory", "--disk-floor", "100%") as server:
        assert server.api.value("GET", "/healthz") == {"status": "ok"}
        assert server.api.run("echo here", tty=False)[1] == b"here\n"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 16 MiB, where the tests may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "srun-test", str(folder)], capture_output=True
    )
    if made.returncode != 0:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_fills_up_and_empties(tmp_path, small_disk):
    """F7 on a real disk: the jobs that run go on, new ones are refused until there is room again."""
    with Server(tmp_path, "--disk-floor", "8MiB", state=small_disk / "state") as server:
        assert server.api.value("GET", "/healthz") == {"status": "ok"}
        gate = tmp_path / "gate"
        os.mkfifo(gate)
        running = server.api.submit(f"echo one; read line < {gate}; echo two", tty=False)["id"]
        server.api.wait_for_output(running, b"one")
        filler = small_disk / "filler"
        filler.write_bytes(bytes(10 << 20))
        wait_for_health(server, "degraded")
        status, data = server.api.request("POST", "/api/jobs", {"command": "true"})
        assert (status, json.loads(data)["code"]) == (507, "storage_full")
        gate.write_text("go\n")
        assert server.api.wait(running)[1] == b"one\ntwo\n"
        assert [job["id"] for job in server.api.jobs()] == [running]
        filler.unlink()
        wait_for_health(server, "ok")
        assert server.api.run("echo three", tty=False)[1] == b"three\n"


def wait_for_health(server: Server, status: str) -> None:
    """The disk is looked at when somebody asks, at most once a second."""
    deadline = time.monotonic() + LIMIT
    while server.api.value("GET", "/healthz")["status"] != status:
        assert time.monotonic() < deadline


def test_one_person_starts_so_many_jobs_a_minute(tmp_path):
    """C49: of two thousand that are asked for at once sixteen run, two hundred and a few are taken, and all of those end."""
    count, began = 2000, time.monotonic()
    with Server(tmp_path, create_rate=None) as server:

        def submit(number: int) -> list[tuple[int, str | None, dict]]:
            answers, connection = [], http.client.HTTPConnection(server.api.host, timeout=60)
            for _ in range(number):
                headers = {**server.api.headers, "Content-Type": "application/json"}
                connection.request("POST", "/api/jobs", json.dumps({"command": "sleep 0.05", "tty": False}), headers)
                answer = connection.getresponse()
                answers.append((answer.status, answer.headers["Retry-After"], json.loads(answer.read())))
            connection.close()
            return answers

        most = 0
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            parts = [pool.submit(submit, count // 4) for _ in range(4)]
            while not all(part.done() for part in parts):
                most = max(most, server.api.value("GET", "/api/nodes")[0]["running"])
            answers = [answer for part in parts for answer in part.result()]
        took = time.monotonic() - began
        counts = collections.Counter(status for status, _, _ in answers)
        print(f"{dict(counts)} in {took:.1f} s, at most {most} at once")
        assert set(counts) == {201, 429} and sum(counts.values()) == count
        assert 200 <= counts[201] <= 201 + 10 * took
        assert 1 <= most <= 16
        assert all(retry and 1 <= int(retry) <= 10 and body["code"] == "too_many_starts" for status, retry, body in answers if status == 429)
        started = {body["id"] for status, _, body in answers if status == 201}
        for id in started:
            assert server.api.wait(id)[0]["status"] == "completed"
        # What was refused has left nothing.
        listed, path = set(), "/api/jobs?limit=500"
        while path:
            with server.api.open("GET", path) as page:
                listed |= {job["id"] for job in json.loads(page.read())}
                link = page.headers["Link"]
            path = link and link[link.index("<") + 1 : link.index(">")]
        assert listed == started
