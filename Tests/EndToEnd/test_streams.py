"""What the server does about signals that mean nothing to it, and about its own streams when they are closed, full or unread (B56)."""

import json
import os
import select
import signal
import subprocess
import time

import pytest

from support.api import API
from support.server import END_LIMIT, START_LIMIT, Server, binary, environment, worker


def serve(folder, *flags: str, stdin, stdout, stderr) -> tuple[subprocess.Popen, API]:
    """A server with streams of one's own; it is found by the file that it leaves for the command line."""
    state = folder / "state"
    process = subprocess.Popen(
        [binary(), "serve", "--port", "0", "--state-dir", str(state), *flags],
        stdin=stdin, stdout=stdout, stderr=stderr, env=environment(folder), cwd=folder,
    )  # fmt: skip
    deadline = time.monotonic() + START_LIMIT
    while not (state / "server.json").exists():
        assert process.poll() is None and time.monotonic() < deadline, "srun did not become ready"
        time.sleep(0.02)
    found = json.loads((state / "server.json").read_text())
    return process, API(found["url"], (state / "token").read_text().strip())


def end(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(END_LIMIT) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def works(api: API) -> None:
    assert api.run("echo works", tty=False)[1] == b"works\n"


def said(server: Server, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in server.log:
        assert time.monotonic() < deadline, f"{text!r} is not in the log:\n{server.log}"
        time.sleep(0.02)


def test_without_a_certificate_the_signal_to_read_it_again_is_ignored_and_logged(server):
    server.signal(signal.SIGUSR1)
    said(server, "signal=SIGUSR1")
    assert "signal ignored" in server.log
    works(server.api)


def test_hang_up_alone_is_ignored_and_logged_where_there_is_no_keeper_to_replace_the_server(tmp_path):
    with Server(tmp_path, "--no-keeper") as server:
        server.signal(signal.SIGHUP)
        said(server, "signal=SIGHUP")
        works(server.api)


def test_hang_up_replaces_the_server(server):
    before = worker(server)
    job = server.api.submit("echo here; sleep 1; echo there", tty=False)["id"]
    server.signal(signal.SIGHUP)
    deadline = time.monotonic() + START_LIMIT
    while worker(server) == before:
        assert time.monotonic() < deadline, server.log
        time.sleep(0.02)
    assert server.api.wait(job)[1] == b"here\nthere\n"


@pytest.mark.parametrize("flags", [(), ("--no-keeper",)], ids=["keeper", "alone"])
def test_works_with_streams_that_are_closed(tmp_path, flags):
    read, write = os.pipe()
    os.close(read)
    # Of the pipe only the end is left that is written to: whoever writes gets EPIPE, and by default SIGPIPE.
    with open("/dev/null") as nothing:
        process, api = serve(tmp_path, "--log-level", "debug", *flags, stdin=nothing, stdout=write, stderr=write)
    os.close(write)
    try:
        process.send_signal(signal.SIGPIPE)
        works(api)
    finally:
        end(process)


def test_works_with_no_streams_at_all(tmp_path):
    """Closed before it begins: what it opens then must not become its standard output."""
    state = tmp_path / "state"
    command = f'exec 0<&- 1>&- 2>&-; exec "{binary()}" serve --port 0 --state-dir "{state}" --log-level debug'
    process = subprocess.Popen(["/bin/sh", "-c", command], env=environment(tmp_path), cwd=tmp_path)
    try:
        deadline = time.monotonic() + START_LIMIT
        while not (state / "server.json").exists():
            assert process.poll() is None and time.monotonic() < deadline, "srun did not become ready"
            time.sleep(0.02)
        api = API(json.loads((state / "server.json").read_text())["url"], (state / "token").read_text().strip())
        works(api)
        assert api.value("GET", "/healthz")
    finally:
        end(process)
    assert (state / "srun.db").read_bytes().startswith(b"SQLite format 3\0")


def test_works_with_streams_on_a_full_disk(tmp_path):
    with open("/dev/full", "wb") as full, open("/dev/null") as nothing:
        process, api = serve(tmp_path, "--log-level", "debug", stdin=nothing, stdout=full, stderr=full)
    try:
        works(api)
    finally:
        end(process)


def test_a_log_that_nobody_reads_stops_nothing_and_what_is_missing_is_counted(tmp_path):
    read, write = os.pipe()
    with open("/dev/null") as nothing:
        process, api = serve(tmp_path, "--log-level", "debug", stdin=nothing, stdout=nothing.fileno(), stderr=write)
    os.close(write)
    lines = b""

    def read_all() -> None:
        nonlocal lines
        while select.select([read], [], [], 0.2)[0]:
            part = os.read(read, 1 << 16)
            if not part:
                return
            lines += part

    try:
        count = 3000
        paths = [f"/api/jobs?q=number-{number}" for number in range(count)]
        began = time.monotonic()
        for path in paths:
            assert api.request("GET", path)[0] == 200
        # Had every line of them waited for the reader, this would take minutes.
        assert time.monotonic() - began < 60
        works(api)
        read_all()
        # There is room again, so the next line is written, and before it how many were not.
        api.request("GET", "/api/jobs")
        read_all()
    finally:
        end(process)
    read_all()
    os.close(read)
    text = lines.decode()
    (missing,) = [int(line.split()[1]) for line in text.splitlines() if line.startswith("srun: ") and line.endswith("could not be written")]
    requests = [line for line in text.splitlines() if "http.path=/api/jobs " in line + " "]
    # Every request is a line: in the log, or counted.
    assert missing > 0
    assert count <= len(requests) + missing <= count + 20
