"""A team whose database or network goes away: nothing is lost, doubled or claimed that is not so."""

import collections
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import random
import select
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest

from support.api import API
from support.namespace import Door, Namespace
from support.postgres import Cluster, Database, psql
from support.proxy import Proxy
from support.server import jobs_with_processes, processes_of_job, workers
from support.team import PRINTER, Node, node_states, printed, team, until

pytestmark = pytest.mark.xdist_group("outages")


def test_jobs_outlive_a_database_that_goes_away(tmp_path):
    """F16: jobs run on, new ones are refused, and no byte is lost."""
    with Cluster() as cluster, Node(tmp_path, "n1", cluster.url) as node:
        job = node.api.submit(PRINTER.format(count=300), tty=False)
        node.api.wait_for_output(job["id"], b"line 20\n")
        process = pathlib.Path(f"/proc/{node.api.job(job['id'])['pid']}")
        assert process.exists()
        cluster.stop()
        with node.api.follow(job["id"]) as answer:
            seen = answer.read(len(printed(150)))
            assert seen == printed(150)
            status, body = node.api.request("POST", "/api/jobs", {"command": "true"})
            assert (status, json.loads(body)["code"]) == (503, "storage_unavailable")
            assert node.api.request("GET", "/healthz")[0] == 503
            # The job ends while there is no database.
            until(lambda: not process.exists())
            cluster.start()
        ended, output = until(lambda: node.api.job(job["id"])["status"] == "completed" and node.api.wait(job["id"]))
        assert output == printed(300)
        assert ended["exitCode"] == 0
        assert not list((node.state / "spool").iterdir())
        assert node.api.run("echo again", tty=False)[1] == b"again\n"


def crash_under_load(tmp_path, crashes: int):
    count = 150 * crashes
    with Cluster() as cluster, team(tmp_path, 2, cluster.url) as nodes:
        jobs = [node.api.submit(PRINTER.format(count=count), tty=False, node=node.name)["id"] for node in nodes * 2]
        accepted: list[str] = []
        ended = threading.Event()

        def create() -> None:
            while not ended.wait(0.05):
                status, body = nodes[0].api.request("POST", "/api/jobs", {"argv": ["true"], "tty": False})
                if status == 201:
                    accepted.append(json.loads(body)["id"])

        creator = threading.Thread(target=create)
        creator.start()
        try:
            for _ in range(crashes):
                time.sleep(0.7)
                cluster.stop("immediate")
                cluster.start()
        finally:
            ended.set()
            creator.join()
        for job in jobs:
            ended_job = until(lambda job=job: (found := nodes[0].api.job(job))["status"] == "completed" and found, 60)
            assert ended_job["exitCode"] == 0
            assert nodes[1].api.output(job) == printed(count)
        # Whoever was told 201 finds the job, ended well; nothing runs that nobody was told of.
        for job in accepted:
            assert until(lambda job=job: nodes[1].api.job(job)["status"] == "completed", 60)
        unfinished = "SELECT count(*) FROM srun.jobs WHERE status IN ('queued', 'running')"
        until(lambda: psql(cluster.url, unfinished) == "0", 60)


def test_the_database_crashes_under_load(tmp_path):
    crash_under_load(tmp_path, 2)


@pytest.mark.soak
def test_the_database_crashes_twenty_times_under_load(tmp_path):
    crash_under_load(tmp_path, 20)


class CommitCutter(Proxy):
    """Lets everything pass but the answer to a COMMIT: the client cannot know whether it was carried out."""

    def __init__(self, url: str, every: int):
        super().__init__(url)
        self.every = every
        self.commits = 0
        self.cuts = 0

    def _pass(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.target) as server, contextlib.suppress(OSError):
            while True:
                readable, _, _ = select.select([client, server], [], [])
                for side in readable:
                    part = side.recv(65536)
                    if not part:
                        return
                    if side is server:
                        client.sendall(part)
                        continue
                    server.sendall(part)
                    if b"COMMIT\0" in part:
                        self.commits += 1
                        if self.commits % self.every == 0:
                            # It arrives and is carried out; nobody hears of it.
                            server.recv(65536)
                            self.cuts += 1
                            return


def test_a_commit_whose_answer_is_lost_is_neither_lost_nor_doubled(tmp_path, database):
    """F17."""
    host = urllib.parse.urlsplit(database.url).netloc.split("@")[1]
    with CommitCutter(f"http://{host}", every=7) as proxy:
        url = f"postgres://srun@{proxy.url.removeprefix('http://')}/{database.name}"
        with Node(tmp_path, "n1", url) as node:
            jobs, refused = [], 0
            for number in range(12):
                status, body = node.api.request(
                    "POST", "/api/jobs", {"command": PRINTER.format(count=40), "tty": False}
                )
                if status == 201:
                    jobs.append(json.loads(body)["id"])
                else:
                    assert status == 503
                    refused += 1
            for job in jobs:
                ended, output = node.api.wait(job)
                assert (ended["status"], output) == ("completed", printed(40))
            assert proxy.cuts > 5
            assert database.sql("SELECT count(*) FROM srun.jobs WHERE status = 'completed'") == str(len(jobs))


class Silence(Proxy):
    """A network that swallows everything, as when packets are dropped: no connection is closed, and nothing arrives."""

    def __init__(self, url: str):
        super().__init__(url)
        self.passes = threading.Event()
        self.passes.set()

    def _pass(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            self.passes.wait()
            with socket.create_connection(self.target) as server:
                while True:
                    readable, _, _ = select.select([client, server], [], [])
                    self.passes.wait()
                    for side in readable:
                        part = side.recv(65536)
                        if not part:
                            return
                        (server if side is client else client).sendall(part)


def silent_url(proxy: Silence, database: Database) -> str:
    return f"postgres://srun@{proxy.url.removeprefix('http://')}/{database.name}"


def without_query(url: str) -> str:
    return f"http://{urllib.parse.urlsplit(url).netloc.split('@')[1]}"


def test_a_node_that_is_cut_off_goes_on_when_the_network_is_back(tmp_path, database):
    """F18: others show its jobs as unknown and run none of them again; it takes nothing new; after the heal all is there."""
    with Silence(without_query(database.url)) as proxy, contextlib.ExitStack() as stack:
        one = stack.enter_context(Node(tmp_path, "n1", database.url, lease=2, lost=120))
        two = stack.enter_context(Node(tmp_path, "n2", silent_url(proxy, database), lease=2, lost=120))
        job = two.api.submit(PRINTER.format(count=400), tty=False, node="n2")
        two.api.wait_for_output(job["id"], b"line 20\n")
        proxy.passes.clear()
        try:
            until(lambda: one.api.job(job["id"])["unknown"])
            assert one.api.job(job["id"])["status"] == "running"
            waiting = one.api.submit("true", node="n2")
            # The job prints on meanwhile, for whoever follows it where it runs.
            with two.api.follow(job["id"]) as answer:
                assert answer.read(len(printed(200))) == printed(200)
        finally:
            proxy.passes.set()
        ended, output = one.api.wait(job["id"])
        assert (ended["status"], output) == ("completed", printed(400))
        assert one.api.wait(waiting["id"])[0]["status"] == "completed"


def test_a_node_that_is_cut_off_stops_its_jobs_when_told_so(tmp_path, database):
    with Silence(without_query(database.url)) as proxy:
        node = Node(tmp_path, "n1", silent_url(proxy, database), "--on-lease-loss", "stop", lease=2, lost=120)
        with node:
            job = node.api.submit("exec sleep 600", tty=False)
            proxy.passes.clear()
            try:
                until(lambda: not processes_of_job(job["id"]))
            finally:
                proxy.passes.set()
            stopped = until(lambda: (found := node.api.job(job["id"]))["status"] == "stopped" and found)
            assert "lost contact" in stopped["reason"]


def test_dropped_connections_are_made_up_for(tmp_path, database):
    """Whoever follows loses nothing when the listening connections break again and again."""
    script = "i=0; while [ $i -lt 150 ]; do echo line $i; i=$((i+1)); sleep 0.02; done"
    with team(tmp_path, 2, database.url) as (one, two):
        job = one.api.submit(script, tty=False, node="n1")
        ended = threading.Event()

        def cut() -> None:
            while not ended.wait(0.3):
                database.sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        cutter = threading.Thread(target=cut)
        cutter.start()
        try:
            with two.api.follow(job["id"]) as answer:
                got = answer.read()
        finally:
            ended.set()
            cutter.join()
        assert got == b"".join(b"line %d\n" % number for number in range(150))
        assert until(lambda: one.api.job(job["id"])["status"] == "completed")


def test_a_server_waits_for_its_database_and_says_so(tmp_path):
    """F15: the address is served from the first moment, and the node comes up by itself; also when it was told to go before."""
    with Cluster() as cluster:
        cluster.stop()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        node = Node(tmp_path, "n1", cluster.url, port=("--port", str(port)))
        api = API(f"http://127.0.0.1:{port}", "none")

        def answer(*request):
            with contextlib.suppress(OSError, http.client.HTTPException):
                return api.request(*request)

        with contextlib.ExitStack() as stack:
            stack.push(node.launch())
            status, body = until(lambda: answer("GET", "/healthz"))
            assert (status, json.loads(body)["status"]) == (503, "unavailable")
            for request in (("GET", "/api/jobs"), ("POST", "/api/jobs", {"command": "true"}), ("GET", "/")):
                status, body = api.request(*request)
                assert (status, json.loads(body)["code"]) == (503, "storage_unavailable"), request
            assert "waiting for PostgreSQL" in node.log and cluster.url.split("@")[1] in node.log
            assert node.stop() == 0
        with contextlib.ExitStack() as stack:
            stack.push(node.launch())
            until(lambda: (answer("GET", "/healthz") or (0,))[0] == 503)
            cluster.start()
            began = time.monotonic()
            node.ready()
            assert time.monotonic() - began < 5
            assert node.api.request("GET", "/healthz")[0] == 200
            assert node.api.run("echo here")[1] == b"here\r\n"
            assert node.stop() == 0


@pytest.fixture
def apart(tmp_path):
    """Two nodes, n2 behind a cable to the database, and the way to n2 that does not need it."""
    with contextlib.ExitStack() as stack:
        there = stack.enter_context(Namespace())
        cluster = stack.enter_context(Cluster(address=there.here))
        url = cluster.url + "?sslmode=disable"

        def join(**options) -> tuple[Node, Node, API]:
            one = stack.enter_context(Node(tmp_path, "n1", url, "--jobs", "4", **options))
            two = stack.enter_context(Node(tmp_path, "n2", url, "--jobs", "4", within=there.command, **options))
            door = stack.enter_context(Door(there, two.url))
            return one, two, API(door.url, two.token)

        yield there, cluster, join


def test_an_unencrypted_way_to_another_machine_is_refused(tmp_path, apart, start):
    _, cluster, _ = apart
    refused = start("serve", "--port", "0", env={"SRUN_DATABASE_URL": cluster.url})
    assert refused.returncode == 78, refused.stderr
    assert b"not encrypted" in refused.stderr
    migrated = start("migrate", env={"SRUN_DATABASE_URL": cluster.url + "?sslmode=prefer"})
    assert migrated.returncode == 78, migrated.stderr


def test_a_partitioned_node_takes_nothing_and_loses_nothing(tmp_path, apart):
    """F18: nobody runs its jobs again (I5), it begins nothing (I2), and what it printed meanwhile is all there (I6)."""
    there, cluster, join = apart
    one, _, beyond = join(lease=2, lost=120)
    log = tmp_path / "ids"
    log.touch()
    job = one.api.submit(PRINTER.format(count=800), tty=False, node="n2")["id"]
    one.api.wait_for_output(job, b"line 20\n")
    there.cut()
    try:
        command = ["/bin/sh", "-c", f"echo $SRUN_JOB_ID $SRUN_NODE >> {log}"]
        queued = [one.api.submit(argv=command, tty=False, node="any")["id"] for _ in range(40)]
        kept = one.api.submit(argv=command, tty=False, node="n2")["id"]
        until(lambda: one.api.job(job)["unknown"])
        assert node_states(one) == {"n1": "up", "n2": "unknown"}
        assert one.api.request("POST", f"/api/jobs/{job}/stop")[0] == 503
        # The job runs on, and whoever follows it where it runs sees it.
        with beyond.follow(job) as answer:
            assert answer.read(len(printed(300))) == printed(300)
        assert beyond.request("POST", "/api/jobs", {"command": "true"})[0] == 503
        until(lambda: beyond.request("GET", "/healthz")[0] == 503)
        until(lambda: all(one.api.job(id)["status"] == "completed" for id in queued))
        assert {line.split()[1] for line in log.read_text().splitlines()} == {"n1"}
    finally:
        there.mend()
    ended, output = one.api.wait(job)
    assert (ended["status"], ended["exitCode"], output) == ("completed", 0, printed(800))
    assert one.api.wait(kept)[0]["node"] == "n2"
    assert sorted(line.split()[0] for line in log.read_text().splitlines()) == sorted([*queued, kept])
    assert node_states(one) == {"n1": "up", "n2": "up"}
    assert beyond.output(job) == output


def test_a_node_that_was_given_up_beyond_a_partition_ends_what_it_ran(tmp_path, apart):
    """F18, I4: its job is lost at the moment the others say so; nothing it did later is seen."""
    there, cluster, join = apart
    one, two, beyond = join(lease=1, lost=2)
    job = one.api.submit(PRINTER.format(count=6000), tty=False, node="n2")["id"]
    one.api.wait_for_output(job, b"line 20\n")
    there.cut()
    try:
        lost = until(lambda: (found := one.api.job(job))["status"] == "lost" and found)
        kept = one.api.output(job)
        assert (len(kept), lost["exitCode"]) == (lost["outputBytes"], None)
        assert printed(6000).startswith(kept)
        assert processes_of_job(job), "the node cannot know yet"
    finally:
        there.mend()
    until(lambda: not processes_of_job(job))
    until(lambda: node_states(one)["n2"] == "up")
    assert until(lambda: beyond.job(job)["status"] == "lost")
    assert beyond.output(job) == one.api.output(job) == kept
    assert one.api.run("echo back", node="n2")[1] == b"back\r\n"
    assert not list((two.state / "spool").iterdir())


class Chaos:
    """Breaks one thing after the other, and puts it right again."""

    def __init__(self, cluster: Cluster, nodes: list[Node], log: pathlib.Path, seed: int):
        self.cluster, self.nodes, self.log = cluster, nodes, log
        self.random = random.Random(seed)
        self.told: list[str] = []
        self.keepers_killed = 0

    def database(self) -> None:
        self.cluster.restart()

    def server(self) -> None:
        # Its keeper starts another one; between two there is none to kill.
        for pid in workers(self.random.choice(self.nodes)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def keeper(self) -> None:
        node = self.random.choice(self.nodes)
        old = node.process
        old.kill()
        old.wait()
        self.keepers_killed += 1
        node.start()
        # Not before: the end of its standard input asks a server to stop its jobs, and this one is to have no time for that.
        old.stdin.close()
        old.stdout.close()

    def listeners(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            psql(
                self.cluster.url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR random() < 0.2)",
            )

    def break_something(self, what: str) -> None:
        self.told.append(what)
        getattr(self, what)()

    def invariants(self) -> None:
        """At any moment: no job was begun twice (I5)."""
        begun = self.log.read_text().split()
        assert len(begun) == len(set(begun)), (self.told, [id for id in begun if begun.count(id) > 1])


def submit_all(nodes: list[Node], count: int, log: pathlib.Path, ended: threading.Event) -> list[str]:
    """Asks one node after the other until one says that it has the job: with its key a request can be repeated anywhere."""

    def submit(number: int) -> str:
        command = f"echo $SRUN_JOB_ID >> {log}; echo $SRUN_JOB_ID; sleep 0.{number % 5 + 1}"
        spec = {"argv": ["/bin/sh", "-c", command], "tty": False}
        for turn in itertools.count(number):
            assert not ended.is_set(), "the test is over"
            try:
                status, body = nodes[turn % 3].api.request("POST", "/api/jobs", spec, {"Idempotency-Key": f"job-{number}"})
            except (OSError, http.client.HTTPException):
                status = 0
            if status in (200, 201):
                return json.loads(body)["id"]
            assert status in (0, 401, 429, 503), (status, body)
            time.sleep(0.05)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(submit, range(count)))


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_queue_survives_whatever_breaks(tmp_path):
    """2,000 jobs on 3 nodes, while the database, servers, keepers and connections are killed: I1, I2, I4, I5, I6."""
    count = 2000
    log = tmp_path / "ids"
    log.touch()
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    ended = threading.Event()
    with Cluster() as cluster, team(tmp_path, 3, cluster.url, "--jobs", "6", lease=10, lost=120) as nodes:
        chaos = Chaos(cluster, nodes, log, seed)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            submitted = pool.submit(submit_all, nodes, count, log, ended)
            try:
                turns = ["database"] * 20 + ["server"] * 12 + ["keeper"] * 6 + ["listeners"] * 10
                chaos.random.shuffle(turns)
                for turn in turns:
                    time.sleep(chaos.random.uniform(0.3, 1.5))
                    chaos.break_something(turn)
                    chaos.invariants()
                ids = submitted.result(timeout=600)
            finally:
                ended.set()
        assert len(set(ids)) == count
        unfinished = "SELECT count(*) FROM srun.jobs WHERE status IN ('queued', 'running')"
        until(lambda: psql(cluster.url, unfinished) == "0", 600)
        chaos.invariants()
        rows = [line.split("|") for line in psql(cluster.url, "SELECT id, status, coalesce(exit_code, -1) FROM srun.jobs").split()]
        assert sorted(row[0] for row in rows) == sorted(ids), "jobs that nobody was told of, or that are gone"
        states = collections.Counter(row[1] for row in rows)
        reasons = psql(cluster.url, "SELECT status, reason, count(*) FROM srun.jobs WHERE reason IS NOT NULL GROUP BY 1, 2")
        print(f"{dict(states)}, {chaos.keepers_killed} keepers killed\n{reasons}")
        # Only what was running under a keeper that was killed, or just taken by a server that was, can be lost.
        kills = chaos.keepers_killed + chaos.told.count("server")
        assert set(states) <= {"completed", "lost"} and states["lost"] <= kills * 6
        begun = set(log.read_text().split())
        assert {row[0] for row in rows if row[1] == "completed"} <= begun
        assert all(row[2] == ("0" if row[1] == "completed" else "-1") for row in rows)
        wrong = psql(
            cluster.url,
            """
            SELECT j.id FROM srun.jobs j LEFT JOIN srun.job_logs l ON l.job_id = j.id
            GROUP BY j.id HAVING coalesce(string_agg(convert_from(l.content, 'UTF8'), '' ORDER BY l."offset"), '')
                NOT IN (j.id || E'\\n', CASE WHEN j.status = 'lost' THEN '' ELSE j.id || E'\\n' END)
                OR j.output_bytes <> coalesce(sum(octet_length(l.content)), 0)
            """,
        )
        assert wrong == ""
        assert not [id for id in ids if id in jobs_with_processes()]
