"""What the kernel's output processing costs: the same bytes through a terminal with OPOST on and off, read by a bare loop.

The reference is the loop with OPOST on. The ratio says what srun could gain by putting the CR before each LF itself, for
programs that write a line at a time, as most do on a terminal, and for those that write in blocks (decision 46).
"""

import os
import pty
import resource
import termios
import time

BYTES = 16_000_000
BLOCK = 65_536


def write(descriptor, line, in_blocks):
    """The child: lines of one length until there are enough bytes."""
    unit = line * max(1, BLOCK // len(line)) if in_blocks else line
    for _ in range(BYTES // len(unit)):
        data = memoryview(unit)
        while data:
            data = data[os.write(descriptor, data):]


def measure(length, in_blocks, processing):
    """Bytes that were written per second, in MB/s, and how many a read returned on average."""
    master, slave = pty.openpty()
    attributes = termios.tcgetattr(slave)
    if not processing:
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
    line = b"x" * (length - 1) + b"\n"
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.close(master)
            write(slave, line, in_blocks)
        finally:
            os._exit(0)
    os.close(slave)
    count = reads = 0
    while True:
        try:
            data = os.read(master, BLOCK)
        except OSError:  # EIO: the other side is closed and everything was read
            break
        count += len(data)
        reads += 1
    elapsed = time.monotonic() - started
    os.waitpid(child, 0)
    os.close(master)
    return BYTES / elapsed / 1e6, count / max(1, reads)


def main():
    print(f"{'line':>6} {'written':>8} {'OPOST on':>10} {'OPOST off':>10} {'ratio':>6}")
    for length in (8, 20, 80, 200):
        for in_blocks in (False, True):
            with_processing = max(measure(length, in_blocks, True)[0] for _ in range(2))
            without = max(measure(length, in_blocks, False)[0] for _ in range(2))
            print(f"{length:>5}B {'blocks' if in_blocks else 'lines':>8} {with_processing:>5.1f} MB/s "
                  f"{without:>5.1f} MB/s {without / with_processing:>6.2f}")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(f"reader: {usage.ru_utime + usage.ru_stime:.1f} CPU s, peak RSS {usage.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
