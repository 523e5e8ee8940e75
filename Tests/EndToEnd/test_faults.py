"""What happens when the disk or the database does not do as it should."""

import contextlib
import hashlib
import json
import os
import sqlite3
import time

import pytest

from support.faults import failing
from support.server import Server


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
