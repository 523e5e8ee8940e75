"""Starting jobs from the page."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("page-run")


def dialog_of(page):
    page.button("Run a command").first.click()
    dialog = page.page.get_by_role("dialog", name="Run a command")
    expect(dialog).to_be_visible()
    return dialog


def test_script_for_another_interpreter_with_every_option(shared_page, shared_server, tmp_path):
    page = shared_page
    dialog = dialog_of(page)
    script = "#!/usr/bin/env python3\nimport os, sys\nprint('from', os.getcwd(), os.environ['COLOUR'], sys.stdin.isatty())"
    dialog.get_by_label("Command").fill(script)
    dialog.get_by_text("Options", exact=True).click()
    dialog.get_by_label("Name", exact=True).fill("script")
    dialog.get_by_label("Tags").fill("one, two")
    dialog.get_by_label("Working folder").fill(str(tmp_path))
    dialog.get_by_label("Time limit").fill("2m")
    dialog.get_by_label("Environment", exact=True).fill("COLOUR=red")
    page.screenshot("run-options")
    page.keys("Control+Enter")
    page.wait_for_line(f"from {tmp_path} red True")
    job = shared_server.api.job(page.job)
    assert (job["name"], job["tags"], job["cwd"], job["timeout"], job["env"]) == (
        "script", ["one", "two"], str(tmp_path), 120, {"COLOUR": "red"},
    )  # fmt: skip
    # Edited and run again, it is what was typed, not what was made of it.
    page.button("Run again with changes").click()
    dialog = page.page.get_by_role("dialog", name="Run a command")
    expect(dialog.get_by_label("Command")).to_have_value(script + "\n")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("script")
    dialog.get_by_label("Command").fill("#!/bin/cat\nshown as it is")
    page.keys("Control+Enter")
    page.wait_for_line("shown as it is")


def test_refusals_stand_beside_their_fields(shared_page):
    page = shared_page
    dialog = dialog_of(page)
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog.get_by_label("Command")).to_be_focused()
    expect(dialog.locator(".field-error")).to_have_text("Type the command to run.")
    dialog.get_by_label("Command").fill("true")
    dialog.get_by_text("Options", exact=True).click()
    dialog.get_by_label("Working folder").fill("/no/such/folder")
    dialog.get_by_role("button", name="Run", exact=True).click()
    # This one only the server knows.
    folder = dialog.get_by_label("Working folder")
    expect(folder).to_have_attribute("aria-invalid", "true")
    assert folder.evaluate("field => document.getElementById(field.getAttribute('aria-describedby')).className") == "field-error"
    # The browser itself reports the refusal.
    assert all("400" in error for error in page.errors), page.errors
    page.errors.clear()


def test_history_and_copying(shared_page, shared_server):
    page = shared_page
    for word in ("apple", "pear", "apple"):
        shared_server.api.wait(shared_server.api.submit(f"echo {word} pie", name="cake")["id"])
    dialog = dialog_of(page)
    dialog.get_by_role("button", name="History").click()
    dialog.get_by_label("Search commands run before").fill("pie")
    expect(dialog.locator(".history-list li")).to_have_count(2)
    dialog.get_by_role("button", name=re.compile("echo pear pie")).click()
    expect(dialog.get_by_label("Command")).to_have_value("echo pear pie")
    dialog.get_by_role("button", name="Copy as srun or curl").click()
    copied = page.page.get_by_role("dialog", name="Copy as a command")
    assert copied.locator("pre").first.inner_text() == "srun run --name cake --tty 'echo pear pie'"
    curl = copied.locator("pre").last.inner_text()
    assert json.loads(re.search(r"--json '(.*)'$", curl).group(1))["command"] == "echo pear pie"
    page.keys("Escape")
    page.keys("Escape")
    # What was typed is there again.
    expect(dialog_of(page).get_by_label("Command")).to_have_value("echo pear pie")


def test_running_again_asks_for_secrets_anew(shared_page, shared_server):
    page = shared_page
    job = shared_server.api.submit("echo got $TOKEN", secretEnv={"TOKEN": "swordfish"})
    shared_server.api.wait(job["id"])
    page.open(f"/jobs/{job['id']}")
    page.wait_for_line("got *********")
    page.button("Run again with changes").click()
    dialog = page.page.get_by_role("dialog", name="Run a command")
    value = dialog.get_by_label("Value of secret 1")
    expect(dialog.get_by_label("Name of secret 1")).to_have_value("TOKEN")
    expect(dialog.get_by_text("Type the value of this secret again")).to_be_visible()
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog.locator(".field-error")).to_have_text("The value of TOKEN is missing.")
    expect(value).to_be_focused()
    page.screenshot("secret-again")
    value.fill("abracadabra")
    dialog.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_line("got ***********")
