"""What is done to a job from its page, and what the page tells of it: against the real server, by roles and names."""

import re

import pytest
from playwright.sync_api import expect

from support.server import Server

pytestmark = pytest.mark.xdist_group("page-control")

DEAF = "trap '' TERM; echo begun; while :; do sleep 0.1; done"


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """Longer than any test waits, so that a job which is deaf ends by `Kill now` or not at all; and little room for output."""
    with Server(tmp_path_factory.mktemp("server"), "--stop-grace", "600", "--output-quota", "200kB") as server:
        yield server


def dialog_with(page, command: str, *parts: str):
    page.button("Run a command").first.click()
    dialog = page.page.get_by_role("dialog", name="Run a command")
    dialog.get_by_label("Command").fill(command)
    for part in parts:
        dialog.get_by_text(part, exact=True).click()
    return dialog


def start(page, dialog) -> None:
    dialog.get_by_role("button", name="Run", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(page.status).to_be_visible()


def show_all_facts(page) -> None:
    page.page.get_by_role("button", name="More", exact=True).click()


def test_a_job_is_paused_goes_on_and_gets_a_signal(shared_page, shared_server):
    page = shared_page
    page.run("trap 'echo heard' HUP; echo begun; while :; do sleep 0.1; done")
    page.wait_for_line("begun")
    page.menu("More actions", "Pause")
    expect(page.status).to_have_text("Paused")
    assert shared_server.api.job(page.job)["paused"] is True
    expect(page.jobs.first).to_contain_text("Paused")
    page.menu("More actions", "Go on")
    expect(page.status).to_have_text("Running")
    page.button("More actions").click()
    page.page.get_by_role("region", name="Send a signal").get_by_role("button", name="HUP").click()
    page.wait_for_line("heard")
    # One that is held is stopped like any other.
    page.menu("More actions", "Pause")
    expect(page.status).to_have_text("Paused")
    page.button("Stop").click()
    page.confirm("Stop this job?", "Stop")
    expect(page.status).to_have_text("Stopped")


def test_a_deaf_job_is_killed_before_its_time_is_over(shared_page, shared_server):
    page = shared_page
    page.run(DEAF)
    page.wait_for_line("begun")
    page.button("Stop").click()
    page.confirm("Stop this job?", "Stop")
    expect(page.status).to_have_text("Stopping")
    expect(page.page.get_by_text("killed when its time to end is over")).to_be_visible()
    page.screenshot("stopping")
    page.button("Kill now").click()
    page.confirm("Kill this job now?", "Kill")
    expect(page.status).to_have_text("Stopped")
    job = shared_server.api.job(page.job)
    assert (job["status"], job["signal"], job["stoppedBy"]) == ("stopped", 9, "admin")


def test_what_a_job_uses_is_drawn_and_stays(shared_page):
    page = shared_page
    page.run("yes > /dev/null & echo begun; while sleep 0.2; do echo and on it goes; done")
    page.wait_for_line("begun")
    show_all_facts(page)
    plots = page.page.get_by_role("region", name="Resources over time")
    # The share depends on how crowded the machine is; that it is not nothing does not.
    expect(plots.get_by_role("img", name=re.compile(r"CPU over .*, at most [1-9]"))).to_be_visible()
    expect(plots.get_by_role("img", name=re.compile(r"Memory over .*: now [1-9].* [kM]B"))).to_be_visible()
    expect(plots.get_by_role("img", name=re.compile(r"Output over .*, at most [1-9].* B.s"))).to_be_visible()
    page.screenshot("usage")
    page.keys("s")
    page.confirm("Stop this job?", "Stop")
    expect(page.status).to_have_text("Stopped")
    page.page.reload()
    show_all_facts(page)
    expect(plots.get_by_role("img", name=re.compile("CPU over"))).to_be_visible()


def test_tries_follow_one_another(shared_page, shared_server):
    page = shared_page
    dialog = dialog_with(page, "echo tried; exit 3", "Place, order and retries")
    dialog.get_by_label("Retries").fill("2")
    dialog.get_by_label("Pause between tries").fill("1s")
    start(page, dialog)
    expect(page.status).to_have_text("Failed")
    first = shared_server.api.job(page.job)
    assert (first["retries"]["count"], first["retries"]["delaySeconds"]) == (2, 1)
    show_all_facts(page)
    # Those that come later come into sight by themselves.
    runs = page.page.get_by_role("region", name="Runs").get_by_role("listitem")
    expect(runs).to_have_count(3)
    expect(runs.last).to_contain_text("retry")
    page.screenshot("retries")
    runs.last.get_by_role("link").click()
    expect(page.page.locator(".job-facts")).to_contain_text("Retry of")
    assert shared_server.api.job(page.job)["attempt"] == 3


def test_limits_hold_and_are_shown(shared_page, shared_server):
    page = shared_page
    dialog = dialog_with(page, "ulimit -n", "Limits")
    dialog.get_by_label("Open files").fill("64")
    dialog.get_by_label("CPU time").fill("10m")
    dialog.get_by_label("File size").fill("1GB")
    start(page, dialog)
    page.wait_for_line("64")
    limits = shared_server.api.job(page.job)["limits"]
    assert (limits["openFiles"], limits["cpuSeconds"], limits["fileBytes"]) == (64, 600, 1_000_000_000)
    show_all_facts(page)
    for text in ("Open files limit64", "CPU time limit10 min", "File size limit1.0 GB"):
        expect(page.page.locator(".job-more-facts")).to_contain_text(text)


def test_a_secret_is_used_and_never_shown(shared_page, shared_server):
    page = shared_page
    dialog = dialog_with(page, "echo got $TOKEN", "Options")
    dialog.get_by_role("button", name="Add a secret").click()
    dialog.get_by_label("Name of secret 1").fill("TOKEN")
    dialog.get_by_label("Value of secret 1").fill("correct-horse")
    start(page, dialog)
    page.wait_for_line("got " + "*" * len("correct-horse"))
    show_all_facts(page)
    expect(page.page.locator(".job-more-facts")).to_contain_text("TOKEN")
    assert "correct-horse" not in page.page.content()
    assert shared_server.api.job(page.job)["secretEnv"] == ["TOKEN"]
    # Run again, the value has to be typed again: an empty one is no secret that anybody meant.
    page.button("Run again with changes").click()
    dialog = page.page.get_by_role("dialog", name="Run a command")
    expect(dialog.get_by_label("Name of secret 1")).to_have_value("TOKEN")
    expect(dialog.get_by_label("Value of secret 1")).to_have_value("")


def test_a_hit_in_all_jobs_opens_at_its_line(shared_page, shared_server):
    page = shared_page
    job = shared_server.api.submit("seq 1 6000; echo here is the needle; seq 1 6000", tty=False)["id"]
    shared_server.api.wait(job)
    page.keys("a")
    page.page.get_by_role("searchbox", name=re.compile("Search commands")).fill("is the NEEDLE")
    hit = page.page.locator(".results .hit")
    expect(hit).to_have_count(1)
    expect(hit).to_contain_text("6001")
    hit.click()
    expect(page.page).to_have_url(re.compile(rf"/jobs/{job}#at=\d+$"))
    page.wait_for_line("here is the needle")
    expect(page.page.locator(".xterm-selection div")).not_to_have_count(0)


def test_what_was_not_kept_is_told_and_read_around(shared_page, shared_server):
    page = shared_page
    job = shared_server.api.submit("seq 1 400000", tty=False)["id"]
    shared_server.api.wait(job)
    dropped = shared_server.api.job(job)["outputDropped"]
    assert dropped > 2_000_000
    page.open(f"/jobs/{job}")
    page.wait_for_line("400000")
    expect(page.page.get_by_text("were dropped, because")).to_be_visible()
    page.screenshot("dropped")
    page.keys("/")
    page.page.keyboard.type("were not kept")
    page.wait_for_line(f"[srun: {dropped:,} bytes of the output were not kept]")
    page.keys("Escape")
    # A place on either side of the gap, as links name it: in the middle of the first half, and of the last.
    output = b"".join(b"%d\n" % number for number in range(1, 400001))
    for number in (9000, 395000):
        offset = output.index(b"\n%d\n" % number) + 1
        page.open("/")
        page.open(f"/jobs/{job}#at={offset}")
        page.wait_for_line(str(number))
        expect(page.page.locator(".xterm-selection div")).not_to_have_count(0)


def test_a_full_screen_program_is_seen_as_it_is_now(shared_page, shared_server):
    page = shared_page
    screen = r"printf '\033[?1049h\033[2J\033[3;5Hpicture\033[5;1H'"
    job = shared_server.api.submit(f"seq 1 20000; {screen}; sleep 1000")["id"]
    shared_server.api.wait_for_output(job, b"picture")
    page.open(f"/jobs/{job}")
    page.wait_for_line("    picture")
    # Nothing of what was printed before is beside it.
    assert [line for line in page.lines() if line] == ["    picture"]


def test_a_person_changes_their_password(visit, shared_server):
    shared_server.api.value(
        "POST", "/api/users", {"name": "kim", "role": "operator", "password": "the first password"}, status=201
    )
    admin = visit(shared_server)
    admin.sign_in()
    admin.button("Menu").click()
    # The server's own administrator has none.
    expect(admin.page.get_by_role("button", name="Change your password")).to_have_count(0)
    page = visit(shared_server)
    sign_in(page, "kim", "the first password")
    page.menu("Menu", "Change your password")
    dialog = page.page.get_by_role("dialog", name="Change your password")
    dialog.get_by_label("Present password").fill("the first password")
    dialog.get_by_label("New password").fill("the second password")
    dialog.get_by_role("button", name="Change", exact=True).click()
    # Passwords are hashed slowly on purpose, and most of all by debug builds.
    expect(dialog).to_have_count(0, timeout=20_000)
    again = visit(shared_server)
    sign_in(again, "kim", "the second password")
    again.check_clean()


def sign_in(page, name: str, password: str) -> None:
    page.page.goto(page.url)
    other, field = page.button("Use a name and a password"), page.page.get_by_label("Name")
    expect(other.or_(field)).to_be_visible()
    if other.count() > 0:
        other.click()
    page.page.get_by_label("Name").fill(name)
    page.page.get_by_label("Password").fill(password)
    page.button("Sign in").click()
    expect(page.button("Run a command").first).to_be_visible(timeout=20_000)
    page.errors.clear()  # The browser's own report that nobody was signed in.
