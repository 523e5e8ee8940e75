"""Users, tokens and the audit, by the command line and from outside."""

import json
import re
import sqlite3
import stat

import pexpect
import pytest

from support.api import API
from support.server import Server, binary

pytestmark = pytest.mark.xdist_group("access")

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for all of these: they look at different users."""
    with Server(tmp_path_factory.mktemp("access"), "--own-jobs-only") as server:
        yield server


@pytest.fixture
def srun(shared, command_line):
    return command_line(shared)


def ok(result) -> str:
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


def add(srun, name: str, role: str) -> None:
    ok(srun("user", "add", name, "--role", role, input=f"{PASSWORD}\n".encode()))


def test_a_user_signs_in_and_out_at_the_command_line(shared, srun, tmp_path):
    add(srun, "ann", "operator")
    assert re.search(r"^ann +operator +never$", ok(srun("user", "ls")), re.M)
    # Another account, which has no access to the state folder.
    home = {"HOME": str(tmp_path), "SRUN_STATE_DIR": str(tmp_path / "nowhere"), "SRUN_URL": shared.url}
    refused = srun("login", "--user", "ann", env=home, input=b"wrong horse\n")
    assert refused.returncode == 77 and b"does not let ann in" in refused.stderr
    # A person sees nothing of what they type.
    terminal = pexpect.spawn(binary(), ["login", "--user", "ann"], env={**srun.env, **home}, timeout=30)
    terminal.expect("password of ann at .*: ")
    terminal.sendline(PASSWORD)
    terminal.expect(r"signed in to .* as ann \(operator\)")
    terminal.expect(pexpect.EOF)
    assert PASSWORD.encode() not in terminal.before
    terminal.close()
    assert terminal.exitstatus == 0
    logins = tmp_path / ".config" / "srun" / "logins.json"
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    token = json.loads(logins.read_text())[shared.url]["token"]

    assert ok(srun("run", "--", "echo", "hello", env=home)).strip() == "hello"
    assert shared.api.jobs("?by=ann")[0]["createdBy"] == "ann"
    assert API(shared.url, token).value("GET", "/api/session")["user"] == "ann"
    assert srun("user", "ls", env=home).returncode == 77
    ok(srun("logout", env=home))
    assert API(shared.url, token).request("GET", "/api/session")[0] == 401
    assert srun("ls", env=home).returncode == 77


def test_a_token_is_shown_once_and_kept_nowhere(shared, srun):
    add(srun, "tom", "viewer")
    token = ok(srun("token", "create", "ci", "--user", "tom", "--role", "viewer")).strip()
    assert re.fullmatch(r"srun_[0-9A-Za-z]{43}", token)
    listed = ok(srun("token", "ls"))
    assert "ci" in listed and token not in listed
    viewer = API(shared.url, token)
    assert viewer.jobs() is not None
    assert viewer.request("POST", "/api/jobs", {"command": "true"})[0] == 403
    everything = b"".join(path.read_bytes() for path in shared.state.iterdir() if path.is_file())
    assert token.encode() not in everything + shared.log.encode()
    assert PASSWORD.encode() not in everything + shared.log.encode()
    with sqlite3.connect(f"file:{shared.state / 'srun.db'}?mode=ro", uri=True) as database:
        hashes = [row[0] for row in database.execute("SELECT password_hash FROM users")]
    assert hashes and all(text.startswith("scrypt$17$8$1$") for text in hashes)
    identifier = next(line.split()[0] for line in listed.splitlines() if " ci " in line)
    ok(srun("token", "revoke", identifier))
    assert viewer.request("GET", "/api/jobs")[0] == 401


def test_operators_keep_to_their_own_jobs_and_everything_is_written_down(shared, srun):
    add(srun, "eve", "operator")
    add(srun, "kim", "operator")
    eve, kim = (API(shared.url, ok(srun("token", "create", "t", "--user", name)).strip()) for name in ("eve", "kim"))
    job = eve.submit("sleep 60")["id"]
    assert kim.request("POST", f"/api/jobs/{job}/stop")[0] == 403
    assert kim.job(job)["createdBy"] == "eve"
    # Nor may she type into it, though she may watch.
    with kim.socket(f"/api/jobs/{job}/logs", "srun.v1") as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "hello"
        socket.send(json.dumps({"type": "input", "base64": "YQ=="}))
        assert json.loads(socket.recv(timeout=10))["code"] == "forbidden"
    with eve.socket(f"/api/jobs/{job}/logs", "srun.v1") as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "hello"
        socket.send(json.dumps({"type": "input", "base64": "YQ=="}))
        socket.send(json.dumps({"type": "input", "base64": "YQ=="}))
        answers = 0
        while answers < 2:
            message = socket.recv(timeout=10)
            answers += isinstance(message, str) and json.loads(message)["type"] == "input"
    eve.stop(job)
    assert eve.job(job)["stoppedBy"] == "eve"
    assert shared.api.request("DELETE", f"/api/jobs/{job}")[0] == 200
    lines = [json.loads(line) for line in ok(srun("audit")).splitlines()]
    told = [(line["user"], line["action"], line["result"]) for line in lines if line["job"] == job]
    assert told == [
        ("admin", "job.remove", "ok"), ("eve", "job.stop", "ok"), ("eve", "job.input", "ok"),
        ("kim", "job.stop", "not_your_job"), ("eve", "job.create", "ok"),
    ]  # fmt: skip
    assert [line["user"] for line in map(json.loads, ok(srun("audit", "--user", "kim")).splitlines())] == ["kim"]
    assert kim.request("GET", "/api/audit")[0] == 403


@pytest.mark.soak
def test_a_stream_ends_when_its_token_is_revoked(shared, srun):
    token = ok(srun("token", "create", "watch", "--role", "viewer")).strip()
    viewer = API(shared.url, token)
    job = shared.api.submit("sleep 90")["id"]
    identifier = next(line.split()[0] for line in ok(srun("token", "ls")).splitlines() if " watch " in line)
    with viewer.socket(f"/api/jobs/{job}/logs", "srun.v1") as socket, viewer.follow(job) as stream:
        assert json.loads(socket.recv(timeout=10))["type"] == "hello"
        ok(srun("token", "revoke", identifier))
        with pytest.raises(Exception) as closed:
            while True:
                socket.recv(timeout=32)
        assert getattr(closed.value, "rcvd", None) is not None and closed.value.rcvd.code == 4401
        with pytest.raises(Exception):
            stream.read()
    shared.api.stop(job)
