"""Fixtures of the black-box tests: a server, and the command line that talks to it."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

# Their assertions are to say what they saw too.
pytest.register_assert_rewrite("support")

from support.postgres import Database
from support.server import Server, binary, environment

pytest_plugins = ["support.browser"]


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    if not pathlib.Path(binary()).exists():
        pytest.exit(f"{binary()} does not exist; run: make build", returncode=2)


def pytest_runtest_logreport(report) -> None:
    """Tells scripts/e2e.sh which tests failed, as seen from the root; with several workers only their leader is asked to."""
    file = os.environ.get("SRUN_FAILED_TESTS")
    if file and report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        with open(file, "a") as names:
            # A test of a group is named "test@group" on the way between the workers.
            names.write("Tests/EndToEnd/" + report.nodeid.split("@")[0] + "\n")


@pytest.fixture
def server(tmp_path):
    # The grace time is for jobs that ignore being asked to end; a test need not wait the usual ten seconds for them.
    with Server(tmp_path, "--stop-grace", "1") as server:
        yield server


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """One server for all tests of a file, where they cannot disturb each other."""
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def database():
    """A database that nobody else uses."""
    with Database() as database:
        yield database


@pytest.fixture
def api(server):
    return server.api


class CommandLine:
    """`srun` as a person uses it beside a server of their own: it finds server and token by the state folder."""

    def __init__(self, folder: pathlib.Path, state: pathlib.Path):
        self.folder = folder
        self.env = environment(folder, SRUN_STATE_DIR=str(state))

    def __call__(self, *arguments: str, env: dict[str, str] | None = None, **options) -> subprocess.CompletedProcess:
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        return subprocess.run(
            [binary(), *arguments],
            env={**self.env, **(env or {})},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=60,
            **options,
        )

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        return subprocess.Popen(
            [binary(), *arguments],
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )


@pytest.fixture
def command_line():
    """Makes the command line for a server."""
    return lambda server: CommandLine(server.folder, server.state)


@pytest.fixture
def srun(server, command_line):
    return command_line(server)


@pytest.fixture
def start(tmp_path):
    """Starts srun as it is, without what the server fixture adds, and waits for its end: for starts that are refused."""

    def run(
        *arguments: str, env: dict[str, str] | None = None, folder: pathlib.Path = tmp_path, **options
    ) -> subprocess.CompletedProcess:
        return subprocess.run(
            [binary(), *arguments],
            env=environment(folder, **(env or {})),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=30,
            **options,
        )

    return run


NOBODY = 65534


@pytest.fixture
def nobody():
    """A folder of an account without rights, and its number, for what root is exempt from."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() != 0:
            yield None, pathlib.Path(folder)
            return
        os.chown(folder, NOBODY, NOBODY)
        try:
            subprocess.run([binary(), "version"], user=NOBODY, group=NOBODY, stdout=subprocess.DEVNULL, check=True)
        except PermissionError:
            pytest.skip("an account without rights cannot reach the built program")
        yield NOBODY, pathlib.Path(folder)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A copy of the program that a test may replace."""
    path = tmp_path / "bin" / "srun"
    path.parent.mkdir()
    shutil.copy(binary(), path)
    monkeypatch.setenv("SRUN_BINARY", str(path))
    return path
