"""Output for reading: plain lines, compression, search."""

import gzip
import hashlib
import json
import random

import pytest

FLOOD = 20_000_000


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
def test_a_progress_bar_is_one_line(shared_server, tty):
    command = r"printf 'start\n'; for i in 1 2 3; do printf '\r\033[K\033[32m%s0%%\033[0m' $i; done; printf '\ndone\n'"
    job, _ = shared_server.api.run(command, tty=tty)
    status, text = shared_server.api.request("GET", f"/api/jobs/{job['id']}/logs?format=text")
    assert (status, text) == (200, b"start\n30%\ndone\n")


def test_bytes_that_are_no_text(shared_server, tmp_path):
    """B41, B43: whatever a job prints, the text is UTF-8 without control characters."""
    noise = random.Random(3).randbytes(300_000) + b"\x1b]0;" + b"x" * 1_000_000
    (tmp_path / "noise").write_bytes(noise)
    job, output = shared_server.api.run(argv=["cat", str(tmp_path / "noise")], tty=False)
    assert output == noise
    _, text = shared_server.api.request("GET", f"/api/jobs/{job['id']}/logs?format=text")
    assert not set(text.decode()) & {chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))}
    assert text.count(b"x") > 990_000


def test_compressed_output_is_the_same(shared_server, tmp_path):
    lines = "".join(f"line {number} of many, all alike\n" for number in range(FLOOD // 30))
    (tmp_path / "lines").write_text(lines)
    job, _ = shared_server.api.run(argv=["cat", str(tmp_path / "lines")], tty=False)
    wanted = hashlib.sha256(lines.encode()).hexdigest()
    for query in ("", "?follow=1", "?format=text", "?format=text&follow=1"):
        path = f"/api/jobs/{job['id']}/logs{query}"
        with shared_server.api.open("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            data = answer.read()
        assert len(data) < len(lines) / 4
        assert hashlib.sha256(gzip.decompress(data)).hexdigest() == wanted


def test_search(server, srun):
    job, output = server.api.run(r"printf 'one\n\033[31mTwo\033[0m words\n'; seq 100000; echo 'two again'", tty=False)
    _, body = server.api.request("GET", f"/api/jobs/{job['id']}/search?q=two")
    *hits, end = [json.loads(line) for line in body.splitlines()]
    assert [(hit["line"], hit["text"], hit["start"], hit["length"]) for hit in hits] == [
        (2, "Two words", 0, 3),
        (100_003, "two again", 0, 3),
    ]
    assert output[hits[0]["offset"] :].startswith(b"\x1b[31mTwo")
    assert output[hits[1]["offset"] :] == b"two again\n"
    assert end == {"bytes": len(output), "done": True, "hits": 2, "truncated": False}

    found = srun("search", job["id"], "two")
    assert (found.returncode, found.stdout) == (0, b"2:Two words\n100003:two again\n")
    found = srun("search", "--regex", "--case", job["id"], r"^two\b")
    assert (found.returncode, found.stdout) == (0, b"100003:two again\n")
    found = srun("search", job["id"], "three")
    assert (found.returncode, found.stdout, found.stderr) == (1, b"", b"")
    found = srun("search", "--regex", job["id"], "(")
    assert (found.returncode, found.stdout) == (65, b"")
    assert srun("search", "no-such-job", "x").returncode == 66


def test_logs_as_text(server, srun):
    job, _ = server.api.run(r"printf '\033[1mbold\033[0m\n10%%\r20%%\n'", tty=False)
    assert srun("logs", "--text", job["id"]).stdout == b"bold\n20%\n"
    assert srun("logs", "--text", "-f", job["id"]).stdout == b"bold\n20%\n"
    lines = srun("logs", "--timestamps", job["id"]).stdout.splitlines()
    assert [line.split(b" ", 1)[1] for line in lines] == [b"bold", b"20%"]
    assert all(line.startswith(job["startedAt"][:4].encode()) and line[26:28] == b"Z " for line in lines)
