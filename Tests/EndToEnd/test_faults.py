"""What happens when the disk or the database does not do as it should."""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import random
import sqlite3
import time

import pytest

from support.faults import failing, failing_to_start
from support.server import Server, processes_of_job


def health(server: Server) -> tuple[int, dict]:
    status, body = server.api.request("GET", "/healthz")
    return status, json.loads(body)


def wait_until_stored(server: Server, job: str, size: int) -> None:
    """Waits for output to be in the database, by looking at it."""
    deadline = time.monotonic() + 30
    with contextlib.closing(sqlite3.connect(f"file:{server.state}/srun.db?mode=ro", uri=True)) as database:
        query = "SELECT coalesce(sum(length(content)), 0) FROM job_logs WHERE job_id = ?"
        while database.execute(query, (job,)).fetchone()[0] < size:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_lost_write_is_never_taken_back(tmp_path):
    """F8: after a sync that failed nothing is written, and what was refused is not there after the next start."""
    with Server(tmp_path) as server:
        kept, output = server.api.run("echo kept", tty=False)
        assert health(server) == (200, {"status": "ok"})
        with failing(server, "fdatasync,fsync", "EIO"):
            status, body = server.api.request("POST", "/api/jobs", {"command": f"touch {tmp_path}/started"})
            assert (status, json.loads(body)["code"]) == (503, "storage_unavailable")
        # The disk says that all is well again, and means only what comes from now on.
        status, body = health(server)
        assert (status, body["status"]) == (503, "unavailable")
        assert "disk" in body["reason"]
        assert server.api.request("POST", "/api/jobs", {"command": "echo"})[0] == 503
        assert [job["id"] for job in server.api.jobs()] == [kept["id"]]
        assert server.api.output(kept["id"]) == output
        server.kill()
    with Server(tmp_path) as server:
        assert [job["id"] for job in server.api.jobs()] == [kept["id"]]
        assert health(server) == (200, {"status": "ok"})
        assert server.api.run("echo again", tty=False)[1] == b"again\n"
    assert not (tmp_path / "started").exists()


def test_a_server_ends_whose_store_does_not_write(tmp_path):
    """F8: what cannot be stored keeps nobody from ending the server, and the exit code tells."""
    with Server(tmp_path) as server:
        job = server.api.submit("echo ready; sleep 1000", tty=False)["id"]
        server.api.wait_for_output(job, b"ready")
        wait_until_stored(server, job, 6)
        with failing(server, "fdatasync,fsync", "EIO"):
            assert server.api.request("POST", "/api/jobs", {"command": "echo"})[0] == 503
        assert server.stop() == 74
    with Server(tmp_path) as server:
        assert [(found["id"], found["status"]) for found in server.api.jobs()] == [(job, "lost")]
        assert server.api.output(job) == b"ready\n"


def test_a_full_disk_delays_output_and_loses_none(tmp_path):
    """F6: the job waits, and goes on when there is room again."""
    size = 12_000_000
    with Server(tmp_path) as server:
        gate = tmp_path / "gate"
        os.mkfifo(gate)
        job = server.api.submit(f"cat {gate}; yes 0123456789 | head -c {size}", tty=False)["id"]
        with failing(server, "pwrite64", "ENOSPC"):
            gate.write_text("begin\n")
            # Followers see what has been read although none of it can be stored.
            assert server.api.wait_for_output(job, b"0123456789\n" * 1000)
            assert server.api.job(job)["status"] == "running"
            status, body = server.api.request("POST", "/api/jobs", {"command": "echo"})
            assert (status, json.loads(body)["code"]) == (507, "storage_full")
        ended, output = server.api.wait(job)
        assert (ended["status"], ended["outputBytes"], len(output)) == ("completed", size + 6, size + 6)
        assert output == b"begin\n" + (b"0123456789\n" * (size // 11 + 1))[:size]
        assert len(server.api.jobs()) == 1


def test_a_busy_database_delays_output_and_loses_none(tmp_path):
    """F9: another program holds the database; whoever follows does not even notice."""
    with Server(tmp_path) as server:
        gate = tmp_path / "gate"
        os.mkfifo(gate)
        job = server.api.submit(f"cat {gate}; seq 1 100000", tty=False)["id"]
        with contextlib.closing(sqlite3.connect(server.state / "srun.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            gate.write_text("begin\n")
            seen = server.api.wait_for_output(job, b"\n100000\n")
            stored = other.execute("SELECT count(*) FROM job_logs WHERE job_id = ?", (job,)).fetchone()
            assert stored == (0,)
            other.execute("ROLLBACK")
        ended, output = server.api.wait(job)
        assert ended["status"] == "completed"
        assert output == seen


def test_a_database_that_was_moved_away_is_noticed(tmp_path):
    """F12: nothing is written into a file that nobody will find, and no new one is made."""
    with Server(tmp_path) as server:
        database = server.state / "srun.db"
        database.rename(server.state / "away.db")
        status, body = health(server)
        assert (status, body["status"]) == (503, "unavailable")
        assert "moved or replaced" in body["reason"]
        assert server.api.request("POST", "/api/jobs", {"command": "echo"})[0] == 503
        assert not database.exists()
        (server.state / "away.db").rename(database)
        assert health(server) == (200, {"status": "ok"})
        assert server.api.run("echo back", tty=False)[1] == b"back\n"


@pytest.mark.soak
def test_a_long_reader_does_not_keep_the_log_for_ever(tmp_path):
    """F10: the log grows while somebody reads an old state, and is cut back afterwards."""
    with Server(tmp_path) as server:
        log = server.state / "srun.db-wal"
        server.api.run("echo first", tty=False)
        with contextlib.closing(sqlite3.connect(f"file:{server.state}/srun.db?mode=ro", uri=True)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
            expected = hashlib.sha256(b"0123456789abcde\n" * (300 << 16)).hexdigest()
            _, output = server.api.run(f"yes 0123456789abcde | head -c {300 << 20}", tty=False)
            assert hashlib.sha256(output).hexdigest() == expected
            assert log.stat().st_size > 256 << 20
            assert reader.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
        server.api.run(f"yes 0123456789abcde | head -c {100 << 20}", tty=False)
        # Cut back to 64 MiB when it began anew; since then it may have grown while a checkpoint was under way.
        assert log.stat().st_size < 160 << 20


@pytest.mark.parametrize("error", ["EAGAIN", "ENOMEM"])
def test_a_machine_without_a_process_to_spare(tmp_path, error):
    """F32: the job failed to start and says why, nothing half is left, and the next one runs once there are processes again."""
    with Server(tmp_path) as server:
        with failing_to_start(server, error):
            job, output = server.api.run("echo never")
            assert (job["status"], job["exitCode"], job["pid"], output) == ("failed", None, None, b"")
            assert error in job["reason"]
            assert processes_of_job(job["id"]) == []
        assert server.api.run("echo again")[1] == b"again\r\n"


def test_removing_meets_stopping_and_printing(tmp_path):
    """F34: whoever comes first, a job that was removed is gone with its output, and the others are whole."""
    with Server(tmp_path, "--jobs", "8", "--stop-grace", "1") as server:
        api, chance = server.api, random.Random(34)

        def live(number: int) -> tuple[str, bool]:
            job = api.submit("trap '' TERM; while :; do echo x; done" if number % 5 == 0 else "while :; do echo x; done")["id"]
            time.sleep(chance.random() / 10)
            calls = [("POST", f"/api/jobs/{job}/stop", b""), ("DELETE", f"/api/jobs/{job}?force=true", None)]
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                answers = [pool.submit(api.request, *call) for call in chance.sample(calls, 2)]
                statuses = {answer.result()[0] for answer in answers}
            assert statuses <= {200, 202, 404, 409}, statuses
            return job, api.request("GET", f"/api/jobs/{job}")[0] == 404

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            ends = list(pool.map(live, range(40)))
        gone = [job for job, is_gone in ends if is_gone]
        assert len(gone) >= 30
        for job, _ in ends:
            assert processes_of_job(job) == []
        database = server.state / "srun.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%job_id%'")]
        assert tables
        for table in tables:
            if table != "audit":
                rows = connection.execute(f"SELECT count(*) FROM {table} WHERE job_id NOT IN (SELECT id FROM jobs)").fetchone()
                assert rows == (0,), table
        kept = {job for (job,) in connection.execute("SELECT id FROM jobs")}
        assert kept.isdisjoint(gone)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
