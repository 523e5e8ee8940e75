"""What a request may not be, and the exact answer to it (B1-B24, B30, B31, B60). What is no request at all is in test_raw.py."""

import json
import socket
import subprocess
import urllib.parse

import pytest

from support.server import Server

pytestmark = pytest.mark.xdist_group("bad_input")

LIMIT = 15
NOBODY = "0190b7c2-0000-7000-8000-000000000001"
COMMAND = b'{"command":"true"}'


def ask(server, method: str, path: str, body: bytes | None = None, **fields: str | None) -> tuple[int, dict[str, str], bytes]:
    """One request as it stands: nothing is put right on the way. Fields are named with _ for -; None leaves one out."""
    host, port = server.url.removeprefix("http://").split(":")
    head = {"Host": f"{host}:{port}", "Authorization": f"Bearer {server.token}", "Connection": "close"}
    if body is not None:
        head |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    head |= {name.replace("_", "-"): value for name, value in fields.items()}
    text = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.items() if value is not None)
    with socket.create_connection((host, int(port)), timeout=LIMIT) as connection:
        got = b""
        try:
            connection.sendall(text.encode() + b"\r\n" + (body or b""))
            while part := connection.recv(1 << 16):
                got += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # Ended while we were still sending.
    head, _, content = got.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}, content


def refused(answer, expected: int, code: str, /, **more) -> dict:
    """Checks an error: its code, one sentence, and no more of the input than 64 bytes."""
    assert answer[0] == expected, answer
    error = json.loads(answer[2])
    assert error["code"] == code and error["error"], error
    assert len(answer[2]) < 400
    for name, value in more.items():
        assert error[name] == value, error
    return error


def test_says_the_same_to_whoever_has_no_proof(shared_server):
    """B1, B2: whether there is such a job, or such a route, is for those who are let in."""
    job = shared_server.api.submit("true")["id"]
    paths = ["/api/jobs", f"/api/jobs/{job}", f"/api/jobs/{NOBODY}", f"/api/jobs/{job}/logs", "/api/nothing"]
    proofs = [None, "Bearer wrong", f"Bearer {shared_server.token}x", "Basic eDp5", "Bearer srun_" + "A" * 43]
    answers = [ask(shared_server, "GET", path, Authorization=proof) for path in paths for proof in proofs]
    refused(answers[0], 401, "unauthorized")
    assert {answer[2] for answer in answers} == {answers[0][2]}
    assert {answer[1]["www-authenticate"] for answer in answers} == {"Bearer"}


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "URL.evil.test", "URL0", "https", "URL/", "localhost"])
def test_foreign_origins_are_refused(shared_server, origin):
    """B5"""
    url = shared_server.url
    named = {"https": url.replace("http:", "https:"), "localhost": url.replace("127.0.0.1", "localhost")}
    value = named.get(origin, origin.replace("URL", url))
    refused(ask(shared_server, "POST", "/api/jobs", COMMAND, Origin=value), 403, "bad_origin")
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    refused(ask(shared_server, "GET", "/api/events", Origin=value, **upgrade), 403, "bad_origin")
    assert ask(shared_server, "POST", "/api/jobs", COMMAND, Origin=url)[0] == 201


@pytest.mark.parametrize(
    ("body", "status", "code", "more"),
    [
        # B7
        (b"x", 400, "invalid_json", {"offset": 0}),
        (b"", 400, "invalid_json", {"offset": 0}),
        (b'{"command":"true"} x', 400, "invalid_json", {"offset": 19}),
        (b'{"command":"a","command":"b"}', 400, "invalid_json", {"offset": 15}),
        (b"[" * 33 + b"]" * 33, 400, "invalid_json", {"offset": 32}),
        (b'{"command":"\\ud800"}', 400, "invalid_json", {"offset": 12}),
        (b'\xef\xbb\xbf{"command":"true"}', 400, "invalid_json", {"offset": 0}),
        (b'{"command":"\xff"}', 400, "invalid_json", {"offset": 12}),
        # B8, B9, B10
        *(({"command": value}, 400, "invalid_command", {}) for value in ["", "   ", 5, None, [], {}, "a\0b"]),
        ({}, 400, "invalid_command", {}),
        ({"argv": []}, 400, "invalid_command", {}),
        ({"argv": ["a", 1]}, 400, "invalid_command", {}),
        ({"command": "a", "argv": ["a"]}, 400, "invalid_command", {}),
        ({"command": "true #" + "a" * 65_531}, 400, "command_too_long", {"field": "command"}),
        # B11
        ({"command": "x", "comand": 1}, 400, "unknown_field", {"field": "comand"}),
        ({"command": "x", "c" * 300: 1}, 400, "unknown_field", {"field": "c" * 64}),
        # B13, B14
        *(({"command": "x", "timeout": value}, 400, "invalid_field", {"field": "timeout"}) for value in [-1, 0, 1e99, "5"]),
        ({"command": "x", "cwd": "tmp"}, 400, "invalid_field", {"field": "cwd"}),
        ({"command": "x", "cwd": "/there/is/none"}, 400, "cwd_not_found", {"field": "cwd"}),
        ({"command": "x", "env": {"a=b": "c"}}, 400, "invalid_field", {"field": "env"}),
        ({"command": "x", "env": {"": "c"}}, 400, "invalid_field", {"field": "env"}),
        ({"command": "x", "env": {"a": 1}}, 400, "invalid_field", {"field": "env"}),
        ({"command": "x", "env": {f"k{number}": "" for number in range(257)}}, 400, "env_too_large", {"field": "env"}),
        ({"command": "x", "env": {"k": "a" * 131_073}}, 400, "env_too_large", {"field": "env"}),
        # B12
        (b'{"command":"' + b"a" * (256 << 10) + b'"}', 413, "body_too_large", {}),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:40],
)  # fmt: skip
def test_what_is_no_job_starts_none(shared_server, body, status, code, more):
    before = shared_server.api.jobs("?limit=1")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    refused(ask(shared_server, "POST", "/api/jobs", data), status, code, **more)
    assert [job["id"] for job in shared_server.api.jobs("?limit=1")] == [job["id"] for job in before]


def test_the_longest_command_runs(shared_server):
    """B10: one byte less than what is refused."""
    assert shared_server.api.run("true #" + "a" * 65_530)[0]["status"] == "completed"


def test_a_body_in_chunks_is_refused_where_it_becomes_too_large(shared_server):
    """B12: although no length was given, and although more would come."""
    chunks = b"".join(b"1000\r\n" + b"a" * 4096 + b"\r\n" for _ in range(70))
    answer = ask(shared_server, "POST", "/api/jobs", chunks, Content_Length=None, Transfer_Encoding="chunked")
    refused(answer, 413, "body_too_large")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", None])
def test_only_json_is_read(shared_server, media):
    """B6"""
    refused(ask(shared_server, "POST", "/api/jobs", COMMAND, Content_Type=media), 415, "unsupported_media_type")


def test_jobs_that_are_not_there(shared_server):
    """B15, B16: the same for every verb, and no name of one is anything else."""
    for verb in ["GET ", "DELETE ", "POST /stop", "POST /restart", "POST /pause", "POST /resume", "POST /signal", "GET /logs", "GET /usage"]:
        method, _, rest = verb.partition(" ")
        body = b'{"signal":"HUP"}' if rest == "/signal" else b"" if method == "POST" else None
        refused(ask(shared_server, method, f"/api/jobs/{NOBODY}{rest}", body), 404, "job_not_found")
    for name in ["%2e%2e", "';%20drop", "%ff", "a%2fb", "a%00b", "a" * 65, "%c3%a9"]:
        refused(ask(shared_server, "GET", f"/api/jobs/{name}"), 404, "job_not_found")
    refused(ask(shared_server, "GET", "/api/jobs/../x"), 404, "not_found")


def test_what_a_job_is_not_in_a_state_for(shared_server):
    """B18, B20"""
    api = shared_server.api
    ended = api.run("true")[0]["id"]
    refused(ask(shared_server, "POST", f"/api/jobs/{ended}/stop", b""), 409, "not_running", status="completed")
    running = api.submit("sleep 1000")["id"]
    refused(ask(shared_server, "DELETE", f"/api/jobs/{running}"), 409, "still_running", status="running")
    assert ask(shared_server, "DELETE", f"/api/jobs/{running}?force=true")[0] == 200
    refused(ask(shared_server, "DELETE", f"/api/jobs/{running}?force=true"), 404, "job_not_found")


def test_a_key_belongs_to_one_request(shared_server):
    """B21"""
    first = ask(shared_server, "POST", "/api/jobs", COMMAND, Idempotency_Key="test-of-bad-input")
    again = ask(shared_server, "POST", "/api/jobs", COMMAND, Idempotency_Key="test-of-bad-input")
    assert (first[0], again[0]) == (201, 200)
    assert json.loads(first[2])["id"] == json.loads(again[2])["id"]
    other = ask(shared_server, "POST", "/api/jobs", b'{"command":"false"}', Idempotency_Key="test-of-bad-input")
    refused(other, 409, "idempotency_mismatch")


def test_methods(shared_server):
    """B22, B23: what may be done is said, and to no foreign page."""
    for method in ["PUT", "PATCH", "DELETE"]:
        answer = ask(shared_server, method, "/api/jobs", b"")
        refused(answer, 405, "method_not_allowed")
        assert answer[1]["allow"] == "GET, HEAD, OPTIONS, POST"
    status, fields, body = ask(shared_server, "HEAD", "/api/jobs")
    assert (status, body) == (200, b"")
    status, fields, body = ask(shared_server, "OPTIONS", "/api/jobs", Origin="http://evil.test", Access_Control_Request_Method="POST")
    assert status in (204, 403) and body == b"" or b"bad_origin" in body
    assert not any(name.startswith("access-control") for name in fields)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1000000000", "limit=501", "limit=abc", "limit=1&limit=2", "cursor=zzz", "status=odd", "x=%zz"]
)
def test_queries(shared_server, query):
    """B24"""
    error = refused(ask(shared_server, "GET", f"/api/jobs?{query}"), 400, "invalid_query")
    if query in ("limit=0", "limit=501"):
        assert "500" in error["error"]


@pytest.mark.parametrize("path", ["/assets/", "/assets/none.js", "/assets/%2e%2e%2fsecret", "/api/", "/api/nothing", "/api/jobs/"])
def test_the_page_stands_for_nothing_else(shared_server, path):
    """B30: a path that is nothing is not answered with the page and 200."""
    status, _, body = ask(shared_server, "GET", path)
    assert status == 404 and b"<html" not in body


def test_prefixes_of_proxies(shared_server, tmp_path):
    """B31: from whoever is not trusted they are passed over, and from a proxy that is, only plain paths are taken."""
    bad = ['/"><script>alert(1)</script>', "/a/../b", "//evil.test", "noslash", "/a/", "/a b", "/" + "/".join("abcdefghi"), "/%2e"]
    for prefix in bad:
        status, _, body = ask(shared_server, "GET", "/", X_Forwarded_Prefix=prefix)
        assert status == 200 and prefix.encode() not in body and b'data-base=""' in body
    with Server(tmp_path, "--trusted-proxies", "127.0.0.1") as server:
        for prefix in bad:
            answer = ask(server, "GET", "/", X_Forwarded_Prefix=prefix)
            refused(answer, 400, "bad_prefix")
            assert prefix.encode() not in answer[2]
        assert b'data-base="/tools/srun"' in ask(server, "GET", "/", X_Forwarded_Prefix="/tools/srun")[2]


@pytest.mark.parametrize("user", ["a\x01", "\u0430dmin", "a b", "", "a" * 65, "\u202eann", 5])
def test_names_that_nobody_has(shared_server, user):
    """B60: a name that looks like another one is none."""
    body = json.dumps({"user": user, "password": "p"}).encode()
    error = refused(ask(shared_server, "POST", "/api/session", body, Authorization=None), 400, "invalid_user" if user != 5 else "invalid_field")
    assert error["field"] == "user"


def test_passwords_are_bounded_and_guessing_is_slowed_down(tmp_path):
    """B60"""
    with Server(tmp_path) as server:
        def attempt(password: str):
            body = json.dumps({"user": "ann", "password": password}).encode()
            return ask(server, "POST", "/api/session", body, Authorization=None)

        refused(attempt("p" * 1025), 400, "invalid_field")
        refused(attempt("p" * 1_000_000), 413, "body_too_large")
        for _ in range(5):
            refused(attempt("wrong"), 401, "unauthorized")
        late = attempt("wrong")
        refused(late, 429, "too_many_attempts")
        assert 1 <= int(late[1]["retry-after"]) <= 60


WRONG_OFFSETS = ["--1", "-", "-0", "-00", "-99999999999999999999", "-9223372036854775808", "9223372036854775808", "", "+1", "1.5", "1e3", "0x1", " 1", "x"]


@pytest.mark.parametrize("text", WRONG_OFFSETS)
def test_what_is_no_offset_is_told_so(shared_server, ended_job, text):
    """B40, of a body, of one that goes on, and before a WebSocket is one."""
    query = urllib.parse.urlencode({"from": text})
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="
    }  # fmt: skip
    for more, fields in [("", {}), ("&follow=1", {}), ("&format=text", {}), ("", upgrade)]:
        status, data = shared_server.api.request("GET", f"/api/jobs/{ended_job}/logs?{query}{more}", headers=fields)
        assert (status, json.loads(data)["code"]) == (400, "invalid_query"), (text, more, data)


@pytest.mark.parametrize(
    ("start", "expected"),
    [(-1, b"9"), (-3, b"789"), (-10, b"0123456789"), (-11, b"0123456789"), (-(2**63) + 1, b"0123456789"), (10, b""), (11, b""), (2**63 - 1, b"")],
)
def test_an_offset_before_the_end_is_the_tail_and_one_beyond_it_the_end(shared_server, ended_job, start, expected):
    """B40, with our departure: a negative offset is counted from the end. A socket at the end of an ended job is closed with 1000."""
    api = shared_server.api
    for more in ("", "&follow=1"):
        assert api.request("GET", f"/api/jobs/{ended_job}/logs?from={start}{more}") == (200, expected)
    with api.socket(f"/api/jobs/{ended_job}/logs?from={start}") as socket:
        assert "".join(socket).encode() == expected
    assert socket.close_code == 1000


def test_an_offset_beyond_the_end_of_a_running_job_waits_there(shared_server):
    api = shared_server.api
    job = api.submit("printf 0123456789; read line; printf more", tty={"cols": 80, "rows": 24})["id"]
    api.wait_for_output(job, b"9")
    with api.socket(f"/api/jobs/{job}/logs?from=1000000", "srun.v1") as socket:
        hello = json.loads(socket.recv(timeout=30))
        assert (hello["type"], hello["from"]) == ("hello", 10)
        socket.send(json.dumps({"type": "input", "base64": "DQ=="}))
        got = b""
        while not got.endswith(b"more"):
            message = socket.recv(timeout=30)
            got += message if isinstance(message, bytes) else b""
        assert got == b"\r\nmore"


@pytest.fixture(scope="module")
def ended_job(shared_server):
    job, output = shared_server.api.run("printf 0123456789", tty=False)
    assert output == b"0123456789"
    return job["id"]


@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
def test_what_the_kernel_does_not_take_is_a_job_that_says_so(tmp_path, command_line, tty):
    """B14: as much as may be asked for is taken, and where the kernel takes less, the job says so."""
    most = {"long": "a" * (131_072 - len("long=") - 1)}
    with Server(tmp_path) as server:
        api = server.api
        assert api.run("echo ${#long}", tty=tty, env=most)[1].split() == [str(len(most["long"])).encode()]
        # A quarter of the stack, and never less than 128 KiB, is what all arguments and variables may have (execve(2)).
        subprocess.run(["prlimit", f"--pid={server.process.pid}", "--stack=262144:"], check=True)
        job, output = api.run("echo never #" + "a" * 60_000, tty=tty, env=most)
        assert (job["status"], job["exitCode"], job["signal"], output) == ("failed", None, None, b"")
        assert "E2BIG" in job["reason"] and "aaaa" not in job["reason"]
        again = api.value("POST", f"/api/jobs/{job['id']}/restart")
        assert "E2BIG" in api.wait(again["id"])[0]["reason"]
        # It stands in nobody's way.
        assert api.run("echo alive", tty=False)[1] == b"alive\n"
        ran = command_line(server)("run", "--env", "long", "--", "sh", "-c", ": " + "a" * 60_000, env={"long": "a" * 100_000})
        assert ran.returncode == 126 and b"E2BIG" in ran.stderr
