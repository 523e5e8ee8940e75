"""Full-screen programs are there at once for whoever opens them: painted as a terminal that saw everything would show them."""

import base64
import json

import pexpect
import pyte
import pytest

from support.server import binary

ROWS, COLUMNS = 24, 80
# pyte takes what programs ask xterm for otherwise (modifyOtherKeys) for an underline.
TERMINAL = {"tty": {"cols": COLUMNS, "rows": ROWS}, "env": {"TERM": "screen-256color"}}


def shown(*parts: bytes) -> pyte.Screen:
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for part in parts:
        stream.feed(part)
    return screen


def cells(screen: pyte.Screen) -> list[list[tuple]]:
    return [
        [tuple(getattr(screen.buffer[row][column], name) for name in ("data", "fg", "bg", "bold", "reverse", "underscore"))
         for column in range(COLUMNS)]
        for row in range(ROWS)
    ]  # fmt: skip


def hello(api, job: str) -> dict:
    with api.socket(f"/api/jobs/{job}/logs?from=-65536&screen=1", subprotocol="srun.v1") as socket:
        return json.loads(socket.recv(timeout=30))


def type_into(api, job: str, keys: bytes) -> None:
    with api.socket(f"/api/jobs/{job}/logs?from=-1", subprotocol="srun.v1") as socket:
        socket.send(json.dumps({"type": "input", "base64": base64.b64encode(keys).decode()}))
        while True:
            message = socket.recv(timeout=30)
            if isinstance(message, str) and json.loads(message)["type"] == "input":
                return


def check_screen(api, job: str) -> pyte.Screen:
    """Compares what is painted with what a terminal shows that has seen the whole output."""
    message = hello(api, job)
    assert (message["screen"]["cols"], message["screen"]["rows"]) == (COLUMNS, ROWS)
    painted = shown(base64.b64decode(message["screen"]["base64"]))
    seen = shown(api.output(job)[: message["from"]])
    assert painted.display == seen.display
    differences = [
        (row, column, one, other)
        for row, lines in enumerate(zip(cells(painted), cells(seen)))
        for column, (one, other) in enumerate(zip(*lines))
        if one != other
    ]
    assert differences == []
    assert (painted.cursor.y, painted.cursor.x, painted.cursor.hidden) == (
        seen.cursor.y, seen.cursor.x, seen.cursor.hidden,
    )  # fmt: skip
    return painted


def wait_for_screen(api, job: str, wanted: str) -> None:
    """Waits until the program shows a text, looking anew whenever it has printed something."""
    with api.follow(job) as output:
        while True:
            screen = hello(api, job)["screen"]
            if screen and any(wanted in line for line in shown(base64.b64decode(screen["base64"])).display):
                return
            assert output.read1(65536), f"the program ended and never showed {wanted}"


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.c"
    lines = [f"/* {number} 日本 é */ int value_{number} = \"text\\n\"; // {'x' * (number % 70)}" for number in range(300)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_vim_is_painted_as_it_is(api, text):
    job = api.submit(argv=["vim", "-u", "NONE", "-N", "-c", "syntax on", "-c", "set nu ruler", str(text)], **TERMINAL)["id"]
    wait_for_screen(api, job, "value_10")
    check_screen(api, job)
    for keys, wanted in (
        (b"150Gzz", "150,1"), (b":split\r180Gzz", "180,1"), (b"dddd5u", "value_180"), (b":vsplit\r3j", "183,"),
        (b":echo 'do' . 'ne'\r", "done"),
    ):  # fmt: skip
        type_into(api, job, keys)
        wait_for_screen(api, job, wanted)
        check_screen(api, job)
    type_into(api, job, b":qa!\r")
    assert api.wait(job)[0]["status"] == "completed"
    assert hello(api, job)["screen"] is None


def test_less_is_painted_as_it_is(api, text):
    job = api.submit(argv=["less", "-N", str(text)], **TERMINAL)["id"]
    wait_for_screen(api, job, "value_10")
    check_screen(api, job)
    type_into(api, job, b"/value_123\r")
    wait_for_screen(api, job, "value_125")
    painted = check_screen(api, job)
    assert "value_123" in painted.display[0]
    type_into(api, job, b"q")
    assert api.wait(job)[0]["status"] == "completed"


def test_what_prints_lines_has_no_screen(api):
    job = api.submit("echo $PPID; sleep 1000", **TERMINAL)["id"]
    api.wait_for_output(job, b"\n")
    message = hello(api, job)
    assert (message["screen"], message["from"]) == (None, 0)


def test_attach_shows_it_at_once(api, srun, text):
    """Also a program that never draws again."""
    script = "printf '\\033[?1049h\\033[2J\\033[5;10H\\033[7mhere\\033[m'; sleep 1000"
    job = api.submit(script, **TERMINAL)["id"]
    api.wait_for_output(job, b"here")
    # So much that the drawing is not in what is shown of the history.
    child = pexpect.spawn(binary(), ["attach", job], env=srun.env, cwd=str(srun.folder), dimensions=(ROWS, COLUMNS), timeout=30)
    try:
        child.expect_exact("here")
        screen = shown(child.before + child.after)
        assert screen.display[4].rstrip() == " " * 9 + "here"
        child.send("\x1c")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
