"""Signing in by OpenID Connect, against a small issuer."""

import http.client
import http.cookies
import json
import time
import urllib.parse

import pytest
from playwright.sync_api import expect

from support.api import API
from support.issuer import Issuer
from support.page import SrunPage
from support.proxy import PrefixProxy
from support.server import Server
from support.team import Node

pytestmark = pytest.mark.xdist_group("oidc")

BEGIN = "/api/session/oidc"


class Browser:
    """As much of one as this needs: cookies, and redirects one at a time."""

    def __init__(self):
        self.cookies: dict[str, str] = {}

    def get(self, url: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        fields = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **(headers or {})}
        connection.request("GET", f"{parts.path}?{parts.query}", headers=fields)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        for field in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(field).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return answer

    def begin(self, url: str, issuer: Issuer) -> str:
        """Goes to the issuer, which lets everybody in, and returns where it leads back to."""
        first = self.get(url + BEGIN)
        assert first.status == 302
        there = urllib.parse.urlsplit(first.headers["Location"])
        assert f"{there.scheme}://{there.netloc}{there.path}" == f"{issuer.url}/authorize"
        return issuer.back(dict(urllib.parse.parse_qsl(there.query)))

    def sign_in(self, url: str, issuer: Issuer) -> str:
        """All the way; returns where it ends."""
        return self.finish(self.begin(url, issuer))

    def finish(self, callback: str) -> str:
        answer = self.get(callback)
        assert answer.status == 302 and "srun_oidc" not in self.cookies
        return answer.headers["Location"]

    def user(self, url: str) -> str | None:
        answer = self.get(url + "/api/session")
        assert answer.status in (200, 401)
        return json.loads(answer.body)["user"] if answer.status == 200 else None


def refused(word: str) -> str:
    return f"/#refused={word}"


@pytest.fixture(scope="module")
def made_issuer(tmp_path_factory):
    with Issuer(tmp_path_factory.mktemp("issuer")) as issuer:
        yield issuer


@pytest.fixture
def issuer(made_issuer):
    made_issuer.reset()
    return made_issuer


@pytest.fixture(scope="module")
def flags(made_issuer):
    secret = made_issuer.folder / "secret"
    secret.write_text(Issuer.SECRET + "\n")
    secret.chmod(0o600)
    return (
        "--oidc-issuer", made_issuer.url, "--oidc-client-id", Issuer.CLIENT, "--oidc-client-secret-file", str(secret),
        "--trusted-proxies", "127.0.0.1",
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory, flags):
    """Lets in whom an administrator has linked, and nobody else."""
    with Server(tmp_path_factory.mktemp("oidc"), *flags) as server:
        yield server


@pytest.fixture(scope="module")
def open_server(tmp_path_factory, flags):
    """Lets newcomers in, as operators."""
    with Server(tmp_path_factory.mktemp("oidc"), *flags, "--new-user-role", "operator", "--oidc-name", "Example ID") as server:
        yield server


def at(number: int) -> dict[str, str]:
    """Comes from an address of its own: failures count by address."""
    return {"X-Forwarded-For": f"192.0.2.{number}"}


def last_sign_in(server: Server) -> dict:
    return server.api.value("GET", "/api/audit?action=session.create&limit=1")[0]


def test_lets_in_whom_an_administrator_has_linked(server, issuer, command_line):
    srun = command_line(server)
    assert server.api.value("GET", "/api/session/providers") == [{"id": "oidc", "name": "127.0.0.1", "url": BEGIN}]
    browser = Browser()
    assert browser.sign_in(server.url, issuer) == refused("unknown_user")
    assert browser.user(server.url) is None
    entry = last_sign_in(server)
    assert (entry["user"], entry["result"], entry["detail"]) == (None, "unknown_user", "oidc, subject ann-1, ann")
    # What the audit says is what links them, under whatever name.
    assert srun("user", "add", "annie", "--role", "operator", "--subject", "ann-1").returncode == 0
    assert browser.sign_in(server.url, issuer) == "/"
    assert browser.user(server.url) == "annie" and issuer.problems == []
    entry = last_sign_in(server)
    assert (entry["user"], entry["result"], entry["detail"]) == ("annie", "ok", "oidc, subject ann-1, ann")
    (user,) = server.api.value("GET", "/api/users")
    assert user["identity"] == {"issuer": issuer.url, "subject": "ann-1", "name": "127.0.0.1"} and user["lastSignInAt"] is not None
    # Nobody else can be given it, and nobody gets in by the name.
    assert srun("user", "add", "bob", "--no-password").returncode == 0
    taken = srun("user", "link", "bob", "ann-1")
    assert taken.returncode != 0 and b"somebody else signs in as this already" in taken.stderr
    issuer.claims = {"sub": "bob-2", "preferred_username": "annie"}
    assert Browser().sign_in(server.url, issuer) == refused("unknown_user")
    # Unlinked: out at once, and not in again.
    assert srun("user", "link", "annie").returncode == 0
    assert browser.user(server.url) is None
    issuer.claims = {"sub": "ann-1"}
    assert browser.sign_in(server.url, issuer) == refused("unknown_user")
    with open(server.folder / "server.log") as log:
        assert Issuer.SECRET not in log.read()


def test_a_newcomer_becomes_a_user_and_never_somebody_who_is_there(open_server, issuer):
    api = open_server.api
    assert api.value("GET", "/api/session/providers")[0]["name"] == "Example ID"
    api.value("POST", "/api/users", {"name": "boss", "role": "admin", "password": "correct horse battery"}, status=201)
    issuer.claims = {"sub": "7", "preferred_username": "Boss", "email": "boss@example.com", "email_verified": True}
    browser = Browser()
    assert browser.sign_in(open_server.url, issuer) == refused("name_taken")
    assert browser.user(open_server.url) is None
    assert last_sign_in(open_server)["result"] == "name_taken"
    # Not even as somebody else of the same name at the issuer, once it has given it to another.
    issuer.claims = {"sub": "8", "preferred_username": "New"}
    assert browser.sign_in(open_server.url, issuer) == "/" and browser.user(open_server.url) == "new"
    issuer.claims = {"sub": "9", "preferred_username": "new"}
    assert Browser().sign_in(open_server.url, issuer) == refused("name_taken")
    users = {user["name"]: user for user in api.value("GET", "/api/users")}
    assert users["boss"]["identity"] is None and users["new"]["identity"]["subject"] == "8"
    assert (users["new"]["role"], len(users)) == ("operator", 2)
    issuer.claims = {"sub": "10", "preferred_username": "admin"}
    assert Browser().sign_in(open_server.url, issuer) == refused("unusable_name")


def test_signs_out_and_what_is_taken_is_gone_at_once(open_server, issuer):
    api = open_server.api
    issuer.claims = {"sub": "out-1", "preferred_username": "otto"}
    browser, other = Browser(), Browser()
    assert browser.sign_in(open_server.url, issuer) == "/" and other.sign_in(open_server.url, issuer) == "/"
    cookie = {"Cookie": f"srun_session={browser.cookies['srun_session']}", "X-Srun-CSRF": "1", "Origin": open_server.url}
    nobody = API(open_server.url, None)
    token = json.loads(nobody.request("POST", "/api/tokens", {"name": "cli"}, cookie)[1])["token"]
    assert API(open_server.url, token).value("GET", "/api/session")["user"] == "otto"
    assert nobody.request("DELETE", "/api/session", headers=cookie)[0] == 200
    assert browser.user(open_server.url) is None and other.user(open_server.url) == "otto"
    # Disabled: every session and every token, and not in again by the issuer.
    api.value("PATCH", "/api/users/otto", {"disabled": True})
    assert other.user(open_server.url) is None
    assert API(open_server.url, token).request("GET", "/api/jobs")[0] == 401
    assert other.sign_in(open_server.url, issuer) == refused("disabled")
    assert last_sign_in(open_server)["result"] == "disabled"
    api.value("PATCH", "/api/users/otto", {"disabled": False})
    assert other.sign_in(open_server.url, issuer) == "/"
    # A new role begins with a new sign-in; a user who is removed is a newcomer.
    api.value("PATCH", "/api/users/otto", {"role": "viewer"})
    assert other.user(open_server.url) is None
    assert other.sign_in(open_server.url, issuer) == "/"
    assert json.loads(other.get(open_server.url + "/api/session").body)["role"] == "viewer"
    assert api.request("DELETE", "/api/users/otto")[0] == 200
    assert other.user(open_server.url) is None
    assert other.sign_in(open_server.url, issuer) == "/"
    assert json.loads(other.get(open_server.url + "/api/session").body)["role"] == "operator"


def test_only_the_browser_that_began_gets_in_and_once(open_server, issuer):
    url = open_server.url
    issuer.claims = {"sub": "once", "preferred_username": "once"}
    browser, victim = Browser(), Browser()
    callback = browser.begin(url, issuer)
    # A link that would sign somebody in as somebody else; they may even be on their way themselves.
    assert victim.get(callback, at(1)).headers["Location"] == refused("invalid_sign_in")
    victim.begin(url, issuer)
    assert victim.get(callback, at(1)).headers["Location"] == refused("invalid_sign_in")
    assert victim.user(url) is None
    begun = dict(browser.cookies)
    for wrong in ("", "?", "?code=x", "?state=y", "?code=x&state=y", "?code=x&state=y&state=y", "?code=%ff&state=y"):
        stranger = Browser()
        stranger.cookies = dict(begun)
        assert stranger.get(f"{url}{BEGIN}/callback{wrong}", at(2 + len(wrong))).headers["Location"] == refused("invalid_sign_in")
    assert browser.get(callback, at(30)).headers["Location"] == "/" and browser.user(url) == "once"
    # The same again, with the cookie that it had: neither here ...
    asked = issuer.requests.count("/token")
    thief = Browser()
    thief.cookies = dict(begun)
    assert thief.get(callback, at(31)).headers["Location"] == refused("invalid_sign_in")
    assert issuer.requests.count("/token") == asked and thief.user(url) is None
    # ... nor with its code in a sign-in of the thief's own: it is used up, and its verifier another.
    own = urllib.parse.urlsplit(thief.begin(url, issuer))
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(callback).query)["code"][0]
    state = urllib.parse.parse_qs(own.query)["state"][0]
    assert thief.get(f"{url}{own.path}?code={code}&state={state}", at(32)).headers["Location"] == refused("invalid_sign_in")
    fresh = browser.begin(url, issuer)
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(fresh).query)["code"][0]
    own = urllib.parse.parse_qs(urllib.parse.urlsplit(thief.begin(url, issuer)).query)["state"][0]
    stolen = f"{url}{BEGIN}/callback?code={code}&state={own}"
    assert thief.get(stolen, at(33)).headers["Location"] == refused("invalid_sign_in") and thief.user(url) is None
    # Nothing of a request decides where the browser goes.
    target = Browser().get(f"{url}{BEGIN}?next=//evil.test&redirect_uri=https://evil.test").headers["Location"]
    assert target.startswith(f"{issuer.url}/authorize?") and "evil.test" not in target
    assert Browser().get(f"{url}{BEGIN}", {"Host": "evil.test"}).status == 421
    # What the person does not want does not happen.
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(browser.begin(url, issuer)).query)["state"][0]
    denied = f"{url}{BEGIN}/callback?error=access_denied&state={state}"
    assert browser.get(denied, at(34)).headers["Location"] == refused("denied")


def test_guessing_is_slowed_down(open_server, issuer):
    browser = Browser()
    for _ in range(5):
        assert browser.get(f"{open_server.url}{BEGIN}/callback?code=a&state=b", at(99)).headers["Location"] == refused("invalid_sign_in")
    written = last_sign_in(open_server)["id"]
    assert browser.get(f"{open_server.url}{BEGIN}/callback?code=a&state=b", at(99)).headers["Location"] == refused("too_many_attempts")
    assert last_sign_in(open_server)["id"] == written


@pytest.mark.parametrize(("number", "wrong"), enumerate([
    {"aud": "another"}, {"iss": "https://evil.test"}, {"nonce": "another"}, {"exp": 1}, {"sub": None},
]))  # fmt: skip
def test_refuses_tokens_for_others_and_of_other_times(open_server, issuer, number, wrong):
    issuer.claims |= wrong
    browser = Browser()
    callback = browser.begin(open_server.url, issuer)
    assert browser.get(callback, at(100 + number)).headers["Location"] == refused("invalid_token")
    assert browser.user(open_server.url) is None
    assert last_sign_in(open_server)["result"] == "invalid_token"


@pytest.mark.parametrize(("number", "algorithm"), enumerate(["none", "HS256", "RS512"]))
def test_refuses_what_is_not_signed_as_it_says(open_server, issuer, number, algorithm):
    issuer.algorithm = algorithm
    browser = Browser()
    callback = browser.begin(open_server.url, issuer)
    assert browser.get(callback, at(110 + number)).headers["Location"] == refused("invalid_token")
    assert browser.user(open_server.url) is None


def test_follows_the_issuer_to_new_keys(open_server, issuer):
    issuer.claims = {"sub": "keys", "preferred_username": "keys"}
    browser = Browser()
    numbers = iter(range(120, 200))

    def until_it_works() -> None:
        """Keys that have just been read are not read again at once."""
        deadline = time.monotonic() + 20
        while (end := browser.get(browser.begin(open_server.url, issuer), at(next(numbers))).headers["Location"]) != "/":
            assert end == refused("invalid_token") and time.monotonic() < deadline
            time.sleep(0.5)

    assert browser.sign_in(open_server.url, issuer) == "/"
    issuer.new_key()
    until_it_works()
    # Nor for every token with a key that nobody knows.
    keys = issuer.requests.count("/keys")
    name, path, modulus = issuer.keys[-1]
    issuer.keys[-1] = ("made-up", path, modulus)
    issuer.answers["/keys"] = (200, b'{"keys": []}')
    for number in range(200, 204):
        assert browser.get(browser.begin(open_server.url, issuer), at(number)).headers["Location"] == refused("invalid_token")
    assert issuer.requests.count("/keys") <= keys + 1
    issuer.keys[-1] = (name, path, modulus)
    issuer.answers.clear()
    until_it_works()


def test_an_issuer_that_is_away_or_answers_nonsense_lets_nobody_in(tmp_path, flags, made_issuer, issuer):
    with Server(tmp_path, *flags, "--new-user-role", "viewer") as server:
        made_issuer.stop()
        try:
            browser = Browser()
            answer = browser.get(server.url + BEGIN)
            assert (answer.status, answer.headers["Location"]) == (302, refused("issuer_unavailable"))
            # The rest of the server does not care.
            assert server.api.run("echo here")[1] == b"here\r\n"
        finally:
            made_issuer.start()
        deadline = time.monotonic() + 20
        while browser.get(server.url + BEGIN).headers["Location"].startswith("/"):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        # A redirect is not followed, and what is too large or no JSON is not read.
        answers = [(302, b"{}"), (500, b"{}"), (200, b"nonsense"), (200, b'{"id_token": "a.b.c"}'), (200, b"[" * (1 << 20))]
        for number, answer in enumerate(answers):
            issuer.answers["/token"] = answer
            end = browser.get(browser.begin(server.url, issuer), at(number)).headers["Location"]
            assert end == refused("invalid_token" if b"id_token" in answer[1] else "issuer_unavailable"), answer[1][:40]
        assert "/elsewhere" not in issuer.requests
        issuer.answers.clear()
        assert browser.sign_in(server.url, issuer) == "/" and browser.user(server.url) == "ann"


def test_works_below_a_path_and_behind_a_proxy_with_tls(open_server, issuer):
    issuer.claims = {"sub": "below", "preferred_username": "below"}
    with PrefixProxy(open_server.url, "/tools/srun") as proxy:
        browser = Browser()
        callback = browser.begin(f"{proxy.url}/tools/srun", issuer)
        assert callback.startswith(f"{proxy.url}/tools/srun{BEGIN}/callback?")
        assert browser.finish(callback) == "/tools/srun/"
        assert browser.user(f"{proxy.url}/tools/srun") == "below"
    # What a proxy with TLS sends: cookies that nobody else can have set.
    fields = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost"}
    browser = Browser()
    first = browser.get(open_server.url + BEGIN, fields)
    there = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(first.headers["Location"]).query))
    assert there["redirect_uri"] == f"https://localhost{BEGIN}/callback"
    (cookie,) = first.headers.get_all("Set-Cookie")
    assert cookie.startswith("__Host-srun-oidc=") and cookie.endswith("; Secure")
    assert all(part in cookie for part in ("; HttpOnly", "; SameSite=Lax", "; Path=/;", "; Max-Age=600"))
    query = urllib.parse.urlsplit(issuer.back(there)).query
    back = browser.get(f"{open_server.url}{BEGIN}/callback?{query}", fields)
    assert back.headers["Location"] == "/" and set(browser.cookies) == {"__Host-srun"}
    assert "SameSite=Strict" in back.headers.get_all("Set-Cookie")[-1]
    # From anybody else those fields mean nothing, and a name that is not ours is refused.
    assert browser.get(open_server.url + BEGIN, {"X-Forwarded-Host": "evil.test"}).status == 421


def test_in_a_team_the_way_back_may_lead_to_another_node(tmp_path, database, flags, issuer):
    host, more = {"Host": "srun.example"}, (*flags, "--new-user-role", "viewer", "--allowed-host", "srun.example")
    with Node(tmp_path, "alpha", database.url, *more) as alpha, Node(tmp_path, "beta", database.url, *more) as beta:
        browser = Browser()
        there = urllib.parse.urlsplit(browser.get(alpha.url + BEGIN, host).headers["Location"])
        back = urllib.parse.urlsplit(issuer.back(dict(urllib.parse.parse_qsl(there.query))))
        assert (back.netloc, back.path) == ("srun.example", f"{BEGIN}/callback")
        thief = Browser()
        thief.cookies = dict(browser.cookies)
        assert browser.get(f"{beta.url}{back.path}?{back.query}", host).headers["Location"] == "/"
        for node in (alpha, beta):
            assert json.loads(browser.get(node.url + "/api/session", host).body)["user"] == "ann"
        # This node has not seen it come back; the issuer has.
        assert thief.get(f"{alpha.url}{back.path}?{back.query}", host).headers["Location"] == refused("invalid_sign_in")
        assert thief.get(alpha.url + "/api/session", host).status == 401


def test_somebody_signs_in_by_the_button_in_a_browser(open_server, issuer, browser, visit):
    issuer.claims = {"sub": "page", "preferred_username": "paula"}
    context = browser.new_context()
    context.set_default_timeout(20_000)
    page = SrunPage(context.new_page(), open_server.url, "")
    page.page.goto(page.url)
    page.page.get_by_role("link", name="Sign in with Example ID").click()
    page.page.get_by_role("link", name="Allow").click()
    expect(page.button("Run a command").first).to_be_visible()
    assert page.page.url == f"{open_server.url}/"
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert set(cookies) == {"srun_session"} and cookies["srun_session"]["sameSite"] == "Strict"
    page.run("echo by paula")
    page.wait_for_line("by paula")
    assert open_server.api.job(page.job)["createdBy"] == "paula"
    # An administrator sees by what she signs in, and that others do not.
    open_server.api.value("POST", "/api/users", {"name": "peter", "role": "admin", "password": "correct horse battery"}, status=201)
    admin = visit(open_server)
    admin.sign_in()
    for size, look in [((1280, 800), "wide"), ((390, 844), "phone")]:
        admin.page.set_viewport_size({"width": size[0], "height": size[1]})
        admin.open("/users")
        known = admin.page.get_by_role("row", name="paula").get_by_text("signs in by Example ID as page", exact=True)
        expect(known).to_be_visible()
        expect(known).to_have_attribute("title", issuer.url)
        expect(admin.page.get_by_role("row", name="peter")).not_to_contain_text("signs in by")
        admin.screenshot(f"users-openid-{look}")
        assert admin.accessibility_violations() == []
    # Somebody who is not let in reads why, and nothing of it stays in the address.
    context.clear_cookies()
    issuer.claims = {"sub": "another", "preferred_username": "paula"}
    page.page.goto(page.url)
    page.page.get_by_role("link", name="Sign in with Example ID").click()
    page.page.get_by_role("link", name="Allow").click()
    expect(page.page.get_by_role("alert")).to_contain_text("somebody of your name here already")
    assert page.page.url == f"{open_server.url}/"
    assert page.accessibility_violations() == []
    # Before anybody has signed in the page asks who it is, and is told: nobody.
    assert [error for error in page.errors if "401" not in error] == [] and page.policy_violations() == []
    context.close()


def test_a_server_without_an_issuer_knows_nothing_of_it(tmp_path):
    with Server(tmp_path) as server:
        assert server.api.value("GET", "/api/session/providers") == []
        assert server.api.request("GET", BEGIN)[0] == 404
        assert server.api.request("GET", f"{BEGIN}/callback?code=a&state=b")[0] == 404
        body = {"name": "x", "subject": "1"}
        assert json.loads(server.api.request("POST", "/api/users", body)[1])["field"] == "subject"


def test_starts_with_a_safe_issuer_and_a_private_secret_only(start, tmp_path):
    flags = ("serve", "--port", "0", "--oidc-client-id", "x")
    assert start(*flags).returncode == 64
    assert start("serve", "--port", "0", "--oidc-issuer", "https://issuer.example").returncode == 64
    for url in ("http://issuer.example", "issuer.example", "https://a:b@issuer.example", "https://issuer.example/?a"):
        assert start(*flags, "--oidc-issuer", url).returncode == 78, url
    issuer = ("--oidc-issuer", "https://issuer.example")
    assert start(*flags, *issuer, "--auth", "proxy", "--trusted-proxies", "127.0.0.1").returncode == 64
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o644)
    assert start(*flags, *issuer, env={"SRUN_OIDC_CLIENT_SECRET_FILE": str(secret)}).returncode == 77
    secret.write_text("\n")
    secret.chmod(0o600)
    assert start(*flags, *issuer, "--oidc-client-secret-file", str(secret)).returncode == 65
    assert start(*flags, *issuer, "--oidc-client-secret-file", str(tmp_path / "none")).returncode == 65
