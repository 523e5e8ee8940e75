"""A machine of its own as far as the network goes, and the cable to it, which can be pulled."""

import contextlib
import ctypes
import os
import random
import socket
import subprocess

from .proxy import Proxy, copy_both_ways

CLONE_NEWNET = 0x40000000


class Namespace:
    """The other end of the cable. Nothing but this machine is reached through it."""

    def __init__(self):
        # Never skipped: a partition that was not tried proves nothing.
        assert os.geteuid() == 0, "network namespaces need root: run this test as root, or in a container"
        number = random.randrange(1 << 16)
        self.name = f"srun{number}"
        self.cable = f"srun{number}"
        net = f"10.{200 + number % 50}.{number // 50 % 250}"
        self.here, self.there = f"{net}.1", f"{net}.2"

    def ip(self, *arguments: str) -> None:
        done = subprocess.run(["ip", *arguments], stderr=subprocess.PIPE, text=True, timeout=10)
        assert done.returncode == 0, f"a network namespace cannot be set up here: ip {arguments}: {done.stderr}"

    def __enter__(self) -> "Namespace":
        self.ip("netns", "add", self.name)
        try:
            inside = ("-n", self.name)
            self.ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            self.ip("addr", "add", f"{self.here}/24", "dev", self.cable)
            self.ip(*inside, "addr", "add", f"{self.there}/24", "dev", "eth0")
            self.ip(*inside, "link", "set", "lo", "up")
            self.ip(*inside, "link", "set", "eth0", "up")
            self.mend()
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        subprocess.run(["ip", "netns", "delete", self.name], stderr=subprocess.DEVNULL, timeout=10)
        subprocess.run(["ip", "link", "delete", self.cable], stderr=subprocess.DEVNULL, timeout=10)

    @property
    def command(self) -> tuple[str, ...]:
        """What starts a program there."""
        return ("ip", "netns", "exec", self.name)

    def cut(self) -> None:
        self.ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        self.ip("link", "set", self.cable, "up")


class Door(Proxy):
    """Leads to a server inside a namespace that listens on its loopback only: it is there also while the cable is pulled."""

    def __init__(self, namespace: Namespace, url: str):
        super().__init__(url)
        self.namespace = namespace

    def _pass(self, client: socket.socket) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with client, contextlib.suppress(OSError):
            # Of this thread alone, which ends with the connection.
            with open(f"/run/netns/{self.namespace.name}") as file:
                assert libc.setns(file.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            with socket.create_connection(self.target) as server:
                copy_both_ways(client, server)
