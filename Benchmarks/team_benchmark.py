"""Two and three nodes on one PostgreSQL: output against COPY, delay to another node, claims, and what an idle node asks for.

Needs SRUN_TEST_POSTGRES; run through scripts/with-postgres.sh. Server, nodes, database and clients share the machine.
"""

import contextlib
import http.client
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from harness import Server

URL = os.environ.get("SRUN_TEST_POSTGRES")
POOLED = os.environ.get("SRUN_TEST_PGBOUNCER", "")
BIN = os.environ.get("SRUN_TEST_PG_BIN", "")


def psql(url, sql, stdin=None):
    return subprocess.run(
        [os.path.join(BIN, "psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql],
        stdin=stdin, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()


@contextlib.contextmanager
def database():
    name = f"b{uuid.uuid4().hex[:12]}"
    psql(URL, f"CREATE DATABASE {name}")
    try:
        yield URL.rsplit("/", 1)[0] + "/" + name
    finally:
        psql(URL, f"DROP DATABASE {name} WITH (FORCE)")


def node(name, url, *flags):
    return Server("--database-url", url, "--node", name, "--jobs", "120", "--output-quota", "off", *flags)


def transactions(url):
    return int(psql(url, "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"))


def output_against_copy(url, node, megabytes=200):
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        line = b"".join(b"%09d the quick brown fox jumps over the lazy dog\n" % number for number in range(20_000))
        while file.tell() < megabytes << 20:
            file.write(line)
        file.flush()
        size = file.tell()
        os.chmod(file.name, 0o644)
        psql(url, "CREATE UNLOGGED TABLE c (t text); DROP TABLE c; CREATE TABLE c (t text)")
        start = time.perf_counter()
        with open(file.name, "rb") as stdin:
            psql(url, "COPY c FROM STDIN", stdin)
        copied = size / (time.perf_counter() - start)
        psql(url, "DROP TABLE c")
        start = time.perf_counter()
        job = node.submit(f"cat {file.name}", tty=False)
        node.follow(job, start=0)
        stored = size / (time.perf_counter() - start)
    print(f"  {size >> 20} MB: srun {stored / 1e6:.0f} MB/s, COPY {copied / 1e6:.0f} MB/s, ratio {stored / copied:.2f}")


@contextlib.contextmanager
def notifications(url, seconds):
    """Counts what the nodes tell each other: psql shows what it has heard after every statement."""
    counter = subprocess.Popen(
        [os.path.join(BIN, "psql"), "-X", "-q", "-d", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    counter.stdin.write("LISTEN srun_srun;\n" + "SELECT pg_sleep(1);\n" * seconds)
    counter.stdin.close()
    counted = []
    yield counted
    counted.append(sum("Asynchronous notification" in line for line in counter.stdout))
    counter.wait()


def cross_node(url, one, two, jobs=100, seconds=10):
    """Each job prints the time it is at, ten times a second; followers on the other node compare it with theirs."""
    script = (
        "import sys, time\ntime.sleep(max(0, float(sys.argv[1]) - time.time()))\n"
        "for i in range(%d):\n print('%%.6f' %% time.time(), flush=True)\n time.sleep(0.1)" % (seconds * 10))
    delays, counts, lock = [], [], threading.Lock()

    def follow(server, job):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=120)
        connection.request("GET", f"/api/jobs/{job}/logs?follow=1", headers={"Authorization": f"Bearer {server.token}"})
        answer, rest, seen = connection.getresponse(), b"", []
        while part := answer.read1(65536):
            now = time.time()
            *lines, rest = (rest + part).split(b"\n")
            seen += [now - float(line) for line in lines]
        with lock:
            delays.extend(seen)
            counts.append(len(seen))

    # All are there before the first one prints: how fast Python starts is not the question.
    begin = time.time() + 2 + jobs * 0.1
    threads = []
    for number in range(jobs):
        here, there = (one, two) if number % 2 else (two, one)
        job = here.call("POST", "/api/jobs", {
            "argv": [sys.executable, "-S", "-c", script, f"{begin + number / jobs / 10:.6f}"], "tty": False,
            "node": here.name})["id"]
        threads.append(threading.Thread(target=follow, args=(there, job)))
        threads[-1].start()
    late = time.time() > begin
    time.sleep(max(0, begin - time.time()))
    with notifications(url, seconds) as told:
        for thread in threads:
            thread.join()
    delays.sort()
    lost = jobs * seconds * 10 - sum(counts)
    print(f"  {jobs} jobs, {sum(counts)} lines: lost {lost}, p50 {statistics.median(delays) * 1e3:.0f} ms, "
          f"p99 {delays[int(len(delays) * 0.99)] * 1e3:.0f} ms, {told[0] / seconds:.0f} NOTIFY/s"
          + (" (began late)" if late else ""))


def claims(url, nodes, count=1000):
    for server in nodes:
        server.call("POST", f"/api/nodes/{server.name}/drain")
    time.sleep(6)
    for _ in range(count):
        nodes[0].call("POST", "/api/jobs", {"argv": ["true"], "tty": False})
    start = time.perf_counter()
    for server in nodes:
        server.call("DELETE", f"/api/nodes/{server.name}/drain")
    while psql(url, "SELECT count(*) FROM srun.jobs WHERE status IN ('queued', 'running')") != "0":
        time.sleep(0.05)
    print(f"  {count} jobs on {len(nodes)} nodes: {count / (time.perf_counter() - start):.0f} claimed, run and ended a second")
    script = pathlib.Path(tempfile.gettempdir()) / f"srun-claims-{os.getpid()}.sql"
    psql(url, "CREATE TABLE q AS SELECT generate_series(1, 100000) AS id; CREATE INDEX ON q (id)")
    script.write_text("DELETE FROM q WHERE id IN (SELECT id FROM q ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);\n")
    out = subprocess.run(
        [os.path.join(BIN, "pgbench"), "-n", "-c", str(len(nodes)), "-T", "5", "-f", str(script), url],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    script.unlink()
    print("  bare SKIP LOCKED loop: " + next(line for line in out.splitlines() if line.startswith("tps")))


def idle(url, seconds=20):
    time.sleep(8)
    before, start = transactions(url), time.perf_counter()
    time.sleep(seconds)
    print(f"  {(transactions(url) - before) / (time.perf_counter() - start) / 2:.2f} transactions/s/node")


def two_nodes(url):
    """Nodes that reach their database by another way than ours."""
    stack = contextlib.ExitStack()
    nodes = [stack.enter_context(node(name, url)) for name in ("n1", "n2")]
    for number, server in enumerate(nodes, 1):
        server.name = f"n{number}"
    return stack, nodes


def main():
    if not URL:
        sys.exit("run through scripts/with-postgres.sh")
    with database() as url:
        pooled = POOLED.rsplit("/", 1)[0] + "/" + url.rsplit("/", 1)[1]
        stack, nodes = two_nodes(pooled)
        with stack:
            print("two idle nodes behind PgBouncer in transaction mode")
            idle(url)
            print("output to the other node, there")
            cross_node(url, *nodes, jobs=1)
    with database() as url:
        stack, nodes = two_nodes(url)
        with stack:
            print("two idle nodes")
            idle(url)
            print("output to the other node")
            cross_node(url, *nodes, jobs=1)
            cross_node(url, *nodes)
            with node("n3", url) as three:
                three.name = "n3"
                print("claims")
                claims(url, [*nodes, three])
    # On its own: what it prints is indexed for a while afterwards.
    with database() as url, node("n1", url) as one:
        print("one node")
        output_against_copy(url, one)


if __name__ == "__main__":
    main()
