"""The reverse proxy of docs/team.md, as it stands there, before two nodes."""

import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess

import pytest
import websockets.sync.client

from support.server import REPOSITORY
from support.team import Node, until

pytestmark = pytest.mark.xdist_group("outages")

HOST = "srun.example"
PASSWORD = "correct horse battery"


def documented(language: str) -> str:
    text = (REPOSITORY / "docs" / "team.md").read_text()
    return re.search(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Front:
    """Somebody in front of the proxy, who trusts its certificate and finds it by name."""

    def __init__(self, port: int, certificate: pathlib.Path):
        self.port = port
        self.context = ssl.create_default_context(cafile=str(certificate))
        self.cookie = ""

    def request(self, method: str, path: str, body=None) -> tuple[int, bytes, http.client.HTTPResponse]:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection = http.client.HTTPConnection(HOST, timeout=30)
        connection.sock = self.context.wrap_socket(raw, server_hostname=HOST)
        headers = {"Origin": f"https://{HOST}", "Cookie": self.cookie, "X-Srun-CSRF": "1", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data, answer

    def value(self, method: str, path: str, body=None):
        status, data, _ = self.request(method, path, body)
        assert status in (200, 201), (method, path, status, data)
        return json.loads(data)

    def socket(self, path: str):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return websockets.sync.client.connect(
            f"wss://{HOST}{path}", sock=raw, ssl=self.context, server_hostname=HOST, origin=f"https://{HOST}",
            additional_headers={"Cookie": self.cookie}, subprotocols=["srun.v1"], compression=None, proxy=None,
        )  # fmt: skip


@pytest.fixture
def nodes(tmp_path, database, command_line):
    """Two nodes as docs/team.md starts them, and a user."""
    flags = ("--behind-proxy", "--allowed-host", HOST, "--trusted-proxies", "127.0.0.1")
    with Node(tmp_path, "alpha", database.url, *flags) as alpha, Node(tmp_path, "beta", database.url, *flags) as beta:
        srun = command_line(alpha)
        assert srun("user", "add", "ann", "--role", "operator", input=f"{PASSWORD}\n".encode()).returncode == 0
        yield alpha, beta


@pytest.fixture
def nginx(tmp_path, nodes):
    places = [str(REPOSITORY / ".build/nginx/usr/sbin/nginx"), "nginx", "/usr/sbin/nginx"]
    program = next(filter(None, map(shutil.which, places)), None)
    assert program, "nginx is not installed; run scripts/install-test-deps.sh"
    certificate, key, port = tmp_path / "cert.pem", tmp_path / "key.pem", free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", key, "-out", certificate],
        check=True, stderr=subprocess.DEVNULL, timeout=30,
    )  # fmt: skip
    rules = documented("nginx")
    for old, new in [
        ("alpha:8000", nodes[0].url.removeprefix("http://")), ("beta:8000", nodes[1].url.removeprefix("http://")),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/srun.example.pem", str(certificate)), ("/etc/ssl/srun.example.key", str(key)),
    ]:  # fmt: skip
        assert old in rules
        rules = rules.replace(old, new)
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"{user}daemon off;\nmaster_process off;\npid {tmp_path}/nginx.pid;\nerror_log {tmp_path}/nginx.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{folders}{rules}\n}}\n"
    )
    process = subprocess.Popen([program, "-c", file, "-e", tmp_path / "nginx.log"], stderr=subprocess.DEVNULL)
    try:
        front = Front(port, certificate)

        def answers() -> bool:
            assert process.poll() is None, (tmp_path / "nginx.log").read_text()
            try:
                return front.request("GET", "/healthz")[0] == 200
            except OSError:
                return False

        until(answers)
        yield front
    finally:
        process.terminate()
        process.wait(10)


def sign_in(front: Front) -> None:
    status, body, answer = front.request("POST", "/api/session", {"user": "ann", "password": PASSWORD})
    assert status == 200, body
    cookie = answer.getheader("Set-Cookie")
    # The proxy has said that the outside is HTTPS.
    assert cookie.startswith("__Host-srun=") and "Secure" in cookie
    front.cookie = cookie.split(";")[0]


def test_people_do_not_notice_the_proxy(nodes, nginx):
    sign_in(nginx)
    # One session, whichever node answers.
    assert {nginx.value("GET", "/api/session")["node"] for _ in range(8)} == {"alpha", "beta"}
    assert nginx.request("GET", "/")[0] == 200
    job = nginx.value("POST", "/api/jobs", {"command": "read word; echo got $word; read more", "node": "alpha"})["id"]
    # Asked of the other node, it waits for its own to take it, and nobody reads what is typed before.
    until(lambda: nginx.value("GET", f"/api/jobs/{job}")["status"] == "running")
    # Followed and typed into through either node.
    for _ in range(2):
        with nginx.socket(f"/api/jobs/{job}/logs") as follower:
            assert json.loads(follower.recv(timeout=30))["type"] == "hello"
            follower.send(json.dumps({"type": "input", "base64": base64.b64encode(b"moon\r").decode()}))
            seen = b""
            while b"got moon" not in seen:
                message = follower.recv(timeout=30)
                seen += message if isinstance(message, bytes) else b""
    until(lambda: nginx.value("GET", f"/api/jobs/{job}")["status"] == "completed")
    assert nginx.value("GET", f"/api/jobs/{job}")["createdBy"] == "ann"
    # A foreign page gets nowhere.
    status, _, _ = nginx.request("POST", "/api/session", {"user": "ann", "password": "wrong horse"})
    assert status == 401


def test_a_node_that_is_gone_is_passed_over(nodes, nginx):
    sign_in(nginx)
    alpha, _ = nodes
    job = nginx.value("POST", "/api/jobs", {"command": "echo here; exec sleep 600", "node": "beta"})["id"]
    assert alpha.stop() == 0
    for _ in range(6):
        assert nginx.value("GET", "/api/session")["node"] == "beta"
    assert nginx.value("POST", f"/api/jobs/{job}/stop")
    assert nginx.value("GET", f"/api/jobs/{job}")["status"] == "stopped"
