"""Recordings, as the public player reads them."""

import json
import pathlib
import subprocess
import sys

import pytest


def player(*arguments: str) -> bytes:
    """What asciinema shows."""
    program = pathlib.Path(sys.executable).parent / "asciinema"
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, check=True, timeout=60).stdout


def recording(api, job: str) -> bytes:
    status, data = api.request("GET", f"/api/jobs/{job}/recording")
    assert status == 200
    return data


COLOURS = r"""
printf '\033[31mred\033[0m \033]0;title\007\n'
printf 'quote " backslash \\\\ tab\t bell\007 null\000 é € 😀 e\314\201\n'
seq 1 3000
"""


def test_player_shows_the_output(api, tmp_path):
    job, output = api.run(COLOURS, tty={"cols": 90, "rows": 25}, name="colours")
    file = tmp_path / "job.cast"
    file.write_bytes(recording(api, job["id"]))
    header = json.loads(file.read_text().splitlines()[0])
    assert (header["version"], header["width"], header["height"]) == (2, 90, 25)
    assert (header["title"], header["command"]) == ("colours", COLOURS)
    assert player("cat", str(file)) == output


def test_bytes_that_are_no_text_are_replaced(api, tmp_path):
    job, output = api.run(r"printf 'a\377\303'; sleep 0.1; printf '\251b\342\202'")
    file = tmp_path / "job.cast"
    file.write_bytes(recording(api, job["id"]))
    assert player("cat", str(file)) == output.decode(errors="replace").encode()


def test_pipes_get_carriage_returns(api, tmp_path):
    job, output = api.run("seq 1 1000", tty=False)
    file = tmp_path / "job.cast"
    file.write_bytes(recording(api, job["id"]))
    assert player("cat", str(file)) == output.replace(b"\n", b"\r\n")


def test_running_job_is_recorded_up_to_now(api):
    job = api.submit("echo ready; exec sleep 1000")["id"]
    api.wait_for_output(job, b"ready\r\n")
    header, event = recording(api, job).splitlines()
    time, kind, text = json.loads(event)
    assert (kind, text) == ("o", "ready\r\n")
    assert 0 <= time < 60


def test_times_are_those_of_the_output(api, tmp_path):
    job, _ = api.run("echo one; sleep 0.5; echo two")
    events = [json.loads(line) for line in recording(api, job["id"]).splitlines()[1:]]
    assert [text for _, _, text in events] == ["one\r\n", "two\r\n"]
    assert events[1][0] - events[0][0] >= 0.45


@pytest.mark.parametrize("flags", [("--speed", "1000"), ("--idle-limit", "0")])
def test_replay_plays_everything(srun, api, flags):
    job, output = api.run("for i in 1 2 3 4; do echo $i; sleep 0.2; done")
    result = srun("replay", *flags, job["id"])
    assert (result.returncode, result.stdout, result.stderr) == (0, output, b"")


def test_replay_refuses(srun, api):
    job, _ = api.run("true")
    assert srun("replay", "--speed", "0", job["id"]).returncode == 64
    assert srun("replay", "--idle-limit=-1", job["id"]).returncode == 64
    assert srun("replay", "nope").returncode == 66


def test_sizes_are_in_the_recording(api):
    job = api.submit("echo begin; read line; stty size; read line", tty={"cols": 80, "rows": 24})["id"]
    api.wait_for_output(job, b"begin")
    with api.socket(f"/api/jobs/{job}/logs?from=-1", subprotocol="srun.v1") as socket:
        socket.send(json.dumps({"type": "resize", "cols": 100, "rows": 30}))
        while json.loads(_text(socket))["type"] != "resize":
            pass
        for wanted in (b"30 100", None):
            socket.send(json.dumps({"type": "input", "base64": "Cg=="}))
            while json.loads(_text(socket))["type"] != "input":
                pass
            if wanted:
                api.wait_for_output(job, wanted)
    api.wait(job)
    _, body = api.request("GET", f"/api/jobs/{job}/recording")
    header, *events = [json.loads(line) for line in body.splitlines()]
    assert (header["width"], header["height"]) == (80, 24)
    kinds = [(kind, text) for _, kind, text in events]
    assert ("r", "100x30") in kinds
    resized = kinds.index(("r", "100x30"))
    assert any("begin" in text for _, text in kinds[:resized])
    assert any("30 100" in text for _, text in kinds[resized:])
    times = [time for time, _, _ in events]
    assert times == sorted(times)


def _text(socket) -> str:
    """The next text message."""
    while True:
        message = socket.recv(timeout=30)
        if isinstance(message, str):
            return message
