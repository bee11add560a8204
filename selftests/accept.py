#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""A VIP that is not accepted, or without its lease: the host has what is for a service, and nothing else.

    client --+-- br --+-- rs1 (no VIP: only looks)
    director +        +-- rs2

An answer of the director's own stack, to the echo or by a reset, tells that it
got a packet. Behind each packet goes one to the director's own address, which is
answered: so nobody waits for silence.
"""

import contextlib

from lib import netlab, packet, state, taptest
from lib.neigh import Asker, solicit
from lib.netlab import CLIENT, CLIENT6, DIRECTOR, DIRECTOR6, VIP, VIP6
from lib.packet import ICMP, ICMP6, SYN, TCP, UDP, Tap
from lib.quiet import PORT, Quiet
from lib.taptest import case, check, same, wait_for

CLOSED, LOCAL = 81, 82
PEER = b"\x02\0\0\0\0\x99"
lab = asker = answers = None


def setup():
    global lab, asker, answers
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet(servers=2)
    asker = Asker(lab.client, CLIENT, CLIENT6)
    answers = Tap(lab.client, want=lambda seen: seen.dst in (CLIENT, CLIENT6) and not nd(seen))
    lab.batch([*lab.lines(f"-t {VIP}:{PORT}"), *lab.lines(f"-t [{VIP6}]:{PORT}"),
               f"-A -t {VIP}:{LOCAL}", f"-a -t {VIP}:{LOCAL} -r {DIRECTOR} -g",
               f"-A -t [{VIP6}]:{LOCAL}", f"-a -t [{VIP6}]:{LOCAL} -r [{DIRECTOR6}]:{LOCAL} -g"])
    # As many errors as there are: the answers to what is refused must not be limited.
    lab.director.sysctl(ipv4__icmp_ratelimit=0, ipv6__icmp__ratelimit=0)


def nd(seen):
    return seen.proto == ICMP6 and seen.payload[0] in (135, 136)


def roles(more):
    have = lab.director.run("drayadm vip").split()
    for vip in VIP, VIP6:
        lab.adm(f"vip {'set' if vip in have else 'add'} {vip} {more}")


def no_roles():
    have = lab.director.run("drayadm vip").split()
    for vip in VIP, VIP6:
        if vip in have:
            lab.adm(f"vip del {vip}")


def sides(six):
    return (CLIENT6, VIP6, DIRECTOR6) if six else (CLIENT, VIP, DIRECTOR)


def echo(six, to=None):
    client, vip, _ = sides(six)
    to = to or vip
    rest = b"\0\x09\0\x01"
    body = packet.icmp6(client, to, 128, 0, rest, b"echo") if six else packet.icmp(8, 0, rest, b"echo")
    return packet.ip(client, to, ICMP6 if six else ICMP, body)


def syn(six, dport):
    client, vip, _ = sides(six)
    return packet.ip(client, vip, TCP, packet.tcp(client, vip, lab.port(), dport, SYN))


def datagram(six, size=4):
    client, vip, _ = sides(six)
    return packet.ip(client, vip, UDP, packet.udp(client, vip, lab.port(), CLOSED, b"d" * size))


def gre(six):
    client, vip, _ = sides(six)
    return packet.ip(client, vip, 47, bytes(8))


def answered(six, data, mac=None):
    """Whether the director's stack answers a packet, or the packets, from that MAC."""
    director = sides(six)[2]
    answers.drop()
    datas = data if isinstance(data, list) else [data]
    lab.burst.send([packet.frame(lab.macs[0], mac or lab.macs[1], one) for one in datas] +
                   [packet.frame(*lab.macs, echo(six, director))])
    got = []
    wait_for(lambda: got.extend(answers.all()) or any(seen.src == director and said_echo(seen) for seen in got),
             "the director answers for its own address", 20)
    return any(seen.src != director for seen in got)


def said_echo(seen):
    return seen.proto in (ICMP, ICMP6) and seen.payload[0] in (0, 129)


def served(six=False):
    client = sides(six)[0]
    return lab.ask([lab.frame(client)]) != {}


@contextlib.contextmanager
def dropped(count, what, reason="no-accept"):
    moved = state.Moved(lab)
    yield
    same(moved.by().get(reason, 0), count, f"{what}: counted as {reason}")


def modes():
    for number, mode in enumerate(("auto", "early", "input")):
        state.set_config(lab, hook_mode=number)
        yield mode
    state.set_config(lab, hook_mode=0)


KINDS = (("ping", echo), ("a connection to a port without a service", lambda six: syn(six, CLOSED)),
         ("a datagram", datagram))


@case("accepted, as without a role: the stack answers what is for no service")
def _():
    for more in None, "--role active", "--accept":
        if more:
            roles(more)
        for six in False, True:
            for what, make in KINDS:
                with dropped(0, what):
                    check(answered(six, make(six)), f"{more}, IPv6 {six}: {what} is not answered")
    no_roles()


@case("not accepted: what is for no service is dropped and counted, the service goes on, in every mode")
def _():
    for mode in modes():
        roles("--role active --no-accept")
        for six in False, True:
            for what, make in (*KINDS, ("GRE", gre)):
                with dropped(1, f"{mode}, IPv6 {six}: {what}"):
                    check(not answered(six, make(six)), f"{mode}, IPv6 {six}: {what} is answered")
            with dropped(0, "a service's"):
                check(served(six), f"{mode}, IPv6 {six}: the service is not served")
        roles("--accept")
        check(answered(False, echo(False)) and answered(True, echo(True)), f"{mode}: accepted again, and not answered")
    no_roles()


@case("not accepted: ARP is answered, and so are solicitations, those to the VIP itself too")
def _():
    roles("--role active --no-accept")
    mac = lab.director.mac()
    with dropped(0, "ARP and neighbour discovery"):
        for vip, own in (VIP, DIRECTOR), (VIP6, DIRECTOR6):
            same(asker.who(vip, {mac: own}), {mac}, f"who answers for {vip}")
        asker.sock.send(solicit(asker.mac, CLIENT6, VIP6, mac))
        asker.hear(lambda said: any(s.kind == "advertise" and s.address == VIP6 for s in said))
    no_roles()


@case("not accepted: this host as a server has what is for its service, from clients and from peers")
def _():
    for mode in modes():
        roles(f"--role active --no-accept --peer {PEER.hex(':')}")
        for six in False, True:
            with dropped(0, f"{mode}: for a service"):
                check(answered(six, syn(six, LOCAL)), f"{mode}, IPv6 {six}: not delivered to the server")
                check(answered(six, syn(six, PORT), PEER), f"{mode}, IPv6 {six}: a peer's is not delivered")
            with dropped(1, f"{mode}: a peer's ping"):
                check(not answered(six, echo(six), PEER), f"{mode}, IPv6 {six}: a peer's ping is answered")
    no_roles()


def error(six, sport, dport):
    """That the client's host says of a packet of the VIP's."""
    client, vip, _ = sides(six)
    inside = packet.ip(vip, client, TCP, packet.tcp(vip, client, dport, sport, SYN))
    body = packet.icmp6(client, vip, 1, 4, data=inside) if six else packet.icmp(3, 1, data=inside)
    return packet.ip(client, vip, ICMP6 if six else ICMP, body)


@case("not accepted: an ICMP error of a service is steered to its server, another one is dropped")
def _():
    roles("--role active --no-accept")
    for six in False, True:
        client, sport = sides(six)[0], lab.port()
        number = lab.server_of(client, sport=sport)
        with dropped(0, "a service's error"):
            lab.drop()
            lab.burst.send([packet.frame(*lab.macs, error(six, sport, PORT))])
            seen = wait_for(lambda: [s for got in packet.gather(lab.taps, 0.3) for s in got], "the error at a server")[0]
            same(lab.numbers[seen.dst_mac], number, "server that has the error")
        with dropped(1, "another error"):
            check(not answered(six, error(six, sport, CLOSED)), "an error is answered")
    no_roles()


@case("not accepted: fragments are judged as the packet that they make")
def _():
    roles("--role active --no-accept")
    for mode in modes():
        for six, cut in (False, packet.fragments4), (True, packet.fragments6):
            with dropped(1, f"{mode}, IPv6 {six}"):
                check(not answered(six, list(cut(datagram(six, 1800), 1000))), f"{mode}, IPv6 {six}: answered")
    no_roles()


@case("not accepted and standby: the address may be a server's own, and is left to the stack")
def _():
    roles("--role standby --no-accept")
    for six in False, True:
        with dropped(0, "standby"):
            check(answered(six, echo(six)), f"IPv6 {six}: not answered")
    no_roles()


@case("not accepted: what the director itself sends to the VIP is none of it")
def _():
    roles("--role active --no-accept")
    with dropped(0, "the director's own"):
        for vip in VIP, VIP6:
            lab.director.run(f"ping -c 1 -W 10 {vip}")
    no_roles()


@case("a lease runs out: what is for no service is dropped, unless a peer or the director itself has sent it")
def _():
    roles(f"--role active --lease 60000 --peer {PEER.hex(':')}")
    check(answered(False, echo(False)) and answered(True, echo(True)), "not answered with a lease")
    roles("--lease 1")
    wait_for(lambda: not answered(False, echo(False)) and not answered(True, echo(True)), "the lease runs out")
    for six in False, True:
        for what, make in KINDS:
            with dropped(1, f"IPv6 {six}: {what}", "local-lease"):
                check(not answered(six, make(six)), f"IPv6 {six}: {what} is answered")
        with dropped(0, "a peer's", "local-lease"):
            check(answered(six, echo(six), PEER), f"IPv6 {six}: a peer's ping is not delivered")
            check(answered(six, syn(six, LOCAL)), f"IPv6 {six}: not delivered to the server")
            lab.director.run(f"ping -c 1 -W 10 {sides(six)[1]}")
    roles("--lease 60000")
    check(answered(False, echo(False)) and answered(True, echo(True)), "not answered with a new lease")
    no_roles()


@case("a VIP without any service: nothing of it is delivered; told, saved, and gone with its role")
def _():
    second, second6 = "10.9.0.201", "2001:db8:9::201"
    for address in f"{second}/32", f"{second6}/128":
        lab.director.ip(f"addr add {address} dev eth0" + (" nodad" if ":" in address else ""))
    try:
        for vip in second, second6:
            six = ":" in vip
            lab.adm(f"vip add {vip} --role active --no-accept")
            check("not accepted" in lab.director.run("drayadm vip"), "drayadm vip does not tell it")
            check(f"vip add {vip} --no-accept" in lab.director.run("drayadm save"), "drayadm save does not write it")
            with dropped(1, vip):
                check(not answered(six, echo(six, vip)), f"{vip} is answered")
            lab.adm(f"vip del {vip}")
            check(answered(six, echo(six, vip)), f"{vip} is not answered without a role")
    finally:
        lab.director.ip(f"addr del {second}/32 dev eth0", f"addr del {second6}/128 dev eth0")


if __name__ == "__main__":
    taptest.main(setup)
