#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
"""Counters: traffic exact to the packet, and a named reason for everything else.

    client --+-- br --+-- rs1 (no VIP: only looks)
    director +        +-- rs2
                      +-- rs3

Each reason that packets alone can provoke is provoked once; no other counter
may move. Those that need rules, roles or floods are asked for in hook_mode.py,
flows.py, flood.py, persist.py, table.py and fault_path.py. lro is provoked by
no test: it takes a device that merges packets itself, and neither veth nor
QEMU's devices do.
"""

import json
import re

from lib import netlab, packet, state, taptest
from lib.netlab import CLIENT, CLIENT6, DIRECTOR, VIP, VIP6, rip
from lib.packet import ACK, ICMP, RST, SYN, TCP, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import add_case, case, check, same, wait_for

lab = None


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet()
    fresh()


def fresh(options="-s rr"):
    lines = ["-C"]
    for service in f"-t {VIP}:{PORT}", f"-u {VIP}:{PORT}", f"-t [{VIP6}]:{PORT}", f"-u [{VIP6}]:{PORT}":
        lines += lab.lines(service, None, options)
    lab.batch(lines + [f"-A -t {VIP}:81 -s rr"])


def send(data, mac=None):
    lab.burst.send([packet.frame(mac or lab.macs[0], lab.macs[1], data)])


def udp4(src=CLIENT, sport=None, dport=PORT, data=b"data", **kw):
    return packet.ipv4(src, VIP, UDP, packet.udp(src, VIP, sport or lab.port(), dport, data), **kw)


def tcp4(flags=SYN, src=CLIENT, sport=None, dport=PORT, cut=None, **kw):
    return packet.ipv4(src, VIP, TCP, packet.tcp(src, VIP, sport or lab.port(), dport, flags)[:cut], **kw)


def known_flow():
    sport = lab.port()
    lab.server_of(CLIENT, sport=sport, proto=UDP)
    return sport


def icmp_error(sport):
    inside = packet.ipv4(VIP, CLIENT, UDP, packet.udp(VIP, CLIENT, PORT, sport))
    return packet.ipv4("10.9.0.60", VIP, ICMP, packet.icmp(3, 1, data=inside))


def first_fragment():
    return next(packet.fragments4(udp4(data=b"f" * 2000, frag=0), 1000))


def too_big():
    lab.director.ip(*(f"route add {rip(n)}/32 dev eth0 mtu 1000" for n in (1, 2, 3)))
    return udp4(data=b"b" * 1200)


def too_big_over():
    lab.director.ip(*(f"route del {rip(n)}/32 dev eth0 mtu 1000" for n in (1, 2, 3)))


def local_server():
    lab.batch([f"-A -u {VIP}:82 -s rr", f"-a -u {VIP}:82 -r {DIRECTOR} -g"])
    return udp4(dport=82)


def standby_pass():
    lab.batch([f"-A -u {VIP}:82 -s rr", f"-a -u {VIP}:82 -r {DIRECTOR} -g"])
    lab.adm(f"vip add {VIP} --role standby")
    return udp4(dport=82)


CASES = [
    ("not-host", udp4, {"mac": b"\xff" * 6}),
    ("malformed", lambda: tcp4(cut=12), {}),
    ("reassembling", first_fragment, {}),
    ("protocol", lambda: packet.ipv4(CLIENT, VIP, 47, bytes(8)), {}),
    ("source", lambda: udp4(src="127.0.0.1"), {}),
    ("local-source", lambda: udp4(src=DIRECTOR), {}),
    ("no-entry", lambda: tcp4(ACK), {}),
    ("no-entry", lambda: tcp4(RST), {}),
    ("syn-ack", lambda: tcp4(SYN | ACK), {}),
    ("icmp-related", lambda: icmp_error(known_flow()), {}),
    ("icmp-no-match", lambda: icmp_error(1), {}),
    ("no-server", lambda: tcp4(dport=81), {}),
    ("ttl", lambda: udp4(ttl=1), {}),
    ("mtu", too_big, {"after": too_big_over}),
    ("local-server", local_server, {}),
    ("standby-pass", standby_pass, {"after": lambda: lab.adm(f"vip del {VIP}")}),
]


def provoke(name, make, mac=None, after=None):
    try:
        data = make()
        moved = state.Moved(lab)
        send(data, mac)
        wait_for(moved.by, "a counter moves", 3)
        same(moved.by(), {name: 1}, "counters that moved")
    finally:
        if after:
            after()
        lab.drop()


for number, (reason, maker, extra) in enumerate(CASES):
    twice = " (again)" if number and CASES[number - 1][0] == reason else ""
    add_case(f"{reason} is counted, once, and nothing else{twice}",
             lambda r=reason, m=maker, e=extra: (fresh(), provoke(r, m, **e)))


@case("IPv6: source, malformed, hop limit and syn-ack are counted the same way")
def _():
    fresh()

    def six(flags=SYN, src=CLIENT6, cut=None, **kw):
        return packet.ipv6(src, VIP6, TCP, packet.tcp(src, VIP6, lab.port(), PORT, flags)[:cut], **kw)
    for name, data in (("source", six(src="::1")), ("malformed", six(cut=10)), ("ttl", six(hops=1)),
                       ("syn-ack", six(SYN | ACK))):
        # A source of ::1 may be dropped by the stack before it reaches any hook.
        moved = state.Moved(lab)
        send(data)
        got = packet.gather(lab.taps, 0.3)
        same([len(g) for g in got], [0, 0, 0], f"{name}: frames at the servers")
        if name == "source" and not moved.by():
            continue
        same(moved.by(), {name: 1}, "counters that moved")


@case("fragment: an IPv6 fragment that overlaps another is dropped, and counted")
def _():
    fresh()
    first, second, *_ = packet.fragments6(packet.ipv6(CLIENT6, VIP6, UDP, packet.udp(
        CLIENT6, VIP6, lab.port(), PORT, b"f" * 2000)), 1000)
    begin = int.from_bytes(second[42:44], "big") - 8
    moved = state.Moved(lab)
    send(first)
    wait_for(lambda: moved.by() == {"reassembling": 1}, "the first waits")
    send(second[:42] + begin.to_bytes(2, "big") + second[44:])
    wait_for(lambda: moved.by().get("fragment"), "the second is counted")
    same(moved.by(), {"reassembling": 2, "fragment": 1}, "counters that moved")
    same([len(got) for got in packet.gather(lab.taps, 0.3)], [0, 0, 0], "frames at the servers")


class Side:
    """A second device of the director's, which the client reaches by one of its own."""

    def __init__(self, *setup):
        lab.director.ip(f"link add side type veth peer name side netns {lab.client.name}", *setup, "link set side up")
        lab.client.ip("link set side up")
        self.mac = lab.director.mac("side")

    @staticmethod
    def counts(mac, reason):
        """A datagram for the VIP to this MAC address moves this counter alone, and no server gets it.

        It moves it at each point at which the kernel shows the packet.
        """
        lab.drop()
        moved = state.Moved(lab)
        with lab.client.packet_socket("side") as out:
            out.send(packet.frame(mac, lab.macs[1], udp4()))
        wait_for(moved.by, "a counter moves")
        same([len(got) for got in packet.gather(lab.taps, 0.3)], [0, 0, 0], "frames at the servers")
        same(list(moved.by()), [reason], f"counters that moved {moved.by()}")


@case("vrf: what comes by a device of a VRF is left to it, and counted")
def _():
    fresh()
    lab.director.run("modprobe vrf", check_status=False)
    if "red:" not in lab.director.ip("link add red type vrf table 100", "link show red", check_status=False):
        raise taptest.Skip("the kernel has no VRF")
    try:
        side = Side("link set red up", "link set side master red")
        side.counts(side.mac, "vrf")
    finally:
        lab.director.ip("link del side", "link del red", check_status=False)


@case("bridged: what the director bridges to somebody else is left alone, and counted")
def _():
    fresh()
    lab.director.run("modprobe br_netfilter", check_status=False)
    try:
        lab.director.sysctl(**{"bridge__bridge-nf-call-iptables": 1})
    except OSError as error:
        raise taptest.Skip("no br_netfilter") from error
    try:
        Side("link add br1 type bridge mcast_snooping 0 forward_delay 0", "link set br1 up",
             "link set side master br1").counts(b"\x02\0\0\0\0\x77", "bridged")
    finally:
        lab.director.ip("link del side", "link del br1", check_status=False)
        lab.director.sysctl(**{"bridge__bridge-nf-call-iptables": 0})


@case("a forwarded packet moves no reason")
def _():
    fresh()
    moved = state.Moved(lab)
    lab.ask([lab.frame(CLIENT) for _ in range(20)])
    same(moved.by(), {}, "counters that moved")


@case("every reason is listed with its verdict and a line for a person")
def _():
    rows = json.loads(lab.adm("reasons --json"))["data"]
    check(len(rows) >= 25, f"only {len(rows)} rows")
    for row in rows:
        check(re.fullmatch(r"[a-z-]+", row["name"]) and row["verdict"] in ("forward", "pass", "drop", "hold"), str(row))
        check(isinstance(row["packets"], int) and len(row["doc"]) > 10, str(row))
    text = lab.adm("reasons")
    check(all(row["name"] in text or not row["packets"] for row in rows), "a counter is not in the text")


def exact(kind, proto, address, clients=10, each=100):
    fresh()
    service = f"-{kind} {address}:{PORT}"
    six = address.startswith("[")
    frames, size = [], 0
    for turn in range(each):
        for n in range(clients):
            client = f"2001:db8:9::9:{n}" if six else f"10.9.41.{n + 1}"
            frame = lab.frame(client, sport=7000 + n, proto=proto, flags=ACK if turn else SYN,
                              data=b"" if proto == TCP and not turn else b"d" * (turn * 7 % 900))
            frames.append(frame)
            size += len(frame) - 14
    lab.burst.send(frames)
    same(netlab.stats(lab, service)[""], (clients, clients * each, size), "Conns, InPkts, InBytes of the service")
    rows = netlab.stats(lab, service)
    servers = [row for name, row in rows.items() if name]
    same(tuple(map(sum, zip(*servers))), rows[""], "sum over the servers")


@case("--stats is exact at the moment of reading: UDP")
def _():
    exact("u", UDP, VIP)


@case("--stats is exact at the moment of reading: TCP")
def _():
    exact("t", TCP, VIP)


@case("--stats is exact at the moment of reading: IPv6")
def _():
    exact("u", UDP, f"[{VIP6}]")


@case("-Z zeroes what is shown and goes on counting exactly")
def _():
    exact("u", UDP, VIP)
    lab.adm("-Z")
    same(netlab.stats(lab, f"-u {VIP}:{PORT}")[""], (0, 0, 0), "after -Z")
    frames = [lab.frame(f"10.9.42.{n}", proto=UDP) for n in range(1, 8)]
    lab.burst.send(frames)
    same(netlab.stats(lab, f"-u {VIP}:{PORT}")[""], (7, 7, sum(len(f) - 14 for f in frames)), "after seven packets")


if __name__ == "__main__":
    taptest.main(setup)
