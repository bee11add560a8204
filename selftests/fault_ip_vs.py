#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Out of memory in the scheduler for IPVS: the table before stays, or nothing is begun.

    client --+-- br --+-- rs1, rs2 (no VIP: only look)
    director +        +-- 10.9.0.130 … (nobody: only in tables)

IPVS asks nobody whether a server may be added: there only the kernel's log and
/proc/net/ip_vs_dray can tell.
"""

import ctypes
import errno
import os

from lib import fault, netlab, taptest
from lib.netlab import VIP, Namespace, rip
from lib.packet import UDP
from lib.quiet import PORT, Quiet
from lib.taptest import Skip, case, check, same, wait_for

KO = os.environ.get("DRAY_KO", f"/lib/modules/{os.uname().release}/updates/dray.ko").replace("dray.ko", "ip_vs_dray.ko")
SVC = f"-u {VIP}:{PORT}"
libc = ctypes.CDLL(None, use_errno=True)
lab = None


def setup():
    global lab
    fault.setup()
    netlab.module_setup()
    netlab.need_dray()
    if not os.path.isdir("/sys/module/ip_vs_dray"):
        raise Skip("no ip_vs_dray.ko, or no IPVS")
    lab = Quiet(servers=2)
    taptest.cleanup(lambda: ipvs("-C"))


def ipvs(*commands, **kw):
    for command in commands:
        out = lab.director.run("ipvsadm " + command, **kw)
    return out


def fresh(scheduler="dray", servers=(1, 2)):
    ipvs("-C", f"-A {SVC} -s {scheduler} --ops", *(f"-a {SVC} -r {rip(n)}:{PORT} -g -w 1" for n in servers))
    return line() if scheduler == "dray" else None


def line():
    """What /proc/net/ip_vs_dray says, once nothing is being made."""
    def there():
        with lab.director, open("/proc/thread-self/net/ip_vs_dray", encoding="ascii") as file:
            found = file.read()
        return found if "being made" not in found else None
    return wait_for(there, "the table is in force", 20)


def where(count=60):
    """{client: the server that a datagram of it goes to}"""
    frames = [lab.frame(f"10.9.60.{n + 1}", sport=999, proto=UDP) for n in range(count)]
    found = lab.ask(frames)
    same(len(found), count, "frames that arrived")
    return {client: n for (client, _), n in found.items()}


def without(span):
    return fault.share(100, span, waiting=True)


def stays(span):
    """A server is added within a span without memory: the old table stays, and the next change makes one."""
    ipvs("-C")
    before = fresh()
    first = where()
    third = f"-r 10.9.0.130:{PORT} -g -w 1"
    with without(span()):
        ipvs(f"-a {SVC} {third}")
        same(line(), before[:-1] + " (not of the newest servers: out of memory)\n", "table")
        same(where(), first, "servers")
    ipvs(f"-e {SVC} {third}")
    now = line()
    check("servers 3" in now and "(" not in now, now)
    ipvs(f"-d {SVC} -r 10.9.0.130:{PORT}")
    same(line(), before, "table after all")


@case("no memory to list the servers: the table before stays in force")
def _():
    stays(lambda: fault.module("ip_vs_dray"))


@case("no memory for the table: the one before stays in force")
def _():
    stays(lambda: fault.function("dray_vs_choice_make", "ip_vs_dray"))


@case("no memory for the rows of the table: the one before stays in force")
def _():
    stays(lambda: fault.function("dray_table_create", "ip_vs_dray"))


@case("a server is taken out without memory: it gets nothing, and the table stays without it")
def _():
    before = fresh()
    with without(fault.module("ip_vs_dray")):
        ipvs(f"-d {SVC} -r {rip(2)}:{PORT}")
        same(set(where().values()), {1}, "servers")
        same(line(), before[:-1] + " (not of the newest servers: out of memory)\n", "table")
    ipvs(f"-a {SVC} -r {rip(2)}:{PORT} -g -w 1")
    same(line(), before, "table after all")
    same(set(where().values()), {1, 2}, "servers after all")


@case("the first table cannot be made: there is an answer without")
def _():
    with without(fault.function("dray_vs_choice_make", "ip_vs_dray")):
        said = fresh()
        check("fingerprint none (not of the newest servers: out of memory)" in said, said)
        first = where()
        same(set(first.values()), {1, 2}, "servers")
        same(where(), first, "servers of the same clients")


@case("without memory a service or another scheduler is refused, and nothing has changed")
def _():
    ipvs("-C")
    with without(fault.module("ip_vs_dray")):
        said = ipvs(f"-A {SVC} -s dray", check_status=False)
        check("Memory allocation problem" in said, f"ipvsadm says {said}")
        same(ipvs("-Ln").count("UDP"), 0, "services")
    fresh("rr")
    with without(fault.module("ip_vs_dray")):
        said = ipvs(f"-E {SVC} -s dray --ops", check_status=False)
        check("Memory allocation problem" in said, f"ipvsadm says {said}")
    check(f"UDP  {VIP}:{PORT} rr ops" in ipvs("-Ln"), ipvs("-Ln"))
    same(set(where().values()), {1, 2}, "servers")


def finit():
    with open(KO, "rb") as file:
        return ctypes.get_errno() if libc.syscall(313, file.fileno(), b"", 0) else 0


def unload():
    if libc.syscall(176, b"ip_vs_dray", 0x800) and ctypes.get_errno() != errno.ENOENT:
        raise OSError(ctypes.get_errno(), "delete_module")


@case("each allocation of the module's beginning fails once")
def _():
    ipvs("-C")
    unload()
    fault.within(fault.function("do_one_initcall"))
    check(fault.each(finit, unload) > 0, "no allocation of the module")
    check(not os.path.isdir("/sys/module/ip_vs_dray"), "still there after a failure")
    fault.off()
    same(finit(), 0, "loading the module with memory")


@case("each allocation that the module makes for a new namespace fails once")
def _():
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    fault.within(fault.module("ip_vs_dray"))
    check(fault.each(lambda: ctypes.get_errno() if libc.unshare(0x40000000) else 0,
                     lambda: netlab.setns(home)) > 0, "no allocation of the module")
    fault.off()
    os.close(home)
    space = Namespace("new")
    with space:
        check(os.path.exists("/proc/thread-self/net/ip_vs_dray"), "no list in a new namespace")
    space.delete()


@case("after all that tables are made, and kmemleak still looks for leaks")
def _():
    check("servers 2" in fresh(), "no table")
    same(set(where().values()), {1, 2}, "servers")
    fault.watched()


if __name__ == "__main__":
    taptest.main(setup)
