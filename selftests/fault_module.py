#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Out of memory while the module is loaded, and while a namespace is made.

No topology: namespaces of the test. The beginning of the module is all that is
done for it by functions that do_one_initcall() leads to. Per-CPU memory is not
made to fail by fault injection, but the pages are that would make more of it.
"""

import ctypes
import errno
import os
import resource
import struct

from lib import dray, fault, genl, netlab, taptest
from lib.dray import server, tcp
from lib.netlab import Namespace
from lib.taptest import case, check, same, wait_for

KO = os.environ.get("DRAY_KO", f"/lib/modules/{os.uname().release}/updates/dray.ko")
libc = ctypes.CDLL(None, use_errno=True)
# Per-CPU memory, by descriptors. It is kept: what is given back would come late.
taken = []


def setup():
    fault.setup()
    netlab.module_setup()
    netlab.need_dray()


def finit():
    """Load the module: 0 or the error's number."""
    with open(KO, "rb") as file:
        return ctypes.get_errno() if libc.syscall(313, file.fileno(), b"", 0) else 0


def unload():
    """Without waiting for users: there must be none for long."""
    wait_for(lambda: not libc.syscall(176, b"dray", 0x800) or ctypes.get_errno() == errno.ENOENT,
             "the module is unloaded", 20)
    dray.Dray.number = None


def unshare():
    """Make a namespace and leave it at once: 0 or the error's number."""
    return ctypes.get_errno() if libc.unshare(0x40000000) else 0


def some(call, undo, share):
    """Let some of all allocations of call() fail, evenly chosen."""
    total = fault.count(call)
    undo()
    # What the kernel's other parts say of theirs is not ours to judge.
    fault.each(call, undo, range(1, total, max(1, total // share)), errno.errorcode)


@case("each allocation that dray makes for a new namespace fails once, and some of the others")
def _():
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)

    def back():
        netlab.setns(home)
    # Two, for the flow tables, which make do with less.
    fault.within(fault.module())
    fault.each(unshare, back)
    fault.within(fault.ANYWHERE)
    some(unshare, back, 12)
    os.close(home)
    space = Namespace("new")
    with space, dray.Dray() as sock:
        sock.stocked()
        same(sock.one("get_config")["config"]["services"], 1, "services in a new namespace")
    space.delete()


def take(size):
    """Take per-CPU memory by a map of bpf(2): its descriptor, or a negative number."""
    # BPF_MAP_CREATE of a BPF_MAP_TYPE_PERCPU_ARRAY with one element
    attr = struct.pack("=IIII", 6, 4, size, 1) + bytes(112)
    return libc.syscall(321, 0, attr, len(attr))


def fill():
    """Take all per-CPU memory that there is by now."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 14, 1 << 14))
    for size in 16384, 4096, 1024, 256, 64, 24:
        while (number := take(size)) >= 0:
            taken.append(number)
            check(len(taken) < 1 << 13, "no end of per-CPU memory")


def exhausted():
    """Within it no more per-CPU memory can be had than there is."""
    return fault.share(100, fault.function("pcpu_populate_chunk"), (fault.PAGES,), waiting=True, highmem=True)


def refused(sock, undo, cmd, *attrs):
    """Whether a request is refused; what others give back late may let it through."""
    fill()
    try:
        sock.do(cmd, *attrs)
    except genl.Refused as error:
        same((errno.errorcode.get(error.errno), error.message), ("ENOMEM", "Out of memory"), cmd)
        return True
    sock.do(undo, *attrs)
    return False


@case("without per-CPU memory services and servers are refused")
def _():
    with dray.Dray() as sock:
        sock.do("new_service", tcp())
        with exhausted():
            wait_for(lambda: refused(sock, "del_service", "new_service", tcp(port=99)), "new-service is refused")
            wait_for(lambda: refused(sock, "del_server", "new_server", tcp(), server()), "new-server is refused")
        same((len(sock.dump("get_service")), sock.dump("get_server")), (1, []), "services and servers")
        sock.do("new_server", tcp(), server())


def not_loaded():
    fill()
    number = finit()
    if not number:
        unload()
    check(number in (0, errno.ENOMEM), os.strerror(number))
    return number


@case("without per-CPU memory for each namespace the module does not load")
def _():
    unload()
    # One more than are let have theirs below.
    spaces = [Namespace(f"percpu{n}") for n in range(4)]
    rooms = [take(256) for _ in range(4)]
    with exhausted():
        wait_for(not_loaded, "loading fails")
        for room in rooms:
            # Room for the counters of one namespace more, but not of them all.
            os.close(room)
            number = finit()
            same(errno.errorcode.get(number), "ENOMEM", "error of loading")
    same(finit(), 0, "loading the module with memory")
    for space in spaces:
        space.delete()


@case("each allocation of the module's beginning fails once")
def _():
    unload()
    fault.within(fault.function("do_one_initcall"))
    # It loses the name of a cache, and a cache without it is as good.
    fault.spare("sysfs_slab_add")
    check(fault.each(finit, unload) > 0, "no allocation of the module")
    check(not os.path.isdir("/sys/module/dray"), "still there after a failure")
    fault.off()


@case("after all that kmemleak still looks for leaks")
def _():
    fault.watched()


if __name__ == "__main__":
    taptest.main(setup)
