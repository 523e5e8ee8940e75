"""What a job prints cannot steer the browser of whoever watches it (C31-C34): it writes no clipboard and no title, is answered
nothing that somebody has not typed, and links nowhere but to the web."""

import pytest
from playwright.sync_api import expect

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
