"""Full-screen programs are there at once for whoever opens them: painted as a terminal that saw everything would show them. And they
have the terminal that they would have without srun."""

import base64
import json
import os
import re

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


class Terminal(pyte.Screen):
    """One that can be drawn on and given back, which pyte's cannot; it also keeps what was asked of it."""

    def __init__(self):
        self.modes: list[tuple[int, bool]] = []
        self.below = None
        super().__init__(COLUMNS, ROWS)

    def set_mode(self, *modes, private=False, **_):
        super().set_mode(*modes, private=private)
        self._note(modes, private, True)

    def reset_mode(self, *modes, private=False, **_):
        super().reset_mode(*modes, private=private)
        self._note(modes, private, False)

    def _note(self, modes, private, is_on: bool) -> None:
        if not private:
            return
        self.modes += [(mode, is_on) for mode in modes]
        if 1049 not in modes:
            return
        if is_on:
            self.below = {number: dict(row) for number, row in self.buffer.items()}, self.cursor.y, self.cursor.x
            self.erase_in_display(2)
        elif self.below:
            self.erase_in_display(2)
            rows, y, x = self.below
            for number, row in rows.items():
                self.buffer[number].update(row)
            self.cursor_position(y + 1, x + 1)


def seen(output: bytes) -> Terminal:
    screen = Terminal()
    pyte.ByteStream(screen).feed(output)
    return screen


class Plain:
    """A program on a terminal without srun."""

    def __init__(self, argv: list[str]):
        environment = {**os.environ, **TERMINAL["env"]}
        self.child = pexpect.spawn(argv[0], argv[1:], env=environment, dimensions=(ROWS, COLUMNS), timeout=30)
        self.output = b""

    def wait_for(self, condition) -> Terminal:
        while not condition(screen := seen(self.output)):
            self.output += self.child.read_nonblocking(65536, timeout=30)
        return screen

    def type(self, keys: bytes) -> None:
        self.child.send(keys)

    def finish(self) -> bytes:
        self.output += self.child.read()
        self.child.close()
        assert self.child.exitstatus == 0
        return self.output


class OfSrun:
    """The same program as a job."""

    def __init__(self, api, argv: list[str]):
        self.api = api
        self.job = api.submit(argv=argv, **TERMINAL)["id"]

    def wait_for(self, condition) -> Terminal:
        output = b""
        with self.api.follow(self.job) as stream:
            while not condition(screen := seen(output)):
                part = stream.read1(65536)
                assert part, f"the program ended: {output[-500:]!r}"
                output += part
        return screen

    def type(self, keys: bytes) -> None:
        type_into(self.api, self.job, keys)

    def finish(self) -> bytes:
        job, output = self.api.wait(self.job)
        assert job["status"] == "completed", job
        return output


def words(row: str) -> list[str]:
    """Without figures and bars, which change from one look to the next; names, columns and processes do not."""
    return re.findall(r"[A-Za-z_%+()/:-]+", re.sub(r"\|+|\d[\d.,:]*[KMGT]?", " ", row))


def monitor(script: str) -> list[str]:
    """On a machine of its own, as far as processes go, where always the same ones run. htop keeps what it was told at its end."""
    folder = "HOME=$(mktemp -d); export HOME; mkdir -p $HOME/.config/htop"
    script = f"{folder}; stty -a; sleep 1001 & sleep 1002 & echo before; {script}; echo after $?; stty -a; rm -r $HOME"
    namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [*namespace, "env", "LC_ALL=C.UTF-8", "sh", "-c", script]


def compare_terminals(terminals: list, header: str, is_drawn, meanwhile=lambda terminal, picture: None) -> tuple[list, Terminal]:
    """All that does not change with the load must be the same; returns the modes that were asked for, and the last screen."""
    found = []
    for terminal in terminals:
        picture = terminal.wait_for(lambda screen: is_drawn("\n".join(row.rstrip() for row in screen.display)))
        row = next(number for number, text in enumerate(picture.display) if header in text)
        look = [[words(text) for text in picture.display], row, [cell[1:] for cell in cells(picture)[row]]]
        meanwhile(terminal, picture)
        terminal.type(b"q")
        output = terminal.finish()
        settings = re.findall(rb"speed \d.*?-extproc", output, re.DOTALL)
        assert len(settings) == 2 and settings[0] == settings[1], "the terminal was left as it was found"
        found.append((look, settings, seen(output).modes))
        assert "after 0" in "".join(seen(output).display)
    assert found[0] == found[1]
    return found[0][2], seen(output)


def test_top_has_the_terminal_it_would_have_without_srun(api):
    """It draws over what was printed before."""
    argv = monitor("top -d 1000 -o -PID")
    terminals = [OfSrun(api, argv), Plain(argv)]
    modes, _ = compare_terminals(
        terminals, "COMMAND", lambda text: len(re.findall("sleep$", text, re.M)) == 2 and re.search(" top$", text, re.M)
    )
    assert (1, True) in modes and modes.index((1, True)) < modes.index((1, False)) and 1049 not in dict(modes)


def test_htop_has_the_terminal_it_would_have_without_srun(api):
    """It has the whole screen, the keys of the cursor and the mouse, and gives all of them back."""

    def one_down(terminal, picture: Terminal) -> None:
        def marked(screen: Terminal) -> list[int]:
            return [number for number, row in enumerate(cells(screen)) if row[40][2] != "default" and number < ROWS - 1]

        header, first = marked(picture)
        terminal.type(b"\x1bOB")
        terminal.wait_for(lambda screen: marked(screen) == [header, first + 1])
        if isinstance(terminal, OfSrun):
            check_screen(api, terminal.job)

    argv = monitor("htop -d 1000 -s PID")
    terminals = [OfSrun(api, argv), Plain(argv)]
    modes, screen = compare_terminals(
        terminals, "Command", lambda text: len(re.findall("sleep 100[12]$", text, re.M)) == 2 and "F10Quit" in text, one_down
    )
    modes = [mode for mode in modes if mode[0] in (1, 1000, 1049)]
    assert sorted(modes) == [(1, False), (1, True), (1000, False), (1000, True), (1049, False), (1049, True)]
    assert modes[0] == (1049, True)
    assert "before\nafter 0\n" in "\n".join(row.rstrip() for row in screen.display)
