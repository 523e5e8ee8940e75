"""Replaying a job, and searching all of them."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("page-run")

TALE = "for word in once upon a; do echo $word; sleep 0.2; done; sleep 3; printf '\\033[32mtime\\033[0m\\n'"


def shown(page) -> list[str]:
    return [line for line in page.lines() if line]


def test_replay(shared_page, shared_server, visit):
    page = shared_page
    job = shared_server.api.submit(TALE, name="tale")["id"]
    shared_server.api.wait(job)
    page.open(f"/jobs/{job}")
    page.wait_for_line("time")
    page.keys("p")
    # It begins at once, and the pause of three seconds is shortened to one.
    page.wait_for_line("once")
    page.wait_for_line("time", limit=3)
    expect(page.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keys(",")
    page.page.wait_for_function("() => !document.querySelector('.xterm-rows').textContent.includes('time')")
    assert shown(page) == ["once", "upon", "a"]
    page.keys(",")
    page.page.wait_for_function("() => document.querySelectorAll('.xterm-rows > div')[2].textContent.trim() === ''")
    assert shown(page) == ["once", "upon"]
    expect(page.page).to_have_url(re.compile(r"#replay=\d"))
    page.screenshot("replay")
    assert page.accessibility_violations() == []
    # Somebody else is shown the same moment, standing still.
    other = visit(shared_server)
    other.sign_in()
    other.page.goto(page.page.url)
    other.wait_for_line("upon")
    assert shown(other) == ["once", "upon"]
    expect(other.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    other.page.get_by_label("Find in time").fill("TIME")
    other.keys("Enter")
    other.wait_for_line("time")
    other.button("Leave the replay").click()
    expect(other.button("Find in the output")).to_be_visible()
    other.check_clean()
