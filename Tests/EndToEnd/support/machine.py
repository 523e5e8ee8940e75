"""A machine with a kernel of its own, for what this one's kernel does not offer: User Mode Linux, on the same file system."""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys

# The first process. What it mounts is that machine's alone; its files in the folder are seen by this one as well.
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
if [ ! -c /dev/null ]; then
    mount -t tmpfs dev /dev
    mknod /dev/null c 1 3; mknod /dev/zero c 1 5; mknod /dev/random c 1 8; mknod /dev/urandom c 1 9
    mknod /dev/tty c 5 0; mknod /dev/ptmx c 5 2
    chmod 666 /dev/*
    ln -s /proc/self/fd /dev/fd
fi
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t cgroup2 none /sys/fs/cgroup
ip link set lo up
cd {here}
export {environment}
{command} >{folder}/report 2>&1
echo $? >{folder}/code
sync
exec {python} -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321FEDC)'
"""


def run(folder: pathlib.Path, *command: str, limit: float) -> str:
    """Runs a command there, which must succeed.

    Returns: What it has said.
    """
    program = shutil.which("linux.uml")
    # Never skipped: what was not tried on a real kernel proves nothing.
    assert program, "User Mode Linux is not installed; run scripts/install-test-deps.sh soak"
    assert os.geteuid() == 0, "the machine has this one's file system, and its root must be root here"
    environment = {
        "PATH": os.environ["PATH"], "HOME": "/run", "TMPDIR": "/run", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
        **{name: os.environ[name] for name in ("SRUN_BINARY",) if name in os.environ},
    }  # fmt: skip
    init = folder / "init"
    init.write_text(
        INIT.format(
            here=shlex.quote(os.getcwd()), folder=shlex.quote(str(folder)), command=shlex.join(command),
            environment=" ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items()),
            python=shlex.quote(sys.executable),
        )  # fmt: skip
    )
    init.chmod(0o755)
    done = subprocess.run(
        [program, "mem=1500M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw", f"init={init}", "con=null",
         "con0=null,fd:1", "quiet"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit,
    )  # fmt: skip
    report, code = folder / "report", folder / "code"
    assert code.exists(), done.stdout.decode(errors="replace")[-3000:]
    said = report.read_text(errors="replace")
    assert code.read_text().strip() == "0", said[-6000:]
    return said
