"""The list of jobs: as long as it may be, filtered, and acted upon as a whole."""

import contextlib
import sqlite3
import time

import pytest
from playwright.sync_api import expect

from support.server import Server

pytestmark = pytest.mark.xdist_group("page-list")

MANY = 230


@pytest.fixture(scope="module")
def many_jobs(shared_server):
    """More jobs than the page fetches or draws at once."""
    api = shared_server.api
    jobs = [
        api.submit(f"echo job {number}", tags=["third"] if number % 3 == 0 else [])["id"]
        for number in range(MANY)
    ]
    for job in jobs:
        api.wait(job)
    return jobs


def test_long_list_draws_only_what_is_near(shared_page, many_jobs):
    page, list = shared_page, shared_page.page.locator(".job-scroll")
    expect(page.jobs.first).to_contain_text(f"echo job {MANY - 1}")
    assert page.jobs.count() < 60
    # To the end of all of it: the pages are fetched on the way.
    for _ in range(40):
        list.evaluate("list => list.scrollTo(0, list.scrollHeight)")
        if page.jobs.filter(has_text="echo job 0").count() > 0:
            break
        page.page.wait_for_timeout(50)
    expect(page.jobs.filter(has_text="echo job 0")).to_be_visible()
    assert page.jobs.count() < 60
    expect(page.button("Load more")).to_have_count(0)
    # With the keyboard from there to the top, opened by Enter.
    page.keys("g", "j", "j", "Enter")
    expect(page.page.get_by_role("heading", name=f"echo job {MANY - 3}")).to_be_visible()
    page.keys("k")
    expect(page.page.locator(":focus")).to_contain_text(f"echo job {MANY - 2}")
    page.keys("Escape")
    expect(page.page).to_have_url(page.url + "/")


def test_a_link_shows_its_job_in_the_list(many_jobs, visit, shared_server):
    page = visit(shared_server)
    page.sign_in()
    page.page.goto(f"{page.url}/jobs/{many_jobs[MANY - 60]}")
    row = page.jobs.filter(has_text=f"echo job {MANY - 60}")
    expect(row).to_be_in_viewport(ratio=0.9)
    # It is shown once: from then on the list is the reader's.
    newest, list = page.jobs.filter(has_text=f"echo job {MANY - 1}"), page.page.locator(".job-scroll")
    list.evaluate("list => list.scrollTo(0, 0)")
    expect(newest).to_be_in_viewport(ratio=0.9)
    height = list.evaluate("list => list.clientHeight")
    page.page.set_viewport_size({"width": 1200, "height": 600})
    page.page.wait_for_function("before => document.querySelector('.job-scroll').clientHeight < before", arg=height)
    # Drawn anew for its new size, in the frame after that.
    list.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert list.evaluate("list => list.scrollTop") == 0
    newest.get_by_role("link").click()
    expect(page.page.get_by_role("heading", name=f"echo job {MANY - 1}")).to_be_visible()
    expect(newest).to_be_in_viewport(ratio=0.9)
    page.check_clean()


def test_filter_stands_in_the_address(shared_page, many_jobs, visit, shared_server):
    page = shared_page
    page.keys("/")
    page.page.keyboard.type("tag:third job 22")
    # 222, 225 and 228; and 22 is no third.
    expect(page.jobs).to_have_count(3)
    expect(page.page).to_have_url(page.url + "/?q=job+22&tag=third")
    page.jobs.first.get_by_role("link").click()
    expect(page.status).to_have_text("Completed")
    address = page.page.url
    assert address.endswith("?q=job+22&tag=third")
    other = visit(shared_server)
    other.sign_in()
    other.page.goto(address)
    expect(other.jobs).to_have_count(3)
    other.button("Without filter Tag: third").click()
    expect(other.jobs).to_have_count(11)
    other.button("More filters").click()
    other.page.get_by_label("Status").select_option("Failed, timed out, lost")
    expect(other.page.get_by_text("No job matches.")).to_be_visible()
    other.keys("Escape")
    other.button("Show all jobs").click()
    expect(other.jobs.first).to_contain_text(f"echo job {MANY - 1}")
    other.check_clean()


def test_several_are_stopped_and_removed_at_once(page, server):
    running = [server.api.submit("sleep 1000")["id"] for _ in range(3)]
    server.api.submit("echo stays")
    expect(page.jobs).to_have_count(4)
    page.button("Choose several").click()
    boxes = page.page.get_by_role("checkbox", name="Choose sleep 1000")
    boxes.first.click()
    boxes.last.click(modifiers=["Shift"])
    expect(page.page.get_by_text("3 chosen")).to_be_visible()
    page.screenshot("bulk")
    page.button("Stop 3").click()
    page.confirm("Stop 3 jobs?", "Stop")
    expect(page.jobs.filter(has_text="Stopped")).to_have_count(3)
    for box in boxes.all():
        box.click()
    page.button("Remove 3").click()
    page.confirm("Remove 3 jobs?", "Remove")
    expect(page.jobs).to_have_count(1)
    page.keys("Escape")
    expect(page.page.get_by_label("Chosen jobs")).to_have_count(0)
    assert [job["command"] for job in server.api.jobs()] == ["echo stays"], running


def test_single_keys_can_be_turned_off(page):
    page.keys("?")
    page.page.get_by_label("Single-key shortcuts").uncheck()
    page.keys("Escape", "n")
    expect(page.page.get_by_role("dialog")).to_have_count(0)
    page.page.reload()
    page.keys("n")
    expect(page.page.get_by_role("dialog")).to_have_count(0)


def copy_job(database, job: str, count: int) -> None:
    """Copies of a job, one a second back into the past."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(jobs)")]
        changed = {
            "id": "printf('%s-%012x', substr(id, 1, 23), number)",
            "created_at": "created_at - number * 1000000",
            "command": "'echo copy ' || number",
            "status": "CASE WHEN number % 10 = 0 THEN 'failed' ELSE status END",
        }
        connection.execute(
            f"""WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?)
                INSERT INTO jobs ({", ".join(columns)})
                SELECT {", ".join(changed.get(name, name) for name in columns)} FROM jobs, numbers WHERE id = ?""",
            (count, job),
        )
        connection.execute("DELETE FROM search_pending")
        connection.commit()


@pytest.mark.soak
def test_a_million_jobs(tmp_path, visit):
    with Server(tmp_path) as server:
        job = server.api.submit("true")["id"]
        server.api.wait(job)
    copy_job(tmp_path / "state" / "srun.db", job, 1_000_000)
    with Server(tmp_path, "--keep-age", "0") as server:
        page = visit(server)
        page.sign_in()
        begun = time.monotonic()
        page.page.reload()
        expect(page.jobs.first).to_contain_text("true")
        opened = time.monotonic() - begun
        # Down as far as the page keeps: no more of it is drawn than before.
        list = page.page.locator(".job-scroll")
        begun = time.monotonic()
        while page.page.get_by_text("These are the newest").count() == 0:
            list.evaluate("list => list.scrollTo(0, list.scrollHeight)")
            page.page.wait_for_timeout(20)
            assert time.monotonic() - begun < 100
        scrolled = time.monotonic() - begun
        assert page.jobs.count() < 80
        heap = page.page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        begun = time.monotonic()
        page.keys("/")
        page.page.keyboard.type("copy 999999")
        expect(page.jobs).to_have_count(1)
        expect(page.jobs.first).to_contain_text("echo copy 999999")
        found = time.monotonic() - begun
        # It is as live as a short one.
        page.page.get_by_role("searchbox").fill("")
        expect(page.jobs.first).to_contain_text("true")
        server.api.submit("echo and one more")
        expect(page.jobs.first).to_contain_text("echo and one more")
        print(f"opened {opened:.1f} s, to the end {scrolled:.1f} s, {heap:.0f} MB of heap, oldest found {found:.1f} s")
        assert opened < 5 and found < 15 and heap < 200
        page.check_clean()
