#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""What arrives at a server, byte by byte, and what must not arrive anywhere.

    client --+-- br --+-- rs1 (no VIP: only looks)
    director +        +-- rs2
                      +-- third (other people's traffic)

Frames are made by hand and compared whole: a forwarded one may differ in its
MAC addresses, its TTL or hop limit, and the IPv4 header checksum, in nothing
else. The cases are data: description, packet, verdict. Verdicts: "forward",
"local" (left to the director's stack: no server sees it), "drop" (neither a
server nor an answer), "ttl" (time exceeded comes back).
"""

from lib import netlab, packet, taptest
from lib.netlab import CLIENT, CLIENT6, VIP, VIP6, Lab, need_dray
from lib.packet import ACK, ICMP, SYN, TCP, UDP, Tap, addr
from lib.taptest import add_case, case, check, same

lab = None
PORT = 7000
NOP = b"\x01"
macs = {}
taps = []
back = None
sender = None
_port = [20000]


def setup():
    global lab, back, sender
    netlab.module_setup()
    lab = Lab(servers=2, vip_on_servers=False)
    netlab.warm(lab)
    macs.update(client=lab.client.mac(), director=lab.director.mac(),
                rs1=lab.servers[0].mac(), rs2=lab.servers[1].mac())
    def to_vip(seen):
        return seen.dst in (VIP, VIP6) and seen.src_mac == macs["director"]
    taps.extend(Tap(server, want=to_vip) for server in lab.servers)
    back = Tap(lab.client, want=lambda seen: seen.src in (VIP, VIP6, netlab.DIRECTOR, netlab.DIRECTOR6)
               and seen.proto in (ICMP, TCP, packet.ICMP6)
               and not (seen.proto == packet.ICMP6 and seen.payload[0] >= 128))
    sender = lab.client.packet_socket()
    config()


def config():
    lines = ["-C"]
    for kind in "-t", "-u", "--sctp-service":
        lines += lab.lines(f"{kind} {VIP}:{PORT}")
        lines += lab.lines(f"{kind} [{VIP6}]:{PORT}")
    lab.batch(lines)


def port():
    """A client port not used before, so that each case is a flow of its own."""
    _port[0] += 1
    return _port[0]


def send(data):
    sender.send(packet.frame(macs["director"], macs["client"], data))


def outcome(data, ahead=()):
    """Send one packet: (frames at the servers, answers to the client).

    A datagram of a flow of its own, sent behind it, marks the end: once it has
    been forwarded, what was in front of it would have been too. Whole frames of
    ahead go in front of it, and what becomes of them is in the outcome as well.
    """
    for tap in taps + [back]:
        tap.drop()
    for frame in ahead:
        sender.send(frame)
    send(data)
    mark = packet.ipv4(CLIENT, VIP, UDP, packet.udp(CLIENT, VIP, port(), PORT, b"end mark"))
    send(mark)
    got, seen_mark = [], False
    for _ in range(100 * taptest.SLOWER):
        for tap in taps:
            while (seen := tap.get(0.02)) is not None:
                if seen.payload.endswith(b"end mark"):
                    seen_mark = True
                else:
                    got.append(seen)
        if seen_mark:
            break
    check(seen_mark, "the datagram behind it was not forwarded")
    return got, back.all()


def whole(seen, wanted):
    """The frame is what direct routing makes of the packet."""
    to = {macs["rs1"]: "rs1", macs["rs2"]: "rs2"}
    check(seen.dst_mac in to, f"destination MAC {seen.dst_mac.hex(':')}")
    same(seen.src_mac, macs["director"], "source MAC")
    same(seen.ip.hex(), packet.forwarded(wanted).hex(), "IP packet")
    same(seen.raw[14 + len(seen.ip):].strip(b"\0"), b"", "behind the packet")


def judge(data, verdict):
    got, answers = outcome(data)
    if verdict == "forward":
        same(len(got), 1, f"frames at the servers (answers: {[a.ip.hex() for a in answers]})")
        whole(got[0], data)
        same(answers, [], "answers to the client")
        return
    same([seen.ip.hex() for seen in got], [], "frames at the servers")
    if verdict == "drop":
        same([seen.ip.hex() for seen in answers], [], "answers to the client")
    elif verdict == "ttl":
        same(len(answers), 1, "answers to the client")
        same(answers[0].payload[:2], b"\x0b\0" if answers[0].proto == ICMP else b"\x03\0", "type and code")
        check(data[:28] in answers[0].payload or data[:6] in answers[0].payload, "the packet inside")


def t4(flags=SYN, src=CLIENT, data=b"", tcp_options=b"", **kw):
    return packet.ipv4(src, VIP, TCP, packet.tcp(src, VIP, port(), PORT, flags, data=data,
                                                 options=tcp_options), **kw)


def t6(flags=SYN, src=CLIENT6, **kw):
    return packet.ipv6(src, VIP6, TCP, packet.tcp(src, VIP6, port(), PORT, flags), **kw)


def u4(data=b"data", src=CLIENT, **kw):
    return packet.ipv4(src, VIP, UDP, packet.udp(src, VIP, port(), PORT, data), **kw)


def u6(data=b"data", src=CLIENT6, **kw):
    return packet.ipv6(src, VIP6, UDP, packet.udp(src, VIP6, port(), PORT, data), **kw)


def s4(**kw):
    return packet.ipv4(CLIENT, VIP, 132, packet.sctp(port(), PORT, **kw))


PAD_OPTIONS = b"\x01\x04\0\0\0\0\0\0"
CASES = [
    ("IPv4 TCP SYN", t4, "forward"),
    ("IPv4 TCP SYN with ECN bits, as a sender with ECN sets them", lambda: t4(flags=SYN | 0xc0), "forward"),
    ("IPv4 TCP SYN with data (fast open)", lambda: t4(data=b"GET /", tcp_options=b"\x22\x0a12345678\x01\x01"),
     "forward"),
    ("IPv4 TCP SYN with 40 bytes of options", lambda: t4(tcp_options=NOP * 40), "forward"),
    ("IPv4 UDP", u4, "forward"),
    ("IPv4 UDP without data", lambda: u4(b""), "forward"),
    ("IPv4 UDP with an odd length", lambda: u4(b"odd"), "forward"),
    ("IPv4 UDP without a checksum", lambda: packet.ipv4(
        CLIENT, VIP, UDP, packet.udp(CLIENT, VIP, port(), PORT)[:6] + b"\0\0data"), "forward"),
    ("IPv4 UDP with a wrong UDP checksum is the server's business", lambda: packet.ipv4(
        CLIENT, VIP, UDP, packet.udp(CLIENT, VIP, port(), PORT)[:6] + b"\x12\x34data"), "forward"),
    ("IPv4 SCTP INIT", s4, "forward"),
    ("IPv4 full-size packet", lambda: u4(b"x" * 1472), "forward"),
    ("IPv4 without DF", lambda: u4(frag=0), "forward"),
    ("IPv4 identification 0 and DF", lambda: u4(ident=0), "forward"),
    ("IPv4 DSCP and ECN are kept", lambda: u4(tos=0xb9), "forward"),
    ("IPv4 ECN congestion experienced is kept", lambda: t4(tos=3), "forward"),
    ("IPv4 TTL 2 leaves with 1", lambda: u4(ttl=2), "forward"),
    ("IPv4 TTL 255", lambda: u4(ttl=255), "forward"),
    ("IPv4 options: no-operation", lambda: u4(options=NOP * 4), "forward"),
    ("IPv4 options: router alert", lambda: u4(options=b"\x94\x04\0\0"), "forward"),
    ("IPv6 TCP SYN", t6, "forward"),
    ("IPv6 UDP", u6, "forward"),
    ("IPv6 SCTP INIT", lambda: packet.ipv6(CLIENT6, VIP6, 132, packet.sctp(port(), PORT)), "forward"),
    ("IPv6 traffic class and flow label are kept", lambda: u6(tclass=0xba, flow=0xabcde), "forward"),
    ("IPv6 full-size packet", lambda: u6(b"x" * 1452), "forward"),
    ("IPv6 hop limit 2 leaves with 1", lambda: u6(hops=2), "forward"),
    ("IPv6 hop-by-hop options before UDP", lambda: u6(extensions=[(0, b"\0\0" + PAD_OPTIONS[1:7])]), "forward"),
    ("IPv6 destination options before TCP", lambda: t6(extensions=[(60, b"\0\0" + PAD_OPTIONS[1:7])]), "forward"),
    ("IPv6 hop-by-hop and destination options", lambda: u6(
        extensions=[(0, b"\0\0" + PAD_OPTIONS[1:7]), (60, b"\0\0" + PAD_OPTIONS[1:7])]), "forward"),
    ("IPv6 routing header with no segments left", lambda: u6(
        extensions=[(43, b"\0\x02\x04\0\0\0\0\0" + addr(CLIENT6))]), "forward"),
    ("IPv6 atomic fragment (offset 0, no more)", lambda: u6(
        extensions=[(44, b"\0\0\0\0\0\0\0\x09")]), "atomic"),
    ("IPv4 TTL 1: time exceeded to the client", lambda: u4(ttl=1), "ttl"),
    ("IPv4 TCP TTL 1: time exceeded to the client", lambda: t4(ttl=1), "ttl"),
    ("IPv6 hop limit 1: time exceeded to the client", lambda: u6(hops=1), "ttl"),
    ("TCP SYN+ACK opens no flow", lambda: t4(flags=SYN | ACK), "local"),
    ("TCP ACK of an unknown connection", lambda: t4(flags=ACK), "local"),
    ("TCP RST of an unknown connection", lambda: t4(flags=packet.RST), "local"),
    ("TCP header cut short (12 bytes)", lambda: packet.ipv4(
        CLIENT, VIP, TCP, packet.tcp(CLIENT, VIP, port(), PORT)[:12]), "local"),
    ("TCP ports cut short (3 bytes)", lambda: packet.ipv4(CLIENT, VIP, TCP, b"\x12\x34\x1b"), "local"),
    ("TCP data offset below 5", lambda: _offset(4), "local"),
    ("TCP data offset beyond the packet", lambda: _offset(15), "local"),
    ("UDP header cut short (4 bytes)", lambda: packet.ipv4(
        CLIENT, VIP, UDP, packet.udp(CLIENT, VIP, port(), PORT)[:4]), "local"),
    ("IPv6 TCP header cut short (12 bytes)", lambda: packet.ipv6(
        CLIENT6, VIP6, TCP, packet.tcp(CLIENT6, VIP6, port(), PORT)[:12]), "local"),
    ("IPv6 extension header that runs past the end", lambda: u6(
        extensions=[(60, b"\0\x40" + PAD_OPTIONS[1:7])]), "local"),
    ("IPv4 total length beyond the frame", lambda: u4(length=900), "local"),
    ("IPv4 wrong header checksum", lambda: u4(csum=1), "local"),
    ("IPv4 header length below 5", lambda: u4(ihl=4), "local"),
    ("IPv4 version 5 in the header", lambda: u4(version=5), "version"),
    ("source 0.0.0.0", lambda: u4(src="0.0.0.0"), "drop"),
    ("source 127.0.0.1", lambda: t4(src="127.0.0.1"), "drop"),
    ("source 224.0.0.5", lambda: u4(src="224.0.0.5"), "drop"),
    ("source 255.255.255.255", lambda: u4(src="255.255.255.255"), "drop"),
    ("source equal to destination", lambda: t4(src=VIP), "drop"),
    ("IPv6 source ::", lambda: u6(src="::"), "drop"),
    ("IPv6 source ::1", lambda: u6(src="::1"), "drop"),
    ("IPv6 source ff02::1", lambda: u6(src="ff02::1"), "drop"),
    ("IPv6 source equal to destination", lambda: t6(src=VIP6), "drop"),
    ("source that is the director's own address", lambda: u4(src=netlab.DIRECTOR), "local"),
    ("another protocol (GRE) to the VIP", lambda: packet.ipv4(CLIENT, VIP, 47, b"\0" * 8), "local"),
    ("port without a service", lambda: packet.ipv4(
        CLIENT, VIP, UDP, packet.udp(CLIENT, VIP, port(), PORT + 1)), "local"),
]


def _offset(words):
    segment = packet.tcp(CLIENT, VIP, port(), PORT)
    segment = segment[:12] + bytes([words << 4]) + segment[13:16] + b"\0\0" + segment[18:]
    return packet.ipv4(CLIENT, VIP, TCP, packet._sum_at(segment, 16, CLIENT, VIP, TCP))


def atomic(data):
    """May come as it was or without its fragment header; the rest is the same."""
    got, _ = outcome(data)
    same(len(got), 1, "frames at the servers")
    if got[0].proto == 44:
        whole(got[0], data)
    else:
        whole(got[0], data[:4] + bytes([0, len(data) - 48, UDP]) + data[7:40] + data[48:])


def alone(data, foreign):
    """Of two, only data is forwarded, though the frame foreign came in front of it."""
    got, answers = outcome(data, [foreign])
    same([seen.ip.hex() for seen in got], [packet.forwarded(data).hex()], "frames at the servers")
    whole(got[0], data)
    same([seen.ip.hex() for seen in answers], [], "answers to the client")


def version(data):
    alone(u4(), packet.frame(macs["director"], macs["client"], data))


for description, make, want in CASES:
    add_case(description, lambda make=make, want=want: (
        {"atomic": atomic, "version": version}.get(want) or (lambda d: judge(d, want)))(make()))


@case("SYN, ACK, data and FIN of one client: one server, each byte by byte")
def _():
    sport, got = port(), []
    for flags, seq, data in ((SYN, 1, b""), (ACK, 2, b""), (ACK | packet.PSH, 2, b"GET / HTTP/1.0\r\n\r\n"),
                             (ACK | packet.FIN, 20, b"")):
        made = packet.ipv4(CLIENT, VIP, TCP, packet.tcp(CLIENT, VIP, sport, PORT, flags, seq, data=data))
        seen, _ = outcome(made)
        same(len(seen), 1, f"frames for flags {flags}")
        whole(seen[0], made)
        got.append(seen[0].dst_mac)
    same(len(set(got)), 1, "servers")


@case("frames sent to another MAC address or to all are not ours")
def _():
    lab.director.ip("link set eth0 promisc on")
    look = lab.director.packet_socket()
    look.settimeout(5 * taptest.SLOWER)
    try:
        for mac in (b"\xff" * 6, b"\x02\0\0\0\0\x77"):
            foreign = packet.frame(mac, macs["client"], u4())
            alone(u4(), foreign)
            while look.recv(70000) != foreign:
                pass    # until it is seen to have come to the director at all
    finally:
        look.close()
        lab.director.ip("link set eth0 promisc off")


@case("with tcpdump on the director, which clones every packet, nothing else changes")
def _():
    dump = lab.director.packet_socket("eth0")
    for make in (t4, u4, t6, u6, lambda: u4(b"x" * 1400)):
        data = make()
        judge(data, "forward")
        seen = [dump.recv(70000)]
        dump.settimeout(0.2)
        try:
            while True:
                seen.append(dump.recv(70000))
        except TimeoutError:
            pass
        dump.settimeout(None)
        check(any(frame[14:] == data for frame in seen), "the copy that came in has changed")
        check(any(frame[14:] == packet.forwarded(data) for frame in seen), "the copy that went out is missing")
    dump.close()


@case("packets with padding behind them (Ethernet's 60 bytes) keep their length")
def _():
    data = u4(b"")
    for tap in taps:
        tap.drop()
    sender.send(packet.frame(macs["director"], macs["client"], data) + b"\0" * 18)
    got = [s for tap in taps for s in tap.all(1, 1)]
    same(len(got), 1, "frames at the servers")
    whole(got[0], data)


@case("a server behind a VLAN device gets tagged frames, otherwise the same bytes")
def _():
    server = lab.servers[1]
    for space in (lab.director, server):
        space.run("modprobe 8021q", check_status=False)
    for space, last in ((lab.director, 1), (server, 2)):
        space.ip("link add link eth0 name v7 type vlan id 7", f"addr add 10.77.0.{last}/24 dev v7",
                 f"addr add 2001:db8:77::{last}/64 dev v7 nodad", "link set v7 up")
    netlab.reach(lab.director, "10.77.0.2")
    netlab.reach(lab.director, "2001:db8:77::2")
    tap = Tap(server, "v7", want=lambda seen: seen.dst in (VIP, VIP6))
    lab.clear()
    lab.adm(f"-A -u {VIP}:{PORT} -s rr", f"-A -u [{VIP6}]:{PORT} -s rr")
    lab.add_server(f"-u {VIP}:{PORT}", "10.77.0.2")
    lab.add_server(f"-u [{VIP6}]:{PORT}", f"[2001:db8:77::2]:{PORT}")
    try:
        for data in u4(), u6():
            send(data)
            seen = tap.get(5)
            check(seen, "nothing on the VLAN device")
            whole(seen, data)
    finally:
        for space in (lab.director, server):
            space.ip("link del v7")
        config()


@case("other people's fragments are forwarded byte for byte as they came")
def _():
    third = lab.host("third", 130)
    third.ip("addr add 10.66.0.1/24 dev lo", "addr add 2001:db8:66::1/64 dev lo")
    lab.director.sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1)
    lab.director.ip("route add 10.66.0.0/24 via 10.9.0.130", "route add 2001:db8:66::/64 via 2001:db8:9::130")
    netlab.reach(lab.director, "10.66.0.1")
    netlab.reach(lab.director, "2001:db8:66::1")
    tap = Tap(third, want=lambda seen: seen.dst in ("10.66.0.1", "2001:db8:66::1") and seen.proto in (UDP, 44))
    try:
        for target, source, cut in (("10.66.0.1", CLIENT, packet.fragments4), ("2001:db8:66::1", CLIENT6,
                                                                               packet.fragments6)):
            datagram = packet.udp(source, target, 5000, PORT, bytes(range(256)) * 12)
            parts = list(cut(packet.ip(source, target, UDP, datagram), 700))
            # The last first, as a path may reorder them.
            for part in [parts[-1]] + parts[:-1]:
                send(part)
            got = [seen.ip for seen in tap.all(len(parts), 5)]
            same([g.hex() for g in got],
                 [packet.forwarded(p).hex() for p in [parts[-1]] + parts[:-1]], "fragments")
    finally:
        lab.director.sysctl(ipv4__ip_forward=0, ipv6__conf__all__forwarding=0)


@case("br_netfilter: frames bridged past the director to a third party stay untouched")
def _():
    # The director bridges the client's segment to another: what it bridges is
    # shown to its PRE_ROUTING hooks as if it were its own.
    other = netlab.Namespace("behind")
    lab.spaces.append(other)
    lab.director.run("modprobe br_netfilter", check_status=False)
    lab.director.ip("link add br1 type bridge mcast_snooping 0 forward_delay 0",
                    f"link add p0 type veth peer name eth0 netns {other.name}",
                    f"link add p1 type veth peer name side netns {lab.client.name}",
                    "link set p0 master br1 up", "link set p1 master br1 up", "link set br1 up")
    other.ip("link set eth0 up")
    lab.client.ip("link set side up")
    try:
        lab.director.sysctl(**{"bridge__bridge-nf-call-iptables": 1, "bridge__bridge-nf-call-ip6tables": 1})
    except OSError as error:
        raise taptest.Skip("no br_netfilter") from error
    tap = Tap(other, want=lambda seen: seen.dst in (VIP, VIP6))
    with lab.client.packet_socket("side") as side:
        for data in (u4(), t4(), u6()):
            for server in taps:
                server.drop()
            frame = packet.frame(other.mac(), macs["client"], data)
            side.send(frame)
            seen = tap.get(5)
            check(seen, "the frame did not come through the bridge")
            same(seen.raw.hex(), frame.hex(), "bridged frame")
            same([s.ip.hex() for t in taps for s in t.all()], [], "frames at the servers")
    lab.director.ip("link del br1", "link del p0", "link del p1")


@case("nothing of all this is counted as forwarded that was not")
def _():
    need_dray()
    before = netlab.stats(lab, f"-u {VIP}:{PORT}")[""]
    judge(u4(src="127.0.0.1"), "drop")
    after = netlab.stats(lab, f"-u {VIP}:{PORT}")[""]
    # The datagram behind it, and nothing else.
    same((after[0] - before[0], after[1] - before[1]), (1, 1), "flows and packets counted")


if __name__ == "__main__":
    taptest.main(setup)
