"""The verbs, as a person types them."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess

import pytest

from support.api import wait_for_status
from support.proxy import OutputCutter
from support.server import Server, binary

NO_SUCH_JOB, UNAVAILABLE, TEMPORARY, PROTOCOL, PERMISSION = 66, 69, 75, 76, 77


# run


@pytest.mark.parametrize("code", [0, 1, 2, 7, 126, 127, 255])
def test_run_ends_with_the_exit_code(srun, code):
    result = srun("run", "--", "sh", "-c", f"echo out; exit {code}")
    assert (result.returncode, result.stdout, result.stderr) == (code, b"out\n", b"")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_run_ends_with_the_signal(srun, number):
    assert srun("run", f"kill -{int(number)} $$").returncode == 128 + number


def test_run_limits_what_a_job_may_use(srun, api):
    result = srun(
        "run", "--open-files", "64", "--nice", "5", "--cpu-seconds", "30", "--file-size", "1MiB", "--retries", "2",
        "--retry-delay", "0.1", "--", "sh", "-c", "ulimit -n; exit 3",
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (3, b"64\n"), result.stderr
    job = api.jobs()[-1]
    limits = job["limits"]
    assert (limits["openFiles"], limits["cpuSeconds"], limits["fileBytes"], job["nice"]) == (64, 30, 1 << 20, 5)
    assert (job["retries"]["count"], job["retries"]["delaySeconds"]) == (2, 0.1)


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_run_helps(srun, flag):
    result = srun("run", flag)
    assert (result.returncode, b"--retry-delay" in result.stdout) == (0, True)


def test_run_refuses_options_it_does_not_know(srun, api):
    result = srun("run", "--detahc", "true")
    assert (result.returncode, result.stdout) == (64, b"")
    assert b"'--detahc'. Did you mean '--detach'?" in result.stderr
    assert srun("run", "--memory", "much", "true").returncode == 64
    assert api.jobs() == []


def test_run_one_argument_is_text_for_the_shell(srun):
    assert srun("run", "printf 'a b\\n' | wc -w").stdout.split() == [b"2"]


def test_run_several_arguments_are_a_program(srun):
    result = srun("run", "--", "printf", "<%s>", "a b", "$HOME", "'", "-n", "--name")
    assert result.stdout == b"<a b><$HOME><'><-n><--name>"


def test_run_where_and_with_what(srun, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    assert srun("run", "pwd").stdout == f"{tmp_path}\n".encode()
    assert srun("run", "--cwd", "here", "pwd").stdout == f"{here}\n".encode()
    result = srun("run", "--env", "A=1=2", "--env", "B", 'echo "$A $B"', env={"B": "from here"})
    assert result.stdout == b"1=2 from here\n"


def test_run_names_and_tags(srun, api):
    srun("run", "--name", "a name", "--tag", "x", "--tag", "y", "true")
    (job,) = api.jobs()
    assert (job["name"], job["tags"]) == ("a name", ["x", "y"])


def test_run_on_a_terminal_or_on_pipes(srun):
    assert srun("run", "test -t 1 && echo terminal || echo pipe").stdout == b"pipe\n"
    assert srun("run", "--tty", "test -t 1 && echo terminal || echo pipe").stdout == b"terminal\r\n"


def test_run_takes_both_streams_in_order(srun):
    script = "for i in 1 2 3; do echo out$i; echo err$i >&2; done"
    assert sorted(srun("run", script).stdout.split()) == sorted(b"out1 err1 out2 err2 out3 err3".split())


def test_run_time_limit(srun):
    result = srun("run", "--timeout", "0.3", "sleep 1000")
    assert result.returncode == 124
    assert b"time limit" in result.stderr


@pytest.mark.parametrize("words, code", [(["/no/such/program", "x"], 127), (["/etc/passwd", "x"], 126)])
def test_run_what_cannot_be_started(srun, words, code):
    result = srun("run", "--", *words)
    assert result.returncode == code
    assert b"could not be started" in result.stderr
    assert result.stdout == b""


def test_run_refused_by_the_server(srun):
    result = srun("run", "--cwd", "/no/such/folder", "true")
    assert result.returncode == 65
    assert result.stdout == b""


def test_run_says_when_it_may_be_tried_again(tmp_path, command_line):
    with Server(tmp_path, create_rate="1") as server:
        srun = command_line(server)
        first = srun("run", "--", "echo", "one")
        assert (first.returncode, first.stdout) == (0, b"one\n")
        second = srun("run", "--", "echo", "two")
        assert (second.returncode, second.stdout) == (75, b"")
        assert re.fullmatch(rb"srun: too many jobs: one person may start 1 a minute, 1 of them at once; try again in \d+ s\n", second.stderr)
        again = srun("restart", server.api.jobs()[0]["id"])
        assert again.returncode == 75 and b"try again in" in again.stderr


def test_run_detached(srun, api):
    result = srun("run", "--detach", "sleep 1000")
    job = result.stdout.decode().strip()
    assert api.job(job)["status"] == "running"
    assert srun("stop", job).returncode == 0


def test_run_large_output_into_a_pipe(srun):
    result = srun("run", "head -c 5000000 /dev/zero | tr '\\0' x; exit 3")
    assert result.returncode == 3
    assert result.stdout == b"x" * 5_000_000


def test_run_reader_that_goes_away_stops_the_job(srun, api):
    with api.events() as events:
        process = srun.start("run", "while echo line; do :; done")
        assert process.stdout.readline() == b"line\n"
        process.stdout.close()
        assert process.wait(30) == 128 + signal.SIGPIPE
        process.stderr.close()
        job = api.jobs()[0]["id"]
        assert wait_for_status(events, job, "stopped")


def _running(srun, *arguments):
    """Starts srun run, and returns once its job has printed `ready`."""
    process = srun.start("run", *arguments)
    assert process.stdout.readline() == b"ready\n"
    return process


def test_ctrl_c_stops_the_job_and_waits(srun, api):
    process = _running(srun, "trap 'echo bye; exit 3' TERM HUP; echo ready; sleep 1000 & wait")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert output == b"bye\n"
    assert b"stopping job" in errors
    assert process.returncode == 3
    assert api.jobs()[0]["status"] == "stopped"


def test_ctrl_c_twice_leaves_the_job(srun, api):
    process = _running(srun, "trap '' TERM HUP INT; echo ready; while :; do sleep 0.1; done")
    process.send_signal(signal.SIGINT)
    assert b"stopping job" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    job = api.jobs()[0]["id"]
    assert f"left job {job}".encode() in errors
    assert process.returncode == 128 + signal.SIGINT


# On a terminal


def _on_terminal(srun, *arguments, interrupt_after: bytes | None = None) -> tuple[int, bytes]:
    """Runs srun with a terminal as its standard output; returns exit code and what appeared there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [binary(), *arguments], env=srun.env, cwd=srun.folder, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave
    )
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 60)[0]:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
        if interrupt_after is not None and interrupt_after in shown:
            process.send_signal(signal.SIGINT)
            interrupt_after = None
    os.close(master)
    return process.wait(30), shown


def test_logs_on_a_terminal_show_what_could_steer_it(srun, api):
    job, _ = api.run(r"printf '\033[31mred\033[0m\033]0;title\007\033[2J\n'")
    code, shown = _on_terminal(srun, "logs", job["id"])
    assert code == 0
    assert shown == b"\x1b[31mred\x1b[0m^[]0;title^G^[[2J\r\r\n\x1b[0m"
    _, raw = _on_terminal(srun, "logs", "--raw", job["id"])
    assert b"\x1b]0;title\x07\x1b[2J" in raw


def test_ctrl_c_while_following_leaves_the_terminal_tidy(srun, api):
    job = api.submit(r"printf '\033[31mred'; sleep 1000")["id"]
    code, shown = _on_terminal(srun, "logs", "-f", job, interrupt_after=b"red")
    assert (code, shown) == (128 + signal.SIGINT, b"\x1b[31mred\x1b[0m")
    assert api.job(job)["status"] == "running"


def test_run_on_a_terminal_has_its_size_and_is_left_tidy(srun):
    code, shown = _on_terminal(srun, "run", r"printf '\033[?1049h\033[?25l\033]0;title\007'; test -t 1; exit 4")
    assert code == 4
    assert b"title" not in shown
    assert shown.endswith(b"\x1b[?25h\x1b[?1049l")


# ls, logs, stop, restart, rm, link, version


def test_ls_shows_jobs_newest_first(srun, api):
    api.run("echo one")
    api.run("exit 3", name="second")
    lines = srun("ls").stdout.decode().splitlines()
    assert lines[0].split() == ["ID", "STATUS", "EXIT", "AGE", "TIME", "COMMAND"]
    assert lines[1].split()[1:3] == ["failed", "3"] and lines[1].endswith("second: exit 3")
    assert lines[2].split()[1:3] == ["completed", "0"]


def test_ls_filters_and_pages(srun, api):
    for number in range(5):
        api.run(f"exit {number % 2}", tags=["odd" if number % 2 else "even"])
    assert len(srun("ls", "--limit", "2").stdout.splitlines()) == 3
    assert len(srun("ls", "--limit", "2", "--all").stdout.splitlines()) == 6
    assert len(srun("ls", "--status", "failed").stdout.splitlines()) == 3
    assert len(srun("ls", "-q", "even").stdout.splitlines()) == 4
    jobs = json.loads(srun("ls", "--json", "-q", "odd").stdout)
    assert jobs == api.jobs("?q=odd")


def test_logs_into_a_pipe_are_exact(srun, api):
    job, output = api.run(r"printf '\377\000\033[2Jx'", tty=False)
    assert output == b"\xff\x00\x1b[2Jx"
    assert srun("logs", job["id"]).stdout == output
    assert srun("logs", "-f", job["id"]).stdout == output


def test_logs_follow_a_running_job(srun, api):
    gate = srun.folder / "gate"
    os.mkfifo(gate)
    job = api.submit("echo first; cat gate; echo last", cwd=str(srun.folder), tty=False)
    process = srun.start("logs", "--follow", job["id"])
    assert process.stdout.readline() == b"first\n"
    gate.write_bytes(b"second\n")
    assert process.communicate(timeout=30) == (b"second\nlast\n", b"")
    assert process.returncode == 0


def test_stop_restart_rm(srun, api):
    job = api.submit("echo hi; sleep 1000", tty=False)["id"]
    api.wait_for_output(job, b"hi")
    assert srun("rm", job).returncode == TEMPORARY
    stopped = srun("stop", job)
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (0, b"", b"")
    assert api.job(job)["status"] == "stopped"
    assert srun("stop", job).returncode == 65
    again = srun("restart", job).stdout.decode().strip()
    assert api.job(again)["restartOf"] == job
    assert srun("rm", "--force", again).returncode == 0
    assert srun("rm", job).returncode == 0
    assert api.jobs() == []


def test_link_signs_in_once(srun, api):
    link = srun("link").stdout.decode().strip()
    assert link.startswith(f"{api.url}/#code=")
    code = link.rsplit("=", 1)[1]
    anonymous = type(api)(api.url, None)
    assert anonymous.request("POST", "/api/session", {"code": code})[0] == 200
    assert anonymous.request("POST", "/api/session", {"code": code})[0] == 401


def test_version(srun):
    assert srun("version").stdout.startswith(b"srun ")


def test_version_as_a_flag(srun):
    result = srun("--version")
    assert (result.returncode, result.stdout.split()[0]) == (0, b"srun")


def test_help_names_every_verb(srun):
    text = srun("--help").stdout.decode()
    for verb in ["serve", "run", "attach", "ls", "logs", "replay", "stop", "restart", "rm", "link", "version"]:
        assert f"  {verb} " in text


# When it does not work (B58)


def test_a_job_is_named_by_a_part_of_its_id_or_by_its_name(srun, api):
    old, new = (api.submit(f"echo {word}", name="build", tty=False)["id"] for word in ("old", "new"))
    other = api.submit("echo build", tty=False)["id"]
    for job in (old, new, other):
        api.wait(job)
    # The newest with the name; the other one has the word in its command only.
    assert srun("logs", "build").stdout == b"new\n"
    assert srun("logs", old[-12:]).stdout == b"old\n"
    assert srun("search", old[-6:], "o").stdout == b"1:old\n"
    # They were made in the same moment, so their ids begin alike.
    result = srun("rm", old[:6])
    assert (result.returncode, b"3 jobs have an id with this part" in result.stderr) == (65, True)
    assert srun("rm", old[-3:]).returncode == NO_SUCH_JOB
    assert srun("rm", "uild").returncode == NO_SUCH_JOB
    assert srun("rm", other[-8:]).returncode == 0
    assert {job["id"] for job in api.jobs()} == {old, new}


def test_ls_tells_what_is_paused(srun, api):
    job = api.submit("echo; sleep 1000", name="held")["id"]
    api.wait_for_output(job, b"\n")
    assert srun("pause", "held").returncode == 0
    assert b"  paused " in srun("ls").stdout
    assert srun("resume", "held").returncode == 0
    assert b"  running " in srun("ls").stdout


def test_slips_of_the_pen(srun, server):
    result = srun("lgos", "x")
    assert (result.returncode, result.stderr) == (
        64, b"srun: there is no verb 'lgos'; did you mean 'logs'? Usage: srun <verb>, see srun --help\n",
    )  # fmt: skip
    assert b"did you mean" not in srun("frobnicate").stderr
    result = srun("serve", "--store", "mysql")
    assert (result.returncode, b"--store must name" in result.stderr, b"srun serve" in result.stderr) == (64, True, True)
    # A word of the shell without quotes.
    result = srun("run", "exit", "7")
    assert (result.returncode, b"could not be started: No such file" in result.stderr) == (127, True)
    result = srun("ls", "--url", server.url.replace("http", "https"))
    assert (result.returncode, b"it does not speak TLS; is it http:// ?" in result.stderr) == (UNAVAILABLE, True)


def test_unknown_job(srun):
    for arguments in (["logs", "nope"], ["stop", "nope"], ["restart", "nope"], ["rm", "nope"], ["logs", "../x"]):
        result = srun(*arguments)
        assert (result.returncode, result.stdout) == (NO_SUCH_JOB, b""), arguments
        assert len(result.stderr.splitlines()) == 1


def test_server_down(srun, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    result = srun("ls", "--url", f"http://127.0.0.1:{port}")
    assert (result.returncode, result.stdout) == (UNAVAILABLE, b"")
    result = srun("ls", "--state-dir", str(tmp_path / "elsewhere"))
    assert (result.returncode, result.stdout) == (UNAVAILABLE, b"")
    assert not (tmp_path / "elsewhere").exists()


def test_wrong_token(srun, server):
    result = srun("ls", "--url", server.url, env={"SRUN_TOKEN": "srun_wrong"})
    assert (result.returncode, result.stdout) == (PERMISSION, b"")
    assert b"srun_wrong" not in result.stderr


def test_url_and_token_from_the_environment(srun, server, tmp_path):
    env = {"SRUN_URL": server.url, "SRUN_TOKEN": server.token, "SRUN_STATE_DIR": str(tmp_path / "elsewhere")}
    assert srun("ls", env=env).returncode == 0


def test_stream_that_breaks_goes_on_at_its_offset(srun, server, api):
    job, output = api.run("seq 1 2000", tty=False)
    with OutputCutter(server.url, [3000, 3000, 3000]) as cutter:
        result = srun("logs", "-f", job["id"], "--url", cutter.url, env={"SRUN_TOKEN": server.token})
    assert (result.returncode, result.stdout) == (0, output)
    assert cutter.rules == []


def test_stream_that_breaks_too_often(srun, server, api):
    job = api.submit("echo hi; sleep 1000", tty=False)["id"]
    api.wait_for_output(job, b"hi")
    with OutputCutter(server.url, [b"hi\n", *[0] * 100]) as cutter:
        result = srun("logs", "-f", job, "--url", cutter.url, env={"SRUN_TOKEN": server.token})
    assert result.returncode == PROTOCOL
    assert result.stdout == b"hi\n"
    assert job.encode() in result.stderr
