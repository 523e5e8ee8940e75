"""Stopping means the whole tree, signals reach it, and limits hold (C41, C42, F28-F30)."""

import os
import pathlib
import subprocess
import tempfile
import threading
import time

import pytest

from support.server import Server, processes_of_job


@pytest.mark.parametrize(
    "command",
    [
        "setsid sleep 1001 & nohup sleep 1002 >/dev/null 2>&1 & echo ready; sleep 1003",
        "(setsid sh -c 'trap \"\" HUP TERM; sleep 1004; sleep 1005' &) ; echo ready; sleep 1006",
        "trap '' HUP TERM INT; echo ready; while :; do sleep 1; done",
    ],
    ids=["setsid and nohup", "double fork", "ignores everything"],
)
@pytest.mark.parametrize("tty", [True, False], ids=["terminal", "pipes"])
def test_stop_leaves_nobody(server, command, tty):
    job = server.api.submit(command, tty=tty)["id"]
    server.api.wait_for_output(job, b"ready")
    assert processes_of_job(job)
    server.api.stop(job)
    assert server.api.job(job)["status"] == "stopped"
    assert processes_of_job(job) == []


def test_stopping_is_visible_and_one_term_is_sent(server):
    """B17: whoever asks a second time waits for the same end."""
    job = server.api.submit("trap 'echo asked' TERM; trap '' HUP; echo ready; while :; do sleep 0.1; done", tty=False)["id"]
    server.api.wait_for_output(job, b"ready")
    assert server.api.job(job)["stopping"] is False
    answers = []
    with server.api.events() as events:
        asking = [threading.Thread(target=lambda: answers.append(server.api.stop(job))) for _ in range(2)]
        for thread in asking:
            thread.start()
        stopping = next(event["job"]["stopping"] for event in events if event["type"] == "job" and event["job"]["id"] == job)
        for thread in asking:
            thread.join()
    assert stopping is True and len(answers) == 2
    found = server.api.job(job)
    assert (found["status"], found["stopping"], found["signal"]) == ("stopped", False, 9)
    assert server.api.output(job).count(b"asked") == 1


def test_signal_pause_and_resume(server, srun):
    script = "trap 'echo got usr1' USR1; echo ready; n=0; while :; do n=$((n+1)); echo tick $n; sleep 0.05; done"
    job = server.api.submit(script, tty=False)["id"]
    server.api.wait_for_output(job, b"tick 2\n")
    assert srun("signal", job, "usr1").returncode == 0
    server.api.wait_for_output(job, b"got usr1\n")

    assert srun("pause", job).returncode == 0
    assert server.api.job(job)["paused"] is True
    held = server.api.output(job)
    # Another job of a second is proof enough that time passes and nothing is printed.
    server.api.run("sleep 0.5", tty=False)
    assert len(server.api.output(job)) - len(held) <= len(b"tick 1000\n")
    assert srun("resume", job).returncode == 0
    assert server.api.job(job)["paused"] is False
    more = len(server.api.output(job)) + 100
    with server.api.follow(job) as answer:
        assert len(answer.read(more)) == more

    # A job that is held can be stopped as well, without being killed.
    server.api.value("POST", f"/api/jobs/{job}/pause")
    server.api.stop(job)
    assert (server.api.job(job)["status"], server.api.job(job)["signal"]) == ("stopped", 15)
    status, body = server.api.request("POST", f"/api/jobs/{job}/signal", {"signal": 1})
    assert (status, b"not_running" in body) == (409, True)


@pytest.mark.parametrize("body", [{}, {"signal": 0}, {"signal": 65}, {"signal": "NOPE"}, {"signal": "HUP", "x": 1}], ids=str)
def test_wrong_signal(shared_server, body):
    job = shared_server.api.submit("sleep 1000")["id"]
    status, answer = shared_server.api.request("POST", f"/api/jobs/{job}/signal", body)
    assert (status, b'"field":"signal"' in answer.replace(b" ", b"")) == (400, True), answer
    shared_server.api.stop(job)


def test_limits_that_every_process_has(shared_server):
    limits = {"openFiles": 99, "fileBytes": 1024, "cpuSeconds": 7}
    found, output = shared_server.api.run("ulimit -n; ulimit -f; ulimit -t; ulimit -c; nice", tty=False, limits=limits, nice=5)
    # dash counts file sizes in blocks of 512 bytes.
    assert output.split() == [b"99", b"2", b"7", b"0", b"5"]
    assert found["limits"] == {**dict.fromkeys(["memoryBytes", "processes", "cpuCores"]), **limits}
    assert found["nice"] == 5


@pytest.mark.parametrize(
    "spec",
    [{"limits": {"memoryBytes": -1}}, {"limits": {"mem": 1}}, {"limits": 1}, {"nice": 20}, {"nice": 0.5}, {"retries": {}},
     {"retries": {"count": 101}}],
    ids=str,
)  # fmt: skip
def test_wrong_limits(shared_server, spec):
    status, _ = shared_server.api.request("POST", "/api/jobs", {"command": "true", **spec})
    assert status == 400


def test_memory_limit(shared_server):
    """F30: the job ends, whether by its own error or by the kernel's hand, and the server goes on."""
    found, output = shared_server.api.run(
        argv=["python3", "-c", "print(len(bytearray(1 << 30)))"], tty=False, limits={"memoryBytes": 256 << 20}
    )
    assert found["status"] == "failed"
    assert b"MemoryError" in output or (found["signal"] == 9 and "out of memory" in found["reason"]), (found, output)
    assert shared_server.api.run("echo fine", tty=False)[1] == b"fine\n"


def test_failed_jobs_are_tried_again(shared_server):
    with shared_server.api.events() as events:
        first = shared_server.api.submit("exit 3", retries={"count": 2, "delaySeconds": 0})
        assert (first["retryOf"], first["attempt"]) == (None, 1)
        tries, last = [], first["id"]
        for event in events:
            job = event.get("job")
            if job and job["retryOf"] == last and job["status"] == "failed":
                tries.append((job["attempt"], job["exitCode"]))
                last = job["id"]
                if len(tries) == 2:
                    break
    assert tries == [(2, 3), (3, 3)]


def test_no_new_privileges(shared_server):
    _, output = shared_server.api.run("grep NoNewPrivs /proc/self/status", tty=False)
    assert output.split() == [b"NoNewPrivs:", b"1"]


def test_usage_is_sampled_and_kept(shared_server):
    # Two seconds of work: at least one look falls into it.
    command = "python3 -c 'import time\nend = time.time() + 2.3\nx = bytearray(50 << 20)\nwhile time.time() < end: pass'"
    # A disk counts what is written to it, not what a file in memory gets.
    command = f"printf begun; head -c 4194304 /dev/zero >written; sync written; rm written; {command}"
    found, _ = shared_server.api.run(command, tty=False, cwd=str(shared_server.folder))
    usage = shared_server.api.value("GET", f"/api/jobs/{found['id']}/usage")
    assert usage["intervalSeconds"] == 1
    last = usage["samples"][-1]
    assert last["cpuSeconds"] > 0.2 and last["memoryBytes"] > 50 << 20 and last["processes"] >= 1
    assert set(last) == {
        "time", "cpuSeconds", "memoryBytes", "readBytes", "writtenBytes", "processes", "outputBytes"
    }  # fmt: skip
    assert last["outputBytes"] == len("begun")
    kind = subprocess.run(["stat", "-f", "-c", "%T", shared_server.folder], capture_output=True, check=True).stdout
    assert found["usage"]["writtenBytes"] >= (0 if kind == b"tmpfs\n" else 4 << 20)
    assert found["usage"]["readBytes"] >= 0
    assert shared_server.api.request("GET", "/api/jobs/nobody/usage")[0] == 404


def test_sandbox(tmp_path):
    """C45: a job in bwrap writes in its folder and in a /tmp of its own, and nowhere else, and sees only itself."""
    work = tmp_path / "work"
    work.mkdir()
    with Server(tmp_path, "--sandbox", "bwrap") as server:
        script = f"touch inside /tmp/mine && echo written; touch /usr/outside; ls -d /proc/[0-9]* | wc -l"
        _, output = server.api.run(script, tty=False, cwd=str(work))
        assert b"written\n" in output and b"Read-only file system" in output
        assert [int(line) for line in output.splitlines() if line.isdigit()][0] < 8
        assert (work / "inside").exists() and not pathlib.Path("/usr/outside").exists()
        job = server.api.submit("trap '' TERM HUP; echo ready; sleep 1000 & wait", cwd=str(work))["id"]
        server.api.wait_for_output(job, b"ready")
        server.api.stop(job)
        assert processes_of_job(job) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run jobs as somebody else")
def test_run_as_another_user():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)
        with Server(pathlib.Path(folder), "--run-as", "nobody") as server:
            for tty in (True, False):
                _, output = server.api.run(f"id -un; id -G; echo $USER; cat {server.state}/token", tty=tty, cwd="/")
                assert output.split()[0] == b"nobody" and b"Permission denied" in output, output


def limits_processes() -> bool:
    """Whether this account may make groups that count processes, as srun looks for them."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "pids" in controllers.split(","):
            return os.access(f"/sys/fs/cgroup/pids{path}", os.W_OK)
        if not controllers:
            offered = pathlib.Path(f"/sys/fs/cgroup{path}/cgroup.subtree_control")
            if offered.exists() and "pids" in offered.read_text():
                return os.access(offered.parent, os.W_OK)
    return False


@pytest.mark.skipif(not limits_processes(), reason="no control group that counts processes may be written here")
def test_fork_bomb_under_a_limit(server):
    """F30: it cannot have more processes than its limit, other jobs go on, and stopping leaves nobody."""
    counting = "import os, time\nn = 0\ntry:\n while True:\n  if os.fork() == 0: time.sleep(100)\n  n += 1\nexcept OSError: print(n, flush=True); os._exit(4)"
    found, output = server.api.run(argv=["python3", "-c", counting], tty=False, limits={"processes": 40})
    assert (found["exitCode"], int(output)) == (4, 39)
    bomb = server.api.submit("bomb() { bomb | bomb & }; bomb; wait; sleep 1000", tty=False, limits={"processes": 64})["id"]
    for _ in range(3):
        assert server.api.run("echo fine", tty=False)[1] == b"fine\n"
    server.api.request("POST", f"/api/jobs/{bomb}/stop")
    with server.api.follow(bomb) as answer:
        answer.read()
    assert server.api.job(bomb)["status"] in ("stopped", "completed", "failed")
    deadline = time.monotonic() + 12
    while processes_of_job(bomb):
        assert time.monotonic() < deadline
        time.sleep(0.1)
