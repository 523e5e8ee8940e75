"""The page of one node of a team: it sees and controls what all of them do."""

import contextlib
import os
import signal

import pytest
from playwright.sync_api import expect

from support.postgres import Database
from support.server import Server, worker

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture
def team(tmp_path):
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(Database())
        nodes = []
        for name in ("n1", "n2"):
            (tmp_path / name).mkdir()
            flags = ("--store", "postgres", "--node", name, "--lease", "3", "--lost-after", "300", "--stop-grace", "1")
            nodes.append(
                stack.enter_context(Server(tmp_path / name, *flags, env={"SRUN_DATABASE_URL": database.url}))
            )
        yield nodes


def test_a_team_in_one_page(visit, team):
    one, two = team
    page = visit(one)
    page.sign_in()
    # A job for another node, from this one.
    page.button("Run a command").first.click()
    dialog = page.page.get_by_role("dialog", name="Run a command")
    dialog.get_by_label("Command").fill("read word; echo got $word; sleep 1000")
    dialog.get_by_text("Place, order and retries", exact=True).click()
    dialog.get_by_label("Runs where").select_option(label="n2")
    dialog.get_by_role("button", name="Run", exact=True).click()
    # It waits until the other node takes it.
    expect(page.status).to_have_text("Running", timeout=30_000)
    expect(page.page.locator(".job-facts")).to_contain_text("Noden2")
    page.keys("i")
    expect(page.page.get_by_text("Keys go to the job.")).to_be_visible()
    page.page.keyboard.type("hello")
    page.keys("Enter")
    page.wait_for_line("got hello")
    page.keys("Control+]")
    job = page.page.url

    # Drained and taken back by the page.
    page.page.get_by_role("link", name="Nodes").click()
    cards = page.page.get_by_role("list", name="Nodes").locator(".card")
    expect(cards).to_have_count(2)
    first, second = (cards.filter(has=page.page.get_by_role("heading", name=name)) for name in ("n1", "n2"))
    expect(first).to_contain_text("this one")
    expect(second).to_contain_text("1")
    second.get_by_role("button", name="Drain").click()
    expect(second).to_contain_text("Draining")
    page.screenshot("nodes")
    assert page.accessibility_violations() == []
    second.get_by_role("button", name="Take jobs again").click()
    expect(second).to_contain_text("Up")

    # One that falls silent, and comes back.
    silent = worker(two)
    os.kill(silent, signal.SIGSTOP)
    try:
        expect(second).to_contain_text("Lost contact", timeout=30_000)
        page.screenshot("node-silent")
        page.page.goto(job)
        expect(page.status).to_have_text("Lost contact")
        expect(page.page.get_by_text("has lost contact. What is shown is the last")).to_be_visible()
    finally:
        os.kill(silent, signal.SIGCONT)
    expect(page.status).to_have_text("Running", timeout=30_000)
    page.button("Stop").click()
    page.confirm("Stop this job?", "Stop")
    expect(page.status).to_have_text("Stopped", timeout=20_000)
    page.check_clean()
