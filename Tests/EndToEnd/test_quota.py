"""The quota for the output of a job: beginning and end are kept, and everybody is told what is missing."""

import json

import pytest

from support.faults import process_with
from support.server import Server

QUOTA = 200_000
LINES = 400_000


@pytest.fixture(scope="module")
def flooded(tmp_path_factory):
    """A server, and a job of it that has printed far more than is kept."""
    with Server(tmp_path_factory.mktemp("quota"), "--output-quota", "200kB") as server:
        # Not all at once: what is read while the store still works on the batch before is dropped later.
        job = server.api.submit(f"seq 1 {LINES}", tty=False)["id"]
        yield server, job, b"".join(b"%d\n" % number for number in range(1, LINES + 1))


def marker(gap: int) -> bytes:
    return b"\r\n[srun: %d bytes of the output were not kept]\r\n" % gap


@pytest.mark.xdist_group("quota")
class TestQuota:
    def test_beginning_and_end_are_kept(self, flooded):
        server, job, printed = flooded
        with server.api.events() as events:
            while server.api.job(job)["status"] == "running":
                next(events)
        ended = server.api.job(job)
        gap = len(printed) - QUOTA
        assert (ended["status"], ended["outputBytes"], ended["outputDropped"]) == ("completed", len(printed), gap)
        kept = printed[: QUOTA // 2] + marker(gap) + printed[len(printed) - QUOTA // 2 :]
        assert server.api.output(job) == kept
        # A range would be counted from where?
        status, body = server.api.request("GET", f"/api/jobs/{job}/logs", headers={"Range": "bytes=0-99"})
        assert (status, body) == (200, kept)
        inside = QUOTA // 2 + 5
        assert server.api.request("GET", f"/api/jobs/{job}/logs?from={inside}") == (
            200, marker(gap - 5) + printed[len(printed) - QUOTA // 2 :],
        )  # fmt: skip

    def test_text_search_and_recording_tell_of_it(self, flooded):
        server, job, printed = flooded
        gap = len(printed) - QUOTA
        status, text = server.api.request("GET", f"/api/jobs/{job}/logs?format=text")
        assert status == 200
        assert b"[srun: %d bytes" % gap in text
        assert text.endswith(b"\n%d\n" % LINES)
        status, answer = server.api.request("GET", f"/api/jobs/{job}/search?q={LINES}")
        hits = [json.loads(line) for line in answer.splitlines()]
        assert hits[0]["text"] == str(LINES)
        assert hits[0]["offset"] == len(printed) - len(str(LINES)) - 1
        assert hits[-1]["bytes"] == len(printed)
        status, recording = server.api.request("GET", f"/api/jobs/{job}/recording")
        events = [json.loads(line) for line in recording.splitlines()[1:]]
        assert f"[srun: {gap} bytes" in "".join(event[2] for event in events)

    def test_followers_that_count_are_told(self, flooded):
        server, job, printed = flooded
        gap = len(printed) - QUOTA
        received = b""
        offset = 0
        with server.api.socket(f"/api/jobs/{job}/logs", subprotocol="srun.v1") as socket:
            while True:
                message = socket.recv(timeout=30)
                if isinstance(message, bytes):
                    received += message
                    offset += len(message)
                    socket.send(json.dumps({"type": "ack", "offset": offset}))
                    continue
                value = json.loads(message)
                if value["type"] == "gap":
                    assert (value["offset"], value["bytes"]) == (offset, gap)
                    offset += value["bytes"]
                if value["type"] == "end":
                    break
        assert received == printed[: QUOTA // 2] + printed[len(printed) - QUOTA // 2 :]
        assert offset == value["bytes"] == len(printed)

        with server.api.open("GET", f"/api/jobs/{job}/logs?follow=1&gaps=cut") as answer:
            assert answer.read() == printed[: QUOTA // 2]
        with server.api.open("GET", f"/api/jobs/{job}/logs?follow=1&gaps=cut&from={QUOTA // 2}") as answer:
            assert answer.headers["Srun-Output-Dropped"] == str(gap)
            assert answer.read() == printed[len(printed) - QUOTA // 2 :]

    def test_the_command_line_goes_on_behind_it(self, flooded, command_line):
        server, job, printed = flooded
        srun = command_line(server)
        gap = len(printed) - QUOTA
        result = srun("logs", "-f", "--raw", job)
        assert result.stdout == printed[: QUOTA // 2] + marker(gap) + printed[len(printed) - QUOTA // 2 :]


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_ten_gigabytes_leave_no_trace_but_the_quota(tmp_path):
    """F31: bounded on disk and in memory, and others are not disturbed."""
    total = 10 << 30
    with Server(tmp_path, "--output-quota", "64MiB") as server:
        job = server.api.submit(f"head -c {total} /dev/zero | tr '\\0' x", tty=False)["id"]
        assert server.api.run("echo meanwhile", tty=False)[1] == b"meanwhile\n"
        with server.api.events() as events:
            while server.api.job(job)["status"] == "running":
                next(events)
        ended = server.api.job(job)
        assert (ended["outputBytes"], ended["outputDropped"]) == (total, total - (64 << 20))
        body = server.api.output(job)
        assert body == b"x" * (32 << 20) + marker(total - (64 << 20)) + b"x" * (32 << 20)
        assert (server.state / "srun.db").stat().st_size < 400 << 20
        with open(f"/proc/{process_with(server.state / 'srun.db')}/status") as status:
            peak = next(line for line in status if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 150 << 10
