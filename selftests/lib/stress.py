# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine without a moment to spare: busy loops, a disk that is written flat out, and more
memory in use than there is. Only in the laboratory's guest, which has disks for it."""

import os
import re
import subprocess

from lib import taptest
from lib.netlab import run
from lib.taptest import wait_for

LOOPS = 8
PREEMPT = "/sys/kernel/debug/sched/preempt"
BEYOND = 128 << 10	# KB that do not fit into memory
# Writes so many MB, none of them like a page of zeros, again and again.
HOG = """
import os, sys
size, some = int(sys.argv[1]) << 20, os.urandom(1 << 20)
memory = memoryview(bytearray(size))
while True:
    for at in range(0, size, 1 << 20):
        memory[at:at + (1 << 20)] = some
"""


def disk(name):
    """The empty disk that selftests/qemu gives each guest by this name."""
    run("modprobe virtio_blk")

    def find():
        for block in os.listdir("/sys/block"):
            try:
                with open(f"/sys/block/{block}/serial", encoding="ascii") as file:
                    if file.read().strip() == name:
                        return "/dev/" + block
            except OSError:
                pass
        return None
    return wait_for(find, f"the disk {name}")


def meminfo(name):
    """In KB."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return int(dict(line.split(":") for line in file)[name].split()[0])


def swapped():
    """KB in swap."""
    return meminfo("SwapTotal") - meminfo("SwapFree")


def preempt(how):
    """When the kernel lets go of a CPU for who is more urgent: none, voluntary, full, as on its
    command line. Return: how it was."""
    with open(PREEMPT, encoding="ascii") as file:
        was = re.search(r"\((\w+)\)", file.read()).group(1)
    with open(PREEMPT, "w", encoding="ascii") as file:
        file.write(how)
    return was


class Stress:
    """From its making, when there is something in swap already, to end().

    Who looks for memory to free keeps the CPU for seconds in an emulated machine, if the kernel lets go of
    it only where it says so itself: Documentation/benchmarks.md, "Failover".
    """

    def __init__(self, how="full"):
        self.running, self.swap = [], None
        self.preempt = preempt(how)
        taptest.cleanup(self.end)
        swap = disk("swap")
        run(f"mkswap {swap}")
        run(f"swapon {swap}")
        self.swap = swap
        size = meminfo("MemAvailable") + BEYOND
        write = f"while :; do dd if=/dev/zero of={disk('scratch')} bs=1M oflag=dsync; done"
        # Memory first: the rest leaves little time to fill it.
        self.running = [self._start("python3", "-c", HOG, str(size >> 10))]
        wait_for(swapped, "something is in swap", 120)
        self.running += [self._start("sh", "-c", write), *[self._start("sh", "-c", "while :; do :; done") for _ in range(LOOPS)]]

    @staticmethod
    def _start(*command):
        return subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def goes_on(self):
        return all(process.poll() is None for process in self.running)

    def end(self):
        for process in self.running:
            os.killpg(process.pid, 9)
            process.wait()
        if self.swap:
            run(f"swapoff {self.swap}")
        preempt(self.preempt)
        self.running, self.swap = [], None
