"""The browser of the page's tests: one for all tests of a worker, and a fresh profile for each person in a test."""

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from .page import SrunPage


# A debug build takes its seconds for a password, and more on a crowded machine; what is there sooner is not waited for.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def launch_browser():
    """Starts a browser with flags of its own. What drives browsers can run but once in a process."""
    executable = os.environ.get("SRUN_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    # The browser's own sandbox does not work for root, which is what containers run as.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(executable_path=executable, args=[*sandbox, *flags])


@pytest.fixture(scope="session")
def browser(launch_browser):
    browser = launch_browser()
    yield browser
    browser.close()


@pytest.fixture
def visit(browser):
    """Opens the page of a server signed out; more than one is several people."""
    contexts = []

    def open(server, url: str | None = None, size: tuple[int, int] = (1280, 800), **options) -> SrunPage:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        link = server.api.value("POST", "/api/session/link")["url"]
        return SrunPage(context.new_page(), url or server.url, link.replace(server.url, url or server.url))

    yield open
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(visit, server):
    return lambda url=None, **options: visit(server, url, **options)


@pytest.fixture
def page(open_page):
    """Somebody signed in at a server of this test's own, who must see no error."""
    page = open_page()
    page.sign_in()
    yield page
    page.check_clean()


@pytest.fixture
def shared_page(visit, shared_server):
    """The same at the server that the tests of this file share."""
    page = visit(shared_server)
    page.sign_in()
    yield page
    page.check_clean()
