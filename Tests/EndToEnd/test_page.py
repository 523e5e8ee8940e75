"""The page in a real browser, against a real server."""

import pytest
from playwright.sync_api import expect

from support.page import SrunPage
from support.proxy import PrefixProxy, Wire
from support.server import Server

COLOURS = r"""for i in 1 2 3; do printf "\033[3${i}mline $i\033[0m\n"; sleep 1; done"""


def test_first_job(page):
    """A newcomer's first minute: colours arrive one by one."""
    page.screenshot("empty")
    page.run(COLOURS)
    for number in (1, 2, 3):
        page.wait_for_line(f"line {number}")
        if number == 1:
            # The others take their second each, and are not waited for.
            assert "line 3" not in page.lines()
        assert page.page.locator(f".xterm-rows .xterm-fg-{number}", has_text=f"line {number}").count() == 1
    expect(page.status).to_have_text("Completed")
    expect(page.jobs).to_have_count(1)
    expect(page.jobs.first).to_contain_text("Completed")
    page.screenshot("first-job")


def test_stop_and_restart(page, server):
    page.run("echo begun; sleep 1000")
    page.wait_for_line("begun")
    first = page.job
    page.button("Stop").click()
    page.screenshot("stop-dialog")
    page.confirm("Stop this job?", "Stop")
    expect(page.status).to_have_text("Stopped")
    assert server.api.job(first)["status"] == "stopped"
    page.button("Restart").click()
    expect(page.status).to_have_text("Running")
    assert page.job != first
    page.wait_for_line("begun")
    assert server.api.job(page.job)["restartOf"] == first
    expect(page.jobs).to_have_count(2)


def test_remove(page, server):
    page.run("echo gone soon")
    expect(page.status).to_have_text("Completed")
    page.button("Remove the job").click()
    page.confirm("Remove this job?", "Remove")
    expect(page.jobs).to_have_count(0)
    assert server.api.jobs() == []


def test_reload_in_mid_job_loses_nothing(page, server):
    page.run("for i in $(seq 1 30); do echo number $i; sleep 0.1; done")
    page.wait_for_line("number 5")
    page.page.reload()
    page.wait_for_line("number 30")
    assert page.lines() == [f"number {number}" for number in range(1, 31)]
    expect(page.status).to_have_text("Completed")
    assert server.api.output(page.job).decode().split() == " ".join(page.lines()).split()


def test_lost_connection_goes_on_where_it_was(open_page, server):
    with Wire(server.url) as wire:
        page = open_page(wire.url)
        page.sign_in()
        page.run("for i in $(seq 1 30); do echo number $i; sleep 0.1; done")
        page.wait_for_line("number 3")
        wire.cut()
        expect(page.page.get_by_text("Connection lost.").first).to_be_visible()
        page.screenshot("disconnected")
        # What was there stays to be read.
        assert "number 3" in page.lines()
        server.api.wait(page.job)
        wire.mend()
        # By itself: nobody has to press "Retry now".
        page.wait_for_line("number 30", limit=40)
        assert page.lines() == [f"number {number}" for number in range(1, 31)]
        expect(page.status).to_have_text("Completed")
        expect(page.page.get_by_text("Connection lost.", exact=True)).to_have_count(0)
        # The browser itself reports the failed connections; nothing else went wrong.
        assert [error for error in page.errors if "ERR_" not in error and "WebSocket" not in error] == []


def test_an_upgraded_server_gets_its_own_page_and_nobody_loses_their_place(open_page, server):
    job = server.api.submit("seq 1 2000", tty=False)["id"]
    server.api.wait(job)
    for number in range(30):
        server.api.wait(server.api.submit(f"true {number}")["id"])
    with Wire(server.url) as wire:
        page = open_page(wire.url)
        page.sign_in()
        page.page.goto(f"{wire.url}/jobs/{job}")
        page.wait_for_line("2000")
        # Reading in the middle of the output, far down in the list, with a command half typed.
        page.keys("g")
        page.wait_for_line("1")
        page.page.locator(".terminal-host").hover()
        page.page.mouse.wheel(0, 1500)
        page.page.wait_for_function("() => Number(document.querySelector('.xterm-rows > div').textContent) > 50")
        page.page.locator(".job-scroll").evaluate("list => list.scrollTop = 600")
        page.button("Run a command").first.click()
        dialog = page.page.get_by_role("dialog", name="Run a command")
        dialog.get_by_label("Command").fill("make dist")
        page.keys("Escape")
        expect(dialog).to_have_count(0)
        page.page.evaluate("window.isOld = true")
        # The same server again, but another build of it.
        page.page.route(
            "**/api/version", lambda route: route.fulfill(json={"version": "9.9", "commit": "new", "date": "now"})
        )
        wire.cut()
        expect(page.page.get_by_text("Connection lost.").first).to_be_visible()
        first = page.lines()[0]
        assert 50 < int(first) < 1900
        wire.mend()
        page.page.wait_for_function("() => window.isOld === undefined", timeout=40_000)
        page.wait_for_line(first)
        assert page.lines()[0] == first
        assert page.job == job
        assert page.page.locator(".job-scroll").evaluate("list => list.scrollTop") == 600
        page.keys("n")
        expect(dialog.get_by_label("Command")).to_have_value("make dist")
        # Once is enough.
        expect(page.page.get_by_text("srun was upgraded.")).to_have_count(0)
        page.keys("Escape")
        # And another one, while times stand before the lines and something is looked for in them.
        page.keys("t")
        expect(page.page.get_by_text(", with times")).to_be_visible()
        page.keys("/")
        page.page.get_by_role("searchbox", name="Find").fill(" 1999")
        expect(page.page.locator(".find-count")).to_have_text("1 of 1")
        page.page.evaluate("window.isOld = true")
        page.page.unroute("**/api/version")
        page.page.route("**/api/version", lambda route: route.fulfill(json={"version": "10", "commit": "new", "date": "now"}))
        wire.cut()
        expect(page.page.get_by_text("Connection lost.").first).to_be_visible()
        wire.mend()
        page.page.wait_for_function("() => window.isOld === undefined", timeout=40_000)
        expect(page.page.get_by_text(", with times")).to_be_visible()
        expect(page.page.get_by_role("searchbox", name="Find")).to_have_value(" 1999")
        expect(page.page.locator(".find-count")).to_have_text("1 of 1")


def test_below_a_prefix(browser, tmp_path):
    """Behind a reverse proxy that serves srun as one of several things."""
    with Server(tmp_path, "--trusted-proxies", "127.0.0.1") as server, PrefixProxy(server.url, "/tools/srun") as proxy:
        context = browser.new_context()
        link = server.api.value("POST", "/api/session/link")["url"]
        page = SrunPage(context.new_page(), proxy.url, link.replace(server.url + "/", f"{proxy.url}/tools/srun/"))
        page.sign_in()
        page.run("echo below; sleep 1; echo the prefix")
        page.wait_for_line("below")
        page.page.reload()
        page.wait_for_line("the prefix")
        expect(page.status).to_have_text("Completed")
        assert page.page.url.startswith(f"{proxy.url}/tools/srun/")
        assert (page.errors, page.policy_violations()) == ([], [])
        context.close()


def test_everybody_sees_every_change(open_page):
    one, other = open_page(), open_page()
    one.sign_in()
    other.sign_in()
    one.run("echo hi; sleep 1000")
    expect(other.jobs).to_have_count(1)
    other.jobs.first.get_by_role("link").click()
    other.wait_for_line("hi")
    other.button("Stop").click()
    other.confirm("Stop this job?", "Stop")
    expect(one.status).to_have_text("Stopped")


def test_comes_back_the_next_day(open_page, server):
    page = open_page()
    page.sign_in()
    page.run(COLOURS)
    expect(page.status).to_have_text("Completed")
    job = page.job
    again = open_page()
    again.sign_in()
    again.jobs.first.get_by_role("link").click()
    again.wait_for_line("line 3")
    assert again.job == job
    assert again.page.locator(".xterm-rows .xterm-fg-2").inner_text().startswith("line")


def test_signing_in(open_page, server):
    page = open_page()
    page.page.goto(page.url)
    expect(page.page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.screenshot("sign-in")
    assert page.accessibility_violations() == []
    page.button("Use a name and a password").click()
    page.button("Use a link or a token").click()
    assert page.accessibility_violations() == []
    page.page.get_by_label("Or paste the token").fill("srun_wrong")
    page.button("Sign in").click()
    expect(page.page.get_by_role("alert")).to_be_visible()
    page.page.get_by_label("Or paste the token").fill(server.token)
    page.button("Sign in").click()
    expect(page.button("Run a command").first).to_be_visible()
    (cookie,) = page.page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("srun_session", True, "Strict")
    assert page.page.evaluate("document.cookie") == ""


def test_link_works_once(open_page):
    page = open_page()
    page.sign_in()
    thief = open_page()
    thief.link = page.link
    thief.page.goto(thief.link)
    expect(thief.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_command_that_is_refused_says_so_beside_the_field(page):
    page.button("Run a command").first.click()
    dialog = page.page.get_by_role("dialog", name="Run a command")
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog.locator(".field-error")).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_looks_and_accessibility(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.sign_in()
    assert page.accessibility_violations() == []
    page.run(r"""printf 'plain \033[31mred \033[32mgreen \033[1;34mbold blue\033[0m\n'; ls --color=always -l /""")
    expect(page.status).to_have_text("Completed")
    page.run("exit 3")
    expect(page.status).to_have_text("Failed")
    page.jobs.nth(1).get_by_role("link").click()
    expect(page.status).to_have_text("Completed")
    page.page.locator(".xterm-rows .xterm-fg-2").first.wait_for()
    assert page.accessibility_violations() == []
    page.screenshot(f"job-{scheme}")
    page.button("Run a command").first.click()
    assert page.accessibility_violations() == []
    page.screenshot(f"run-dialog-{scheme}")
    assert page.policy_violations() == []
    assert page.errors == []


def test_narrow_screen(open_page):
    page = open_page(is_mobile=True)
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.goto(page.link)
    page.button("Run").first.click()
    dialog = page.page.get_by_role("dialog", name="Run a command")
    dialog.get_by_label("Command").fill("echo on a telephone")
    dialog.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_line("on a telephone")
    page.screenshot("narrow-job")
    assert page.accessibility_violations() == []
    page.page.get_by_role("link", name="Back to the list").click()
    expect(page.jobs).to_have_count(1)
    page.screenshot("narrow-list")


# Programs that draw


def test_top(page):
    page.run("top -d 0.5")
    page.page.wait_for_function(
        """() => /^top - .* load average/.test(document.querySelector(".xterm-rows")?.textContent ?? "")"""
    )
    lines = page.lines()
    assert lines[0].startswith("top - ")
    assert any(line.lstrip().startswith("PID") for line in lines)
    page.screenshot("top")


def test_vim(page, tmp_path):
    text = tmp_path / "poem.txt"
    text.write_text("".join(f"verse {number}\n" for number in range(1, 21)))
    page.run(f"vim -u NONE -N -n -c 'set number' -c 'syntax on' {text}")
    page.wait_for_line("  1 verse 1")
    lines = page.lines()
    assert lines[:20] == [f"{number:3} verse {number}" for number in range(1, 21)]
    assert lines[20] == "~"
    assert "poem.txt" in lines[-1]
    page.screenshot("vim")


def test_progress_bar(page, tmp_path):
    data = tmp_path / "data"
    data.write_bytes(bytes(3_000_000))
    page.run(f"curl -# --limit-rate 2M -o /dev/null file://{data}; echo done")
    page.wait_for_line("done")
    bars = [line for line in page.lines() if "%" in line]
    assert len(bars) == 1 and bars[0].endswith("100.0%"), page.lines()
    page.screenshot("progress-bar")
