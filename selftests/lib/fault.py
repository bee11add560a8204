# SPDX-License-Identifier: GPL-2.0-or-later
"""Making allocations fail: the n-th of a system call, or a share of many.

Needs the debug kernel's fault injection. Where an allocation is made is told by
the functions that lead to it: a range of addresses, that of a function of the
kernel or all of dray. What kmemleak allocates for itself is spared: each allocation
would be counted twice, and kmemleak does without.
"""

import contextlib
import errno
import os

from lib import taptest
from lib.taptest import check, Skip

ROOT = "/sys/kernel/debug/"
SLAB, PAGES = "failslab", "fail_page_alloc"
FAIL_NTH = "/proc/thread-self/fail-nth"
ANYWHERE, NOWHERE = (0, (1 << 64) - 1), (0, 1)
LARGE = 1 << 30

_symbols = {}


def setup():
    """Prepare the kernel, or skip the file with the reason."""
    if not all(os.path.exists(path) for path in (ROOT + SLAB + "/require-start", ROOT + PAGES, FAIL_NTH)):
        raise Skip("the kernel has no fault injection (failslab, fail_page_alloc)")
    taptest.cleanup(off)
    for folder in SLAB, PAGES:
        _put(folder, "verbose", 0)
    _put(PAGES, "min-order", 0)
    off()


def _put(folder, name, value):
    with open(f"{ROOT}{folder}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


def off():
    """Nothing fails by chance, and Nth counts all that comes from a slab.

    It does not count pages: a slab that happens to need one would shift what is the
    n-th allocation of a call.
    """
    for folder in SLAB, PAGES:
        _put(folder, "probability", 0)
        _put(folder, "ignore-gfp-wait", "N")
        _put(folder, "task-filter", "N")
        _put(folder, "times", -1)
    within(ANYWHERE, SLAB)
    within(NOWHERE, PAGES)
    spare("__alloc_object")
    _put(PAGES, "ignore-gfp-highmem", "Y")


def within(span, folder=SLAB):
    """Only allocations count that are made within a range of addresses, or what it calls."""
    _put(folder, "require-start", hex(span[0]))
    _put(folder, "require-end", hex(span[1]))


def spare(name):
    """Allocations that a function of the kernel makes, or leads to, never fail."""
    start, end = function(name)
    for folder in SLAB, PAGES:
        _put(folder, "reject-start", hex(start))
        _put(folder, "reject-end", hex(end))


def _functions(of=None):
    """The ranges of addresses of the kernel's functions, or of a module's as it is loaded."""
    with open("/proc/kallsyms", encoding="ascii") as file:
        rows = [line.split(maxsplit=3) for line in file]
    rows = sorted((int(row[0], 16), row[2]) for row in rows
                  if row[1] in "tT" and row[3:] == ([f"[{of}]\n"] if of else []))
    return {symbol: (start, after[0]) for (start, symbol), after in zip(rows, rows[1:])}


def function(name, of=None):
    """The range of addresses of a function of the kernel, or of a module."""
    if of:
        return _functions(of)[name]
    if not _symbols:
        _symbols.update(_functions())
    return _symbols[name]


def module(name="dray"):
    """The range of addresses of a module, as it is loaded."""
    with open("/proc/modules", encoding="ascii") as file:
        row = next(line.split() for line in file if line.startswith(name + " "))
    start = int(row[5], 16)
    return start, start + int(row[1])


@contextlib.contextmanager
def share(percent, span, folders=(SLAB,), waiting=False, highmem=False):
    """Within it a share of the allocations within span fails, whoever makes them.

    waiting: also those that may wait for memory, as packets' may not.
    """
    try:
        for folder in folders:
            within(span, folder)
            _put(folder, "ignore-gfp-wait", "N" if waiting else "Y")
            _put(folder, "probability", percent)
        _put(PAGES, "ignore-gfp-highmem", "N" if highmem else "Y")
        yield
    finally:
        off()


class Nth:
    """Within it the n-th allocation of this thread fails; left is 0 if one did."""

    def __init__(self, n):
        self.left = n

    def __enter__(self):
        self.file = os.open(FAIL_NTH, os.O_RDWR)
        os.pwrite(self.file, str(self.left).encode(), 0)
        return self

    def __exit__(self, *_):
        self.left = int(os.pread(self.file, 20, 0))
        os.pwrite(self.file, b"0", 0)
        os.close(self.file)


class Socket:
    """A socket in whose system calls together the n-th allocation fails."""

    def __init__(self, sock, n):
        self.sock = sock
        self.left = n

    def _call(self, function_, *args):
        if not self.left:
            return function_(*args)
        nth = Nth(self.left)
        try:
            with nth:
                return function_(*args)
        finally:
            self.left = nth.left

    def send(self, data):
        return self._call(self.sock.send, data)

    def recv(self, size):
        return self._call(self.sock.recv, size)

    def close(self):
        self.sock.close()


def count(call):
    """How many allocations call() makes."""
    with Nth(LARGE) as nth:
        call()
    return LARGE - nth.left


def each(call, undo, ns=range(1, 200), errors=(errno.ENOMEM, errno.ENOBUFS)):
    """Let the n-th allocation of call() fail, for each n; how many made it fail.

    call() returns 0 or the error's number.
    """
    failed = tried = 0
    for n in ns:
        with Nth(n) as nth:
            number = call()
        if number:
            failed += 1
            check(number in errors, f"allocation {n}: {os.strerror(number)}")
        else:
            undo()
        if nth.left:
            break
        tried += 1
    taptest.note(f"{tried} allocations failed, {failed} of them made it fail")
    return failed


def watched():
    """Is kmemleak still there, or has it given up for lack of memory of its own?"""
    with open(ROOT + "kmemleak", "w", encoding="ascii") as file:
        file.write("stack=on")    # as it is; refused by one that has given up
