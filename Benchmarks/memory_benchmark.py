"""Private memory: idle, per running silent job, and while a follower does not read and the job prints 1 GB.

The reference for a silent job is what the same child costs the machine by itself (`sleep`).
"""

import time

from harness import Server, field

JOBS = 200
GIGABYTE = 1_000_000_000


def settle(server):
    """The figure once it has stopped moving, or after ten looks."""
    last = server.private_megabytes()
    for _ in range(10):
        time.sleep(0.5)
        now = server.private_megabytes()
        if abs(now - last) < 0.1:
            break
        last = now
    return now


def silent_jobs():
    with Server("--jobs", str(JOBS)) as server:
        server.wait(server.submit("true"))
        idle = settle(server)
        jobs = [server.submit("exec sleep 600") for _ in range(JOBS)]
        while (shown := [server.call("GET", f"/api/jobs/{job}") for job in jobs]) and any(
                job["status"] != "running" or not job.get("pid") for job in shown):
            time.sleep(0.2)
        full = settle(server)
        child = field(f"/proc/{shown[0]['pid']}/smaps_rollup", "Private_Dirty")
        each = (full - idle) * 1024 / JOBS
        print(f"idle: {idle:.1f} MB private; {JOBS} silent jobs on terminals: {each:.1f} KiB each, the child itself has "
              f"{child} KiB, ratio {each / max(1, child):.2f}; server CPU {server.cpu_seconds():.2f} s, peak RSS "
              f"{server.peak_megabytes():.0f} MB")
        for job in jobs:
            server.call("POST", f"/api/jobs/{job}/stop")


def slow_follower():
    with Server("--keep-bytes", "off") as server:
        server.wait(server.submit("true"))
        gate = server.submit(f"read go; head -c {GIGABYTE} /dev/zero | tr '\\0' x", tty=True)
        before = settle(server)
        server.call("POST", f"/api/jobs/{gate}/stop")
        job = server.submit(f"head -c {GIGABYTE} /dev/zero | tr '\\0' x", tty=False)
        stream = server.open(job)  # and never reads
        highest = 0.0
        while server.call("GET", f"/api/jobs/{job}")["status"] == "running":
            highest = max(highest, server.private_megabytes())
            time.sleep(0.1)
        ended = server.call("GET", f"/api/jobs/{job}")
        if (ended["status"], ended["outputBytes"]) != ("completed", GIGABYTE):
            raise SystemExit("FAILED: the job did not print everything beside a follower that does not read")
        stream.close()
        print(f"1 GB beside a follower that does not read: +{highest - before:.1f} MB private at most, ratio to idle "
              f"{highest / before:.1f}; server CPU {server.cpu_seconds():.2f} s, peak RSS {server.peak_megabytes():.0f} MB")


if __name__ == "__main__":
    silent_jobs()
    slow_follower()
