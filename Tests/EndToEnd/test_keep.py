"""`--on-exit keep`: srun ends, its jobs go on, and the next start takes them."""

import contextlib
import hashlib
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from support.api import API
from support.server import Server, binary, environment, processes_of_job
from test_keeper import Follower, printer, wait_for_end

KEEP = ("--on-exit", "keep")


def children(process: int, name: str) -> list[int]:
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process and (entry / "cmdline").read_bytes().startswith(name.encode() + b"\0"):
                found.append(int(entry.name))
    return found


def worker(keeper: int) -> int:
    deadline = time.monotonic() + 10
    while len(found := children(keeper, "srun-worker")) != 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found[0]


def ended(handle: int, limit: float = 10) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(limit * 1000))


class Keeping:
    """Starts with the same state folder, one after the other, and the keeper that they share."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.keepers: list[tuple[int, int]] = []
        self.jobs: list[str] = []

    @property
    def keeper(self) -> int:
        return self.keepers[-1][0]

    def start(self, *flags: str, **options) -> Server:
        server = Server(self.folder, *flags, **options).start()
        for found in children(server.process.pid, "srun-keeper"):
            self.keepers.append((found, os.pidfd_open(found)))
        return server

    def submit(self, server: Server, *arguments, **spec) -> str:
        self.jobs.append(server.api.submit(*arguments, **spec)["id"])
        return self.jobs[-1]

    def is_gone(self) -> bool:
        return ended(self.keepers[-1][1])

    def clean(self) -> None:
        for keeper, handle in self.keepers:
            if not ended(handle, 0):
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                ended(handle)
            os.close(handle)
        for job in self.jobs:
            for process in processes_of_job(job):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


@pytest.fixture
def keeping(tmp_path):
    keeping = Keeping(tmp_path)
    yield keeping
    keeping.clean()


def end(server: Server) -> None:
    server.signal(signal.SIGTERM)
    assert server.wait() == 0, server.log
    server._close()


def test_jobs_go_on_and_the_next_start_has_them(keeping, tmp_path):
    """Nothing is lost of what is printed, and of how it ends, while nobody serves."""
    server = keeping.start(*KEEP)
    told = {tty: tmp_path / f"digest-{tty}" for tty in (True, False)}
    script = printer(tmp_path)
    # None has printed all before the server is gone.
    gate = tmp_path / "gate"
    printing = {
        tty: keeping.submit(server, argv=["python3", script, "5000000", str(told[tty]), str(gate)], tty=tty)
        for tty in (True, False)
    }
    go = tmp_path / "go"
    os.mkfifo(go)
    waiting = keeping.submit(server, f"echo begun; read line <{go}; echo $line; exit 3", tty=False)
    server.api.wait_for_output(waiting, b"begun")
    stopped = keeping.submit(server, "trap '' TERM; echo ready; while :; do sleep 0.1; done", tty=False)
    server.api.wait_for_output(stopped, b"ready")
    process = server.api.job(waiting)["pid"]
    url = server.url
    end(server)
    assert f"jobs go on in the keeper, process {keeping.keeper}" in server.log
    assert not (server.state / "server.json").exists()
    said = subprocess.run(
        [binary(), "ls", "--state-dir", str(server.state)], env=environment(tmp_path), capture_output=True, check=False
    )
    assert said.returncode == 69 and f"process {keeping.keeper}, has 4 jobs".encode() in said.stderr, said.stderr
    with pytest.raises(OSError):
        API(url, server.token).jobs()
    gate.touch()
    # The last words are said, and the code is given, while no server is there.
    go.write_text("the last words\n")
    deadline = time.monotonic() + 10
    while pathlib.Path(f"/proc/{process}/cmdline").exists() and pathlib.Path(f"/proc/{process}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.01)

    server = keeping.start(*KEEP)
    assert len(keeping.keepers) == 1, "there is one keeper, and it is the old one"
    found, stored = wait_for_end(server, waiting)
    assert (found["status"], found["exitCode"], stored) == ("failed", 3, b"begun\nthe last words\n")
    for tty, job in printing.items():
        found, stored = wait_for_end(server, job)
        assert (found["status"], found["exitCode"]) == ("failed", 7), found
        assert hashlib.sha256(stored).hexdigest() == told[tty].read_text()
    assert server.api.job(stopped)["status"] == "running"
    end(server)

    # Without the word, the jobs of an earlier start end with this one.
    server = keeping.start("--stop-grace", "1")
    assert server.api.job(stopped)["status"] == "running"
    end(server)
    assert keeping.is_gone()
    assert processes_of_job(stopped) == []
    assert not (server.state / "keeper.sock").exists()
    server = keeping.start()
    assert server.api.job(stopped)["status"] == "stopped"
    end(server)


def test_without_jobs_nothing_stays(keeping):
    server = keeping.start(*KEEP)
    assert server.api.run("exit 5", tty=False)[0]["exitCode"] == 5
    end(server)
    assert keeping.is_gone()


def test_killed_at_any_moment(keeping, tmp_path):
    """The server, and the process that was started, are killed while a job prints; a start follows each time."""
    told = tmp_path / "digest"
    script = printer(tmp_path)
    server = keeping.start(*KEEP)
    job = keeping.submit(server, argv=["python3", script, "16000000", str(told)])
    for turn in range(4):
        time.sleep(random.uniform(0.05, 0.4))
        os.kill(worker(keeping.keeper), signal.SIGKILL)
        if turn % 2:
            time.sleep(random.uniform(0, 0.2))
            server.kill()
            server = keeping.start(*KEEP)
    follower = Follower(server.api, job)
    follower.join(110)
    assert not follower.is_alive() and follower.failure is None, follower.failure
    found = server.api.job(job)
    assert (found["status"], found["exitCode"]) == ("failed", 7), found
    assert follower.digest.hexdigest() == told.read_text()
    assert len(keeping.keepers) == 1
    end(server)


def test_the_keeper_told_to_end_stops_its_jobs(keeping):
    """What an administrator does who wants nothing to go on, and nothing to start."""
    server = keeping.start(*KEEP, "--stop-grace", "1")
    job = keeping.submit(server, "trap '' TERM HUP; echo ready; sleep 1000", tty=False)
    server.api.wait_for_output(job, b"ready")
    end(server)
    os.kill(keeping.keeper, signal.SIGTERM)
    assert keeping.is_gone()
    assert processes_of_job(job) == []
    server = keeping.start()
    assert server.api.job(job)["status"] == "stopped"
    end(server)


def test_the_keeper_killed_while_nobody_serves(keeping):
    server = keeping.start(*KEEP)
    job = keeping.submit(server, "trap '' HUP; echo ready; sleep 1000")
    server.api.wait_for_output(job, b"ready")
    end(server)
    os.kill(keeping.keeper, signal.SIGKILL)
    assert keeping.is_gone()
    # Its socket is left behind, and is nobody's.
    server = keeping.start(*KEEP)
    assert server.api.job(job)["status"] == "lost"
    assert processes_of_job(job) == []
    assert len(keeping.keepers) == 2
    end(server)


def refused(folder: pathlib.Path, *flags: str, state: str = "state") -> tuple[int, str]:
    command = [binary(), "serve", "--port", "0", "--state-dir", str(folder / state), *flags]
    result = subprocess.run(command, env=environment(folder), capture_output=True, text=True, timeout=30, check=False)
    return result.returncode, result.stderr


def test_what_cannot_be_is_refused_and_the_jobs_go_on(keeping, tmp_path):
    server = keeping.start(*KEEP)
    job = keeping.submit(server, "echo ready; sleep 1000")
    server.api.wait_for_output(job, b"ready")
    code, text = refused(tmp_path, *KEEP)
    assert code == 75 and f"process {server.process.pid}" in text, text
    code, text = refused(tmp_path)
    assert code == 75 and "in use" in text, text
    assert server.api.job(job)["status"] == "running"
    end(server)
    for flags, exit_code, word in [
        (("--no-keeper",), 75, f"process {keeping.keeper}"),
        (("--db", str(tmp_path / "other.db")), 75, "belong to"),
        (("--node", "other"), 75, "belong to"),
        ((*KEEP, "--store", "memory"), 78, "memory"),
        ((*KEEP, "--no-keeper"), 78, "--no-keeper"),
        # It comes as far as a worker of the keeper, and fails there.
        (("--tls-cert", "missing.pem", "--tls-key", "missing.pem"), None, ""),
        (("--on-exit", "maybe"), 64, "stop or keep"),
    ]:
        code, text = refused(tmp_path, *flags)
        assert code == exit_code or (exit_code is None and code != 0), (flags, code, text)
        assert word in text, (flags, text)
    # The same database by another state folder: the keeper holds its lock, whether anybody serves or not.
    code, text = refused(tmp_path, "--db", str(server.state / "srun.db"), state="elsewhere")
    assert code == 75 and f"in use by process {keeping.keeper}" in text, text
    server = keeping.start(*KEEP)
    assert server.api.job(job)["status"] == "running"
    assert len(keeping.keepers) == 1
    server.api.stop(job)
    end(server)
    assert keeping.is_gone()


def field(tag: int, value: bytes | int) -> bytes:
    data = value if isinstance(value, bytes) else struct.pack("<q", value)
    return struct.pack("<HI", tag, len(data)) + data


def test_a_version_that_the_keeper_does_not_understand_changes_nothing(keeping, tmp_path):
    """A start by a srun of another protocol: said, and the jobs are left to the next one that fits."""
    server = keeping.start(*KEEP)
    job = keeping.submit(server, "echo ready; sleep 1000")
    server.api.wait_for_output(job, b"ready")
    end(server)
    program = tmp_path / "other"
    program.write_text(
        "#!/usr/bin/env python3\nimport socket, struct\n"
        "number = lambda tag, value: struct.pack('<HIq', tag, 8, value)\n"
        "hello = struct.pack('<BH', 0, 1) + number(1, 99) + number(2, 98) + struct.pack('<HI', 3, 3) + b'9.0'\n"
        "channel = socket.socket(fileno=3)\nchannel.send(hello)\nchannel.recv(1)\n"
    )
    program.chmod(0o755)
    errors = os.open(tmp_path / "errors", os.O_WRONLY | os.O_CREAT)
    nothing = os.open("/dev/null", os.O_RDWR)
    place = os.open(tmp_path, os.O_PATH)
    image = os.open(program, os.O_PATH)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as front:
        front.connect(str(server.state / "keeper.sock"))
        presence = front.recv(4096)
        assert field(30, keeping.keeper) in presence and field(63, 1) in presence
        attach = b"\0" + struct.pack("<H", 1) + field(30, os.getpid()) + field(12, str(program).encode())
        attach += field(14, f"PATH={os.environ['PATH']}".encode())
        socket.send_fds(front, [attach], [nothing, nothing, errors, place, image])
        front.settimeout(20)
        assert front.recv(4096)[:3] == b"\0" + struct.pack("<H", 1), "it is served"
        assert front.recv(4096)[:3] == b"\0" + struct.pack("<H", 3), "and told of the end"
        assert front.recv(1) == b""
    for number in (errors, nothing, place, image):
        os.close(number)
    assert "versions 98 to 99" in (tmp_path / "errors").read_text()
    server = keeping.start(*KEEP)
    assert server.api.job(job)["status"] == "running"
    server.api.stop(job)
    end(server)


def test_a_keeper_that_is_just_ending_is_not_taken_for_a_dead_one(keeping, tmp_path):
    """It has shown itself, and is gone when it is to serve: the start goes on with a keeper of its own."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    presence = b"\0" + struct.pack("<H", 1) + field(1, 1) + field(2, 1) + field(30, os.getpid()) + field(63, 0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(str(state / "keeper.sock"))
        door.listen()

        def show():
            with door.accept()[0] as asking:
                asking.send(presence)
            with door.accept()[0] as front:
                front.send(presence)
                _, numbers, _, _ = socket.recv_fds(front, 65536, 16)
                for number in numbers:
                    os.close(number)
                (state / "keeper.sock").unlink()
                door.close()

        shown = threading.Thread(target=show, daemon=True)
        shown.start()
        server = keeping.start(*KEEP)
        shown.join(10)
        assert not shown.is_alive()
    assert server.api.run("exit 5", tty=False)[0]["exitCode"] == 5
    end(server)
    assert keeping.is_gone()


def test_strangers_and_nonsense_do_not_disturb_it(keeping):
    server = keeping.start(*KEEP)
    job = keeping.submit(server, "echo ready; sleep 1000")
    server.api.wait_for_output(job, b"ready")
    path = server.state / "keeper.sock"
    assert path.stat().st_mode & 0o777 == 0o600
    connections = []
    for message in [b"", b"x", b"\0\1\0", b"\0" + os.urandom(200), b"\1", *[b""] * 30]:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.connect(str(path))
        with contextlib.suppress(OSError):
            connection.send(message)
        connections.append(connection)
    assert server.api.job(job)["status"] == "running"
    end(server)
    server = keeping.start(*KEEP)
    assert server.api.job(job)["status"] == "running"
    for connection in connections:
        connection.close()
    server.api.stop(job)
    end(server)
    assert keeping.is_gone()


def test_an_upgrade_under_a_keeper_that_stays(keeping, tmp_path, monkeypatch, command_line):
    installed = tmp_path / "bin" / "srun"
    installed.parent.mkdir()
    shutil.copy(binary(), installed)
    monkeypatch.setenv("SRUN_BINARY", str(installed))
    server = keeping.start(*KEEP)
    told = tmp_path / "digest"
    job = keeping.submit(server, argv=["python3", printer(tmp_path), "6000000", str(told)])
    follower = Follower(server.api, job)
    before = worker(keeping.keeper)
    new = installed.with_name("srun.new")
    shutil.copy(installed, new)
    new.rename(installed)
    # As a signal to the process that was started.
    server.signal(signal.SIGHUP)
    handle = os.pidfd_open(before)
    assert ended(handle), server.log
    os.close(handle)
    assert worker(keeping.keeper) != before
    follower.join(110)
    assert follower.failure is None and follower.digest.hexdigest() == told.read_text()
    result = command_line(server)("upgrade")
    assert result.returncode == 0, result.stderr
    assert server.process.poll() is None
    end(server)
    assert keeping.is_gone()


@pytest.mark.xdist_group("postgres")
def test_in_a_database_of_a_team(keeping, database):
    """The node comes back within its lease, and its jobs are still its own."""
    flags = (*KEEP, "--store", "postgres", "--node", "n1")
    options = {"env": {"SRUN_DATABASE_URL": database.url}}
    server = keeping.start(*flags, **options)
    job = keeping.submit(server, "echo begun; sleep 1; echo end; exit 4", tty=False)
    longer = keeping.submit(server, "echo ready; sleep 1000")
    server.api.wait_for_output(longer, b"ready")
    end(server)
    server = keeping.start(*flags, **options)
    found, stored = wait_for_end(server, job)
    assert (found["status"], found["exitCode"], stored) == ("failed", 4, b"begun\nend\n"), found
    assert server.api.stop(longer)
    assert server.api.job(longer)["status"] == "stopped"
    end(server)
    assert keeping.is_gone()


def test_ended_with_its_standard_input(keeping):
    server = keeping.start(*KEEP)
    job = keeping.submit(server, "echo ready; sleep 1000")
    server.api.wait_for_output(job, b"ready")
    server.process.stdin.close()
    assert server.wait() == 0
    assert processes_of_job(job) != []
    server = keeping.start()
    assert server.api.job(job)["status"] == "running"
    end(server)
    assert keeping.is_gone()
