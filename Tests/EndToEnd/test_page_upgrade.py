"""The server is replaced while its page is open: what is shown goes on, byte for byte, and the page becomes that of the new server."""

import json
import pathlib

from playwright.sync_api import expect

from support.server import Server

# Until it is told to stop; a line every 10 ms.
PRINT = r"""i=0; while [ ! -e enough ]; do i=$((i+1)); printf '\033[3%dmline %d of many\033[0m\n' $((i % 7 + 1)) $i; sleep 0.01; done; echo over"""


def put_another_build(installed: pathlib.Path, version: str) -> str:
    """The same program, except that it says another version, and that its page is another file."""
    program = installed.read_bytes()
    other = "".join(reversed(version))
    assert other != version
    replaced = program.replace(version.encode(), other.encode()).replace(b'content="noindex"', b'content="NOINDEX"')
    assert replaced.count(b'content="NOINDEX"') == 1
    new = installed.with_name("srun.new")
    new.write_bytes(replaced)
    new.chmod(0o755)
    new.rename(installed)
    return other


class Received:
    """What came over one connection to the output of a job."""

    def __init__(self, socket):
        self.start = None
        self.bytes = bytearray()
        socket.on("framereceived", self._frame)

    def _frame(self, frame) -> None:
        if isinstance(frame, bytes):
            self.bytes += frame
        elif (message := json.loads(frame))["type"] == "hello":
            self.start = message["from"]


def test_the_server_is_upgraded_under_an_open_page(tmp_path, installed, command_line, visit):
    with Server(tmp_path) as server:
        version = server.api.value("GET", "/api/version")
        job = server.api.submit(PRINT, name="talker")["id"]
        page = visit(server)
        page.sign_in()
        received: list[Received] = []
        page.page.on("websocket", lambda socket: received.append(Received(socket)) if "/logs" in socket.url else None)
        page.open(f"/jobs/{job}?status=running")
        page.page.wait_for_function("() => /line [0-9]{3,} of/.test(document.querySelector('.xterm-rows')?.textContent)")
        # Something is looked for, and the end is followed.
        page.keys("/")
        page.page.get_by_role("searchbox", name="Find").fill("line 1[0-9] of")
        page.button("Regular expression").click()
        expect(page.page.locator(".find-count")).to_contain_text("of 10")
        page.button("Jump to bottom").click()
        page.page.evaluate("window.isOld = true")

        other = put_another_build(installed, version["version"])
        result = command_line(server)("upgrade")
        assert result.returncode == 0, result.stderr
        page.page.wait_for_function("() => window.isOld === undefined", timeout=40_000)

        # The page of the new server, at the same place.
        assert page.page.locator("meta[name=robots]").get_attribute("content") == "NOINDEX"
        assert server.api.value("GET", "/api/version")["version"] == other
        assert page.job == job and page.page.url.endswith("?status=running")
        expect(page.page.get_by_role("searchbox", name="Find")).to_have_value("line 1[0-9] of")
        expect(page.button("Regular expression")).to_have_attribute("aria-pressed", "true")
        expect(page.page.locator(".find-count")).to_contain_text("of 10")
        expect(page.status).to_have_text("Running")
        expect(page.page.get_by_text("srun was upgraded.")).to_have_count(0)

        (server.folder / "enough").touch()
        page.wait_for_line("over")
        expect(page.status).to_have_text("Completed")
        stored = server.api.output(job)
        # Whatever was received, by the old page and by the new one, are the bytes of those offsets and no others.
        received = [one for one in received if one.start is not None or one.bytes]
        for one in received:
            assert stored[one.start :][: len(one.bytes)] == bytes(one.bytes)
        assert received[0].start == 0 and received[-1].start + len(received[-1].bytes) == len(stored)
        # And the old one went on where its connection had broken.
        for before, after in zip(received, received[1:]):
            assert after.start in (0, before.start + len(before.bytes))
        numbers = [line.split()[1] for line in stored.decode().splitlines() if "of many" in line]
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
        # The browser itself reports connections that broke; nothing else went wrong.
        assert [error for error in page.errors if "ERR_" not in error and "WebSocket" not in error] == []
        assert page.policy_violations() == []
