"""The unit of docs/operating.md, under systemd itself."""

import hashlib
import json
import pathlib
import re
import sys

from support.server import REPOSITORY, binary
from support.systemd import Systemd
from support.team import until

# Prints numbered lines until a file is there, and then says what it has printed.
PRINTER = """
import hashlib, os, sys, time
end, told = sys.argv[1:]
digest, number = hashlib.sha256(), 0
while not os.path.exists(end):
    block = b"".join(b"%d of many lines\\n" % (number + index) for index in range(50))
    sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()
    digest.update(block)
    number += 50
    time.sleep(0.002)
with open(told + ".new", "w") as file: file.write(digest.hexdigest())
os.rename(told + ".new", told)
sys.exit(7)
"""


def unit(folder: pathlib.Path, keeps: bool = True, **changes: str) -> str:
    """As it stands in the document, for the program under test."""
    text = re.search(r"```ini\n(\[Service\]\n.*?)```", (REPOSITORY / "docs/operating.md").read_text(), re.DOTALL).group(1)
    assert "--on-exit keep" in text
    if not keeps:
        text = text.replace("--on-exit keep", "--on-exit stop")
    elif Systemd.version() < 254:
        # What the document says of older ones.
        text = "".join(line for line in text.splitlines(True) if not line.startswith("Delegate"))
    for name, value in changes.items():
        text, count = re.subn(rf"(?m)^{name}=.*$", f"{name}={value}", text)
        assert count == 1, name
    text, count = re.subn(r"(?m)^ExecStart=/usr/local/bin/srun serve", f"ExecStart={binary()} serve --port 0", text)
    assert count == 1
    return f"{text}Environment=SRUN_STATE_DIR={folder / 'state'} HOME={folder}\n"


def srun(systemd: Systemd, *arguments: str) -> bytes:
    return systemd.run(binary(), *arguments, SRUN_STATE_DIR=str(systemd.folder / "state"))


def served(systemd: Systemd) -> bool:
    """Whether a server answers, which systemd does not know of."""
    return systemd.run(binary(), "ls", check=False, SRUN_STATE_DIR=str(systemd.folder / "state")).startswith(b"ID")


def printer(systemd: Systemd) -> str:
    script = systemd.folder / "printer.py"
    script.write_text(PRINTER)
    command = f"{sys.executable} {script} {systemd.folder / 'end'} {systemd.folder / 'digest'}"
    return srun(systemd, "run", "--detach", "--no-tty", command).decode().strip()


def status(systemd: Systemd, job: str) -> dict:
    return next(entry for entry in json.loads(srun(systemd, "ls", "--json")) if entry["id"] == job)


def test_jobs_stay_through_everything_that_happens_to_the_unit(tmp_path):
    with Systemd(tmp_path, unit(tmp_path)) as systemd:
        until(lambda: served(systemd))
        job = printer(systemd)
        before = systemd.main
        systemd.control("restart")
        until(lambda: served(systemd))
        assert systemd.main != before
        # An upgrade: the same process as far as systemd knows.
        before = systemd.main
        systemd.control("reload")
        until(lambda: served(systemd))
        assert systemd.main == before
        systemd.run("kill", "-KILL", str(before))
        systemd.wait_for("NRestarts", "1")
        systemd.wait_for("ActiveState", "active")
        until(lambda: served(systemd))
        systemd.control("stop")
        systemd.wait_for("ActiveState", "inactive")
        names = set(systemd.names())
        assert "srun-keeper" in names and not names & {"srun", "srun-worker"}, "the keeper and the job, and no server"
        systemd.control("start")
        until(lambda: served(systemd))
        (tmp_path / "end").touch()
        until(lambda: status(systemd, job)["status"] == "failed")
        assert status(systemd, job)["exitCode"] == 7
        assert hashlib.sha256(srun(systemd, "logs", job)).hexdigest() == (tmp_path / "digest").read_text()


def test_jobs_end_with_the_unit_where_that_is_wanted(tmp_path):
    with Systemd(tmp_path, unit(tmp_path, keeps=False, KillMode="mixed")) as systemd:
        until(lambda: served(systemd))
        job = printer(systemd)
        systemd.control("stop")
        systemd.wait_for("ActiveState", "inactive")
        assert systemd.names() == []
        systemd.control("start")
        until(lambda: served(systemd))
        assert status(systemd, job)["status"] == "stopped"


def test_each_job_has_a_group_in_the_one_that_systemd_hands_over(tmp_path):
    """C41: systemd's own mark says that the unit's group is srun's to share out."""
    with Systemd(tmp_path, unit(tmp_path, keeps=False, KillMode="mixed")) as systemd:
        until(lambda: served(systemd))
        group = srun(systemd, "run", "--no-tty", "grep ^0: /proc/self/cgroup").decode().strip()
        job = json.loads(srun(systemd, "ls", "--json"))[0]["id"]
        assert group == f"0::/system.slice/{Systemd.UNIT}/srun-{job}"
        keeper = systemd.run("grep", "^0:", f"/proc/{systemd.main}/cgroup").decode().strip()
        assert keeper == f"0::/system.slice/{Systemd.UNIT}/srun.keeper"
