#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""What Documentation/vrrp.rst asks for that only a link can show, by its numbers.

             far (nobody) --+               +-- client .50
    a .11 (priority 200) ---+--+-- br --+---+
    b .12 (priority 100) ---+--+        +-- c .13, alone where it is used
             far (nobody) --+

a and b are routers, have a virtual router of each family with a virtual MAC
address, and are started once: all cases but those of c look at these two.
"""

import os
import signal
import socket
import time

from lib import netlab, packet, taptest, vrrp
from lib.neigh import Asker, Said
from lib.netlab import CLIENT, CLIENT6, VIP, VIP6
from lib.packet import ICMP, ICMP6, UDP, Tap
from lib.taptest import case, check, same, wait_for
from lib.vrrp import instance

lab = asker = None
FAR, FAR6 = "10.66.0.9", "2001:db8:66::9"
VMAC, VMAC6 = bytes.fromhex("00005e000133"), bytes.fromhex("00005e000233")
VIPS6 = ("fe80::200/64", VIP6 + "/64")
ROUTER_ADVERT, ECHO, ECHO6 = 134, 8, 128
BOTH = (False, True)
# on the link while the two were started
began = []


def setup():
    global lab, asker
    vrrp.need()
    if taptest.FLAVOUR:
        netlab.module_setup()
    lab = vrrp.VrrpLab(names="abc")
    for director in lab.a, lab.b:
        make_router(director.space)
    asker = Asker(lab.client, CLIENT, CLIENT6)
    lab.sniffer.forget()
    for director, priority in (lab.a, 200), (lab.b, 100):
        director.start(*routers(priority))
        for name in "VI_1", "VI_6":
            director.becomes("MASTER" if director == lab.a else "BACKUP", name=name)
    wait_for(lambda: lab.owners() == lab.owners(VIP6) == ["a"], "a has the addresses")
    wait_for(lambda: began.extend(lab.sniffer.frames()) or {VIP, VIP6} <= {Said(frame).address for _, frame in began},
             "both are announced")


def make_router(space):
    space.sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1, ipv4__conf__all__send_redirects=0)
    space.ip("link add far type veth peer name farend", "link set far up", "link set farend up",
             "addr add 10.66.0.1/24 dev far", "addr add 2001:db8:66::1/64 dev far nodad",
             f"neigh replace {FAR} lladdr 02:00:00:00:66:09 dev far nud permanent",
             f"neigh replace {FAR6} lladdr 02:00:00:00:66:09 dev far nud permanent")


def routers(priority, more=""):
    return (instance(priority, more="use_vmac\n    " + more),
            instance(priority, name="VI_6", vips=VIPS6, more="use_vmac\n    " + more))


def addresses(six):
    """The client's, the virtual router's, and the far side's."""
    return (CLIENT6, VIP6, FAR6) if six else (CLIENT, VIP, FAR)


def own_addresses(director, six):
    return f"2001:db8:9::{director.address.rsplit('.', 1)[1]}" if six else director.address


def who(six):
    """The MAC addresses that answer for the virtual address.

    Heard until one has, since a virtual MAC address is asked a little later, and
    until each has answered a question for its own address that came behind.
    """
    vip = addresses(six)[1]
    asker.forget()
    others = {(own_addresses(d, six), d.space.mac()) for d in (lab.a, lab.b)}
    for address in [vip, *(address for address, _ in others)]:
        asker.sock.send(asker.question(address))

    def answers(said):
        return {(s.address, s.mac) for s in said if s.kind in ("reply", "advertise")}
    said = asker.hear(lambda said: answers(said) >= others and vip in [address for address, _ in answers(said)])
    return {mac for address, mac in answers(said) if address == vip}


def straight_to(director):
    """Puts frames on the director's own cable, whatever bridges have learned."""
    return lab.bridge.packet_socket(director.port)


def to_far(six, mac, port):
    source, _, far = addresses(six)
    return packet.frame(mac, lab.client.mac(), packet.ip(source, far, UDP, packet.udp(source, far, 7, port)))


def came_far(tap, count):
    """The ports of the first datagrams that came out at the other side."""
    return [wait_for(tap.get, "a datagram at the far side").ports()[1] for _ in range(count)]


def far_tap(director):
    return Tap(director.space, "farend", lambda seen: seen.proto == UDP)


@case("1, 5: adverts of no family are forwarded to another link by a router that hears them")
def not_forwarded():
    taps = [Tap(d.space, "farend", lambda seen: seen.proto is not None) for d in (lab.a, lab.b)]
    heard = [lab.b.instance(name)["counters"]["received"] for name in ("VI_1", "VI_6")]
    wait_for(lambda: all(lab.b.instance(name)["counters"]["received"] > n + 3
                         for name, n in zip(("VI_1", "VI_6"), heard)), "adverts")
    for director, tap in zip((lab.a, lab.b), taps):
        # behind what would be forwarded comes what is
        straight_to(director).send(to_far(False, director.space.mac(), 1))
        wait_for(lambda t=tap: next_is_udp(t), "a datagram at the far side")


def next_is_udp(tap):
    seen = tap.get()
    check(not seen or seen.dst not in ("224.0.0.18", "ff02::12"), f"an advert to {seen and seen.dst} is forwarded")
    return seen and seen.proto == UDP


@case("28, 38, 68: the master answers ARP, with the virtual MAC and no other; the backup does not")
def arp():
    same(who(False), {VMAC}, "who answers ARP")


@case("29, 40, 73: the master answers neighbour solicitations, as a router, with the virtual MAC; the backup does not")
def solicitations():
    same(who(True), {VMAC6}, "who answers")
    asker.forget()
    asker.sock.send(asker.question(VIP6))
    said = asker.hear(lambda said: [s for s in said if s.kind == "advertise" and s.address == VIP6])[-1]
    check(said.router, "the Router flag is not set")


@case("39: the master, and it alone, is in the group of the address's solicited node")
def solicited_node():
    groups = [d.space.run("ip -6 maddr show dev vrrp6.51") for d in (lab.a, lab.b)]
    same(["ff02::1:ff00:200" in text for text in groups], [True, False], "members")


@case("30: a backup answers no router solicitation, nor does it send router advertisements by itself")
def no_router_advert():
    tap = Tap(lab.client, want=lambda seen: seen.proto == ICMP6 and seen.payload[0] == ROUTER_ADVERT)
    data = packet.icmp6(CLIENT6, "ff02::2", 133, 0)
    asker.sock.send(packet.frame(bytes.fromhex("333300000002"), lab.client.mac(),
                                 packet.ipv6(CLIENT6, "ff02::2", ICMP6, data, hops=255)))
    who(True)		# whom each has answered after the solicitation
    check(not tap.get(), "a router advertisement")
    check(not [1 for _, frame in began if frame[12:14] == b"\x86\xdd" and frame[20] == ICMP6 and
               frame[54] == ROUTER_ADVERT], "a router advertisement at the start")


@case("31, 42: what is for others and sent to the virtual MAC is forwarded by the master, and not by the backup")
def virtual_mac_forwards():
    for six in BOTH:
        mac = VMAC6 if six else VMAC
        taps = [far_tap(d) for d in (lab.a, lab.b)]
        for director in lab.a, lab.b:
            cable = straight_to(director)
            cable.send(to_far(six, mac, 1))
            cable.send(to_far(six, director.space.mac(), 2))
        same(came_far(taps[0], 2), [1, 2], "forwarded by the master")
        same(came_far(taps[1], 1), [2], "forwarded by the backup")


def echo(six, to, mac):
    source = CLIENT6 if six else CLIENT
    data = packet.icmp6(source, to, ECHO6, 0) if six else packet.icmp(ECHO, 0)
    return packet.frame(mac, lab.client.mac(), packet.ip(source, to, ICMP6 if six else ICMP, data))


@case("32: a backup does not take what is sent to the address and its own MAC")
def backup_does_not_accept():
    for six in BOTH:
        tap = Tap(lab.bridge, lab.b.port, lambda seen: seen.proto in (ICMP, ICMP6) and seen.payload[0] in (0, 129))
        cable = straight_to(lab.b)
        cable.send(echo(six, addresses(six)[1], lab.b.space.mac()))
        cable.send(echo(six, own_addresses(lab.b, six), lab.b.space.mac()))
        same(wait_for(tap.get, "an answer").src, own_addresses(lab.b, six), "what has answered")


@case("43: the master takes what is sent to the address: a connection to a service of its own")
def master_accepts():
    for six in BOTH:
        family = socket.AF_INET6 if six else socket.AF_INET
        with lab.a.space.socket(family, socket.SOCK_STREAM) as server, \
                lab.client.socket(family, socket.SOCK_STREAM) as client:
            server.bind(("::" if six else "0.0.0.0", 8043))
            server.listen()
            client.settimeout(10 * taptest.SLOWER)
            client.connect((addresses(six)[1], 8043))


@case("62: the source MAC address of adverts is the virtual one, in both families")
def advert_mac():
    found = {}

    def both():
        found.update((a[4][12:14], a[4][6:12]) for a in lab.sniffer.adverts())
        return len(found) == 2
    lab.sniffer.forget()
    wait_for(both, "adverts of both families")
    same(found, {b"\x08\0": VMAC, b"\x86\xdd": VMAC6}, "MAC addresses")


@case("66: no address is made of a virtual MAC")
def no_interface_identifier():
    for director in lab.a, lab.b:
        for device in "vrrp.51", "vrrp6.51":
            check("addrgenmode none" in director.space.run(f"ip -d link show dev {device}"), f"{device} makes addresses")
        check("5eff:fe00" not in director.space.run("ip -6 addr show"), "an address of a virtual MAC")


@case("70, 71, 74: from the start on nothing is said for the addresses but with the virtual MAC, and each is announced")
def start():
    said = [s for s in (Said(frame) for _, frame in began) if s.address in (VIP, VIP6, "fe80::200")]
    same({(s.address, s.mac) for s in said}, {(VIP, VMAC), (VIP6, VMAC6), ("fe80::200", VMAC6)}, "announced")


@case("what a director has added itself it does not take for removed, however late the kernel tells of it")
def nothing_missed():
    same([lab.a.instance(name)["put_back"] for name in ("VI_1", "VI_6")], [0, 0], "put back")
    check("was removed by something else" not in lab.a.said(), lab.a.said())


@case("what something else removes is put back, in IPv6 too")
def put_back():
    lab.a.space.ip(f"addr del {VIP6}/64 dev vrrp6.51")
    wait_for(lambda: lab.a.has(VIP6), "the address is back")
    wait_for(lambda: lab.a.instance("VI_6")["put_back"], "it is counted")


@case("76: unsolicited neighbour advertisements are believed in both states")
def unsolicited():
    mac = bytes.fromhex("020000007676")
    for director in lab.a, lab.b:
        director.space.ip(f"neigh replace {CLIENT6} lladdr 02:00:00:00:00:01 dev eth0 nud stale")
    data = packet.icmp6(CLIENT6, "ff02::1", 136, 0, b"\x20\0\0\0", packet.addr(CLIENT6) + b"\2\1" + mac)
    asker.sock.send(packet.frame(bytes.fromhex("333300000001"), lab.client.mac(),
                                 packet.ipv6(CLIENT6, "ff02::1", ICMP6, data, hops=255)))
    for director in lab.a, lab.b:
        wait_for(lambda d=director: "02:00:00:00:76:76" in d.space.run(f"ip -6 neigh show {CLIENT6}"),
                 f"{director.name} believes it")
        director.space.ip(f"neigh del {CLIENT6} dev eth0")


@case("23: with no_accept, too, neighbour solicitations for the address are answered")
def solicited_without_accept():
    count = lab.a.status()["workers_started"]
    lab.a.reload(*routers(200, "no_accept"))
    wait_for(lambda: lab.a.status()["workers_started"] > count, "a new worker")
    lab.a.becomes("MASTER", name="VI_6")
    same(who(True), {VMAC6}, "who answers")
    same(who(False), {VMAC}, "who answers ARP")


@case("69, 74: no address is announced that the kernel has not got")
def announced_when_added():
    # The second address is one that the kernel refuses.
    lab.settle()
    lab.c.space.sysctl(ipv6__conf__eth0__disable_ipv6=1)
    lab.c.start(instance(200, more="virtual_ipaddress_excluded {\n        2001:db8:9::205/64\n    }"))
    wait_for(lambda: "MASTER" in [t["from"] for t in (lab.c.instance() if lab.c.state() else {}).get("transitions", [])],
             "it gives up")
    lab.c.kill()
    frames = lab.sniffer.frames()
    check([f for f in frames if vrrp.parse_advert(f)], "it was no master")
    same([s.address for s in (Said(frame) for _, frame in frames) if s.address in (VIP, "2001:db8:9::205")], [],
         "announced")
    lab.c.space.sysctl(ipv6__conf__eth0__disable_ipv6=0)
    lab.c.space.ip("addr replace 2001:db8:9::13/64 dev eth0 nodad")


@case("75: an owner looks for no duplicates of its addresses, at a start and at another")
def no_duplicate_detection():
    lab.settle()
    lab.c.space.sysctl(ipv6__conf__all__accept_dad=1, ipv6__conf__eth0__accept_dad=1)
    for _ in range(2):
        lab.c.start(instance(255, vips=VIPS6))
        lab.c.becomes("MASTER")
        wait_for(lambda: lab.c.has(VIP6), "the address")
        shown = lab.c.space.run("ip -6 addr show dev eth0")
        check("tentative" not in shown and "dadfailed" not in shown, shown)
        lab.c.kill()
    solicited = [s.target for s in (Said(frame) for _, frame in lab.sniffer.frames()) if s.kind == "solicit" and
                 s.address == "::"]
    same([target for target in solicited if target in (VIP6, "fe80::200")], [], "looked for")


@case("81: waking up too late for the interval is counted and logged")
def late():
    lab.settle()
    lab.c.start(instance(200))
    lab.c.becomes("MASTER")
    # its supervisor would replace it
    for stopped in lab.c.proc.pid, lab.c.worker():
        os.kill(stopped, signal.SIGSTOP)
    time.sleep(5 * vrrp.ADVERT)
    os.kill(lab.c.worker(), signal.SIGCONT)
    wait_for(lambda: "woke up later than a dead master is noticed" in lab.c.said(), "a line in the log")
    os.kill(lab.c.proc.pid, signal.SIGCONT)
    wait_for(lambda: lab.c.instance()["counters"]["late"], "it is counted")


taptest.main(setup)
