"""Output is exact: every byte, for everybody, at any speed."""

import asyncio
import concurrent.futures
import hashlib
import json
import os
import random
import string
import subprocess
import time

import pytest
import websockets

from support.server import processes_of_job

LOADED_RUNS = int(os.environ.get("SRUN_TEST_RUNS", "200"))
FLOOD = 50_000_000


@pytest.fixture
def cpu_load():
    """Keeps every processor twice as busy as it can be."""
    spinners = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2 * (os.cpu_count() or 1))]
    yield
    for spinner in spinners:
        spinner.kill()
        spinner.wait()


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
def test_fast_exit_under_load(server, cpu_load, tty):
    """F27: a command that prints and ends at once loses neither a byte nor its exit code."""
    letters = string.ascii_letters + string.digits + " .,:;-_+*/#<>()[]{}%&=?!|~^$\""

    def run(number: int) -> None:
        text = "".join(random.Random(number).choices(letters, k=3000))
        job, output = server.api.run(f"printf '%s' '{text}'; exit 7", tty=tty)
        assert output == text.encode()
        assert (job["status"], job["exitCode"], job["outputBytes"]) == ("failed", 7, 3000)
        assert server.api.output(job["id"]) == text.encode()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in pool.map(run, range(LOADED_RUNS)):
            pass


@pytest.mark.parametrize("code", [0, 1, 126, 127, 255])
@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
def test_exit_codes(shared_server, code, tty):
    job, _ = shared_server.api.run(f"exit {code}", tty=tty)
    expected = ("failed", code, None) if code else ("completed", 0, None)
    assert (job["status"], job["exitCode"], job["signal"]) == expected


@pytest.mark.parametrize("number", [9, 11, 15])
def test_signals_are_told_as_signals(shared_server, number):
    job, _ = shared_server.api.run(f"kill -{number} $$")
    assert (job["status"], job["exitCode"], job["signal"]) == ("failed", None, number)


@pytest.mark.parametrize("argv", [["/no/such/shell"], ["/etc/passwd"], ["/"]])
def test_what_cannot_be_started_is_a_failed_job(shared_server, argv):
    """B44: it was accepted, so the answer is 201; that it failed, and why, stands in the job."""
    job = shared_server.api.submit(argv=argv)
    assert (job["status"], job["exitCode"], job["signal"]) == ("failed", None, None)
    assert job["reason"].startswith("failed to start: ")


def test_every_byte_value(shared_server, tmp_path):
    """B41: invalid UTF-8, NUL, C1 and 0xFF come back as they were written, by every way."""
    data = bytes(range(256)) * 64 + random.Random(1).randbytes(20_000)
    (tmp_path / "bytes").write_bytes(data)
    api = shared_server.api
    job, output = api.run(argv=["cat", str(tmp_path / "bytes")], tty=False)
    assert output == data
    assert api.output(job["id"]) == data
    assert run(follow(api, job["id"])) == (len(data), sha256(data))


def test_one_line_without_end(shared_server):
    """B42: nothing waits for a line to end."""
    job, output = shared_server.api.run("head -c 1000000 /dev/zero | tr '\\0' x")
    assert output == b"x" * 1_000_000


def test_many_jobs_at_once(shared_server):
    """B46: all end, and no zombie stays."""
    api = shared_server.api
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(lambda _: api.submit("sleep 0")["id"], range(200)))
        ended = list(pool.map(lambda id: api.wait(id)[0], ids))
    assert {job["status"] for job in ended} == {"completed"}
    states = subprocess.run(
        ["ps", "--ppid", str(shared_server.process.pid), "-o", "stat="], stdout=subprocess.PIPE, text=True
    )
    assert [state for state in states.stdout.split() if state.startswith("Z")] == []


def test_a_job_that_forks_without_pause_holds_nobody_up(shared_server):
    """B46: others are served meanwhile, and when it has ended nothing of it is left."""
    api = shared_server.api
    forks = "end=$(($(date +%s) + 3)); while [ $(date +%s) -lt $end ]; do /bin/true & /bin/true & /bin/true & done; wait; echo done"
    job = api.submit(forks, tty=False)["id"]
    delays = []
    while api.job(job)["status"] == "running":
        began = time.monotonic()
        assert api.run("echo beside", tty=False)[1] == b"beside\n"
        delays.append(time.monotonic() - began)
    ended, output = api.wait(job)
    assert (ended["status"], output) == ("completed", b"done\n")
    # Started, run and told in far less than the machine spends on the other's processes.
    assert len(delays) > 3 and max(delays) < 5
    assert processes_of_job(job) == []
    states = subprocess.run(["ps", "--ppid", str(shared_server.process.pid), "-o", "stat="], stdout=subprocess.PIPE, text=True)
    assert [state for state in states.stdout.split() if state.startswith("Z")] == []


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def run(coroutine):
    """On a thread of its own: the browser of an earlier test may have left a running event loop on this one."""
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()


async def follow(api, job: str, subprotocol: str | None = "srun.v1") -> tuple[int, str]:
    """One follower, from the start to the end: how many bytes it got and their hash."""
    digest = hashlib.sha256()
    count = 0
    acknowledged = 0
    async with websockets.connect(
        f"ws://{api.host}/api/jobs/{job}/logs",
        additional_headers=api.headers,
        subprotocols=[subprotocol] if subprotocol else None,
        compression=None,
        max_size=None,
        proxy=None,
    ) as socket:
        assert socket.subprotocol == subprotocol
        async for message in socket:
            if isinstance(message, bytes):
                digest.update(message)
                count += len(message)
                if count - acknowledged >= 65536:
                    acknowledged = count
                    await socket.send(json.dumps({"type": "ack", "offset": count}))
            elif subprotocol is None:
                digest.update(message.encode())
                count += len(message.encode())
            else:
                control = json.loads(message)
                if control["type"] == "hello":
                    assert (control["job"], control["from"]) == (job, 0)
                elif control["type"] == "end":
                    assert control["bytes"] == count
                    break
                else:
                    raise AssertionError(control)
        if subprotocol is None:
            await socket.wait_closed()
            assert socket.close_code == 1000
    return count, digest.hexdigest()


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
@pytest.mark.parametrize("followers", [2, 20])
def test_everybody_sees_the_same(server, tmp_path, followers, tty):
    """F24: followers of one flood get identical bytes, and they are the stored ones."""
    api = server.api
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    # Numbered lines, so that a byte in the wrong place cannot go unnoticed.
    job = api.submit(f"read go < {gate}; seq 1 10000000 | head -c {FLOOD}", tty=tty)["id"]

    async def all_followers():
        tasks = [asyncio.create_task(follow(api, job)) for _ in range(followers - 1)]
        tasks.append(asyncio.create_task(follow(api, job, subprotocol=None)))
        await asyncio.to_thread(gate.write_text, "go\n")
        return await asyncio.gather(*tasks)

    seen = run(all_followers())
    stored = api.output(job)
    assert len(stored) >= FLOOD
    assert set(seen) == {(len(stored), sha256(stored))}
    expected = "".join(f"{number}\n" for number in range(1, 10_000_000))[:FLOOD].encode()
    assert stored.replace(b"\r\n", b"\n") == expected.replace(b"\r\n", b"\n") if tty else stored == expected
    assert api.job(job)["outputBytes"] == len(stored)


def test_late_follower_and_range(server):
    api = server.api
    job, output = api.run("seq 1 100000", tty=False)
    for start in (0, 1, 65536, len(output) - 1, len(output)):
        with api.open("GET", f"/api/jobs/{job['id']}/logs?from={start}") as answer:
            assert answer.read() == output[start:]
    with api.open("GET", f"/api/jobs/{job['id']}/logs", headers={"Range": "bytes=10-19"}) as answer:
        assert (answer.status, answer.read()) == (206, output[10:20])


def test_a_follower_that_comes_and_goes_has_every_byte_once(server):
    """F25: connections that are cut anywhere, and the next one goes on there."""
    random.seed(25)
    job = server.api.submit("seq 1 300000", tty=False)["id"]
    received = b""
    cuts = 0
    while True:
        with server.api.socket(f"/api/jobs/{job}/logs?from={len(received)}", subprotocol="srun.v1") as socket:
            left = random.randrange(1, 8)
            ended = False
            while left > 0 and not ended:
                message = socket.recv(timeout=30)
                if isinstance(message, bytes):
                    received += message
                    left -= 1
                    socket.send(json.dumps({"type": "ack", "offset": len(received)}))
                else:
                    ended = json.loads(message)["type"] == "end"
            if ended:
                break
            cuts += 1
            # Not a goodbye but the end of the line.
            socket.socket.close()
    assert received == b"".join(b"%d\n" % number for number in range(1, 300_001))
    assert cuts > 5


def test_a_helper_that_keeps_the_terminal_does_not_keep_the_job(server):
    """F28: the job is over when its command is, and soon."""
    began = time.monotonic()
    job, output = server.api.run("(trap '' HUP; sleep 600) & echo done")
    assert (job["status"], job["exitCode"], output) == ("completed", 0, b"done\r\n")
    assert time.monotonic() - began < 10
