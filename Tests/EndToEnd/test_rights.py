"""Every route of docs/openapi.yaml as everybody: nobody, viewer, operator, admin, a foreign page, a wrong name, no CSRF field.

The routes and what they need come from the document, and a unit test holds the document against the server, so a new route cannot
be left out.
"""

import http.client
import json
import urllib.parse

import pytest
import yaml

from support.api import API
from support.server import REPOSITORY, Server

pytestmark = pytest.mark.xdist_group("rights")

RIGHTS = {
    "viewer": {"view"},
    "operator": {"view", "operate", "input"},
    "admin": {"view", "operate", "input", "administer"},
}
DOCUMENT = yaml.safe_load((REPOSITORY / "docs" / "openapi.yaml").read_text())
ROUTES = [
    (method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in ("get", "post", "put", "patch", "delete")
]
MISSING = "00000000-0000-7000-8000-000000000000"
PASSWORD = "correct horse battery"


class World:
    """A server with somebody of each role."""

    def __init__(self, server: Server):
        self.server = server
        self.proofs = {}
        for role in RIGHTS:
            admin = server.api
            admin.value("POST", "/api/users", {"name": f"the-{role}", "role": role, "password": PASSWORD}, status=201)
            token = admin.value("POST", "/api/tokens", {"name": role, "user": f"the-{role}", "role": role}, status=201)["token"]
            self.proofs[role] = {"Authorization": f"Bearer {token}"}
        self.host = urllib.parse.urlsplit(server.url).netloc
        credential = {"user": "the-operator", "password": PASSWORD}
        with API(server.url, None).open("POST", "/api/session", credential) as answer:
            assert answer.status == 200
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def ask(self, method: str, path: str, operation: dict, headers: dict[str, str]) -> tuple[int, dict | None]:
        """What is asked for does not exist, so nothing happens to whoever may ask."""
        path = path.replace("{id}", MISSING).replace("{name}", "nobody-of-this-name")
        if operation.get("x-websocket") == "only":
            headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                       "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", **headers}  # fmt: skip
        body = None
        if "requestBody" in operation:
            # Not what any route takes: whoever gets so far has been let in.
            body, headers = b'{"no such field": 1}', {"Content-Type": "application/json", **headers}
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            connection.request(method.upper(), path, body, headers)
            answer = connection.getresponse()
            if answer.status == 101:
                return 101, None
            data = answer.read()
            is_json = answer.headers.get_content_type() == "application/json"
            return answer.status, json.loads(data) if is_json else None
        finally:
            connection.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("rights")) as server:
        yield World(server)


def name(route) -> str:
    return f"{route[0].upper()} {route[1]}"


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_only_who_has_the_right_gets_in(world, route):
    method, path, operation = route
    right = operation["x-right"]
    status, answer = world.ask(*route, {})
    if right == "public":
        assert status not in (401, 403)
    else:
        assert (status, answer["code"]) == (401, "unauthorized")
        wrong = {"Authorization": "Bearer srun_" + "0" * 43}
        assert world.ask(*route, wrong) == (status, answer), "a wrong token is no better and no worse than none"
    for role, rights in RIGHTS.items():
        status, answer = world.ask(*route, world.proofs[role])
        if right == "public" or right in rights:
            # A route of one's own (x-own) may still refuse what is somebody else's.
            assert status != 401 and (status != 403 or operation.get("x-own")), f"{role}: {status} {answer}"
        else:
            assert (status, answer["code"]) == (403, "forbidden"), role


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_nobody_else_gets_in_by_a_browser(world, route):
    method, path, operation = route
    changes = method != "get"
    # Another name for this address: what a rebound page has.
    assert world.ask(*route, {**world.proofs["admin"], "Host": "evil.test"})[1]["code"] == "bad_host"
    foreign = ["http://evil.test", "null", f"http://{world.host}.evil.test", f"https://{world.host}", "http://localhost:1"]
    if changes or operation.get("x-websocket") == "only":
        for origin in foreign:
            status, answer = world.ask(*route, {**world.proofs["admin"], "Origin": origin})
            assert (status, answer["code"]) == (403, "bad_origin"), origin
    if not changes or operation["x-right"] == "public":
        return
    # A session's cookie, which a browser adds whoever asks it to.
    status, answer = world.ask(*route, {"Cookie": world.cookie})
    assert (status, answer["code"]) == (403, "bad_csrf")


def test_there_is_no_other_way_in(world):
    """What is no route needs proof as well, and methods that srun does not have are refused."""
    for path in ["/api", "/api/", "/api/nothing", "/api/jobs/", "/api/jobs/x/y", "/api//jobs"]:
        assert world.ask("get", path, {}, {})[0] == 401
    for method in ["TRACE", "PUT", "PATCH", "DELETE"]:
        assert world.ask(method, "/api/jobs", {}, world.proofs["admin"])[0] == 405
    status, _ = world.ask("options", "/api/jobs", {}, {"Origin": "http://evil.test"})
    assert status == 204
    api = API(world.server.url, None)
    with api.open("OPTIONS", "/api/jobs", headers={"Origin": "http://evil.test"}) as answer:
        assert not [field for field in answer.headers if field.lower().startswith("access-control")]
