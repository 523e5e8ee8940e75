"""PostgreSQL for the tests from outside: a database per test in the server of scripts/with-postgres.sh, and clusters of one's own."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import uuid

MISSING = "no PostgreSQL for the tests; run them by `make e2e`, or through scripts/with-postgres.sh"


def variable(name: str) -> str:
    value = os.environ.get(name)
    # Never skipped: a test that did not run proves nothing.
    assert value, MISSING
    return value


def psql(url: str, sql: str) -> str:
    program = pathlib.Path(variable("SRUN_TEST_PG_BIN")) / "psql"
    return subprocess.run(
        [program, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql],
        check=True, stdout=subprocess.PIPE, timeout=60, text=True,
    ).stdout.strip()  # fmt: skip


class Database:
    """A database that nobody else uses."""

    def __init__(self, server: str | None = None):
        self.server = server or variable("SRUN_TEST_POSTGRES")
        self.name = f"t{uuid.uuid4().hex[:12]}"

    @property
    def url(self) -> str:
        return self.server.rsplit("/", 1)[0] + "/" + self.name

    @property
    def pooled_url(self) -> str:
        return variable("SRUN_TEST_PGBOUNCER").rsplit("/", 1)[0] + "/" + self.name

    def sql(self, text: str) -> str:
        return psql(self.url, text)

    def __enter__(self) -> "Database":
        psql(self.server, f"CREATE DATABASE {self.name}")
        return self

    def __exit__(self, *_) -> None:
        psql(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


class Cluster:
    """A PostgreSQL server of one's own, for tests that crash it."""

    def __init__(self, password: str | None = None, address: str = "127.0.0.1"):
        self.password = password
        self.address = address
        self.bin = pathlib.Path(variable("SRUN_TEST_PG_BIN"))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="srun-cluster."))
        self.account = "postgres" if os.geteuid() == 0 else None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        user = f"srun:{self.password}" if self.password else "srun"
        return f"postgres://{user}@{self.address}:{self.port}/postgres"

    def run(self, program: str, *arguments: str, check: bool = True) -> None:
        options = {"user": self.account, "group": self.account, "extra_groups": []} if self.account else {}
        subprocess.run(
            [self.bin / program, "-D", self.folder / "data", *arguments],
            check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, cwd="/", **options,
        )  # fmt: skip

    def start(self) -> None:
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-w", "-m", mode, "stop")

    def restart(self) -> None:
        """As after a crash."""
        self.run("pg_ctl", "-w", "-m", "immediate", "-l", str(self.folder / "log"), "restart")

    def __enter__(self) -> "Cluster":
        if self.account:
            shutil.chown(self.folder, self.account)
        secret = self.folder / "password"
        secret.write_text(self.password or "unused")
        if self.account:
            shutil.chown(secret, self.account)
        method = "scram-sha-256" if self.password else "trust"
        self.run("initdb", "-U", "srun", "-A", method, "--pwfile", str(secret), "-E", "UTF8", "--locale=C", "--no-sync")
        with open(self.folder / "data" / "postgresql.conf", "a") as settings:
            settings.write(
                f"listen_addresses = '{self.address}'\nport = {self.port}\nunix_socket_directories = '{self.folder}'\n"
                "shared_buffers = 32MB\nmax_connections = 50\n"
            )
        with open(self.folder / "data" / "pg_hba.conf", "a") as rules:
            rules.write(f"host all srun {self.address}/24 {method}\n")
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.run("pg_ctl", "-w", "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
