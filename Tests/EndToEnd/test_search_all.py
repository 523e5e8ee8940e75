"""Search of all jobs: by an index where there is one, by reading where it is not there yet, and always the same."""

import contextlib
import json
import sqlite3
import time
import urllib.parse

import pytest

from support.server import Server

LINES = 150_000


def search(server: Server, text: str, **options) -> tuple[list[dict], dict]:
    """All hits, page by page, and the last line of the last page."""
    hits = []
    cursor = None
    while True:
        query = {"q": text, **options, **({"cursor": cursor} if cursor else {})}
        status, body = server.api.request("GET", f"/api/search?{urllib.parse.urlencode(query)}")
        assert status == 200
        *found, end = [json.loads(line) for line in body.splitlines()]
        assert (end["done"], end["hits"]) == (True, len(found))
        hits += found
        cursor = end["cursor"]
        if cursor is None:
            return hits, end


def wait_until_indexed(server: Server) -> None:
    """Waits until the index holds everything that has ended."""
    deadline = time.monotonic() + 60
    with contextlib.closing(sqlite3.connect(f"file:{server.state}/srun.db?mode=ro", uri=True)) as database:
        query = """
            SELECT count(*) FROM search_pending JOIN jobs ON jobs.id = job_id
            WHERE status NOT IN ('queued', 'running')
        """
        while database.execute(query).fetchone()[0] > 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A server with jobs that have ended, a large one among them."""
    with Server(tmp_path_factory.mktemp("search")) as server:
        large = server.api.submit(f"seq -f 'row %.0f of many' 1 {LINES}", tty=False)["id"]
        server.api.wait(large)
        red = server.api.run("printf 'one\\n\\033[31mred nee\\033[0mdle\\n'", name="Coloured")[0]["id"]
        quiet = server.api.run("true", name="needle in a name", tags=["release-7"], tty=False)[0]["id"]
        wait_until_indexed(server)
        yield server, {"large": large, "red": red, "quiet": quiet}


@pytest.mark.xdist_group("search")
class TestSearchOfAllJobs:
    def test_finds_lines_names_tags_and_commands(self, searched):
        server, jobs = searched
        hits, end = search(server, "NEEDLE")
        assert [(hit["job"]["id"], hit["field"], hit["line"]) for hit in hits] == [
            (jobs["quiet"], "name", None), (jobs["red"], "output", 2),
        ]  # fmt: skip
        assert set(hits[0]["job"]) == {"id", "command", "name", "status", "createdAt"}
        line = hits[1]
        assert line["text"] == "red needle"
        assert line["text"][line["start"] : line["start"] + line["length"]] == "needle"
        assert server.api.output(jobs["red"])[line["offset"] :].startswith(b"\x1b[31mred")
        assert [hit["field"] for hit in search(server, "release-7")[0]] == ["tag"]
        assert [hit["field"] for hit in search(server, "printf 'one")[0]] == ["command"]
        assert search(server, "needle", case=1)[0] != []
        assert search(server, "NEEDLE", case=1)[0] == []
        assert search(server, "not to be found anywhere")[0] == []

    def test_reads_little_and_finds_the_same_as_in_the_job(self, searched):
        server, jobs = searched
        total = server.api.job(jobs["large"])["outputBytes"]
        # Few blocks have all of its trigrams.
        hits, end = search(server, "row 123456 of")
        status, body = server.api.request("GET", f"/api/jobs/{jobs['large']}/search?q=row+123456+of")
        expected = json.loads(body.splitlines()[0])
        assert [(hit["job"]["id"], hit["line"], hit["offset"]) for hit in hits] == [
            (jobs["large"], expected["line"], expected["offset"])
        ]
        assert 0 < end["bytes"] < total / 4, "the index says where to look"

    def test_pages_lead_on(self, searched):
        server, jobs = searched
        # Ten lines of a job are enough to know that it is there.
        assert len(search(server, "row 1")[0]) == 10
        assert [hit["job"]["id"] for hit in search(server, "e", limit=1)[0]].count(jobs["red"]) >= 1
        one_by_one = [(hit["job"]["id"], hit["field"], hit["line"]) for hit in search(server, "needle", limit=1)[0]]
        assert one_by_one == [(hit["job"]["id"], hit["field"], hit["line"]) for hit in search(server, "needle")[0]]
        for bad in ("q=", "q=x&limit=0", "q=x&limit=1001", "q=x&cursor=no", "q=x&cursor=1.a~2", "q=a&q=b"):
            status, body = server.api.request("GET", f"/api/search?{bad}")
            assert (status, json.loads(body)["code"]) == (400, "invalid_query"), bad

    def test_sees_what_a_job_has_just_printed(self, searched):
        server, _ = searched
        job = server.api.submit("echo fresh words; sleep 1000", tty=False)["id"]
        server.api.wait_for_output(job, b"fresh words")
        assert [(hit["job"]["id"], hit["line"]) for hit in search(server, "fresh wor")[0]][0] == (job, None)
        assert [hit["line"] for hit in search(server, "fresh wor")[0]] == [None, 1]
        server.api.stop(job)
        server.api.request("DELETE", f"/api/jobs/{job}")
        assert search(server, "fresh wor")[0] == []

    def test_the_command_line(self, searched, command_line):
        server, jobs = searched
        srun = command_line(server)
        found = srun("search", "needle")
        assert found.returncode == 0
        assert found.stdout.decode() == f"{jobs['quiet']}:name:needle in a name\n{jobs['red']}:2:red needle\n"
        assert srun("search", "nothing like this").returncode == 1
        assert srun("search", "--regex", "x").returncode == 64
        assert srun("search", "a", "b", "c").returncode == 64


def test_the_index_goes_on_after_a_crash(tmp_path):
    """Nothing is indexed twice, and nothing is left out."""
    with Server(tmp_path, "--search-index", "off") as server:
        job = server.api.submit(f"seq -f 'row %.0f' 1 {LINES}", tty=False)["id"]
        server.api.wait(job)
        assert [hit["line"] for hit in search(server, "row 140000")[0]] == [140_000]
    for _ in range(3):
        with Server(tmp_path) as server:
            server.api.jobs()
            server.kill()
    with Server(tmp_path) as server:
        wait_until_indexed(server)
        with contextlib.closing(sqlite3.connect(f"file:{server.state}/srun.db?mode=ro", uri=True)) as database:
            blocks = database.execute(
                'SELECT "start", "end", line FROM search_blocks WHERE "start" >= 0 ORDER BY id'
            ).fetchall()
        assert blocks[0][0] == 0
        assert all(one[1] == following[0] for one, following in zip(blocks, blocks[1:]))
        assert blocks[-1][1] == server.api.job(job)["outputBytes"]
        for number in (1, 77_777, LINES):
            hits = [hit for hit in search(server, f"row {number}")[0] if hit["text"] == f"row {number}"]
            assert [hit["line"] for hit in hits] == [number]
