"""systemd itself, as the first process of namespaces of its own, with one unit and nothing else."""

import os
import pathlib
import signal
import subprocess
import sys

from .server import environment
from .team import until

# The machine's own systemd, if it has one, is neither seen nor disturbed: /run and the control groups are others here.
BOOT = """
import os, pathlib, subprocess, sys
unit, text = sys.argv[1:]
def mount(kind, place): subprocess.run(["mount", "-t", kind, kind, place], check=True)
mount("tmpfs", "/run")
folder = pathlib.Path("/run/systemd/system")
folder.mkdir(parents=True)
(folder / unit).write_text(text)
subprocess.run(["umount", "--recursive", "--lazy", "/sys/fs/cgroup"], stderr=subprocess.DEVNULL)
mount("cgroup2", "/sys/fs/cgroup")
os.environ["container"] = "other"
os.execv("/lib/systemd/systemd", ["systemd", "--system", f"--unit={unit}", "--log-target=console", "--show-status=no"])
"""


class Systemd:
    """Gone afterwards, with every process that its unit has left."""

    UNIT = "srun.service"

    def __init__(self, folder: pathlib.Path, service: str):
        # Never skipped: what was not tried under systemd proves nothing of it.
        assert os.geteuid() == 0, "systemd needs root: run this test as root, or in a container"
        self.folder = folder
        self.text = f"[Unit]\nDefaultDependencies=no\n\n{service}"

    @staticmethod
    def version() -> int:
        return int(subprocess.run(["systemctl", "--version"], capture_output=True, text=True, check=True).stdout.split()[1])

    def __enter__(self) -> "Systemd":
        spaces = ["--pid", "--mount", "--cgroup", "--ipc", "--uts", "--propagation", "private", "--mount-proc"]
        with open(self.folder / "systemd.log", "w") as log:
            self.process = subprocess.Popen(
                # Not even a test run that is killed leaves it behind.
                ["setpriv", "--pdeathsig", "KILL", "unshare", *spaces, "--fork", "--kill-child",
                 sys.executable, "-c", BOOT, self.UNIT, self.text],
                stdout=log, stderr=log, env=environment(self.folder), start_new_session=True)
        try:
            self.wait_for("ActiveState", "active")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.process.send_signal(signal.SIGKILL)  # its child with it, and with that all there is in the namespace
        self.process.wait()

    def run(self, *command: str, check: bool = True, **extra: str) -> bytes:
        """What a command inside prints."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        inside = ["nsenter", "-t", children[0] if children else "", "--all", "--wd=/", *command]
        done = subprocess.run(inside, env=environment(self.folder, **extra), capture_output=True, timeout=60)
        assert done.returncode == 0 or not check, f"{command}: {done.stderr.decode()}\n{self.log}"
        return done.stdout

    def control(self, verb: str) -> None:
        self.run("systemctl", verb, self.UNIT)

    def show(self, name: str) -> str:
        return self.run("systemctl", "show", self.UNIT, "--value", f"--property={name}", check=False).decode().strip()

    def wait_for(self, name: str, value: str) -> None:
        try:
            until(lambda: self.show(name) == value)
        except AssertionError as error:
            raise AssertionError(f"{name} is {self.show(name)!r}, not {value!r}:\n{self.log}") from error

    @property
    def main(self) -> int:
        return int(self.show("MainPID"))

    def names(self) -> list[str]:
        """Of all processes but systemd."""
        return [line for line in self.run("ps", "-e", "-o", "comm=").decode().split("\n")[1:] if line not in ("", "ps")]

    @property
    def log(self) -> str:
        return (self.folder / "systemd.log").read_text()
