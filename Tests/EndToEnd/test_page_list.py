"""The list of jobs: as long as it may be, filtered, and acted upon as a whole."""

import pytest
from playwright.sync_api import expect

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
