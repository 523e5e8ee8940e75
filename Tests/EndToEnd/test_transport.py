"""TLS, the Unix socket, and who may speak to srun from where."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import time

import pytest
import websockets.sync.client

from support.server import Server, environment
from support.tls import certificate

REFUSED, PERMISSION, BAD_DATA = 78, 77, 65


def serial(server: Server) -> str:
    """Which certificate the server shows."""
    host, port = re.fullmatch(r"https://(.+):(\d+)", server.url).groups()
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        with ssl._create_unverified_context().wrap_socket(raw) as secured:
            return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True))


@pytest.fixture
def secured(tmp_path):
    cert, key = certificate(tmp_path / "tls", "first")
    with Server(tmp_path, "--tls-cert", str(cert), "--tls-key", str(key)) as server:
        yield server, cert, key


def test_speaks_tls_to_browsers_and_to_the_command_line(secured, command_line, tmp_path):
    server, cert, key = secured
    assert server.url.startswith("https://127.0.0.1:")
    trust = ssl.create_default_context(cafile=cert)
    host = server.url.removeprefix("https://")
    connection = http.client.HTTPSConnection(host, context=trust, timeout=10)
    connection.request("POST", "/api/session", json.dumps({"token": server.token}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200
    # A cookie that nobody can set who has not proved to be this host.
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-srun=") and "; Secure" in cookie and "; Path=/;" in cookie
    answer.read()
    fields = {"Cookie": cookie.split(";")[0], "X-Srun-CSRF": "1", "Content-Type": "application/json"}
    connection.request("POST", "/api/jobs", json.dumps({"command": "echo secured"}), {**fields, "Origin": server.url})
    answer = connection.getresponse()
    job = json.load(answer)["id"]
    assert answer.status == 201
    plain = server.url.replace("https:", "http:")
    connection.request("POST", "/api/jobs", json.dumps({"command": "true"}), {**fields, "Origin": plain})
    assert connection.getresponse().status == 403
    connection.close()
    with websockets.sync.client.connect(
        f"wss://{host}/api/jobs/{job}/logs", ssl=trust, additional_headers={"Cookie": fields["Cookie"]},
        origin=server.url, compression=None, proxy=None,
    ) as stream:  # fmt: skip
        assert "".join(stream) == "secured\r\n"
    # Beside the server nothing need be said; elsewhere the certificate must be known.
    srun = command_line(server)
    assert srun("run", "--", "echo", "here").stdout.strip() == b"here"
    away = {"SRUN_STATE_DIR": str(tmp_path / "away"), "SRUN_URL": server.url, "SRUN_TOKEN": server.token}
    assert srun("ls", env=away).returncode == 69
    assert srun("ls", env={**away, "SRUN_CA_FILE": str(cert)}).returncode == 0
    attached = srun("run", "--", "echo", "there", env={**away, "SRUN_CA_FILE": str(cert)})
    assert attached.stdout.strip() == b"there"


def test_says_in_plain_words_that_it_speaks_tls_only(secured):
    server, _, _ = secured
    host, port = re.fullmatch(r"https://(.+):(\d+)", server.url).groups()
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"GET /api/jobs HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ") and b"tls_required" in answer
    # Old versions and noise get nothing, and the server lives.
    old = ssl._create_unverified_context()
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with contextlib.suppress(ValueError), socket.create_connection((host, int(port)), timeout=10) as raw:
        with pytest.raises((ssl.SSLError, OSError)):
            old.wrap_socket(raw)
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(b"\x16\x03\x01\xff\xff" + os.urandom(4096))
        with contextlib.suppress(OSError):
            while raw.recv(65536):
                pass
    assert serial(server)


def test_reads_the_certificate_again(secured, tmp_path):
    server, cert, key = secured
    first = serial(server)
    second_cert, second_key = certificate(tmp_path / "tls", "second")
    # Half of it: what was there goes on.
    shutil.copy(second_cert, cert)
    server.signal(signal.SIGUSR1)
    deadline = time.monotonic() + 10
    while "cannot be read again" not in server.log:
        assert time.monotonic() < deadline, server.log
        time.sleep(0.05)
    assert serial(server) == first
    shutil.copy(second_key, key)
    server.signal(signal.SIGUSR1)
    while (now := serial(server)) == first:
        assert time.monotonic() < deadline, server.log
        time.sleep(0.05)
    assert now.strip() == cert.read_text().strip()


def test_refuses_keys_that_are_not_safe_or_do_not_fit(start, tmp_path):
    cert, key = certificate(tmp_path / "tls", "first")
    other, _ = certificate(tmp_path / "tls", "other")
    key.chmod(0o644)
    refused = start("serve", "--port", "0", "--tls-cert", str(cert), "--tls-key", str(key))
    assert refused.returncode == PERMISSION and b"chmod 600" in refused.stderr
    key.chmod(0o600)
    refused = start("serve", "--port", "0", "--tls-cert", str(other), "--tls-key", str(key))
    assert refused.returncode == BAD_DATA and b"do not belong together" in refused.stderr
    assert start("serve", "--port", "0", "--tls-cert", str(cert)).returncode == 64
    refused = start("serve", "--port", "0", "--tls-cert", str(tmp_path / "none"), "--tls-key", str(key))
    assert refused.returncode == BAD_DATA


def test_other_machines_only_over_tls(start, tmp_path):
    refused = start("serve", "--listen", "0.0.0.0:0")
    assert refused.returncode == REFUSED and b"--tls-cert" in refused.stderr
    cert, key = certificate(tmp_path / "tls", "first")
    with Server(tmp_path, "--tls-cert", str(cert), "--tls-key", str(key), port=("--listen", "0.0.0.0:0")) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert server.stop() == 0


class UnixHTTP(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(self.path))


def test_keeps_browsers_to_https_only_when_told(secured, start, tmp_path):
    """C50: the promise holds for all ports of a name, so it is nothing to make unasked."""

    def promise(server):
        _, port = server.url.removeprefix("https://").split(":")
        connection = http.client.HTTPSConnection("127.0.0.1", int(port), context=ssl._create_unverified_context(), timeout=10)
        found = []
        for path in ("/", "/healthz", "/api/jobs"):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            found.append(answer.headers["Strict-Transport-Security"])
        connection.close()
        return found

    server, cert, key = secured
    assert promise(server) == [None, None, None]
    folder = tmp_path / "told"
    folder.mkdir()
    with Server(folder, "--hsts", "--tls-cert", str(cert), "--tls-key", str(key)) as told:
        assert promise(told) == ["max-age=31536000"] * 3
    refused = start("serve", "--port", "0", "--hsts")
    assert refused.returncode == 64 and b"--tls-cert" in refused.stderr


def test_listens_to_a_socket_that_only_its_owner_reaches(tmp_path, start, command_line, nobody):
    path = tmp_path / "srun.sock"
    with Server(tmp_path, port=("--listen", f"unix:{path}")) as server:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        connection = UnixHTTP(path)
        connection.request("GET", "/api/jobs")
        assert connection.getresponse().status == 401
        connection.close()
        srun = command_line(server)
        assert srun("run", "--", "echo", "hello").stdout.strip() == b"hello"
        named = {"SRUN_STATE_DIR": str(tmp_path / "away"), "SRUN_URL": f"unix:{path}", "SRUN_TOKEN": server.token}
        assert srun("run", "--", "echo", "named", env=named).stdout.strip() == b"named"
        # Nobody takes it from a server that lives.
        refused = start("serve", "--listen", f"unix:{path}", "--state-dir", str(tmp_path / "second"))
        assert refused.returncode == 69 and b"address in use" in refused.stderr
        account, _ = nobody
        if account is not None:
            code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"
            path.parent.chmod(0o755)
            other = subprocess.run(
                ["python3", "-c", code], user=account, group=account, capture_output=True, env=environment(tmp_path)
            )
            assert b"PermissionError" in other.stderr
        server.kill()
        assert path.exists()
    # What a crash has left is replaced, what is no socket is not.
    with Server(tmp_path, port=("--listen", f"unix:{path}")) as server:
        assert server.stop() == 0
    assert not path.exists()
    path.write_text("mine")
    refused = start("serve", "--listen", f"unix:{path}", "--state-dir", str(tmp_path / "third"))
    assert refused.returncode == 73 and path.read_text() == "mine"


def test_a_proxy_says_who_it_is_when_it_is_trusted(tmp_path):
    flags = ("--auth", "proxy", "--trusted-proxies", "127.0.0.1", "--new-user-role", "viewer")
    with Server(tmp_path, *flags) as server:
        host = server.url.removeprefix("http://")

        def ask(method, path, body=None, **fields):
            connection = http.client.HTTPConnection(host, timeout=10)
            connection.request(method, path, body, {key.replace("_", "-"): value for key, value in fields.items()})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

        assert ask("GET", "/api/session")[0] == 401
        status, session = ask("GET", "/api/session", X_Forwarded_User="Ann@example.com")
        assert (status, session["user"], session["role"]) == (200, "ann@example.com", "viewer")
        assert session["auth"] == "proxy"
        assert ask("GET", "/api/session", X_Forwarded_User="admin")[0] == 401
        server.api.value("PATCH", "/api/users/ann@example.com", {"role": "operator"})
        # The proxy lets her in by a cookie of its own, so what a foreign page sends must not count.
        job = json.dumps({"command": "true"})
        fields = {"X_Forwarded_User": "ann@example.com", "Content_Type": "application/json"}
        assert ask("POST", "/api/jobs", job, **fields)[1]["code"] == "bad_csrf"
        assert ask("POST", "/api/jobs", job, **fields, X_Srun_CSRF="1", Origin="http://evil.test")[0] == 403
        status, made = ask("POST", "/api/jobs", job, **fields, X_Srun_CSRF="1", X_Forwarded_For="203.0.113.7, 127.0.0.1")
        assert (status, made["createdBy"]) == (201, "ann@example.com")
        entry = server.api.value("GET", "/api/audit?action=job.create")[0]
        assert (entry["user"], entry["address"]) == ("ann@example.com", "203.0.113.7")
    untrusted = tmp_path / "untrusted"
    untrusted.mkdir()
    with Server(untrusted) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/api/session", headers={"X-Forwarded-User": "ann"})
        assert connection.getresponse().status == 401


def test_trust_in_a_proxy_needs_its_address(start):
    assert start("serve", "--auth", "proxy", "--port", "0").returncode == REFUSED
