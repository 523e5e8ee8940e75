"""Starts that are refused: one sentence, the exact exit code, and nothing written."""

import hashlib
import os
import pathlib
import socket
import sqlite3
import stat
import subprocess
import time

import pytest

from support.server import Server, binary, environment, processes_of_job

USAGE, BAD_DATA, UNAVAILABLE, CANNOT_CREATE, TEMPORARY, PERMISSION, REFUSED = 64, 65, 69, 73, 75, 77, 78


def refused(result, code: int, *words: str) -> str:
    """Checks the exit code, that standard output is clean and that the sentence has the words; returns standard error."""
    errors = result.stderr.decode()
    assert result.returncode == code, errors
    assert result.stdout == b""
    for word in words:
        assert word in errors
    return errors


def tree(folder: pathlib.Path) -> dict[str, str]:
    """Every file below a folder with its hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


# Wrong flags and variables (B47, B48)


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--colour"],
        ["--colour"],
        ["nonsense"],
        ["serve", "--port", "65536"],
        ["--port=abc"],
        ["-port=abc"],
        ["-port", "-1"],
        ["--port", "1", "--port", "2"],
        ["--db", ""],
        ["--db", "x.db", "--store", "memory"],
        ["--store", "papyrus"],
        ["--listen", "8000"],
        ["--log-level", "loud"],
        ["--trusted-proxies", "10.0.0.0/99"],
        ["--allowed-host", "a b"],
        ["--announce", "xml"],
        ["run"],
        ["logs"],
        ["ls", "--limit", "many"],
    ],
    ids=" ".join,
)
def test_wrong_usage(start, tmp_path, arguments):
    refused(start(*arguments), USAGE, "Usage: srun")
    assert tree(tmp_path) == {}


def test_wrong_variable_is_named(start, tmp_path):
    refused(start(env={"SRUN_PORT": "abc"}), USAGE, "SRUN_PORT", "Usage: srun")
    assert tree(tmp_path) == {}


def test_refuses_a_database_on_a_network_file_system(tmp_path):
    """B52. There is no NFS here: the kernel's answer to what kind of file system this is becomes that of one."""
    folder = tmp_path / "share"
    folder.mkdir()
    result = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=statfs", "-e", "inject=statfs:poke_exit=@arg2=6969000000000000",
         binary(), "serve", "--port", "0", "--db", str(folder / "srun.db")],
        env=environment(tmp_path), cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
    )  # fmt: skip
    refused(result, REFUSED, "network file system (NFS)", "--store postgres")
    assert tree(folder) == {}


def test_password_in_a_flag(start):
    errors = refused(start("--store", "postgres://user:hunter2@db/srun"), USAGE, "--store")
    assert "hunter2" not in errors


def test_unknown_store_names_the_known_ones(start):
    refused(start("--store", "papyrus://db/srun"), USAGE, "sqlite", "memory")


def test_flag_beats_variable_beats_file(tmp_path):
    (tmp_path / "config.json").write_text('{"node": "from-file", "jobs": 3}')

    def node(*flags, **env):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        with Server(folder, "--store", "memory", "--config", str(tmp_path / "config.json"), *flags, env=env) as server:
            return server.api.submit("true")["node"]

    assert node() == "from-file"
    assert node(SRUN_NODE="from-variable") == "from-variable"
    assert node("--node", "from-flag", SRUN_NODE="from-variable") == "from-flag"


@pytest.mark.parametrize(
    "text, word",
    [("{", "byte"), ("[]", "object"), ('{"porrt": 1}', "porrt"), ('{"port": "1"}', "port"), ('{"port": 65536}', "port")],
)
def test_wrong_configuration_file(start, tmp_path, text, word):
    path = tmp_path / "config.json"
    path.write_text(text)
    refused(start("--config", str(path)), BAD_DATA, word, str(path))
    assert list(tree(tmp_path)) == ["config.json"]


def test_default_configuration_file(start, tmp_path):
    (tmp_path / ".config" / "srun").mkdir(parents=True)
    (tmp_path / ".config" / "srun" / "config.json").write_text('{"store": "papyrus"}')
    refused(start(), BAD_DATA, "store")


# Configurations that would be dangerous (C1, C3)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "0.0.0.0"],
        ["--listen", "0.0.0.0:0"],
        ["--listen", "[::]:0"],
        ["--auth", "none"],
        ["--auth", "none", "--i-know-this-is-rce", "--host", "0.0.0.0", "--allow-plain-http"],
    ],
    ids=" ".join,
)
def test_dangerous_configuration(start, tmp_path, arguments):
    refused(start("--port", "0", *arguments), REFUSED)
    assert tree(tmp_path) == {}


def test_open_access_is_loud(tmp_path, command_line):
    with Server(tmp_path, "--auth", "none", "--i-know-this-is-rce") as server:
        assert server.announcement["token"] is None
        assert "WARNING: --auth none" in server.log
        result = command_line(server)("run", "exit 4")
        assert (result.returncode, result.stderr) == (4, b"")
        assert not (server.state / "token").exists()


# The address (B49)


def test_root_is_warned_and_not_refused(server):
    """C46: containers run as root."""
    assert ("srun runs as root, and so does every job" in server.log) == (os.geteuid() == 0)


def test_address_in_use(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        began = time.monotonic()
        result = start("--port", str(port), "--state-dir", str(tmp_path / "new"))
        assert time.monotonic() - began < 1
    refused(result, UNAVAILABLE, f"address in use: 127.0.0.1:{port}")
    assert tree(tmp_path) == {}


def test_address_of_another_machine(start, tmp_path):
    refused(start("--listen", "192.0.2.1:0", "--allow-plain-http"), UNAVAILABLE, "192.0.2.1")
    assert tree(tmp_path) == {}


def test_port_without_right(start, nobody):
    user, folder = nobody
    if int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 80:
        pytest.skip("this machine lets everybody have low ports")
    refused(start("--port", "80", folder=folder, user=user, group=user), PERMISSION, "127.0.0.1:80")
    assert tree(folder) == {}


def test_port_zero_is_chosen_and_told(tmp_path):
    with Server(tmp_path) as server:
        assert int(server.url.rsplit(":", 1)[1]) > 0
        assert server.url in server.log


@pytest.mark.parametrize("form", [("-port={}",), ("-port", "{}"), ("--port={}",)], ids=" ".join)
def test_every_form_of_the_port(tmp_path, form):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Server(tmp_path, "--store", "memory", port=tuple(part.format(port) for part in form)) as server:
        assert server.url == f"http://127.0.0.1:{port}"


# The state folder (B50)


def test_state_folder_is_made_for_its_owner(tmp_path):
    folder = tmp_path / "a" / "b" / "state"
    with Server(tmp_path, state=folder):
        assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)] == [0o700, 0o700]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert {"srun.db", "token", "server.json"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_state_folder_is_a_file(start, tmp_path):
    (tmp_path / "state").write_text("x")
    refused(start("--port", "0", "--state-dir", "state"), CANNOT_CREATE)
    refused(start("--port", "0", "--state-dir", "state/below"), CANNOT_CREATE)


def test_state_folder_cannot_be_made(start):
    refused(start("--port", "0", "--state-dir", "/proc/srun/state"), CANNOT_CREATE)


def test_state_folder_is_read_only(start, nobody):
    user, folder = nobody
    state = folder / "state"
    state.mkdir(mode=0o500)
    if user is not None:
        os.chown(state, user, user)
    refused(start("--port", "0", "--state-dir", "state", folder=folder, user=user, group=user), CANNOT_CREATE, "state")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_state_folder_open_to_others(start, tmp_path, mode):
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(mode)
    refused(start("--port", "0", "--state-dir", str(folder)), PERMISSION, str(folder))
    assert tree(folder) == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_state_folder_of_another_owner(start, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    refused(start("--port", "0", "--state-dir", str(folder)), PERMISSION, "another user")


# The database (B51, F11)


def _sqlite_database(path: pathlib.Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE other(x)")
        database.executemany("INSERT INTO other VALUES (?)", [("x" * 1000,)] * 100)


def _truncated(path: pathlib.Path) -> None:
    _sqlite_database(path)
    path.write_bytes(path.read_bytes()[:5000])


def _damaged(path: pathlib.Path) -> None:
    _sqlite_database(path)
    data = bytearray(path.read_bytes())
    data[100:4096] = os.urandom(3996)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda path: path.write_text("this is not a database\n" * 100), BAD_DATA),
        (_truncated, BAD_DATA),
        (_damaged, BAD_DATA),
        (_sqlite_database, BAD_DATA),
        (lambda path: path.write_bytes(b""), BAD_DATA),
        (lambda path: path.mkdir(), CANNOT_CREATE),
        (lambda path: os.mkfifo(path), CANNOT_CREATE),
    ],
    ids=["text", "truncated", "damaged page", "another program's", "empty", "folder", "FIFO"],
)
def test_database_that_cannot_be_one(start, tmp_path, make, code):
    path = tmp_path / "x.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    refused(start("--port", "0", "--state-dir", str(tmp_path / "state"), "--db", str(path)), code, str(path))
    if before is not None:
        assert path.read_bytes() == before
    assert not (tmp_path / "state").exists()


def test_empty_database_is_accepted_when_said(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"")
    path.chmod(0o600)
    with Server(tmp_path, "--db", str(path), "--init") as server:
        assert server.api.jobs() == []


def test_database_of_a_newer_version(start, tmp_path):
    server = Server(tmp_path)
    with server:
        pass
    path = server.state / "srun.db"
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO grdb_migrations VALUES ('a step of the future')")
    database.close()
    before = path.read_bytes()
    refused(start("--port", "0", "--state-dir", str(server.state)), BAD_DATA, "newer")
    assert path.read_bytes() == before


def test_missing_folder_of_the_database(start, tmp_path):
    refused(start("--port", "0", "--db", str(tmp_path / "no" / "x.db")), CANNOT_CREATE)


def test_second_server_on_one_database(server, start):
    result = start("--port", "0", "--state-dir", str(server.state))
    refused(result, TEMPORARY, str(server.process.pid))
    # The first one does not notice.
    assert server.api.run("echo still here")[1] == b"still here\r\n"


# The token (B55)


@pytest.mark.parametrize(
    "text, mode, code",
    [("", 0o600, BAD_DATA), ("srun_0123456789abcdef", 0o644, PERMISSION), ("short", 0o600, BAD_DATA)],
    ids=["empty", "open to others", "no token"],
)
def test_token_file_that_is_refused(start, tmp_path, text, mode, code):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "token").write_text(text)
    (state / "token").chmod(mode)
    refused(start("--port", "0", "--state-dir", str(state)), code, "token")
    assert list(tree(state)) == ["token"]


def test_token_file_that_is_a_link(start, tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (tmp_path / "real").write_text("srun_0123456789abcdef")
    (tmp_path / "real").chmod(0o600)
    (state / "token").symlink_to(tmp_path / "real")
    refused(start("--port", "0", "--state-dir", str(state)), PERMISSION, "link")


def test_token_put_there_beforehand_is_used(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "token").write_text("srun_0123456789abcdef\n")
    (state / "token").chmod(0o600)
    with Server(tmp_path) as server:
        assert server.token == "srun_0123456789abcdef"
        assert server.api.jobs() == []


def test_token_stays_the_same_and_out_of_the_log(tmp_path):
    with Server(tmp_path) as server:
        first = server.token
    with Server(tmp_path) as server:
        assert server.token == first
        assert first not in server.log


# What a test harness relies on


def test_memory_store_touches_nothing(tmp_path):
    with Server(tmp_path, "--store", "memory") as server:
        assert server.api.run("echo hi")[1] == b"hi\r\n"
    assert list(tree(tmp_path)) == ["server.log"]


def test_ends_with_its_parent(tmp_path):
    server = Server(tmp_path, "--store", "memory").start()
    job = server.api.submit("sleep 1000")
    server.process.stdin.close()
    assert server.wait() == 0
    assert server.process.stdout.read() == b""
    assert processes_of_job(job["id"]) == []
