"""Reading a job's output: found in, linked to, read back, timed, typed into, and never too much of it at once."""

import hashlib
import re

import pytest
from playwright.sync_api import expect

from support.proxy import Wire

pytestmark = pytest.mark.xdist_group("page-output")

LINES = 1_500_000
# What the browser itself was sent and handed to the page, counted and kept as a checksum would need it.
COUNT_OUTPUT = """
window.received = [];
const Native = window.WebSocket;
window.WebSocket = class extends Native {
    constructor(...parts) {
        super(...parts);
        if (!String(parts[0]).includes("/logs")) return;
        this.addEventListener("message", ({ data }) => typeof data !== "string" && window.received.push(new Uint8Array(data)));
    }
};
"""


@pytest.fixture(scope="module")
def long_job(shared_server):
    """14 MB of numbered lines with an error near the end, on pipes: a terminal would be slow in a debug build."""
    job = shared_server.api.submit(f"seq 1 {LINES}; echo ERROR: broken; seq 1 5", name="long", tty=False)["id"]
    shared_server.api.wait(job)
    return job


def first_line(page) -> int:
    return int(page.rows.first.inner_text())


def test_long_output_opens_on_its_tail_and_is_read_back(shared_page, long_job):
    page = shared_page
    page.open(f"/jobs/{long_job}")
    page.wait_for_line("ERROR: broken")
    expect(page.page.get_by_text(re.compile("The first .* are not shown here"))).to_be_visible()
    page.screenshot("long-output")
    page.keys("E")
    expect(page.page.locator(".xterm-selection div")).not_to_have_count(0)
    # Upwards, as far as the terminal remembers and then beyond, without a line missing.
    page.keys("g")
    # What is drawn follows what is asked for by a frame.
    page.page.wait_for_function(f"() => Number(document.querySelector('.xterm-rows > div').textContent) < {LINES - 5000}")
    top = first_line(page)
    assert 1_000_000 < top < LINES
    page.page.locator(".terminal-host").hover()
    page.page.mouse.wheel(0, -100)
    expect(page.page.get_by_text(re.compile(r"^[\d.]+ MB to .* of"))).to_be_visible()
    assert first_line(page) == top
    page.page.mouse.wheel(0, -300)
    page.page.wait_for_function(
        "top => Number(document.querySelector('.xterm-rows > div').textContent) < top", arg=top
    )
    numbers = [int(line) for line in page.lines()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    page.button("Back to the end").click()
    page.wait_for_line("ERROR: broken")


def test_finding_goes_beyond_what_is_loaded_and_a_line_can_be_linked(shared_page, long_job, visit, shared_server):
    page = shared_page
    page.open(f"/jobs/{long_job}")
    page.wait_for_line("ERROR: broken")
    page.keys("/")
    page.page.keyboard.type("error")
    expect(page.page.locator(".find-count")).to_have_text("1 of 1")
    page.page.get_by_role("searchbox", name="Find in the output").fill("777777")
    expect(page.page.locator(".find-count")).to_have_text("No hit")
    page.button("All of the output").click()
    hit = page.page.locator(".find-hits .hit")
    expect(hit).to_have_text("777777777777", timeout=60_000)
    hit.click()
    page.wait_for_line("777777")
    page.screenshot("find")
    page.menu("View", "Copy link to this line")
    expect(page.page).to_have_url(re.compile(r"#at=\d+$"))
    offset = int(page.page.url.rsplit("=", 1)[1])
    assert shared_server.api.output(long_job)[offset : offset + 7] == b"777777\n"
    other = visit(shared_server)
    other.sign_in()
    other.page.goto(page.page.url)
    other.wait_for_line("777777")
    expect(other.page.locator(".xterm-selection div")).not_to_have_count(0)
    other.check_clean()


def test_times_wrapping_and_downloads(shared_page, shared_server):
    page = shared_page
    page.run("echo first; echo " + "long " * 40)
    expect(page.status).to_have_text("Completed")
    page.wait_for_line("first")
    assert len(page.lines()) == 3
    page.keys("w")
    expect(page.rows.filter(has_text=re.compile(r"^(long\s){39}long"))).to_have_count(1)
    page.keys("w", "t")
    expect(page.rows.filter(has_text=re.compile(r"^\d\d:\d\d:\d\d\.\d{3} first"))).to_have_count(1)
    page.screenshot("times")
    page.keys("t")
    page.wait_for_line("first")
    for label, ending, start in [("As it was printed", ".log", b"first\r\n"), ("As plain text", ".txt", b"first\n")]:
        page.button("Download the output").click()
        with page.page.expect_download() as download:
            page.page.get_by_role("link", name=label).click()
        assert download.value.suggested_filename.endswith(ending)
        assert open(download.value.path(), "rb").read().startswith(start)


def test_typing_and_resizing(shared_page):
    page = shared_page
    page.run("read -p 'name? ' name; echo hello $name; read x; stty size; sleep 1000")
    page.wait_for_line("name?")
    page.keys("i")
    expect(page.page.get_by_text("Keys go to the job.")).to_be_visible()
    # Keys that are shortcuts elsewhere are letters here.
    page.page.keyboard.type("jane n s")
    page.keys("Enter")
    page.wait_for_line("hello jane n s")
    page.screenshot("typing")
    page.keys("Control+]")
    expect(page.page.get_by_text("Keys go to the job.")).to_have_count(0)
    page.menu("View", "Fit the terminal to this pane")
    page.keys("i", "Enter")
    page.page.wait_for_function(
        "() => [...document.querySelectorAll('.xterm-rows > div')].some(row => /^\\d+ \\d+$/.test(row.textContent.trim()))"
    )
    rows, cols = next(line for line in page.lines() if re.fullmatch(r"\d+ \d+", line)).split()
    assert (rows, cols) != ("40", "120") and int(cols) > 100
    page.keys("Control+]", "s")
    page.confirm("Stop this job?", "Stop")
    expect(page.status).to_have_text("Stopped")


def test_what_the_page_gets_over_a_bad_line_is_what_is_stored(visit, shared_server):
    with Wire(shared_server.url) as wire:
        page = visit(shared_server, wire.url)
        page.page.add_init_script(COUNT_OUTPUT)
        page.sign_in()
        page.run("for i in $(seq 1 60); do seq $i 900; sleep 0.05; done")
        page.wait_for_line("900")
        for _ in range(2):
            wire.cut()
            expect(page.page.get_by_text("Connection lost.").first).to_be_visible()
            wire.mend()
            page.button("Retry now").click()
            expect(page.page.get_by_text("Connection lost.", exact=True)).to_have_count(0, timeout=20_000)
        shared_server.api.wait(page.job)
        stored = shared_server.api.output(page.job)
        page.page.wait_for_function(
            "total => window.received.reduce((sum, part) => sum + part.length, 0) >= total", arg=len(stored)
        )
        received = page.page.evaluate(
            """async () => {
                const bytes = await new Blob(window.received).arrayBuffer();
                const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
                return [bytes.byteLength, [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")];
            }"""
        )
        assert received == [len(stored), hashlib.sha256(stored).hexdigest()]


FRAMES = """() => {
    window.longest = 0;
    let last = performance.now();
    const frame = (now) => { window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
}"""


def flood(page, seconds: float) -> None:
    """A job prints as fast as it can, and the page stays a page: keys work, frames are drawn, memory is bounded."""
    page.run("yes 'a line that is printed as fast as can be'")
    page.page.evaluate(FRAMES)
    page.page.wait_for_timeout(seconds * 1000)
    latency = page.page.evaluate(
        """async () => {
            const started = performance.now();
            document.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
            while (document.querySelector("dialog[open]") === null) await new Promise(requestAnimationFrame);
            return performance.now() - started;
        }"""
    )
    page.keys("Escape")
    heap = page.page.evaluate("performance.memory.usedJSHeapSize")
    longest = page.page.evaluate("window.longest")
    page.keys("s")
    page.confirm("Stop this job?", "Stop")
    expect(page.status).to_have_text("Stopped")
    print(f"flood of {seconds} s: input after {latency:.0f} ms, longest frame {longest:.0f} ms, heap {heap / 1e6:.0f} MB")
    assert latency < 1000
    assert heap < 300e6


def test_full_speed_leaves_the_page_responsive(shared_page):
    flood(shared_page, 3)


@pytest.mark.soak
def test_a_minute_of_full_speed(page):
    flood(page, 60)


@pytest.mark.soak
def test_200_megabytes_open_on_their_tail(page, server):
    job = server.api.submit("seq 1 23000000; echo end", tty=False)["id"]
    server.api.wait(job)
    assert server.api.job(job)["outputBytes"] > 190_000_000
    page.open(f"/jobs/{job}")
    opened = page.page.evaluate("performance.now()")
    page.wait_for_line("end")
    seconds = (page.page.evaluate("performance.now()") - opened) / 1000
    heap = page.page.evaluate("performance.memory.usedJSHeapSize")
    print(f"200 MB: the tail is there after {seconds:.1f} s, heap {heap / 1e6:.0f} MB")
    assert heap < 200e6
