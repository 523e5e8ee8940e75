"""What a job prints cannot steer the browser of whoever watches it (C31-C34): it writes no clipboard and no title, is answered
nothing that somebody has not typed, and links nowhere but to the web. Nor is anything typed that nobody knows of."""

import pytest
from playwright.sync_api import expect

from support.proxy import Wire

pytestmark = pytest.mark.xdist_group("page-terminal")

# Waits for a key, attacks, and then tells everything that was typed until `q`.
ATTACKER = r"""
import os, sys, termios, tty
tty.setraw(0)
def say(data): os.write(1, data)
say(b"ready\r\n")
while os.read(0, 1) != b"g": pass
ESC = b"\x1b"
for attack in [
    b"]52;c;aGFja2Vk\x07", b"]52;p;aGFja2Vk\x1b\\", b"]52;c;?\x07", b"]50;?\x07",
    b"]0;hacked\x07", b"]1;hacked\x07", b"]2;hacked\x1b\\", b"[22;0t", b"[21t", b"[20t",
    b"[c", b"[0c", b"[>c", b"[=c", b"Z", b"[5n", b"[6n", b"[?6n", b"[?15n", b"[?26n", b"[x",
    b"[>q", b"[?1$p", b"[4$p", b"[14t", b"[16t", b"[18t", b"[19t",
    b"P$qm\x1b\\", b"P$qr\x1b\\", b"P$q\"p\x1b\\", b"P+q544e\x1b\\",
    b"]4;1;?\x07", b"]10;?\x07", b"]11;?\x1b\\", b"]12;?\x07",
]:
    say(ESC + attack)
say(b"\x05\x9c")
say(ESC + b"]0;" + b"A" * 1000000 + b"\x07")
say(ESC + b"[2J" + ESC + b"[H")
say(ESC + b"]8;;javascript:window.hacked=1" + ESC + b"\\script-link" + ESC + b"]8;;" + ESC + b"\\\r\n")
say(ESC + b"]8;;data:text/html,<script>opener.hacked=1</script>" + ESC + b"\\data-link" + ESC + b"]8;;" + ESC + b"\\\r\n")
say(ESC + b"]8;;https://real.test/path" + ESC + b"\\https://shown.test" + ESC + b"]8;;" + ESC + b"\\\r\n")
say(b"<img src=x onerror=window.hacked=1>\r\n")
say(b"attacked\r\n")
got = b""
while not got.endswith(b"q"):
    got += os.read(0, 1)
say(b"typed " + got.hex().encode() + b"\r\n")
while True: os.read(0, 1)
"""


def click(page, text: str) -> None:
    """Where the terminal shows this. It hears of the mouse above its rows, and knows a link once the mouse is there."""
    x, y = page.page.evaluate(
        """text => {
            const row = [...document.querySelectorAll(".xterm-rows > div")].find(row => row.textContent.startsWith(text));
            const place = row.getBoundingClientRect();
            return [place.left, place.top + place.height / 2];
        }""",
        text,
    )
    page.page.mouse.move(x + 10, y)
    page.page.mouse.move(x + 20, y)
    page.page.mouse.click(x + 20, y)


def test_output_cannot_steer_the_browser(visit, shared_server, tmp_path):
    script = tmp_path / "attacker.py"
    script.write_text(ATTACKER)
    job = shared_server.api.submit(f"exec python3 {script}", name="attacker")["id"]
    page = visit(shared_server, permissions=["clipboard-read", "clipboard-write"])
    page.sign_in()
    page.open(f"/jobs/{job}")
    page.wait_for_line("ready")
    page.page.evaluate("navigator.clipboard.writeText('mine')")
    title = page.page.title()
    page.keys("i")
    expect(page.page.get_by_text("Keys go to the job.")).to_be_visible()
    page.keys("g")
    page.wait_for_line("attacked")
    # Whatever the terminal had answered by itself would stand before the letter that a person types now.
    page.keys("q")
    page.wait_for_line("typed 71")
    page.keys("Control+]")
    assert page.page.evaluate("navigator.clipboard.readText()") == "mine"
    assert page.page.title() == title and "hacked" not in title
    dialog = page.page.get_by_role("dialog", name="Open this link?")
    for text in ("script-link", "data-link"):
        click(page, text)
    # The one that does lead somewhere says where, and it is not where it seems to. That it is the only question also tells that
    # the clicks before it did nothing.
    click(page, "https://shown.test")
    expect(dialog).to_have_count(1)
    expect(dialog.get_by_text("https://real.test/path")).to_be_visible()
    link = dialog.get_by_role("link", name="Open in a new tab")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == ("https://real.test/path", "noopener noreferrer")
    dialog.get_by_role("button", name="Cancel").click()
    assert page.page.evaluate("window.hacked") is None and len(page.page.context.pages) == 1
    page.check_clean()


def test_raw_output_runs_nothing_when_it_is_opened(visit, shared_server):
    """A browser that is led to it keeps it as a file, and goes on to show the page it was at."""
    text = "<!doctype html><title>shown</title><script>document.title = 'hacked'</script><h1>text</h1>"
    job = shared_server.api.submit(f'printf %s "{text}"', tty=False)["id"]
    shared_server.api.wait(job)
    page = visit(shared_server)
    page.sign_in()
    address = f"{shared_server.url}/api/jobs/{job}/logs"
    answer = page.page.request.get(address)
    assert answer.body() == text.encode()
    assert answer.headers["content-type"].split(";")[0] in ("text/plain", "application/octet-stream")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "attachment" in answer.headers["content-disposition"]
    with page.page.expect_download() as download:
        page.page.evaluate("address => { location.href = address; }", address)
    assert open(download.value.path(), "rb").read() == text.encode()
    assert page.page.title() != "hacked" and page.page.url.startswith(shared_server.url + "/")


def test_keys_without_a_connection_are_not_sent_later(visit, shared_server):
    with Wire(shared_server.url) as wire:
        page = visit(shared_server, wire.url)
        page.sign_in()
        page.run("echo ready; while read line; do echo got $line; done")
        page.wait_for_line("ready")
        page.keys("i")
        expect(page.page.get_by_text("Keys go to the job.")).to_be_visible()
        page.page.keyboard.type("one")
        page.keys("Enter")
        page.wait_for_line("got one")
        assert page.accessibility_violations() == []
        wire.cut()
        expect(page.page.get_by_text("The connection is lost: keys are not sent.")).to_be_visible()
        page.page.keyboard.type("rm two")
        page.keys("Enter")
        # Said aloud, and on the screen.
        expect(page.page.get_by_role("alert").get_by_text("Not sent, because the connection is lost.")).to_be_visible()
        assert page.accessibility_violations() == []
        page.screenshot("typing-disconnected")
        wire.mend()
        expect(page.page.get_by_text("What was typed meanwhile was not sent.")).to_be_visible(timeout=40_000)
        page.screenshot("typing-reconnected")
        page.page.keyboard.type("three")
        page.keys("Enter")
        page.wait_for_line("got three")
        expect(page.page.get_by_text("Keys go to the job.")).to_be_visible()
        assert [line for line in page.lines() if line.startswith("got")] == ["got one", "got three"]
        assert b"rm two" not in shared_server.api.output(page.job)
        # Full screen hides the bar that tells of the connection.
        page.keys("Control+]", "f")
        wire.cut()
        expect(page.page.get_by_label("Output", exact=True).get_by_text("Connection lost.")).to_be_visible()
        wire.mend()
        expect(page.page.get_by_text("Connection lost.", exact=True)).to_have_count(0, timeout=40_000)
        # When the network goes nothing is sent into a connection that only seems to be there.
        page.page.evaluate("dispatchEvent(new Event('offline'))")
        expect(page.page.get_by_text("Connection lost.", exact=True).first).to_be_visible()
        page.page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.page.get_by_text("Connection lost.", exact=True)).to_have_count(0)


def test_a_program_on_the_whole_screen_is_not_called_incomplete(visit, shared_server, tmp_path):
    text = tmp_path / "text"
    text.write_text("\n".join(f"line {number}" for number in range(1, 3000)) + "\n")
    # More than what is shown whole, then an editor.
    job = shared_server.api.submit(f"seq 1 900000; vim -u NONE -N +2000 {text}; echo over")["id"]
    with shared_server.api.follow(job) as output:
        seen = b""
        while b"line 2000" not in seen:
            part = output.read1(1 << 20)
            assert part
            seen = seen[-100:] + part
    page = visit(shared_server)
    page.sign_in()
    page.open(f"/jobs/{job}")
    page.wait_for_line("line 2000")
    note = page.page.get_by_text("are not shown here")
    expect(note).to_have_count(0)
    # There is nothing further up, whoever looks.
    page.page.locator(".terminal-host").hover()
    page.page.mouse.wheel(0, -2000)
    page.keys("PageUp")
    page.screenshot("full-screen-program")
    page.keys("i")
    expect(page.page.get_by_text("Keys go to the job.")).to_be_visible()
    # And while keys go to the job, the wheel does too: some thirty lines up, where the first in view was line 1981.
    page.page.mouse.wheel(0, -450)
    page.wait_for_line("line 1980")
    page.page.keyboard.type(":q!")
    page.keys("Enter")
    page.wait_for_line("over")
    # What was printed before it is not there, and that is said again.
    expect(note).to_be_visible()
    page.check_clean()
