"""The machine's clock is set while jobs run (F23), or wrong from the beginning (B57). A small library stands between srun and the time of day."""

import http.client
import json
import os
import pathlib
import shutil
import ssl
import struct
import subprocess
import time

import pytest

import support
from support.server import Server, worker
from support.team import Node, node_states
from support.tls import certificate

HOUR = 3600
YEAR = 365 * 24 * HOUR


class Clock:
    """The time of day as a server sees it; what the machine counts since its start stays as it is."""

    def __init__(self, folder: pathlib.Path):
        self.file = folder / "clock"
        self.file.write_bytes(bytes(8))
        library = folder / "clock.so"
        source = pathlib.Path(support.__file__).parent / "clock.c"
        compiler = shutil.which("cc") or shutil.which("clang")
        subprocess.run([compiler, "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        self.env = {"LD_PRELOAD": str(library), "SRUN_TEST_CLOCK": str(self.file)}

    def set(self, ahead: int) -> None:
        with open(self.file, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", ahead))

    def server(self, folder: pathlib.Path, *flags: str) -> Server:
        return Server(folder, "--stop-grace", "1", *flags, env=self.env)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


def seconds_of(text: str) -> float:
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone


@pytest.mark.parametrize("leap", [HOUR, -HOUR, 50 * YEAR], ids=["an-hour-forward", "an-hour-back", "fifty-years-forward"])
def test_setting_the_clock_disturbs_no_job(tmp_path, clock, leap):
    with clock.server(tmp_path) as server:
        api = server.api
        old = api.run("echo old")[0]
        began = time.monotonic()
        # Holds on until it is told to go on, so that the clock is set in the middle of it.
        command = f"echo before; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo after"
        limited = api.submit(command, timeout=120)["id"]
        short = api.submit("echo here; sleep 60", timeout=4)["id"]
        api.wait_for_output(limited, b"before")
        api.wait_for_output(short, b"here")
        with api.follow(limited) as follower:
            clock.set(leap)
            new = api.run("echo new")[0]
            assert abs(seconds_of(new["startedAt"]) - time.time() - leap) < 60, "the server sees the clock that was set"
            (tmp_path / "go").touch()
            assert follower.read() == b"before\r\nafter\r\n"
        took = time.monotonic() - began
        job = api.job(limited)
        # Neither too early nor late, and as long as it was.
        assert (job["status"], job["exitCode"]) == ("completed", 0)
        assert 0 < job["durationSeconds"] <= took
        ended = api.wait(short)[0]
        assert ended["status"] == "timeout"
        assert 4 <= ended["durationSeconds"] < 20
        assert time.monotonic() - began < 30
        # Identifiers still go up, nobody is thrown out, nothing is thrown away.
        assert old["id"] < limited < short < new["id"]
        assert api.value("GET", "/api/session")["role"] == "admin"
        assert {job["id"] for job in api.jobs()} == {old["id"], limited, short, new["id"]}


@pytest.mark.parametrize("leap", [HOUR, -HOUR], ids=["forward", "back"])
def test_a_time_limit_goes_on_under_the_next_server_whatever_the_clock_says(tmp_path, clock, leap):
    with clock.server(tmp_path) as server:
        began = time.monotonic()
        job = server.api.submit("echo here; sleep 60", timeout=6)["id"]
        server.api.wait_for_output(job, b"here")
        clock.set(leap)
        killed = worker(server)
        os.kill(killed, 9)
        while worker(server) == killed:
            time.sleep(0.01)
        ended = server.api.wait(job)[0]
        took = time.monotonic() - began
        assert ended["status"] == "timeout"
        assert 5.9 <= ended["durationSeconds"] <= took < 20


def test_nobody_guesses_faster_or_waits_longer_for_a_clock_that_is_set(tmp_path, clock):
    with clock.server(tmp_path) as server:
        wrong = {"user": "nobody", "password": "wrong password"}
        answers = [server.api.request("POST", "/api/session", wrong)[0] for _ in range(6)]
        assert answers[-1] == 429
        clock.set(10 * HOUR)
        assert server.api.request("POST", "/api/session", wrong)[0] == 429
        clock.set(-10 * HOUR)
        with server.api.open("POST", "/api/session", wrong) as answer:
            assert answer.status == 429
            assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_leases_are_on_the_clock_of_the_database(tmp_path, clock, database):
    """One node believes it is an hour later, the other then an hour earlier: neither gives the other up, and each job runs once."""
    lease = 3
    with Node(tmp_path, "right", database.url, lease=lease, lost=4) as right, Node(
        tmp_path, "wrong", database.url, lease=lease, lost=4, extra=clock.env
    ) as wrong:
        log = tmp_path / "log"
        running = [right.api.submit("echo here; sleep 30", node=name)["id"] for name in ("right", "wrong")]
        for job in running:
            right.api.wait_for_output(job, b"here")
        for ahead in (HOUR, -HOUR):
            clock.set(ahead)
            began = time.monotonic()
            # Longer than a lease, and than it takes until a node is given up.
            while time.monotonic() - began < lease + 5:
                for node in (right, wrong):
                    assert node_states(node) == {"right": "up", "wrong": "up"}
                once = wrong.api.submit(f"echo $SRUN_JOB_ID >> {log}", node="any")["id"]
                assert right.api.wait(once)[0]["status"] == "completed"
                time.sleep(0.2)
            assert {right.api.job(job)["status"] for job in running} == {"running"}
        lines = log.read_text().split()
        assert len(lines) == len(set(lines)) > 4
        for job in running:
            assert right.api.stop(job)


@pytest.mark.parametrize("year", [1970, 2100])
def test_starts_with_a_clock_that_is_wrong(tmp_path, clock, year):
    folder = tmp_path / "tls"
    cert, key = certificate(folder, "first")
    with clock.server(tmp_path) as server:
        with server.api.open("POST", "/api/session", {"token": server.token}) as answer:
            session = answer.headers["Set-Cookie"].split(";")[0]
        job = server.api.run("echo kept")[0]
    clock.set(int(seconds_of(f"{year}-01-02T00:00:00") - time.time()))
    with clock.server(tmp_path, "--tls-cert", str(cert), "--tls-key", str(key)) as server:
        # What others will say of it, and why.
        assert "the TLS certificate " + ("is not valid yet" if year == 1970 else "has expired") in server.log
        assert (f"says {year}-01-02" in server.log and "before this srun was made" in server.log) == (year == 1970)
        trust = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(server.url.removeprefix("https://"), context=trust, timeout=30)

        def ask(method: str, path: str, headers: dict[str, str], body: str | None = None):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

        # A session that is seventy years old is over, and says so as any other; one from the future is not.
        status, body = ask("GET", "/api/session", {"Cookie": session.replace("srun_session", "__Host-srun")})
        assert (status, body.get("code")) == ((200, None) if year == 1970 else (401, "unauthorized"))
        proof = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
        status, new = ask("POST", "/api/jobs", proof, json.dumps({"command": "echo works"}))
        assert status == 201 and new["createdAt"].startswith(str(year))
        while ask("GET", f"/api/jobs/{new['id']}", proof)[1]["completedAt"] is None:
            time.sleep(0.02)
        assert ask("GET", f"/api/jobs/{new['id']}", proof)[1]["status"] == "completed"
        connection.close()
    if year == 1970:
        # Once it is right again everything goes on; nothing was thrown away.
        clock.set(0)
        with clock.server(tmp_path) as server:
            assert {found["id"] for found in server.api.jobs()} == {job["id"], new["id"]}
