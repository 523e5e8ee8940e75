"""10 MB of a job to 50 followers at once, against bare loopback TCP sends of frames of the same sizes.

Server, followers and reference share the machine; the followers of both runs are the same code in one process, which checks
every byte.
"""

import hashlib
import os
import select
import socket
import struct
import tempfile
import threading
import time

from harness import Server, send_text

FOLLOWERS = 50
SIZE = 10_000_000


class Follower:
    """Takes frames apart as they come; counts and digests what is in binary ones."""

    def __init__(self, stream, acknowledges):
        self.stream, self.acknowledges = stream, acknowledges
        self.buffer, self.sizes = bytearray(), []
        self.digest, self.count, self.acknowledged, self.is_done = hashlib.sha256(), 0, 0, False
        stream.setblocking(False)

    def read(self):
        try:
            data = self.stream.recv(1 << 18)
        except BlockingIOError:
            return
        if not data:
            self.is_done = True
            return
        self.buffer += data
        while (frame := self.next_frame()) is not None:
            kind, payload = frame
            if kind == 2:
                self.sizes.append(len(payload))
                self.digest.update(payload)
                self.count += len(payload)
            elif kind == 1 and b'"end"' in payload:
                self.is_done = True
        if self.acknowledges and self.count - self.acknowledged >= 1 << 17:
            send_text(self.stream, '{"type":"ack","offset":%d}' % self.count)
            self.acknowledged = self.count

    def next_frame(self):
        if len(self.buffer) < 2:
            return None
        length, start = self.buffer[1] & 0x7F, 2
        if length == 126:
            start = 4
        elif length == 127:
            start = 10
        if len(self.buffer) < start:
            return None
        if start > 2:
            length = struct.unpack(">H" if start == 4 else ">Q", self.buffer[2:start])[0]
        if len(self.buffer) < start + length:
            return None
        frame = self.buffer[0] & 0x0F, bytes(self.buffer[start:start + length])
        del self.buffer[:start + length]
        return frame


def read_all(followers):
    """Seconds until every follower has everything."""
    started = time.monotonic()
    by_descriptor = {follower.stream.fileno(): follower for follower in followers}
    poll = select.epoll()
    for descriptor in by_descriptor:
        poll.register(descriptor, select.EPOLLIN)
    while by_descriptor:
        for descriptor, _ in poll.poll(60):
            follower = by_descriptor[descriptor]
            follower.read()
            if follower.is_done:
                poll.unregister(descriptor)
                del by_descriptor[descriptor]
    return time.monotonic() - started


def through_srun(path):
    with Server() as server:
        gate = server.folder.name + "/gate"
        os.mkfifo(gate)
        job = server.submit(f"read go < {gate}; cat {path}", tty=False)
        followers = [Follower(server.open(job), acknowledges=True) for _ in range(FOLLOWERS)]
        before = server.cpu_seconds()
        with open(gate, "w") as file:
            file.write("go\n")
        elapsed = read_all(followers)
        return followers, elapsed, server.cpu_seconds() - before, server.peak_megabytes()


def bare(data, sizes):
    """The same frames to as many connections, sent by threads that do nothing else."""
    frames, offset = [], 0
    for size in sizes:
        head = struct.pack(">BBQ", 0x82, 127, size)
        frames.append(head + data[offset:offset + size])
        offset += size
    frames.append(b"\x81\x05\"end\"")
    listener = socket.create_server(("127.0.0.1", 0))
    followers, senders = [], []
    for _ in range(FOLLOWERS):
        followers.append(Follower(socket.create_connection(listener.getsockname()), acknowledges=False))
        senders.append(listener.accept()[0])

    def send(stream):
        for frame in frames:
            stream.sendall(frame)

    threads = [threading.Thread(target=send, args=(stream,)) for stream in senders]
    for thread in threads:
        thread.start()
    elapsed = read_all(followers)
    for thread in threads:
        thread.join()
    for stream in senders:
        stream.close()
    listener.close()
    return followers, elapsed


def main():
    with tempfile.TemporaryDirectory(prefix="srun-bench-") as folder:
        path = folder + "/10MB"
        data = b"".join(b"%09d the quick brown fox jumps over the lazy dog\n" % n for n in range(SIZE // 54 + 1))[:SIZE]
        with open(path, "wb") as file:
            file.write(data)
        expected = hashlib.sha256(data).hexdigest()
        for _ in range(3):
            followers, elapsed, cpu, peak = through_srun(path)
            lost = sum(SIZE - follower.count for follower in followers)
            if lost or any(follower.digest.hexdigest() != expected for follower in followers):
                raise SystemExit(f"FAILED: {lost} bytes lost, or bytes that the job did not print")
            references, reference = bare(data, followers[0].sizes)
            if any(follower.digest.hexdigest() != expected for follower in references):
                raise SystemExit("FAILED: the reference is broken")
            total = SIZE * FOLLOWERS / 1e6
            print(f"{FOLLOWERS} followers: {total / elapsed:6.1f} MB/s in all, bare sends {total / reference:6.1f} MB/s, "
                  f"ratio {reference / elapsed:.2f}; 0 bytes lost; server CPU {cpu:.2f} s, peak RSS {peak:.0f} MB")


if __name__ == "__main__":
    main()
