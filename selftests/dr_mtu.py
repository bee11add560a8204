#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""Sizes: fragments, offload, a smaller MTU behind the director, ICMP errors.

    client --+-- br --+-- rs1 (VIP on lo)
    director +        +-- rs2
      |
      +-- mtu1400 -- rs3 (VIP on lo; answers go out by br)

A path that is narrower behind the director must be told to the client by a real
ICMP message, and errors from a router on the way back, which address the VIP,
must reach the server that the flow goes to.
"""

import socket
import struct

from lib import netlab, packet, taptest
from lib.netlab import CLIENT, CLIENT6, DIRECTOR, DIRECTOR6, VIP, VIP6, Lab, need_dray
from lib.packet import ICMP, ICMP6, SYN, TCP, UDP, Tap
from lib.taptest import case, check, same
from lib.traffic import EchoServers, tcp_open, tcp_upload, udp_ask

lab = None
narrow = None
PORT = 7000
NARROW, NARROW6 = "10.14.0.2", "2001:db8:14::2"
MEGA = 1 << 20
_port = [30000]


def setup():
    global lab, narrow
    netlab.module_setup()
    lab = Lab(servers=3)
    narrow = lab.servers[2]
    for space, last, more in ((lab.director, 1, f" peer name narrow mtu 1400 netns {narrow.name}"), (narrow, 2, "")):
        if more:
            space.ip("link add narrow mtu 1400 type veth" + more)
        space.ip(f"addr add 10.14.0.{last}/24 dev narrow", f"addr add 2001:db8:14::{last}/64 dev narrow nodad",
                 "link set narrow up")
    EchoServers(lab, PORT)
    netlab.warm(lab)
    netlab.reach(lab.director, NARROW)
    netlab.reach(lab.director, NARROW6)


def fresh(kinds="tu", servers=(1, 2)):
    lines = ["-C"]
    for kind in kinds:
        lines += lab.lines(f"-{kind} {VIP}:{PORT}", servers)
        lines += lab.lines(f"-{kind} [{VIP6}]:{PORT}", servers)
    lab.batch(lines)


def fresh_narrow(kinds="tu"):
    lines = ["-C"]
    for kind in kinds:
        lines += [f"-A -{kind} {VIP}:{PORT} -s rr", f"-a -{kind} {VIP}:{PORT} -r {NARROW} -g",
                  f"-A -{kind} [{VIP6}]:{PORT} -s rr", f"-a -{kind} [{VIP6}]:{PORT} -r [{NARROW6}]:{PORT} -g"]
    lab.batch(lines)
    # What an earlier case taught the client about the path must go.
    lab.client.ip("route flush cache")
    lab.client.run("ip -6 route flush cache")


def port():
    _port[0] += 1
    return _port[0]


def upload(address, size=MEGA):
    sock, name = tcp_open(lab.client, address, PORT)
    sock.settimeout(40 * taptest.SLOWER)
    same(tcp_upload(sock, size), size, f"bytes that {name} got")


def fragments(address, family):
    """4000 bytes, five times over: each datagram whole, all at one server."""
    fresh("u")
    sock = lab.client.socket(family, socket.SOCK_DGRAM)
    got = {udp_ask(lab.client, address, PORT, data=b"f" * 4000, sock=sock) for _ in range(5)}
    sock.close()
    same(len(got), 1, f"answers {got}")
    same(str(got.pop()).split()[1:], ["4000"], "length at the server")


@case("UDP of 4000 bytes arrives whole at one server")
def _():
    fragments(VIP, socket.AF_INET)


@case("UDP of 4000 bytes over IPv6 arrives whole at one server")
def _():
    fragments(VIP6, socket.AF_INET6)


@case("UDP of 60000 bytes (41 fragments) arrives whole")
def _():
    fresh("u")
    same(str(udp_ask(lab.client, VIP, PORT, data=b"F" * 60000)).split()[1:], ["60000"], "length at the server")


def disorder(make, cut, mtu):
    """Fragments in the wrong order, made by hand, leave in pieces that fit."""
    fresh("u")
    source, vip = (CLIENT6, VIP6) if cut is packet.fragments6 else (CLIENT, VIP)
    data = bytes(range(250)) * 12
    whole = make(source, vip, UDP, packet.udp(source, vip, port(), PORT, data), **({} if cut is packet.fragments6
                                                                                    else {"frag": 0}))
    parts = list(cut(whole, mtu))
    taps = [Tap(s, want=lambda seen: seen.dst == vip and seen.proto in (UDP, 44)) for s in lab.servers[:2]]
    sender = lab.client.packet_socket()
    for part in reversed(parts):
        sender.send(packet.frame(lab.director.mac(), lab.client.mac(), part))
    sender.close()
    got = packet.gather(taps)
    check(sorted(map(bool, got)) == [False, True], f"frames at the servers: {[len(g) for g in got]}")
    frames = got[0] or got[1]
    check(max(len(f.ip) for f in frames) <= mtu, f"a piece is larger than those that came ({mtu})")
    offset = 8 if cut is packet.fragments6 else 0
    pieces = sorted((f.frag & 0x1fff if not offset else struct.unpack("!H", f.payload[2:4])[0] >> 3,
                     f.payload[offset:]) for f in frames)
    same(b"".join(p for _, p in pieces)[8:], data, "the datagram put together")


@case("fragments in reverse order; what leaves is no larger than what came")
def _():
    disorder(packet.ipv4, packet.fragments4, 1000)


@case("IPv6 fragments in reverse order; what leaves is no larger than what came")
def _():
    disorder(packet.ipv6, packet.fragments6, 1300)


@case("TCP upload with TSO: superpackets cross the director and arrive complete")
def _():
    fresh("t")
    features = lab.client.run("ethtool -k eth0")
    check("tcp-segmentation-offload: on" in features, "the client's device has TSO off")
    tap = lab.director.packet_socket()
    upload(VIP, 4 * MEGA)
    tap.setblocking(False)
    longest = 0
    try:
        while True:
            longest = max(longest, len(tap.recv(70000)))
    except BlockingIOError:
        tap.close()
    check(longest > 1600, f"no superpacket was seen (longest {longest})")


@case("TCP upload over IPv6 with TSO")
def _():
    fresh("t")
    upload(VIP6, 4 * MEGA)


@case("TCP upload without offload at the client")
def _():
    fresh("t")
    lab.client.run("ethtool -K eth0 tso off gso off", check_status=False)
    upload(VIP)
    lab.client.run("ethtool -K eth0 tso on gso on", check_status=False)


@case("TCP upload with fq at the director's device, which wants sane time stamps")
def _():
    fresh("t")
    lab.director.run("tc qdisc replace dev eth0 root fq")
    try:
        upload(VIP)
    finally:
        lab.director.run("tc qdisc del dev eth0 root")


@case("MTU 1400 behind the director: a TCP upload learns it and completes")
def _():
    fresh_narrow("t")
    upload(VIP)


@case("MTU 1400 behind the director: over IPv6 too")
def _():
    fresh_narrow("t")
    upload(VIP6)


def too_big(address, source, local):
    """A datagram that must not be cut: the answer, the MTU in it, its sender."""
    family6 = ":" in address
    fresh_narrow("u")
    taps = [Tap(narrow, "narrow", want=lambda seen: seen.dst == address)]
    back = Tap(lab.client, want=lambda seen: seen.proto in (ICMP, ICMP6) and
               (seen.payload[:1] == (b"\x02" if family6 else b"\x03")))
    sender = lab.client.packet_socket()
    made = packet.ip(source, address, UDP, packet.udp(source, address, port(), PORT, b"b" * 1430))
    sender.send(packet.frame(lab.director.mac(), lab.client.mac(), made))
    answer = back.get(4)
    sender.close()
    check(answer, "no ICMP message came back")
    same(answer.payload[1], 0 if family6 else 4, "code")
    same(struct.unpack("!H", answer.payload[6:8])[0], 1400, "MTU in it")
    same(answer.dst, source, "who is told")
    if local and not family6:
        same(answer.src, address, "sender of the message")
    inside = answer.payload[8:]
    same(inside[:6] if family6 else inside[:8], made[:6] if family6 else made[:8], "packet inside")
    same([s.ip[:40].hex() for t in taps for s in t.all()], [], "frames at the server")


@case("a UDP packet with DF that is too big: fragmentation needed, MTU 1400, to the client")
def _():
    too_big(VIP, CLIENT, True)


@case("a UDP packet over IPv6 that is too big: packet too big, MTU 1400, to the client")
def _():
    too_big(VIP6, CLIENT6, True)


@case("a UDP packet without DF that is too big is cut and arrives whole")
def _():
    fresh_narrow("u")
    sock = lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: never set DF
    same(udp_ask(lab.client, VIP, PORT, data=b"c" * 1460, sock=sock), "rs3 1460", "answer")
    sock.close()


def not_local(function):
    """The VIP only routed to the director, as a packet's dst then is not local."""
    need_dray()
    lab.director.ip(f"addr del {VIP}/32 dev eth0", f"addr del {VIP6}/128 dev eth0")
    lab.client.ip(f"route add {VIP}/32 via {DIRECTOR}", f"route add {VIP6}/128 via {DIRECTOR6}")
    try:
        function()
    finally:
        lab.client.ip(f"route del {VIP}/32", f"route del {VIP6}/128")
        lab.director.ip(f"addr add {VIP}/32 dev eth0", f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0")


@case("VIP not local: fragmentation needed reaches the client")
def _():
    not_local(lambda: too_big(VIP, CLIENT, False))


@case("VIP not local: packet too big reaches the client")
def _():
    not_local(lambda: too_big(VIP6, CLIENT6, False))


@case("VIP not local: the upload through MTU 1400 completes")
def _():
    not_local(lambda: (fresh_narrow("t"), upload(VIP), upload(VIP6)))


@case("VIP not local: time exceeded reaches the client")
def _():
    def expired():
        fresh("u")
        back = Tap(lab.client, want=lambda seen: seen.proto == ICMP and seen.payload[:1] == b"\x0b")
        made = packet.ipv4(CLIENT, VIP, UDP, packet.udp(CLIENT, VIP, port(), PORT), ttl=1)
        with lab.client.packet_socket() as sender:
            sender.send(packet.frame(lab.director.mac(), lab.client.mac(), made))
        check(back.get(4), "no ICMP message came back")
    not_local(expired)


def steered(six, kind, code, rest, protocol=UDP, known=True, inner_frag=0x4000):
    """A router's error about a server's answer: where does it go?"""
    fresh()
    vip, client, router = (VIP6, CLIENT6, "2001:db8:9::60") if six else (VIP, CLIENT, "10.9.0.60")
    sport = port()
    taps = [Tap(server, want=lambda seen: seen.dst == vip) for server in lab.servers[:2]]
    sender = lab.client.packet_socket()
    segment = (lambda a, b, x, y: packet.udp(a, b, x, y)) if protocol == UDP else (
        lambda a, b, x, y: packet.tcp(a, b, x, y, SYN))

    def send(made):
        sender.send(packet.frame(lab.director.mac(), lab.client.mac(), made))

    if known:
        send(packet.ip(client, vip, protocol, segment(client, vip, sport, PORT)))
        first = packet.gather(taps)
        check(any(first), "the flow's first packet did not arrive")
        home = 0 if first[0] else 1
    more = {} if six else {"frag": inner_frag}
    inside = packet.ip(vip, client, protocol, segment(vip, client, PORT, sport), **more)
    error = packet.icmp6(router, vip, kind, code, rest, inside) if six else packet.icmp(kind, code, rest, inside)
    made = packet.ip(router, vip, ICMP6 if six else ICMP, error)
    send(made)
    got = packet.gather(taps, 3 if known else 1)
    sender.close()
    if not known:
        same([len(g) for g in got], [0, 0], "frames at the servers")
        return
    same([len(got[home]), len(got[1 - home])], [1, 0], "frames at the flow's server and at the other")
    same(got[home][0].ip.hex(), packet.forwarded(made).hex(), "the message")


MTU_FIELD = b"\0\0\x05\0"
for protocol, word in ((UDP, "UDP"), (TCP, "TCP")):
    for turn in "first", "second":
        taptest.add_case(f"fragmentation needed from a router reaches the {word} flow's server ({turn} flow)",
                         lambda p=protocol: steered(False, 3, 4, MTU_FIELD, p))
    taptest.add_case(f"packet too big from a router reaches the {word} flow's server",
                     lambda p=protocol: steered(True, 2, 0, b"\0\0\x05\0", p))


@case("host unreachable and time exceeded are steered too")
def _():
    steered(False, 3, 1, bytes(4))
    steered(False, 11, 0, bytes(4))
    steered(True, 1, 0, bytes(4))
    steered(True, 3, 0, bytes(4))


@case("an error about an unknown flow goes to no server")
def _():
    steered(False, 3, 4, MTU_FIELD, known=False)
    steered(True, 2, 0, MTU_FIELD, known=False)


@case("an error with a later fragment inside goes to no server")
def _():
    steered(False, 3, 4, MTU_FIELD, known=False, inner_frag=0x2010)


if __name__ == "__main__":
    taptest.main(setup)
