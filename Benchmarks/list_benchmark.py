"""The first page of the list with a million finished jobs, against the same with a thousand."""

import sqlite3
import time
import uuid

from harness import Server

FEW, MANY = 1_000, 1_000_000
REQUESTS = 60


def fill(database, count):
    """Copies of a job that has really run, a second apart, written while the server is down."""
    connection = sqlite3.connect(database)
    names = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
    (present,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
    template = dict(zip(names, connection.execute("SELECT * FROM jobs ORDER BY created_at DESC LIMIT 1").fetchone()))
    newest = template["created_at"]

    def rows():
        for number in range(count - present):
            at = newest - (number + 1) * 1_000
            row = dict(template, id=str(uuid.uuid4()), created_at=at, started_at=at, stopped_at=at + 500)
            yield [row[name] for name in names]

    with connection:
        connection.executemany(
            f"INSERT INTO jobs ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})", rows())
    connection.close()


def measure(server, path):
    times = []
    for _ in range(REQUESTS):
        started = time.monotonic()
        page = server.call("GET", path)
        times.append(time.monotonic() - started)
    times.sort()
    return times[len(times) // 2], page


def main():
    with Server("--keep-jobs", "off", "--keep-age", "off", "--keep-bytes", "off") as server:
        server.wait(server.submit("true", tty=False, name="template"))
        results = []
        for count in (FEW, MANY):
            server.stop()
            fill(server.database, count)
            server.start()
            before = server.cpu_seconds()
            first, page = measure(server, "/api/jobs?limit=50")
            failed, _ = measure(server, "/api/jobs?limit=50&status=completed")
            results.append((first, failed, (server.cpu_seconds() - before) / (2 * REQUESTS)))
            if len(page) != 50:
                raise SystemExit("FAILED: the page is not full")
        (few, few_filtered, _), (many, many_filtered, cpu) = results
        print(f"first page of {MANY:,} jobs: {many * 1e3:.2f} ms, of {FEW:,} {few * 1e3:.2f} ms, ratio {many / few:.2f}; "
              f"by status {many_filtered * 1e3:.2f} and {few_filtered * 1e3:.2f} ms, ratio "
              f"{many_filtered / few_filtered:.2f}; server CPU {cpu * 1e3:.1f} ms a request, "
              f"peak RSS {server.peak_megabytes():.0f} MB")


if __name__ == "__main__":
    main()
