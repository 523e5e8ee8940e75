"""A page of somebody else, open in the browser of somebody who is signed in, gets nothing: by form, fetch, WebSocket or rebinding."""

import contextlib
import http.server
import threading

import pytest

from support.server import Server

pytestmark = pytest.mark.xdist_group("hostile")

HOSTILE = """<!doctype html><title>hostile</title>
<form id="form" method="post" enctype="text/plain" target="frame"><input name='{"command":"touch pwned","x":"' value='"}'></form>
<iframe name="frame"></iframe>
<script>
window.attack = async (target) => {
  const got = {};
  const attempt = async (name, body) => {
    try { got[name] = await body(); } catch (error) { got[name] = "refused"; }
  };
  const job = JSON.stringify({command: "touch pwned"});
  await attempt("read", async () => (await fetch(target + "/api/jobs", {credentials: "include"})).text());
  await attempt("json", async () => (await fetch(target + "/api/jobs", {method: "POST", credentials: "include", body: job,
      headers: {"Content-Type": "application/json", "X-Srun-CSRF": "1"}})).text());
  await attempt("blind", async () => { await fetch(target + "/api/jobs", {method: "POST", mode: "no-cors",
      credentials: "include", body: job, headers: {"Content-Type": "text/plain"}}); return "sent"; });
  await attempt("script", () => new Promise((good, bad) => { const tag = document.createElement("script");
      tag.src = target + "/api/jobs"; tag.onload = () => good("loaded"); tag.onerror = bad; document.body.append(tag); }));
  await attempt("socket", () => new Promise((good, bad) => { const socket = new WebSocket(target.replace("http", "ws") + "/api/events");
      socket.onmessage = (event) => good(event.data); socket.onopen = () => good("open"); socket.onerror = bad; }));
  await attempt("frame", () => new Promise((good) => { const frame = document.createElement("iframe"); frame.src = target + "/";
      frame.onload = () => { let text; try { text = frame.contentDocument && frame.contentDocument.body.innerText; } catch { text = null; }
        good(text ? "read" : "nothing"); }; document.body.append(frame); }));
  const form = document.getElementById("form");
  form.action = target + "/api/jobs";
  form.submit();
  await new Promise((done) => setTimeout(done, 500));
  return got;
};
</script>"""


@pytest.fixture(scope="module")
def hostile():
    """Somebody else's server, on every name that leads to this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = HOSTILE.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()


@pytest.fixture(scope="module")
def world(tmp_path_factory, hostile, launch_browser):
    with Server(tmp_path_factory.mktemp("victim")) as server:
        # evil.test resolves to this machine: what a rebound name does after it has loaded its page from elsewhere.
        rules = ["--host-resolver-rules=MAP evil.test 127.0.0.1", "--disable-features=LocalNetworkAccessChecks"]
        browser = launch_browser(*rules)
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{server.url}/healthz")
        signed_in = page.evaluate(
            """(token) => fetch("/api/session", {method: "POST", body: JSON.stringify({token}),
            headers: {"Content-Type": "application/json"}}).then((answer) => answer.status)""",
            server.token,
        )
        assert signed_in == 200
        assert page.evaluate("fetch('/api/session').then((answer) => answer.status)") == 200
        yield server, context
        browser.close()


def attack(world, address: str, target: str) -> dict:
    server, context = world
    page = context.new_page()
    with contextlib.closing(page):
        page.goto(address)
        return page.evaluate("(target) => window.attack(target)", target)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "evil.test"])
def test_a_foreign_page_gets_nothing(world, hostile, name):
    """127.0.0.1 on another port is the same site to a browser: the cookie is sent, and it must not help."""
    server, _ = world
    got = attack(world, f"http://{name}:{hostile}/", server.url)
    assert got["frame"] in ("nothing", "refused")
    assert {key: value for key, value in got.items() if key not in ("frame", "blind")} == {
        "read": "refused", "json": "refused", "script": "refused", "socket": "refused"
    }  # fmt: skip
    # It may send what it cannot read the answer of; nothing has come of it.
    assert server.api.jobs() == []


def test_a_rebound_name_gets_nothing(world):
    """The page of evil.test, whose name now leads to srun itself: to the browser it asks its own server."""
    server, context = world
    port = server.url.rsplit(":", 1)[1]
    page = context.new_page()
    with contextlib.closing(page):
        answer = page.goto(f"http://evil.test:{port}/")
        assert answer.status == 421
        for path in ("/api/jobs", "/api/session", "/healthz", "/"):
            status = page.evaluate("(path) => fetch(path, {credentials: 'include'}).then((answer) => answer.status)", path)
            assert status == 421
        opened = page.evaluate(
            """() => new Promise((done) => { const socket = new WebSocket(`ws://${location.host}/api/events`);
            socket.onopen = () => done(true); socket.onerror = () => done(false); })"""
        )
        assert not opened
    assert server.api.jobs() == []
