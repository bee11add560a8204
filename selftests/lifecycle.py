#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 500
"""Coming and going: module, namespaces and devices, all of it under traffic.

    client --+-- br --+-- rs1, rs2 (no VIP: only look)
    director +        +-- a second director that is deleted
       |
       +-- leg -- rs1 (a second way, deleted too)

10.9.0.240 is nobody: packets for it wait in its neighbour's queue.
"""

import ctypes
import errno
import os
import time

from lib import dray, netlab, packet, state, taptest
from lib.netlab import VIP, VIP6, rip
from lib.packet import UDP
from lib.quiet import PORT, Quiet
from lib.taptest import case, check, same, wait_for

lab = None
KO = os.environ.get("DRAY_KO", f"/lib/modules/{os.uname().release}/updates/dray.ko")
LOADS = 25 if taptest.DEBUG else 100
NOBODY = "10.9.0.240"
libc = ctypes.CDLL(None, use_errno=True)

FLOOD = """
import socket, sys, time
socks = []
for family, vip in ((socket.AF_INET, "%s"), (socket.AF_INET6, "%s")):
    for _ in range(4):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.connect((vip, %d))
        socks.append(s)
while True:
    for s in socks:
        try:
            s.send(b"background traffic")
        except OSError:
            pass
    time.sleep(0.002)
""" % (VIP, VIP6, PORT)


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet(servers=2)


def loaded():
    return os.path.isdir("/sys/module/dray")


def load():
    with open(KO, "rb") as file:
        if libc.syscall(313, file.fileno(), b"", 0):
            raise OSError(ctypes.get_errno(), "finit_module")
    dray.Dray.number = None
    lab.genl = None


def unload():
    """Without waiting for users: there must be none."""
    if getattr(lab, "genl", None):
        lab.genl.close()
        lab.genl = None
    def gone():
        if not libc.syscall(176, b"dray", 0x800):
            return True
        # A dump's or a request's last reference may be on its way.
        check(ctypes.get_errno() in (errno.EAGAIN, errno.EBUSY), f"delete_module: {os.strerror(ctypes.get_errno())}")
        return False
    wait_for(gone, "the module is unloaded", 20)


def configure(sock, nobody=True):
    for vip in VIP, VIP6:
        sock.do("new_service", dray.udp(vip, PORT, scheduler="rr"))
        for server in [rip(1), netlab.rip6(2)] + ([NOBODY] if nobody else []):
            sock.do("new_server", dray.udp(vip, PORT), dray.server(server, port=PORT, weight=1))


@case("the module alone, without a service, looks at no packet")
def _():
    lab.clear()
    moved = state.Moved(lab)
    sport = lab.port()
    check(not lab.arrives("10.9.50.1", sport=sport, proto=UDP), "forwarded without a service")
    same(moved.by(), {}, "counters that moved")


@case("the admin tool loads the module when it is missing")
def _():
    lab.clear()
    unload()
    check(not loaded(), "still loaded")
    out = lab.adm("-Ln")
    check(loaded(), f"not loaded: {out}")
    check("IP Virtual Server" in out, f"listed: {out}")
    dray.Dray.number = None


@case(f"{LOADS} times loaded and unloaded, with traffic, services and queued neighbours")
def _():
    lab.clear()
    unload()
    flood = lab.client.start(["python3", "-c", FLOOD])
    forwarded = 0
    try:
        for turn in range(LOADS):
            load()
            configure(state.netlink(lab))
            # Some of these are for nobody: they wait for an answer to ARP.
            lab.burst.send([lab.frame(f"10.9.51.{n}", proto=UDP) for n in range(1, 31)])
            forwarded += sum(row["service"]["stats"]["packets"] for row in state.netlink(lab).dump("get_service"))
            if turn % 4 == 1:
                lab.director.ip("neigh flush dev eth0", check_status=False)
            unload()
    finally:
        flood.kill()
        flood.wait()
        if not loaded():
            load()
    check(forwarded >= 20 * LOADS, f"only {forwarded} packets were forwarded in all")
    configure(state.netlink(lab), nobody=False)
    same({lab.server_of("10.9.51.40", proto=UDP) for _ in range(2)}, {1, 2}, "servers afterwards")


@case("an open transaction does not keep the module; what was staged goes with it")
def _():
    lab.clear()
    sock = state.netlink(lab)
    sock.do("begin")
    sock.do("new_service", dray.tcp(VIP, 99, scheduler="rr"))
    unload()
    load()
    check("99" not in lab.adm("-Ln"), "what was staged has survived")


@case("a namespace is deleted under traffic, ten times over")
def _():
    lab.clear()
    for turn in range(10):
        second = lab.host("second", 117)
        second.ip("addr add 10.9.0.202/32 dev eth0")
        with second, dray.Dray() as sock:
            sock.do("new_service", dray.udp("10.9.0.202", PORT, scheduler="rr", persist_timeout=100))
            for server in rip(1), NOBODY:
                sock.do("new_server", dray.udp("10.9.0.202", PORT), dray.server(server, port=PORT, weight=1))
            for address in range(3):
                sock.do("new_service", dray.mark(address + 5, scheduler="wlc"))
        netlab.reach(second, rip(1))
        mac = second.mac()
        frames = [packet.frame(mac, lab.macs[1], packet.ipv4(f"10.9.52.{n}", "10.9.0.202", UDP, packet.udp(
            f"10.9.52.{n}", "10.9.0.202", 5000, PORT))) for n in range(1, 101)]
        lab.burst.send(frames)
        lab.spaces.remove(second)
        second.delete()
        end = time.monotonic() + 60 * taptest.SLOWER
        while "p117" in lab.bridge.run("ip -o link show"):
            lab.burst.send(frames)
            check(time.monotonic() < end, f"turn {turn}: the namespace's device is still there")


def leg():
    """A second way to rs1, by a device of its own."""
    other = lab.servers[0]
    lab.director.ip(f"link add leg type veth peer name leg netns {other.name}", "addr add 10.15.0.1/24 dev leg",
                    "link set leg up")
    other.ip("addr add 10.15.0.2/24 dev leg", "link set leg up")
    netlab.reach(lab.director, "10.15.0.2")
    return packet.Tap(other, "leg", want=lambda seen: seen.dst == VIP)


def by_leg(tap, count=1):
    tap.drop()
    lab.burst.send([lab.frame("10.9.53.1", proto=UDP) for _ in range(count)])
    return len(tap.all(1, 0.4))


@case("a device goes down under traffic and comes up again")
def _():
    lab.batch(["-C", f"-A -u {VIP}:{PORT} -s rr", f"-a -u {VIP}:{PORT} -r {rip(1)} -g -w 0"])
    tap = leg()
    lab.adm(f"-a -u {VIP}:{PORT} -r 10.15.0.2 -g")
    wait_for(lambda: by_leg(tap), "frames by the second device")
    for _ in range(3):
        lab.director.ip("link set leg down")
        lab.burst.send([lab.frame("10.9.53.2", proto=UDP) for _ in range(200)])
        wait_for(lambda: state.servers(lab)["10.15.0.2"]["reach"] not in (0, 1), "seen as unreachable", 5)
        lab.director.ip("link set leg up")
        wait_for(lambda: by_leg(tap), "frames again", 10)
    tap.sock.close()


@case("a device is deleted under traffic, at once")
def _():
    for turn in range(5):
        if "leg" not in lab.director.run("ip -o link show"):
            tap = leg()
            wait_for(lambda tap=tap: by_leg(tap), "frames by the new device", 10)
            tap.sock.close()
        lab.burst.send([lab.frame(f"10.9.54.{n}", proto=UDP) for n in range(1, 200)])
        before = time.monotonic()
        lab.director.ip("link del leg")
        took = time.monotonic() - before
        check(took < 8 * taptest.SLOWER, f"turn {turn}: {took:.1f} s: something held the device")
        lab.burst.send([lab.frame(f"10.9.54.{n}", proto=UDP) for n in range(1, 200)])


@case("the director's own device down and up: forwarding goes on")
def _():
    lab.batch(["-C", *lab.lines(f"-u {VIP}:{PORT}")])
    lab.server_of("10.9.55.1", proto=UDP)
    lab.director.ip("link set eth0 down")
    lab.burst.send([lab.frame("10.9.55.2", proto=UDP) for _ in range(50)])
    lab.director.ip("link set eth0 up")
    netlab.reach(lab.director, rip(1))
    netlab.reach(lab.director, rip(2))
    wait_for(lambda: lab.arrives("10.9.55.3", proto=UDP), "forwarded again", 15)


@case("packets for a server that never answers ARP are not kept for ever")
def _():
    lab.batch(["-C", f"-A -u {VIP}:{PORT} -s rr", f"-a -u {VIP}:{PORT} -r {NOBODY} -g"])
    for _ in range(5):
        lab.burst.send([lab.frame(f"10.9.56.{n}", proto=UDP) for n in range(1, 250)])
    wait_for(lambda: state.servers(lab)[NOBODY]["reach"] == 5, "seen as no-neighbour", 20)
    lab.clear()


if __name__ == "__main__":
    taptest.main(setup)
