"""The page, as a person uses it: everything is found by its role and its name."""

import re
import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from .server import REPOSITORY

SCREENSHOTS = REPOSITORY / ".build" / "screenshots"

# What the page must never do is gathered before its first script runs.
WATCH_POLICY = """
window.policyViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.policyViolations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""


class SrunPage:
    def __init__(self, page: Page, url: str, link: str):
        self.page = page
        self.url = url
        self.link = link
        self.errors: list[str] = []
        page.add_init_script(WATCH_POLICY)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)

    def sign_in(self) -> None:
        self.page.goto(self.link)
        expect(self.button("Run a command").first).to_be_visible()
        assert "#" not in self.page.url, "the code of the link must leave the address"

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    @property
    def jobs(self) -> Locator:
        return self.page.get_by_role("list", name="Jobs, newest first").get_by_role("listitem")

    @property
    def status(self) -> Locator:
        return self.page.locator(".job-bar .status")

    @property
    def rows(self) -> Locator:
        return self.page.locator(".xterm-rows > div")

    def run(self, command: str) -> None:
        """Starts a job by the dialog, and returns once its own page is shown."""
        before = self.page.url
        self.button("Run a command").first.click()
        dialog = self.page.get_by_role("dialog", name="Run a command")
        dialog.get_by_label("Command").fill(command)
        dialog.get_by_role("button", name="Run", exact=True).click()
        expect(dialog).to_have_count(0)
        expect(self.page).not_to_have_url(before)
        expect(self.status).to_be_visible()

    @property
    def job(self) -> str:
        return re.sub(r"[?#].*", "", self.page.url).rstrip("/").rsplit("/", 1)[1]

    def confirm(self, title: str, action: str) -> None:
        dialog = self.page.get_by_role("dialog", name=title)
        dialog.get_by_role("button", name=action, exact=True).click()
        expect(dialog).to_have_count(0)

    def open(self, path: str) -> None:
        """Goes to another address of the page, as a link from outside would."""
        self.page.goto(self.url + path)
        expect(self.page.locator(".workspace")).to_be_visible()

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def menu(self, button: str, item: str) -> None:
        self.button(button).click()
        self.page.get_by_role("button", name=item).or_(self.page.get_by_role("link", name=item)).first.click()

    def wait_for_line(self, text: str, limit: float = 20) -> float:
        """Waits until a line of the terminal is exactly this, and tells when that was."""
        self.page.wait_for_function(
            """text => [...document.querySelectorAll(".xterm-rows > div")]
                .some(row => row.textContent.replaceAll("\\u00a0", " ").trimEnd() === text)""",
            arg=text,
            timeout=limit * 1000,
        )
        return time.monotonic()

    def lines(self) -> list[str]:
        """The visible lines, without the empty ones at the end."""
        lines = [line.replace("\u00a0", " ").rstrip() for line in self.rows.all_inner_texts()]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def accessibility_violations(self) -> list[str]:
        report = Axe().run(self.page).response
        return [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in report["violations"]
            for node in violation["nodes"]
        ]

    def check_clean(self) -> None:
        """Nothing went wrong in the browser, and the page never tried what its policy forbids."""
        assert not self.errors, self.errors
        assert not (violations := self.policy_violations()), violations

    def policy_violations(self) -> list[str]:
        return self.page.evaluate("window.policyViolations")

    def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
