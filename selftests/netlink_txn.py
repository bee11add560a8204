#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""Transactions, dumps while the configuration changes, notifications, namespaces.

No topology but a dummy device: sockets of the family in namespaces of the test.
"""

import errno
import json
import os
import signal
import socket
import time

from lib import dray, genl, netlab, taptest
from lib.dray import Dray, mark, nest, server, tcp, udp, vip
from lib.genl import Refused
from lib.netlab import Namespace
from lib.taptest import Skip, case, check, note, same, wait_for

sock = None
EXISTS, NO_SERVICE, NO_SERVER = "Service already exists", "No such service", "No such server"
CHANGED = "The configuration has changed since the transaction began"
UNEXPECTED = "The configuration is not of the expected generation"


def setup():
    global sock
    if os.geteuid():
        raise Skip("needs root")
    sock = Dray()


def ports(own=None):
    return sorted(m["service"]["port"] for m in (own or sock).dump("get_service"))


def refused(own, number, message, cmd, *attrs):
    try:
        own.do(cmd, *attrs)
    except Refused as error:
        same((errno.errorcode.get(error.errno), error.message), (errno.errorcode[number], message), cmd)
    else:
        raise taptest.Failed(f"{cmd} was not refused")


@case("what is staged is seen by nobody before the commit, and all of it after")
def all_at_once():
    sock.fresh()
    start = sock.generation()
    with Dray() as own:
        same(own.one("begin")["generation"], start, "generation of begin")
        own.do("new_service", tcp(port=1))
        own.do("new_server", tcp(port=1), server())
        own.do("new_service", udp(port=2))
        own.do("new_vip", vip(role=1))
        own.do("set_config", nest("config", timeout_udp=77))
        for reader in (sock, own):
            same((ports(reader), reader.dump("get_server"), reader.dump("get_vip")), ([], [], []), "before")
            check(reader.one("get_config")["config"]["timeout_udp"] != 77, "a setting is in force before")
        same(sock.generation(), start, "generation before")
        same(own.one("commit")["generation"], start + 1, "generation of the commit")
    same((ports(), len(sock.dump("get_server")), len(sock.dump("get_vip"))), ([1, 2], 1, 1), "after")
    same(sock.one("get_config")["config"]["timeout_udp"], 77, "setting")
    same(sock.generation(), start + 1, "generation after")


@case("steps see what the transaction has staged")
def staged_is_seen():
    sock.fresh()
    with Dray() as own:
        own.do("begin")
        own.do("new_service", tcp(scheduler="rr"))
        refused(own, errno.EEXIST, EXISTS, "new_service", tcp())
        own.do("set_service", tcp(persist_timeout=60))
        own.do("new_server", tcp(), server(weight=5))
        refused(own, errno.EEXIST, "Server already exists", "new_server", tcp(), server())
        own.do("set_server", tcp(), server(u_threshold=9))
        own.do("new_server", tcp(), server("10.9.0.122"))
        own.do("del_server", tcp(), server("10.9.0.122"))
        refused(own, errno.ENOENT, NO_SERVER, "set_server", tcp(), server("10.9.0.122"))
        own.do("new_vip", vip(role=1))
        refused(own, errno.EEXIST, "VIP already exists", "new_vip", vip())
        own.do("set_vip", vip(peer=[b"\2\0\0\0\0\1"]))
        own.do("new_service", tcp(port=81))
        own.do("del_service", tcp(port=81))
        refused(own, errno.ESRCH, NO_SERVICE, "set_service", tcp(port=81))
        own.do("commit")
    got = sock.one("get_service", tcp())["service"]
    same((got["scheduler"], got["persist_timeout"], got["servers"]), ("rr", 60, 1), "service")
    got = sock.one("get_server", tcp(), server())["server"]
    same((got["weight"], got["u_threshold"]), (5, 9), "server")
    got = sock.one("get_vip", vip())["vip"]
    same((got["role"], got["peer"]), (1, [b"\2\0\0\0\0\1"]), "VIP")
    same(ports(), [80], "services")


@case("a failing step leaves everything as it was, and the transaction usable")
def failing_step():
    sock.fresh()
    sock.do("new_service", tcp())
    sock.do("new_server", tcp(), server())
    was = sock.everything()
    for cmd, attrs, number, message in (
            ("new_service", (tcp(),), errno.EEXIST, EXISTS),
            ("del_server", (tcp(), server("10.9.0.9")), errno.ENOENT, NO_SERVER),
            ("new_server", (tcp(), server(u_threshold=1, l_threshold=2)), errno.ERANGE,
             "Lower threshold is above the upper one"),
            ("set_config", (nest("config", timeout_tcp=5, flow_limit=1),), errno.ERANGE,
             "Limit is not 1024 to 268435456")):
        refused(sock, number, message, cmd, *attrs)
        same(sock.everything(), was, f"configuration after {cmd} alone")
        with Dray() as own:
            own.do("begin")
            own.do("new_service", tcp(port=81))
            refused(own, number, message, cmd, *attrs)
            same(sock.everything(), was, f"configuration after {cmd} in a transaction")
            own.do("new_server", tcp(port=81), server())
            own.do("commit")
        same((ports(), len(sock.dump("get_server"))), ([80, 81], 2), "the rest of the transaction")
        same(sock.one("get_config")["config"]["timeout_tcp"], sock.settings()[1]["timeout_tcp"], "setting")
        sock.do("del_service", tcp(port=81))
        was = sock.everything()


@case("a transaction that a change has overtaken is stale, and gone after its commit")
def overtaken():
    sock.fresh()
    with Dray() as own:
        own.do("begin")
        own.do("new_service", tcp(port=1))
        sock.do("new_service", tcp(port=2))
        refused(own, errno.ESTALE, CHANGED, "new_service", tcp(port=3))
        refused(own, errno.ESTALE, CHANGED, "commit")
        refused(own, errno.ENOENT, "This socket has no open transaction", "commit")
        same(ports(), [2], "services")
        own.do("new_service", tcp(port=3))
        same(ports(), [2, 3], "services after a change without a transaction")


@case("of two transactions the first commit wins")
def two_sockets():
    sock.fresh()
    with Dray() as one, Dray() as two:
        one.do("begin")
        two.do("begin")
        one.do("new_service", tcp(port=1))
        two.do("new_service", tcp(port=1, scheduler="rr"))
        two.do("commit")
        refused(one, errno.ESTALE, CHANGED, "commit")
        one.do("begin")
        refused(one, errno.EEXIST, EXISTS, "new_service", tcp(port=1))
        one.do("set_service", tcp(port=1, scheduler="lc"))
        one.do("commit")
    same(sock.one("get_service", tcp(port=1))["service"]["scheduler"], "lc", "scheduler")


@case("a commit may say which generation it expects")
def expected():
    sock.fresh()
    number = dray.NUMBERS["top"]["generation"]

    def generation(value):
        return number, (value & 0xffffffff).to_bytes(4, "little")
    with Dray() as own:
        for wrong in (-1, 1, 1 << 31):
            start = own.one("begin")["generation"]
            own.do("new_service", tcp(port=1))
            refused(own, errno.ESTALE, UNEXPECTED, "commit", generation(start + wrong))
            refused(own, errno.ENOENT, "This socket has no open transaction", "commit", generation(start))
        start = own.one("begin")["generation"]
        own.do("new_service", tcp(port=2))
        same(own.one("commit", generation(start))["generation"], start + 1, "generation")
    same(ports(), [2], "services")


@case("a socket has one transaction at a time")
def one_at_a_time():
    with Dray() as own:
        own.do("begin")
        refused(own, errno.EBUSY, "This socket has an open transaction already", "begin")
        own.do("abort")
        own.do("begin")
        own.do("abort")
        refused(own, errno.ENOENT, "No transaction on this socket", "abort")


@case("abort drops what was staged")
def abort():
    sock.fresh()
    was = sock.everything()
    with Dray() as own:
        own.do("begin")
        own.do("new_service", tcp())
        own.do("new_server", tcp(), server())
        own.do("abort")
        same(sock.everything(), was, "configuration")
        own.do("new_service", tcp())
    same(ports(), [80], "services")


@case("closing the socket drops what was staged, also for the next of its address")
def closed():
    sock.fresh()
    was = sock.everything()
    own = Dray()
    address = own.sock.getsockname()
    own.do("begin")
    own.do("new_service", tcp())
    own.close()
    same(sock.everything(), was, "configuration")
    with Dray() as heir:
        heir.sock.close()
        heir.sock = genl.socket.socket(genl.socket.AF_NETLINK, genl.socket.SOCK_RAW, genl.NETLINK_GENERIC)
        heir.sock.setsockopt(genl.SOL_NETLINK, genl.EXT_ACK, 1)
        heir.sock.setsockopt(genl.SOL_NETLINK, genl.CAP_ACK, 1)
        heir.sock.bind(address)
        refused(heir, errno.ENOENT, "This socket has no open transaction", "commit")
        heir.do("begin")
        heir.do("abort")


@case("a killed process leaves no transaction behind")
def killed():
    sock.fresh()
    was = sock.everything()
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        own = Dray()
        own.do("begin")
        own.do("new_service", tcp())
        os.write(writer, b"x")
        signal.pause()
    os.read(reader, 1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(reader)
    os.close(writer)
    same(sock.everything(), was, "configuration")


@case("a service is replaced in one step, and a new one deleted again leaves nothing")
def replaced():
    sock.fresh()
    sock.do("new_service", tcp())
    sock.do("new_server", tcp(), server())
    first = sock.one("get_service", tcp())["service"]["id"]
    with Dray() as own:
        own.do("begin")
        own.do("del_service", tcp())
        refused(own, errno.ESRCH, NO_SERVICE, "new_server", tcp(), server("10.9.0.122"))
        own.do("new_service", tcp(scheduler="rr"))
        own.do("new_server", tcp(), server("10.9.0.122"))
        own.do("commit")
        got = sock.one("get_service", tcp())["service"]
        check(got["id"] != first, "the id is the same")
        same((got["scheduler"], got["servers"]), ("rr", 1), "service")
        same([m["server"]["address"] for m in sock.dump("get_server")], [dray.ip("10.9.0.122")], "servers")
        was = sock.everything()[:3]
        own.do("begin")
        own.do("new_service", tcp(port=81))
        own.do("new_server", tcp(port=81), server())
        own.do("del_service", tcp(port=81))
        own.do("del_server", tcp(), server("10.9.0.122"))
        own.do("new_server", tcp(), server("10.9.0.123"))
        own.do("del_server", tcp(), server("10.9.0.123"))
        own.do("new_server", tcp(), server("10.9.0.122"))
        own.do("commit")
    got = sock.everything()[:3]
    same([len(x) for x in got], [len(x) for x in was], "what there is")
    same([m["server"]["address"] for m in sock.dump("get_server")], [dray.ip("10.9.0.122")], "servers")


@case("flush is a step like any other")
def flush():
    sock.fresh()
    for port in range(1, 6):
        sock.do("new_service", tcp(port=port))
        sock.do("new_server", tcp(port=port), server())
    sock.do("new_vip", vip())
    with Dray() as own:
        own.do("begin")
        own.do("new_service", tcp(port=9))
        own.do("flush")
        own.do("new_service", tcp(port=3))
        same(ports(), [1, 2, 3, 4, 5], "services before the commit")
        own.do("commit")
    same(ports(), [3], "services")
    same((sock.dump("get_server"), len(sock.dump("get_vip"))), ([], 1), "servers and VIPs")
    sock.do("flush")
    same(ports(), [], "services")


@case("a thousand services with two servers each are staged, and appear or vanish together")
def thousand():
    sock.fresh()
    count = 300 if taptest.DEBUG else 1000
    start = time.monotonic()
    with Dray() as own:
        own.do("begin")
        for port in range(1, count + 1):
            own.do("new_service", tcp(port=port))
            own.do("new_server", tcp(port=port), server())
            own.do("new_server", tcp(port=port), server("10.9.0.122"))
        same(ports(), [], "services before the commit")
        own.do("commit")
        note(f"{count} services in {time.monotonic() - start:.1f} s")
        same((ports(), len(sock.dump("get_server"))), (list(range(1, count + 1)), 2 * count), "after the commit")
        same(sock.one("get_config")["config"]["services"], count, "number of services")
        was = sock.everything()
        own.do("begin")
        for port in range(1, count + 1):
            own.do("del_service", tcp(port=port))
            own.do("new_service", mark(port))
        refused(own, errno.EEXIST, EXISTS, "new_service", mark(count))
        own.do("abort")
        same(sock.everything() == was, True, "configuration is as before")
        start = time.monotonic()
        own.do("begin")
        own.do("flush")
        own.do("commit")
        note(f"flushed in {time.monotonic() - start:.1f} s")
    same((ports(), sock.dump("get_server")), ([], []), "after the flush")


def slow_dump(change, cmd, *attrs):
    """A dump in small chunks with change(n) after each: interrupted, messages."""
    interrupted, found = False, []
    with Dray(rcvbuf=1, chunk=4096) as own:
        for n, (flag, messages) in enumerate(own.pieces(cmd, *attrs)):
            check(n < 1000, "the dump does not end")
            interrupted = interrupted or flag
            found += messages
            change(n)
    check(n > 3, f"the dump had {n + 1} chunks")
    return interrupted, found


def stock(count, servers=0):
    """Services of ports 1 to count in one transaction."""
    sock.fresh()
    sock.do("begin")
    for port in range(1, count + 1):
        sock.do("new_service", tcp(port=port))
        for n in range(servers):
            sock.do("new_server", tcp(port=port), server(f"10.9.1.{n + 1}"))
    sock.do("commit")


@case("a dump of services that nothing disturbs is whole and says so")
def quiet():
    stock(200)
    interrupted, found = slow_dump(lambda n: None, "get_service")
    same((interrupted, sorted(m["service"]["port"] for m in found)), (False, list(range(1, 201))), "dump")
    same({m["generation"] for m in found}, {sock.generation()}, "generations")


@case("a dump of services meets all that stay, says that it was disturbed, and ends")
def disturbed():
    stock(200)

    def change(n):
        for port in range(1000 + 40 * n, 1040 + 40 * n):
            sock.do("new_service", tcp(port=port))
        for port in (2 * n + 1, 199 - 2 * n):
            if port > 0 and port in ports():
                sock.do("del_service", tcp(port=port))
    interrupted, found = slow_dump(change, "get_service")
    got = [m["service"]["port"] for m in found]
    same(sorted(set(range(2, 201, 2)) - set(got)), [], "services that stayed and are missing")
    same(len(got), len(set(got)), "services met")
    check(interrupted, "the dump does not say so")


@case("a dump of servers meets all that stay, says that it was disturbed, and ends")
def disturbed_servers():
    sock.fresh()
    sock.do("begin")
    for port in (1, 2):
        sock.do("new_service", tcp(port=port, scheduler="rr"))     # without tables: it is quicker
    for n in range(200):
        sock.do("new_server", tcp(port=1 + n % 2), server(f"10.9.1.{n // 2 + 1}"))
    sock.do("commit")

    def change(n):
        for extra in range(20):
            sock.do("new_server", tcp(port=1), server(f"10.9.{n + 2}.{extra + 1}"))
        if 2 * n + 1 < 100:
            sock.do("del_server", tcp(port=1), server(f"10.9.1.{2 * n + 1}"))
    interrupted, found = slow_dump(change, "get_server")
    got = [(m["service"]["port"], m["server"]["address"]) for m in found]
    stayed = {(p, dray.ip(f"10.9.1.{n}")) for p in (1, 2) for n in range(1, 101) if p == 2 or n % 2 == 0}
    same(sorted(stayed - set(got)), [], "servers that stayed and are missing")
    same(len(got), len(set(got)), "servers met")
    check(interrupted, "the dump does not say so")


@case("a dump of one service's servers meets those only, and ends when the service goes")
def one_service():
    sock.fresh()
    sock.do("begin")
    for port in (1, 2):
        sock.do("new_service", tcp(port=port))
        for n in range(100):
            sock.do("new_server", tcp(port=port), server(f"10.9.1.{n + 1}"))
    sock.do("commit")
    interrupted, found = slow_dump(lambda n: None, "get_server", tcp(port=2))
    same((interrupted, len(found), {m["service"]["port"] for m in found}), (False, 100, {2}), "dump")

    def change(n):
        if n == 1:
            sock.do("del_service", tcp(port=2))
            sock.do("new_service", tcp(port=2))
            sock.do("new_server", tcp(port=2), server())
    with Dray(rcvbuf=1, chunk=4096) as own:
        interrupted, found = False, []
        for n, (flag, messages) in enumerate(own.pieces("get_server", tcp(port=2))):
            interrupted = interrupted or flag
            found += messages
            change(n)
    check(interrupted and len(found) < 100, f"{len(found)} servers")
    same([m for m in found if m["server"]["address"] == dray.ip("10.9.0.121")], [], "servers of the new service")


@case("a dump of VIPs meets all that stay, says that it was disturbed, and ends")
def disturbed_vips():
    sock.fresh()
    names = [f"10.8.{n // 250}.{n % 250 + 1}" for n in range(500)]
    sock.do("begin")
    for name in names:
        sock.do("new_vip", vip(name))
    sock.do("commit")
    interrupted, found = slow_dump(lambda n: None, "get_vip")
    same((interrupted, len(found)), (False, 500), "quiet dump")

    def change(n):
        for at in range(20 * n, 20 * n + 20):
            if at < 500 and at % 2:
                sock.do("del_vip", vip(names[at]))
                sock.do("new_vip", vip(f"10.7.{n}.{at % 20 + 1}"))
        sock.do("set_vip", vip(names[0], role=n % 2))
    interrupted, found = slow_dump(change, "get_vip")
    got = [m["vip"]["address"] for m in found]
    same(sorted({dray.ip(n) for n in names[::2]} - set(got)), [], "VIPs that stayed and are missing")
    same(len(got), len(set(got)), "VIPs met")
    check(interrupted, "the dump does not say so")
    sock.fresh()


@case("a renewed lease disturbs neither dumps nor transactions, and is not told")
def renewal():
    stock(100)
    sock.do("new_vip", vip(role=1, lease=60000))
    start = sock.generation()
    with Dray() as ears, Dray() as own:
        ears.join(Dray.groups["config"])
        own.do("begin")
        own.do("new_service", tcp(port=1000))
        interrupted, _ = slow_dump(lambda n: sock.do("set_vip", vip(lease=60000)), "get_service")
        same((interrupted, sock.generation()), (False, start), "dump interrupted, generation")
        same(ears.told(), [], "notifications")
        own.do("commit")
    sock.fresh()


@case("a lease that is renewed while something else of its VIP is staged stays renewed")
def renewed_meanwhile():
    sock.fresh()
    sock.do("new_vip", vip(role=1, lease=50000))
    with Dray() as own:
        own.do("begin")
        own.do("set_vip", vip(peer=[b"\2\0\0\0\0\1"]))
        own.do("set_vip", vip(role=1))
        sock.do("set_vip", vip(lease=3000000))
        own.do("commit")
        got = sock.one("get_vip", vip())["vip"]
        check(got["lease_left"] > 2000000, f"lease left {got['lease_left']} ms")
        same(got["peer"], [b"\2\0\0\0\0\1"], "peers")
        # What the transaction says of the lease itself is what it means.
        own.do("begin")
        own.do("set_vip", vip(lease=40000))
        own.do("set_vip", vip(peer=[b"\2\0\0\0\0\2"]))
        sock.do("set_vip", vip(lease=3000000))
        own.do("commit")
        check(sock.one("get_vip", vip())["vip"]["lease_left"] <= 40000, "the staged lease did not come")
        own.do("begin")
        own.do("del_vip", vip())
        own.do("new_vip", vip(role=1))
        own.do("commit")
        check("lease_left" not in sock.one("get_vip", vip())["vip"], "a new VIP has an old lease")
    sock.fresh()


@case("a lease goes with the role active, and does not come back with it")
def lease_and_role():
    sock.fresh()
    sock.do("new_vip", vip(role=1, lease=50000))
    sock.do("set_vip", vip(peer=[b"\2\0\0\0\0\1"]))
    check("lease_left" in sock.one("get_vip", vip())["vip"], "the lease went with another change")
    sock.do("set_vip", vip(role=0))
    check("lease_left" not in sock.one("get_vip", vip())["vip"], "standby has a lease")
    sock.do("set_vip", vip(role=1))
    check("lease_left" not in sock.one("get_vip", vip())["vip"], "active has the old lease")
    sock.do("set_vip", vip(role=0, lease=0))
    sock.fresh()


@case("a dump that is left off keeps nothing, and a socket has one at a time")
def left_off():
    stock(200)

    def used():
        with open("/proc/modules", encoding="ascii") as modules:
            return next(int(line.split()[2]) for line in modules if line.split()[0] == "dray")
    wait_for(lambda: used() == 0, "no user of the module")
    with Dray(rcvbuf=8192, chunk=4096) as own:
        next(own.pieces("get_service"))
        check(used() > 0, "a running dump does not hold the module")
        own.send(own.request("get_vip", flags=genl.REQUEST | genl.DUMP))
        answer = None
        while answer is None:
            answer = next((genl.refused(flags, payload) for kind, flags, seq, payload in own.receive()
                           if seq == own.seq and kind == genl.NLMSG_ERROR), None)
        same(errno.errorcode[answer.errno], "EBUSY", "error of a second dump")
    wait_for(lambda: used() == 0, "no user of the module")


@case("every change is told with its generation, a transaction's with one")
def notifications():
    sock.fresh()
    with Dray() as ears:
        ears.join(Dray.groups["config"])
        start = sock.generation()
        sock.do("new_service", tcp())
        sock.do("set_service", tcp(persist_timeout=9))
        sock.do("new_server", tcp(), server(weight=3))
        sock.do("set_server", tcp(), server(state=1))
        sock.do("del_server", tcp(), server())
        sock.do("del_service", tcp())
        sock.do("new_vip", vip())
        sock.do("set_vip", vip(role=1))
        sock.do("del_vip", vip())
        sock.do("set_config", nest("config", timeout_tcp=901))
        told = ears.told()
        same([name for name, _ in told],
             ["service_ntf", "service_ntf", "server_ntf", "server_ntf", "server_del_ntf", "service_del_ntf",
              "vip_ntf", "vip_ntf", "vip_del_ntf", "config_ntf"], "notifications")
        same([m["generation"] for _, m in told], list(range(start + 1, start + 11)), "generations")
        same(told[1][1]["service"]["persist_timeout"], 9, "service")
        same((told[2][1]["service"]["port"], told[2][1]["server"]["weight"]), (80, 3), "server")
        same((told[3][1]["server"]["state"], told[4][1]["server"]["address"]), (1, dray.ip("10.9.0.121")), "server")
        same((told[6][1]["vip"]["role"], told[7][1]["vip"]["role"]), (0, 1), "role")
        same(told[9][1]["config"]["timeout_tcp"], 901, "setting")
        with Dray() as own:
            own.do("begin")
            own.do("new_service", tcp(port=1))
            own.do("new_server", tcp(port=1), server())
            own.do("new_vip", vip())
            same(ears.told(), [], "notifications before the commit")
            generation = own.one("commit")["generation"]
        told = ears.told()
        same(sorted(name for name, _ in told), ["server_ntf", "service_ntf", "vip_ntf"], "notifications")
        same({m["generation"] for _, m in told}, {generation}, "generations")
        try:
            sock.do("new_service", tcp(port=1))
        except Refused:
            pass
        same(ears.told(), [], "notifications of a refused change")


@case("a listener that misses something is told so")
def overrun():
    sock.fresh()
    with Dray(rcvbuf=1) as ears:
        ears.join(Dray.groups["config"])
        for port in range(1, 50):
            sock.do("new_service", tcp(port=port))
        try:
            while ears.pending():
                pass
        except OSError as error:
            same(error.errno, errno.ENOBUFS, "error")
        else:
            raise taptest.Failed("nothing was said")


@case("a server whose device goes down and comes up is told to the group servers")
def reach():
    sock.fresh()
    space = Namespace("reach")
    taptest.cleanup(space.delete)
    with space:
        own, ears = Dray(), Dray()
        ears.join(Dray.groups["servers"])
        space.ip("link add d0 type dummy", "addr add 10.9.0.119/16 dev d0", "link set d0 up")
        own.do("new_service", tcp())
        own.do("new_server", tcp(), server())

        def now():
            return own.one("get_server", tcp(), server())["server"]
        wait_for(lambda: now()["reach"] == dray.CONSTANTS["DRAY_REACH_OK"], "server on-link")
        same((now().get("mtu"), now().get("ifindex")), (1500, socket.if_nametoindex("d0")), "MTU and device")
        ears.told()
        space.ip("link set d0 down")
        told = wait_for(ears.told, "notification")
        same(told[0][0], "server_state_ntf", "name")
        check(told[0][1]["server"]["reach"] != dray.CONSTANTS["DRAY_REACH_OK"], told)
        same((told[0][1]["service"]["port"], told[0][1]["generation"]), (80, own.generation()), "service")
        wait_for(lambda: now()["reach"] == told[-1][1]["server"]["reach"], "the same when read")
        ears.told()
        space.ip("link set d0 up", "addr replace 10.9.0.119/16 dev d0")
        told = wait_for(lambda: [t for t in ears.told() if t[1]["server"]["reach"] == 0], "notification")
        own.close()
        ears.close()


@case("the hook in force is told for each device that is up and each family with services")
def hooks():
    space = Namespace("hooks")
    taptest.cleanup(space.delete)
    with space, Dray() as own:
        space.ip("link add d0 type dummy", "link add d1 type dummy", "link set d0 up")
        same(own.one("get_config")["config"].get("hook"), None, "hooks without a service")
        own.do("new_service", tcp())
        one, = own.one("get_config")["config"]["hook"]
        d0, d1 = map(socket.if_nametoindex, ("d0", "d1"))
        same((one["family"], one["ifindex"]), (2, d0), "family and device")
        check(one["mode"] in (1, 2), one)
        own.do("new_service", tcp("2001:db8:9::200"))
        space.ip("link set d1 up")
        got = own.one("get_config")["config"]["hook"]
        same(sorted((h["family"], h["ifindex"]) for h in got), [(2, d0), (2, d1), (10, d0), (10, d1)], "hooks")
        own.do("set_config", nest("config", hook_mode=2))
        same({h["mode"] for h in own.one("get_config")["config"]["hook"]}, {2}, "mode when input is asked for")
        space.ip("addr add 10.9.0.200/32 dev d0")
        check(own.one("get_service", tcp())["service"].get("vip_local"), "vip-local is not said")
        check(not own.one("get_service", tcp("2001:db8:9::200"))["service"].get("vip_local"), "vip-local is said")


# On the debug kernel a namespace with so many takes minutes to go.
DEVICES = 600 if taptest.SLOWER == 1 else 200


@case(f"the hooks of {DEVICES} devices are told by a dump, each once, and by drayadm; with 600, devices that go interrupt it")
def hooks_of_many():
    space = Namespace("devices")
    taptest.cleanup(space.delete)
    with space, Dray() as own:
        space.ip(*(f"{what} m{n}{how}" for n in range(DEVICES)
                   for what, how in (("link add", " type dummy"), ("link set", " up"))))
        own.do("new_service", tcp())
        own.do("new_service", tcp("2001:db8:9::200"))
        # A kernel with tunnels has devices of its own, which are down.
        want = sorted((family, index) for index, name in socket.if_nameindex() if name[0] == "m" for family in (2, 10))
        check(len(want) >= 2 * DEVICES, f"{len(want)} hooks wanted")
        settings, *rest = [m["config"] for m in own.dump("get_config")]
        same((settings["services"], "hook" in settings), (2, False), "settings come first")
        same(sorted((h["family"], h["ifindex"]) for m in rest for h in m["hook"]), want, "hooks")
        check(0 < len(own.one("get_config")["config"]["hook"]) < len(want), "the one reply has some of them")
        told = json.loads(space.run("drayadm config --json"))
        same(len(told["data"]["hooks"]), len(want), "hooks by drayadm")
        if DEVICES < 600:
            return	# the kernel has made all of it ready by the first piece
        pieces = own.pieces("get_config")
        next(pieces)
        space.ip("link del m5")
        check(any(interrupted for interrupted, _ in pieces), "not said to be interrupted")


@case("two namespaces have nothing in common")
def namespaces():
    one, two = Namespace("one"), Namespace("two")
    for space in (one, two):
        taptest.cleanup(space.delete)
    with one:
        first, ears = Dray(), Dray()
        ears.join(Dray.groups["config"])
    with two:
        second = Dray()
    second.do("begin")
    second.do("new_service", tcp(port=2))
    for port in (1, 3):
        first.do("new_service", tcp(port=port, scheduler="rr"))
    first.do("set_config", nest("config", timeout_tcp=5, hook_mode=1))
    first.do("new_vip", vip(role=1))
    same(len(ears.told()), 4, "notifications of the own namespace")
    second.do("commit")
    second.do("set_config", nest("config", timeout_tcp=6))
    second.do("new_service", tcp(port=1, scheduler="lc"))
    same((ports(first), ports(second)), ([1, 3], [1, 2]), "services")
    same([s.one("get_service", tcp(port=1))["service"]["scheduler"] for s in (first, second)], ["rr", "lc"],
         "schedulers")
    same([s.one("get_config")["config"]["timeout_tcp"] for s in (first, second)], [5, 6], "settings")
    same([s.one("get_config")["config"]["hook_mode"] for s in (first, second)], [1, 0], "modes")
    same([len(s.dump("get_vip")) for s in (first, second)], [1, 0], "VIPs")
    same([s.generation() for s in (first, second)], [4, 3], "generations")
    same(ears.told(), [], "notifications of the other namespace")
    second.do("flush")
    same(ports(first), [1, 3], "services after the other's flush")
    for own in (first, second, ears):
        own.close()


@case("a namespace goes with services, an open transaction and a running dump in it")
def namespace_goes():
    space = Namespace("gone")
    with space:
        own, other = Dray(), Dray(rcvbuf=1, chunk=4096)
        own.do("begin")
        for port in range(1, 200):
            own.do("new_service", tcp(port=port))
            own.do("new_server", tcp(port=port), server())
        own.do("commit")
        own.do("begin")
        own.do("new_service", mark())
        next(other.pieces("get_server"))
    name = space.name
    space.delete()
    check(name not in netlab.run("ip netns list"), "the name is left")
    own.close()
    other.close()


if __name__ == "__main__":
    taptest.main(setup)
