"""A control group of version 2 as a service manager would hand it to srun, on the real kernel."""

import contextlib
import os
import pathlib
import subprocess
import sys
import time

# Becomes a program in the group, to which the hierarchy stands where it does on a machine that has no other.
ENTER = """
import os, pathlib, subprocess, sys
group, program = sys.argv[1], sys.argv[2:]
root = pathlib.Path("/sys/fs/cgroup")
if not (root / "cgroup.controllers").exists():
    subprocess.run(["mount", "-t", "cgroup2", "none", root], check=True)
(root / group / "cgroup.procs").write_text("0")
os.execv(program[0], program)
"""


class Hierarchy:
    """A group, which is gone afterwards with all that is in it."""

    def __init__(self, folder: pathlib.Path, is_handed_over: bool = True):
        # Never skipped: what was not tried on a real kernel proves nothing.
        assert os.geteuid() == 0, "control groups need root: run this test as root, or in a container"
        self.root = folder / "cgroup"
        self.is_handed_over = is_handed_over
        self.name = f"srun-test-{os.getpid()}"
        self.path = self.root / self.name

    def __enter__(self) -> "Hierarchy":
        self.root.mkdir()
        done = subprocess.run(["mount", "-t", "cgroup2", "none", self.root], stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, f"control groups of version 2 cannot be had here: {done.stderr}"
        try:
            self.path.mkdir()
            os.setxattr(self.path, "user.delegate", b"1" if self.is_handed_over else b"0")
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(OSError):
            (self.path / "cgroup.kill").write_text("1")
        deadline = time.monotonic() + 10
        while self.path.exists():
            for folder, _, _ in os.walk(self.path, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        subprocess.run(["umount", self.root], check=True)

    @property
    def within(self) -> tuple[str, ...]:
        """What starts a server in the group."""
        return ("unshare", "--mount", "--propagation", "private", sys.executable, "-c", ENTER, self.name)

    def processes(self, group: str = ".") -> list[int]:
        return [int(word) for word in (self.path / group / "cgroup.procs").read_text().split()]

    def jobs(self) -> list[str]:
        """The names of the groups that jobs have."""
        return sorted(entry.name for entry in self.path.glob("srun-*"))

    @contextlib.contextmanager
    def shared_out(self):
        """A controller, if there is any, which may be shared out by whoever has no process in the group itself."""
        control = self.root / "cgroup.subtree_control"
        offered = (self.root / "cgroup.controllers").read_text().split()
        there = control.read_text().split()
        # Preferably one that nobody has asked for: then nobody misses it either.
        name = next((name for name in offered if name not in there), None)
        if name:
            control.write_text(f"+{name}")
        try:
            yield name or next(iter(offered), None)
        finally:
            if name:
                (self.path / "cgroup.subtree_control").write_text(f"-{name}")
                control.write_text(f"-{name}")
