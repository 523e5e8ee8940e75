"""What the index for the search of all jobs costs, and what it saves.

The same 200 MB of log lines are printed on a pipe with the index and without, in turns; then the time until everything is
indexed, the size of the database with it against without, and a search by the index against a search that reads the output.
"""

import http.client
import sqlite3
import statistics
import tempfile
import time

from harness import Server

MEGABYTE = 1_000_000
SIZE = 200 * MEGABYTE
ROUNDS = 2
NEEDLE = "request 1234567 of"


def sample(path):
    with open(path, "wb") as file:
        number = 0
        while file.tell() < SIZE:
            file.write(b"".join(
                b"2026-11-28T03:%02d:%02d.%03dZ INFO worker-%d \x1b[32mrequest %d\x1b[0m of user-%d took %d ms\n"
                % (index % 60, index % 59, index % 1000, index % 16, index, index * 7919 % 100_003, index % 977)
                for index in range(number, number + 10_000)))
            number += 10_000
        file.truncate(SIZE)


def printed(server, path):
    """Seconds until the job has ended, its output stored."""
    started = time.monotonic()
    job = server.submit(f"cat {path}", tty=False)
    server.wait(job)
    return job, time.monotonic() - started


def indexed(server):
    """Seconds until nothing is left to index."""
    started = time.monotonic()
    database = sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)
    while database.execute("SELECT count(*) FROM search_pending").fetchone()[0] > 0:
        time.sleep(0.05)
    database.close()
    return time.monotonic() - started


def database_bytes(server):
    """Of the pages that are in use, those in the log included."""
    database = sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)
    size, pages, free = (
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count"))
    database.close()
    return size * (pages - free)


def search(server, target):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=120)
    started = time.monotonic()
    connection.request("GET", target, None, {"Authorization": f"Bearer {server.token}"})
    answer = connection.getresponse()
    lines = answer.read().splitlines()
    connection.close()
    return time.monotonic() - started, len(lines) - 1


with tempfile.TemporaryDirectory() as folder:
    path = folder + "/sample"
    sample(path)
    times = {"on": [], "off": []}
    sizes = {}
    for _ in range(ROUNDS):
        for index in ("on", "off"):
            with Server("--search-index", index) as server:
                job, took = printed(server, path)
                times[index].append(took)
                if index == "on":
                    behind = indexed(server)
                    text = "request%20{}%20of".format(NEEDLE.split()[1])
                    by_index, hits = search(server, f"/api/search?q={text}")
                    by_reading, same = search(server, f"/api/jobs/{job}/search?q={text}")
                    nothing, none = search(server, "/api/search?q=zyxwvuts")
                sizes[index] = database_bytes(server)
    on, off = (statistics.median(times[index]) for index in ("on", "off"))
    print(f"200 MB from a pipe, stored: {SIZE / off / MEGABYTE:.0f} MB/s without the index, "
          f"{SIZE / on / MEGABYTE:.0f} with it, ratio {off / on:.2f}")
    print(f"all indexed {behind:.1f} s after the end; the index adds {(sizes['on'] - sizes['off']) / SIZE:.2f} of the output")
    print(f"a search of all jobs: {by_index * 1000:.1f} ms for {hits} hits, reading {by_reading * 1000:.0f} ms for {same}; "
          f"nothing found in {nothing * 1000:.1f} ms")
