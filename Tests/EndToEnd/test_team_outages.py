"""A team whose database or network goes away: nothing is lost, doubled or claimed that is not so."""

import contextlib
import http.client
import json
import os
import pathlib
import select
import signal
import socket
import threading
import time
import urllib.parse

import pytest

from support.api import API
from support.postgres import Cluster, Database, psql
from support.proxy import Proxy
from support.server import processes_of_job
from support.team import PRINTER, Node, node_states, printed, team, until

pytestmark = pytest.mark.xdist_group("outages")


def test_jobs_outlive_a_database_that_goes_away(tmp_path):
    """F16: jobs run on, new ones are refused, and no byte is lost."""
    with Cluster() as cluster, Node(tmp_path, "n1", cluster.url) as node:
        job = node.api.submit(PRINTER.format(count=300), tty=False)
        node.api.wait_for_output(job["id"], b"line 20\n")
        cluster.stop()
        with node.api.follow(job["id"]) as answer:
            seen = answer.read(len(printed(150)))
            assert seen == printed(150)
            status, body = node.api.request("POST", "/api/jobs", {"command": "true"})
            assert (status, json.loads(body)["code"]) == (503, "storage_unavailable")
            assert node.api.request("GET", "/healthz")[0] == 503
            # The job ends while there is no database.
            time.sleep(2)
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
