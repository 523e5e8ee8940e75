"""Sitting at a job's terminal, as a person does: on a real terminal of their own."""

import base64
import contextlib
import hashlib
import json
import re
import signal
import termios

import pexpect
import pytest

from support.api import wait_for_status
from support.server import Server, binary

DETACH = "\x1c"
ROWS, COLUMNS = 30, 100


@pytest.fixture
def terminal(srun):
    """Starts srun on a terminal of 100x30."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: str, rows: int = ROWS, columns: int = COLUMNS) -> pexpect.spawn:
            child = pexpect.spawn(
                binary(), list(arguments), env=srun.env, cwd=str(srun.folder), dimensions=(rows, columns), timeout=30,
                encoding="utf-8",
            )  # fmt: skip
            # pexpect would wait before each send, for programs that switch the echo off late.
            child.delaybeforesend = None
            stack.callback(child.close, force=True)
            return child

        yield start


def ended(child: pexpect.spawn) -> int:
    """The exit code, after everything has been read."""
    child.expect(pexpect.EOF)
    child.close()
    assert child.signalstatus is None
    return child.exitstatus


# Without what readline sends to terminals that can do more.
SHELL = {"argv": ["bash", "--norc", "--noprofile"], "env": {"PS1": "shell> ", "TERM": "dumb"}}


def test_attach_types_resizes_and_leaves(terminal, api):
    job = api.submit(**SHELL)["id"]
    api.wait_for_output(job, b"shell> ")
    child = terminal("attach", job)
    child.expect("shell> ")
    child.send("echo $((6 * 7)) é\r")
    child.expect("42 é\r\n")
    child.send("stty size\r")
    child.expect(f"{ROWS} {COLUMNS}\r\n")
    child.setwinsize(33, 111)
    # The size is on its way when the signal has been handled; asking again sees it arrive.
    child.send("until [ \"$(stty size)\" = '33 111' ]; do :; done; echo re''sized\r")
    # What was typed has quotes in the word. The line before may end where it likes: the shell draws it again for each size.
    child.expect("resized\r\n")
    child.send(DETACH)
    child.expect(f"left job {job}")
    assert ended(child) == 0
    assert api.job(job)["status"] == "running"
    # Nothing was lost in between, and the shell still listens.
    again = terminal("attach", job)
    again.expect("resized")
    again.send("exit 7\r")
    assert ended(again) == 7
    assert api.job(job)["exitCode"] == 7


def test_attach_interrupts_with_ctrl_c(terminal, api):
    job = api.submit("trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 60 & wait; done")["id"]
    child = terminal("attach", job)
    child.expect("ready")
    child.send("\x03")
    child.expect("caught")
    assert ended(child) == 3


def test_attach_leaves_the_terminal_as_it_was(terminal, api):
    job = api.submit(r"printf '\033[?1049h\033[?1000hready'; exec sleep 1000")["id"]
    child = terminal("attach", job)
    before = termios.tcgetattr(child.child_fd)
    child.expect("ready")
    assert not termios.tcgetattr(child.child_fd)[3] & termios.ICANON
    child.send(DETACH)
    child.expect_exact("\x1b[?1000l\x1b[?1049l")
    child.expect("left job")
    assert termios.tcgetattr(child.child_fd) == before
    assert ended(child) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_attach_restores_the_terminal_when_it_is_killed(terminal, api, number):
    job = api.submit("echo ready; exec sleep 1000")["id"]
    child = terminal("attach", job)
    before = termios.tcgetattr(child.child_fd)
    child.expect("ready")
    child.kill(number)
    assert ended(child) == 128 + number
    # The other side of the terminal is closed by now; this one still knows its settings.
    with contextlib.suppress(termios.error, ValueError):
        assert termios.tcgetattr(child.child_fd) == before
    assert api.job(job)["status"] == "running"


def test_attach_other_keys_leave(terminal, api):
    job = api.submit("stty raw -echo; echo ready; head -c 2 | od -An -tx1; exec sleep 1000")["id"]
    child = terminal("attach", "--detach-keys", "ctrl-p,ctrl-q", job)
    child.expect("ready")
    child.send(DETACH + "\x10")
    child.send("x")
    child.expect("1c 10")
    child.send("\x10\x11")
    assert ended(child) == 0
    assert terminal("attach", "--detach-keys", "ctrl-", job).expect("[Dd]etach") == 0


def test_attach_only_watching(terminal, api):
    job = api.submit("read -r line; echo \"got $line\"; stty size; read -r line")["id"]
    watcher = terminal("attach", "--watch", job, rows=20, columns=70)
    person = terminal("attach", job)
    watcher.send("not this\r")
    person.send("this\r")
    for child in (person, watcher):
        child.expect("got this")
        child.expect(f"{ROWS} {COLUMNS}")
    watcher.send("\x03")
    assert ended(watcher) == 0
    person.send("\r")
    assert ended(person) == 0


def test_attach_to_a_full_screen_program_shows_its_screen(terminal, api, tmp_path):
    # An editor opened long ago on a terminal of the same size draws its screen again for who comes.
    (tmp_path / "text").write_text("first line\n")
    job = api.submit(
        argv=["vim", "-u", "NONE", "-i", "NONE", "-n", "text"], cwd=str(tmp_path), tty={"cols": COLUMNS, "rows": ROWS}
    )["id"]
    api.wait_for_output(job, b"first line")
    child = terminal("attach", job)
    child.expect("first line")
    child.send("Gosecond line é\x1b:wq\r")
    assert ended(child) == 0
    assert (tmp_path / "text").read_text() == "first line\nsecond line é\n"


def test_attach_pastes_much(terminal, api):
    text = "".join(f"{number:07d}\n" for number in range(50_000))
    job = api.submit(f"stty raw -echo; echo ready; head -c {len(text)} | sha256sum")["id"]
    child = terminal("attach", job)
    child.expect("ready")
    child.send(text)
    child.expect(hashlib.sha256(text.encode()).hexdigest())
    assert ended(child) == 0


def test_run_interactive(terminal, api):
    child = terminal("run", "-i", "--env", "TERM=dumb", "--env", "PS1=shell> ", "--", "bash", "--norc", "--noprofile", "-i")
    child.expect("shell> ")
    child.send("stty size; tty | cut -d/ -f3\r")
    child.expect(f"{ROWS} {COLUMNS}\r\npts\r\n")
    child.send("exit 5\r")
    assert ended(child) == 5
    assert api.jobs()[0]["tty"] == {"cols": COLUMNS, "rows": ROWS}


def test_run_interactive_of_a_program_that_ends_at_once(terminal):
    child = terminal("run", "-i", "echo hello; exit 4")
    child.expect("hello")
    assert ended(child) == 4


def test_attach_needs_a_terminal_on_both_sides(srun, terminal, api):
    job = api.submit("sleep 1000", tty=False)["id"]
    assert srun("attach", job).returncode == 64
    assert srun("run", "-i", "true").returncode == 64
    assert len(api.jobs()) == 1
    child = terminal("attach", job)
    child.expect("runs on pipes")
    assert ended(child) == 65
    assert ended(terminal("attach", "nope")) == 66


def test_attach_tells_that_the_server_goes(terminal, server, api):
    job = api.submit("trap '' TERM HUP; echo ready; while :; do sleep 1000; done")["id"]
    child = terminal("attach", job)
    child.expect("ready")
    server.kill()
    assert ended(child) == 76


def test_a_stopped_job_ends_what_is_attached(terminal, api):
    job = api.submit("echo ready; exec sleep 1000")["id"]
    child = terminal("attach", job)
    child.expect("ready")
    api.stop(job)
    child.expect("was stopped")
    assert ended(child) == 128 + signal.SIGTERM


def test_socket_input_and_size(api):
    """The protocol itself, as a program speaks it."""
    job = api.submit("stty -echo; echo ready; read -r line; echo \"<$line>\"; stty size")["id"]
    with api.socket(f"/api/jobs/{job}/logs", "srun.v1") as socket:
        messages, output = [], b""

        def receive_until(condition):
            nonlocal output
            while not condition():
                message = socket.recv(timeout=30)
                if isinstance(message, bytes):
                    output += message
                else:
                    messages.append(json.loads(message))

        receive_until(lambda: b"ready" in output)
        socket.send(json.dumps({"type": "resize", "cols": 91, "rows": 37}))
        socket.send(json.dumps({"type": "resize", "cols": 0, "rows": 0}))
        socket.send(json.dumps({"type": "input", "base64": base64.b64encode("né\n".encode()).decode()}))
        receive_until(lambda: messages[-1]["type"] == "end")
        assert "<né>\r\n37 91\r\n" in output.decode()
        kinds = [message.get("code", message["type"]) for message in messages]
        assert sorted(kinds) == ["bad_size", "end", "hello", "input", "resize"]
        assert {"type": "input", "bytes": 4} in messages


def test_what_was_typed_is_not_in_the_log(tmp_path):
    with Server(tmp_path, "--log-level", "trace") as server:
        job = server.api.submit("stty -echo; echo ready; read -r line; echo done")["id"]
        with server.api.events() as events, server.api.socket(f"/api/jobs/{job}/logs", "srun.v1") as socket:
            server.api.wait_for_output(job, b"ready")
            secret = base64.b64encode(b"hunter2-secret\n").decode()
            socket.send(json.dumps({"type": "input", "base64": secret}))
            wait_for_status(events, job, "completed")
        assert "hunter2" not in server.log and secret not in server.log
        assert not re.search(rb"hunter2", server.api.output(job))


def test_attach_to_a_server_that_asks_for_no_token(tmp_path, command_line):
    with Server(tmp_path, "--auth", "none", "--i-know-this-is-rce") as server:
        job = server.api.submit("read -r line; exit 9")["id"]
        srun = command_line(server)
        child = pexpect.spawn(binary(), ["attach", job], env=srun.env, timeout=30, encoding="utf-8")
        child.send("\r")
        assert ended(child) == 9
