"""Several servers on one PostgreSQL: any node does everything, and a lost one is noticed."""

import base64
import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import re
import subprocess

import pytest

from support.api import wait_for_status
from support.postgres import Cluster
from support.server import Server, binary, environment, worker
from support.team import Node, node_states, team, until

pytestmark = pytest.mark.xdist_group("postgres")


def test_any_node_shows_follows_types_into_and_stops_a_job(tmp_path, database):
    with team(tmp_path, 2, database.url) as (one, two):
        with two.api.events() as events:
            job = one.api.submit("read word; echo got $word; stty size; exec sleep 600", node="n1")
            assert (job["node"], job["placement"]) == ("n1", {"node": "n1", "label": None})
            assert wait_for_status(events, job["id"], "running")["node"] == "n1"
        assert [entry["id"] for entry in two.api.jobs()] == [job["id"]]
        with two.api.socket(f"/api/jobs/{job['id']}/logs", "srun.v1") as socket:
            assert json.loads(socket.recv(timeout=30))["type"] == "hello"
            socket.send(json.dumps({"type": "resize", "cols": 77, "rows": 33}))
            socket.send(json.dumps({"type": "input", "base64": base64.b64encode(b"word\r").decode()}))
            seen = b""
            while b"33 77" not in seen:
                message = socket.recv(timeout=30)
                seen += message if isinstance(message, bytes) else b""
            assert b"got word" in seen
        two.api.stop(job["id"])
        assert two.api.job(job["id"])["status"] == one.api.job(job["id"])["status"] == "stopped"
        again = two.api.value("POST", f"/api/jobs/{job['id']}/restart")
        assert again["restartOf"] == job["id"]
        two.api.value("DELETE", f"/api/jobs/{again['id']}?force=true")
        assert one.api.request("GET", f"/api/jobs/{again['id']}")[0] == 404


def test_any_node_signals_and_holds_a_job(tmp_path, database):
    with team(tmp_path, 2, database.url) as (one, two):
        script = "trap 'echo got it; exit 4' USR1; echo ready; while :; do sleep 0.05; done"
        job = one.api.submit(script, tty=False, node="n1")["id"]
        two.api.wait_for_output(job, b"ready\n")
        assert two.api.value("POST", f"/api/jobs/{job}/pause")["paused"] is True
        assert one.api.job(job)["paused"] is True
        assert two.api.value("POST", f"/api/jobs/{job}/resume")["paused"] is False
        assert one.api.job(job)["paused"] is False
        status, answer = two.api.request("POST", f"/api/jobs/{job}/signal", {"signal": "USR1"})
        assert status == 200, answer
        with two.api.follow(job) as output:
            # The signal is for every process, and the shell says what became of its sleep.
            assert b"got it\n" in output.read()
        assert two.api.job(job)["exitCode"] == 4
        assert two.api.request("POST", f"/api/jobs/{job}/pause")[0] == 409


def test_a_follower_on_another_node_gets_every_byte(tmp_path, database):
    script = "i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); [ $((i % 40)) = 0 ] && sleep 0.1; done; echo end"
    with team(tmp_path, 2, database.url) as (one, two):
        job = one.api.submit(script, tty=False, node="n1")
        with two.api.follow(job["id"]) as early:
            late = two.api.output(job["id"])
            got = early.read()
        assert got == b"".join(b"line %d\n" % number for number in range(400)) + b"end\n"
        assert got.startswith(late)
        assert two.api.output(job["id"]) == got
        assert two.api.job(job["id"])["status"] == "completed"


def test_any_node_tells_what_a_job_uses(tmp_path, database):
    with team(tmp_path, 2, database.url) as (one, two):
        job = one.api.submit("while :; do :; done", tty=False, node="n1")["id"]
        until(lambda: len(two.api.value("GET", f"/api/jobs/{job}/usage")["samples"]) >= 2)
        live = two.api.value("GET", f"/api/jobs/{job}/usage")
        assert live["samples"][-1]["cpuSeconds"] > 0
        two.api.stop(job)
        # Kept with the job: nobody has to be asked any more.
        one.stop()
        kept = two.api.value("GET", f"/api/jobs/{job}/usage")
        assert kept["samples"][: len(live["samples"])] == live["samples"]


def test_output_beyond_the_quota_is_dropped_for_every_node(tmp_path, database):
    with team(tmp_path, 2, database.url, "--output-quota", "1MiB") as (one, two):
        size = 3_000_000
        job = one.api.submit(f"seq 1000000 | head -c {size}", tty=False, node="n1")["id"]
        followed = two.api.wait(job)[1]
        ended, output = one.api.job(job), two.api.output(job)
        dropped = ended["outputDropped"]
        assert (ended["outputBytes"], dropped) == (size, size - (1 << 20))
        whole = b"".join(b"%d\n" % number for number in range(1, 1000000))[:size]
        mark = b"\r\n[srun: %d bytes of the output were not kept]\r\n" % dropped
        assert output == whole[: 1 << 19] + mark + whole[-(1 << 19) :]
        # Whoever follows sees more, if it is faster than the quota, and is told of whatever is missing.
        parts = re.split(rb"\r\n\[srun: (\d+) bytes of the output were not kept\]\r\n", followed)
        seen = b"".join(parts[::2])
        assert len(seen) + sum(map(int, parts[1::2])) == size
        assert seen[: 1 << 19] == whole[: 1 << 19] and seen[-(1 << 19) :] == whole[-(1 << 19) :]
        assert database.sql(f"SELECT sum(octet_length(content)) < 1200000 FROM srun.job_logs WHERE job_id = '{job}'") == "t"


def test_whoever_follows_by_a_node_that_leaves_knows_that_there_is_more(tmp_path, database):
    with team(tmp_path, 2, database.url) as (one, two):
        job = one.api.submit("echo begun; read x; echo $x", node="n1")["id"]
        with two.api.follow(job) as answer:
            assert answer.read1() == b"begun\r\n"
            assert two.stop() == 0
            with pytest.raises(http.client.IncompleteRead):
                answer.read()
        assert one.api.job(job)["status"] == "running"
        one.api.stop(job)


def run_each_once(tmp_path, database, count: int, url: str):
    log = tmp_path / "ids"
    log.touch()
    with team(tmp_path, 3, url, "--jobs", "4") as nodes:

        def submit(number: int) -> str:
            # Appends of one line are atomic.
            command = ["/bin/sh", "-c", f"echo $SRUN_JOB_ID $SRUN_NODE >> {log}"]
            return nodes[number % 3].api.submit(argv=command, tty=False, node="any")["id"]

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(submit, range(count)))
        unfinished = "SELECT count(*) FROM srun.jobs WHERE status IN ('queued', 'running')"
        until(lambda: database.sql(unfinished) == "0", limit=60 + count / 10)
        lines = [line.split() for line in log.read_text().splitlines()]
        assert sorted(line[0] for line in lines) == sorted(ids)
        assert database.sql("SELECT count(*) FROM srun.jobs WHERE status = 'completed'") == str(count)
        for job, node in lines:
            assert database.sql(f"SELECT node FROM srun.jobs WHERE id = '{job}'") == node or count > 300
    return lines


def test_every_queued_job_runs_exactly_once(tmp_path, database):
    lines = run_each_once(tmp_path, database, 120, database.url)
    assert len({line[1] for line in lines}) > 1, "one node has done all of it"


def test_a_team_works_behind_a_pooler(tmp_path, database):
    """Through PgBouncer in transaction mode no notification arrives: everything works, only later."""
    with team(tmp_path, 2, database.pooled_url) as (one, two):
        job = one.api.submit("echo hello; read x; echo bye $x", node="n1")
        assert b"hello" in two.api.wait_for_output(job["id"], b"hello")
        with two.api.socket(f"/api/jobs/{job['id']}/logs", "srun.v1") as socket:
            socket.send(json.dumps({"type": "input", "base64": base64.b64encode(b"moon\r").decode()}))
            seen = b""
            while b"bye moon" not in seen:
                message = socket.recv(timeout=30)
                seen += message if isinstance(message, bytes) else b""
        _, output = two.api.wait(job["id"])
        assert output.endswith(b"bye moon\r\n")
        waiting = two.api.submit("true", node="n1")
        assert two.api.wait(waiting["id"])[0]["status"] == "completed"


@pytest.mark.soak
def test_thousands_of_queued_jobs_run_exactly_once(tmp_path, database):
    run_each_once(tmp_path, database, 2000, database.url)


def test_groups_and_priorities_hold_across_nodes(tmp_path, database):
    log = tmp_path / "order"
    log.touch()
    with team(tmp_path, 2, database.url, "--jobs", "2") as (one, two):
        blocker = one.api.submit("exec sleep 600", group={"name": "g", "limit": 1})
        until(lambda: one.api.job(blocker["id"])["status"] == "running")
        jobs = {
            priority: two.api.submit(
                f"echo {priority} >> {log}; exec sleep 0.1", group={"name": "g", "limit": 1}, priority=priority)["id"]
            for priority in (-5, 50, 0)
        }  # fmt: skip
        # A job without the group passes by those that wait for it.
        assert two.api.run("true")[0]["status"] == "completed"
        assert {one.api.job(job)["status"] for job in jobs.values()} == {"queued"}
        assert one.api.job(jobs[50])["node"] is None
        one.api.stop(blocker["id"])
        for job in jobs.values():
            assert one.api.wait(job)[0]["status"] == "completed"
        assert log.read_text().split() == ["50", "0", "-5"]


def test_labels_and_draining_decide_where_a_job_runs(tmp_path, database):
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(Node(tmp_path, "n1", database.url))
        two = stack.enter_context(Node(tmp_path, "n2", database.url, "--label", "gpu"))
        assert one.api.run("true", label="gpu")[0]["node"] == "n2"
        status, body = one.api.request("POST", "/api/jobs", {"command": "true", "label": "tpu"})
        assert (status, json.loads(body)["field"]) == (400, "label")
        one.api.value("POST", "/api/nodes/n2/drain")
        waiting = one.api.submit("true", label="gpu")
        assert node_states(one) == {"n1": "up", "n2": "draining"}
        assert one.api.run("true")[0]["node"] == "n1"
        assert one.api.job(waiting["id"])["status"] == "queued"
        withdrawn = one.api.submit("true", node="n2")
        two.api.stop(withdrawn["id"])
        assert one.api.job(withdrawn["id"])["status"] == "stopped"
        one.api.value("DELETE", "/api/nodes/n2/drain")
        assert one.api.wait(waiting["id"])[0]["node"] == "n2"


def test_a_killed_node_is_unknown_and_then_lost(tmp_path, database):
    with team(tmp_path, 2, database.url, lease=2, lost=2) as (one, two):
        job = two.api.submit("echo alive; exec sleep 600", node="n2")
        one.api.wait_for_output(job["id"], b"alive")
        with one.api.events() as events:
            two.kill()
            assert next(event for event in events if event["type"] == "job" and event["job"]["unknown"])["job"]["id"] == job["id"]
        assert one.api.job(job["id"])["status"] == "running"
        assert node_states(one)["n2"] == "unknown"
        status, body = one.api.request("POST", f"/api/jobs/{job['id']}/stop")
        assert (status, json.loads(body)["code"]) == (503, "owner_unreachable")
        lost = until(lambda: (found := one.api.job(job["id"]))["status"] == "lost" and found)
        assert (lost["unknown"], lost["exitCode"], lost["outputBytes"]) == (False, None, len(b"alive\r\n"))
        assert one.api.output(job["id"]) == b"alive\r\n"
        assert node_states(one)["n2"] == "down"


def test_a_paused_node_cannot_write_after_it_was_given_up(tmp_path, database):
    with team(tmp_path, 2, database.url, lease=1, lost=1) as (one, two):
        job = two.api.submit("i=0; while true; do echo $i; i=$((i+1)); sleep 0.01; done", node="n2")
        two.api.wait_for_output(job["id"], b"5")
        two.pause()
        try:
            lost = until(lambda: (found := one.api.job(job["id"]))["status"] == "lost" and found)
            kept = one.api.output(job["id"])
            assert len(kept) == lost["outputBytes"]
        finally:
            two.continue_()
        # It learns what has become of it, ends what it ran, and takes part again under a new epoch.
        until(lambda: node_states(one)["n2"] == "up")
        until(lambda: two.api.job(job["id"])["status"] == "lost")
        assert two.api.run("echo back", node="n2")[1] == b"back\r\n"
        assert one.api.output(job["id"]) == kept
        assert one.api.job(job["id"])["status"] == "lost"


def test_a_node_that_was_away_for_less_goes_on(tmp_path, database):
    with team(tmp_path, 2, database.url, lease=1, lost=60) as (one, two):
        job = two.api.submit("i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); sleep 0.01; done", node="n2", tty=False)
        two.api.wait_for_output(job["id"], b"5")
        two.pause()
        try:
            until(lambda: one.api.job(job["id"])["unknown"])
        finally:
            two.continue_()
        ended, output = one.api.wait(job["id"])
        assert ended["status"] == "completed"
        assert output.split() == [b"%d" % number for number in range(300)]


def tries(node: Node, origin: str) -> list[dict]:
    return [job for job in node.api.jobs() if job["retryOf"] == origin]


def test_another_node_makes_the_try_of_one_that_is_gone(tmp_path, database):
    """Once, although the one that was given up still means to make it when it wakes up."""
    retries = {"count": 1, "delaySeconds": 2}
    with team(tmp_path, 2, database.url, lease=1, lost=1) as (one, two):
        free, _ = two.api.run("exit 3", tty=False, retries=retries)
        bound, _ = two.api.run("exit 3", tty=False, retries=retries, node="n2")
        assert (free["node"], free["retryAt"] is None) == ("n2", False)
        two.pause()
        try:
            (made,) = until(lambda: tries(one, free["id"]))
            ended, _ = one.api.wait(made["id"])
            assert (ended["node"], ended["attempt"], ended["exitCode"]) == ("n1", 2, 3)
            assert one.api.job(free["id"])["retryAt"] is None
            # Nobody else may make this one.
            assert one.api.job(bound["id"])["retryAt"] is not None
            assert tries(one, bound["id"]) == []
        finally:
            two.continue_()
        (own,) = until(lambda: tries(one, bound["id"]))
        assert one.api.wait(own["id"])[0]["node"] == "n2"
        assert [job["id"] for job in tries(one, free["id"])] == [made["id"]]


def test_a_second_server_of_the_same_name_is_refused(tmp_path, database, start):
    with Node(tmp_path, "n1", database.url):
        other = tmp_path / "other"
        other.mkdir()
        refused = start(
            "serve", "--port", "0", "--store", "postgres", "--node", "n1", env={"SRUN_DATABASE_URL": database.url},
            folder=other,
        )  # fmt: skip
        assert refused.returncode == 75
        assert b"n1" in refused.stderr


def test_a_request_can_be_repeated_on_any_node(tmp_path, database):
    with team(tmp_path, 2, database.url) as (one, two):
        key = {"Idempotency-Key": "deploy-17"}
        first = json.loads(one.api.request("POST", "/api/jobs", {"command": "exec sleep 600"}, key)[1])
        status, again = two.api.request("POST", "/api/jobs", {"command": "exec sleep 600"}, key)
        assert (status, json.loads(again)["id"]) == (200, first["id"])
        status, other = two.api.request("POST", "/api/jobs", {"command": "true"}, key)
        assert (status, json.loads(other)["code"]) == (409, "idempotency_mismatch")
        assert len(one.api.jobs()) == 1
        one.api.stop(first["id"])


def test_nodes_are_listed_and_drained_from_the_command_line(tmp_path, database, command_line):
    with team(tmp_path, 2, database.url) as (one, _):
        srun = command_line(one)
        assert srun("drain", "n2").returncode == 0
        lines = srun("nodes").stdout.decode().splitlines()
        assert [line.split()[0] for line in lines] == ["NODE", "n1", "n2"]
        assert "draining" in lines[2]
        assert srun("drain", "--undo", "n2").returncode == 0
        assert srun("drain", "nobody").returncode != 0
        migrated = srun("migrate", env={"SRUN_DATABASE_URL": database.url})
        assert migrated.stdout == b"The tables are up to date.\n"


def test_starts_that_are_refused(tmp_path, database, start):
    """B53: by exit code, and without a password in sight."""
    flag = start("serve", "--port", "0", "--store", "postgres://user:canary@127.0.0.1/db")
    assert flag.returncode == 64
    assert start("serve", "--port", "0", "--database-url", "host=127.0.0.1 password=canary").returncode == 64
    nowhere = start("serve", "--port", "0", env={"SRUN_DATABASE_URL": database.url + "x"})
    assert nowhere.returncode == 69
    silent = start("migrate", env={"SRUN_DATABASE_URL": "postgres://user:canary@127.0.0.1:1/db"})
    assert silent.returncode == 69
    assert b"127.0.0.1:1/db" in silent.stderr and b"canary" not in silent.stderr, silent.stderr
    with Cluster(password="secret") as cluster:
        wrong = start("serve", "--port", "0", env={"SRUN_DATABASE_URL": cluster.url.replace("secret", "canary")})
        assert wrong.returncode == 77
        assert b"canary" not in flag.stderr + wrong.stderr
        with Node(tmp_path, "n1", cluster.url) as node:
            assert node.api.run("true")[0]["status"] == "completed"
            assert "secret" not in node.log


def test_a_machine_without_the_library_of_postgresql(tmp_path):
    """It is asked for only by those who keep their jobs there, and they are told what to install."""
    listed = subprocess.run(["/sbin/ldconfig", "-p"], stdout=subprocess.PIPE, text=True, check=True).stdout
    (library,) = {line.split()[-1] for line in listed.splitlines() if "libpq.so.5 " in line}
    hide = ("unshare", "--mount", "/bin/sh", "-c", f'mount --bind /dev/null {library} && exec "$@"', "sh")
    with Server(tmp_path, within=hide) as server:
        assert server.api.run("echo fine", tty=False)[1] == b"fine\n"
        maps = pathlib.Path(f"/proc/{worker(server)}/maps").read_text()
        assert "libpq" not in maps and "libkrb5" not in maps
    refused = subprocess.run(
        [*hide, binary(), "serve", "--port", "0", "--store", "postgres"], stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env=environment(tmp_path), timeout=30,
    )  # fmt: skip
    assert refused.returncode == 69 and b"libpq5" in refused.stderr, refused.stderr


def test_a_search_finds_what_jobs_of_any_node_have_printed(tmp_path, database):
    with team(tmp_path, 2, database.url) as (one, two):
        first = one.api.run("echo a needle in n1", node="n1")[0]
        second = two.api.run("echo another NEEDLE", node="n2")[0]
        unindexed = "SELECT count(*) FROM srun.jobs WHERE NOT is_indexed"
        until(lambda: database.sql(unindexed) == "0")
        for node in (one, two):
            lines = node.api.request("GET", "/api/search?q=needle")[1].splitlines()
            hits = [json.loads(line) for line in lines]
            # In both the command says it too.
            assert {hit["job"]["id"] for hit in hits[:-1]} == {first["id"], second["id"]}
            assert hits[-1]["done"]
