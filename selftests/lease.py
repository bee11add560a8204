#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 360
"""A VIP that is not our turn is neither answered for, nor announced, nor served.

    client --+-- br --+-- rs1 (no VIP: only looks)
    director +        +-- rs2
    director2 (has the VIP too)

A lease runs out without anybody doing anything: there is no process to stop.
"""

import json
import socket

from lib import netlab, packet, state, taptest
from lib.netlab import CLIENT, CLIENT6, DIRECTOR, DIRECTOR6, VIP, VIP6
from lib.neigh import Asker
from lib.packet import SYN, TCP, Tap
from lib.quiet import PORT, Quiet
from lib.taptest import case, check, same, wait_for

SECOND, SECOND6 = "10.9.0.118", "2001:db8:9::118"
lab = second = asker = resets = None
macs = {}


def setup():
    global lab, second, asker, resets
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet(servers=2)
    second = lab.host("director2", 118, more=[f"addr add {VIP}/32 dev eth0",
                                              f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0"])
    asker = Asker(lab.client, CLIENT, CLIENT6)
    resets = Tap(lab.client, want=lambda seen: seen.src in (VIP, VIP6))
    macs.update({lab.director: lab.director.mac(), second: second.mac()})
    lines = [*lab.lines(f"-t {VIP}:{PORT}"), *lab.lines(f"-t [{VIP6}]:{PORT}")]
    lab.batch(lines)
    with second:
        netlab.run("drayadm -R", stdin="\n".join(lines) + "\n")


def adm(command, where=None):
    return (where or lab.director).run("drayadm " + command)


def roles(more, where=None, six=True):
    """vip set for both families, with vip add where there is none yet."""
    have = [row["address"] for row in json.loads(adm("vip --json", where))["data"]]
    for vip in (VIP, VIP6) if six else (VIP,):
        adm(f"vip {'set' if vip in have else 'add'} {vip} {more}", where)


def no_roles():
    for where in lab.director, second:
        for row in json.loads(adm("vip --json", where))["data"]:
            adm(f"vip del {row['address']}", where)


def own(six):
    return {macs[lab.director]: DIRECTOR6 if six else DIRECTOR, macs[second]: SECOND6 if six else SECOND}


def who(six, source=None):
    """Which of the two directors answer for the VIP."""
    got = asker.who(VIP6 if six else VIP, own(six), source)
    return {name for name, space in (("first", lab.director), ("second", second)) if macs[space] in got}


def both(wanted, what, source=None):
    same(who(False, source), wanted, what + ": who answers ARP")
    same(who(True, source), wanted, what + ": who answers neighbour discovery")


def syn(six=False, ttl=64):
    source, vip = (CLIENT6, VIP6) if six else (CLIENT, VIP)
    data = packet.tcp(source, vip, lab.port(), PORT, SYN)
    return packet.frame(*lab.macs, packet.ip(source, vip, TCP, data))


def served(six=False):
    """Whether a SYN gets to a server; nobody on the way may answer it."""
    lab.drop()
    resets.drop()
    before = state.reasons(lab)
    lab.burst.send([syn(six)])
    gone = wait_for(lambda: any(packet.gather(lab.taps, 0.1)) and "forwarded" or
                    state.reasons(lab) != before and "judged", "the SYN is forwarded or judged")
    same(resets.get(), None, "answers from the VIP")
    return gone == "forwarded"


def modes():
    for number, mode in enumerate(("auto", "early", "input")):
        state.set_config(lab, hook_mode=number)
        yield mode
    state.set_config(lab, hook_mode=0)


@case("without roles both directors answer: the addresses are both's")
def _():
    no_roles()
    both({"first", "second"}, "no roles")


@case("standby: no answer by ARP or neighbour discovery, and that is counted")
def _():
    no_roles()
    roles("--role standby")
    moved = state.Moved(lab)
    both({"second"}, "the first is standby")
    same(moved.by(), {"arp-standby": 1, "nd-standby": 1}, "counters that moved")
    roles("--role active")
    both({"first", "second"}, "both active")
    no_roles()
    both({"first", "second"}, "roles gone")


@case("standby: who asks whether the address is free hears nothing either")
def _():
    no_roles()
    roles("--role standby")
    both({"second"}, "the first is standby", None)
    same(who(False, "0.0.0.0"), {"second"}, "who answers an ARP probe")
    no_roles()


@case("one family's role leaves the other family alone")
def _():
    no_roles()
    roles("--role standby", six=False)
    same((who(False), who(True)), ({"second"}, {"first", "second"}), "who answers ARP, ND")
    no_roles()


@case("two directors, one VIP: exactly one answers, whoever is active")
def _():
    no_roles()
    roles("--role active")
    roles("--role standby", second)
    for turn in range(3):
        both({"first"}, f"turn {turn}")
        roles("--role standby")
        both(set(), f"turn {turn}, between")
        roles("--role active", second)
        both({"second"}, f"turn {turn}")
        roles("--role standby", second)
        roles("--role active")
    no_roles()


@case("a lease runs out: no answer, nothing forwarded, no reset, in every mode; renewed: all is back")
def _():
    for mode in modes():
        no_roles()
        roles("--role standby", second)
        roles("--role active --lease 60000")
        both({"first"}, f"{mode}: lease")
        same((served(), served(True)), (True, True), f"{mode}: forwarded with a lease, IPv4 and IPv6")
        roles("--lease 1")
        wait_for(lambda: not served() and not served(True), "the lease runs out")
        moved = state.Moved(lab)
        both(set(), f"{mode}: lease over")
        same((served(), served(True)), (False, False), f"{mode}: forwarded without a lease")
        same(moved.by(), {"arp-lease": 1, "nd-lease": 1, "lease": 2}, f"{mode}: counters that moved")
        roles("--lease 60000")
        both({"first"}, f"{mode}: renewed")
        same((served(), served(True)), (True, True), f"{mode}: forwarded again")


@case("a lease runs out under its own steam: who answered falls silent with no command at all")
def _():
    no_roles()
    roles("--role standby", second)
    roles("--role active --lease 3000")
    both({"first"}, "lease")
    wait_for(lambda: not who(False) and not who(True), "the first falls silent", 20)
    roles("--role active", second)
    both({"second"}, "the second has taken over")
    no_roles()


def announced(change):
    """The addresses that the director announces by itself when its MAC changes."""
    asker.who(DIRECTOR, {macs[second]: SECOND})
    change()
    said = asker.hear(lambda said: {DIRECTOR, DIRECTOR6} <= {s.address for s in said if s.kind != "reply"})
    # What the hosts say behind it ends the wait: announcements of one host come in one go.
    asker.sock.send(asker.question(DIRECTOR6))
    said += asker.hear(lambda said: any(s.kind == "advertise" and s.address == DIRECTOR6 for s in said))
    return {s.address for s in said if s.mac == macs[lab.director] and s.kind in ("request", "advertise")
            and s.address == s.target}


@case("gratuitous ARP and unsolicited advertisements of a VIP that is not our turn do not go out")
def _():
    no_roles()
    lab.director.sysctl(ipv4__conf__all__arp_notify=1, ipv6__conf__eth0__ndisc_notify=1)
    old = macs[lab.director]

    def to(mac):
        macs[lab.director] = mac
        lab.director.ip("link set eth0 address " + mac.hex(":"))
    try:
        got = announced(lambda: to(b"\x02\0\0\0\x11\x01"))
        check({VIP, VIP6} <= got, f"without roles: {got}")
        roles("--role standby")
        got = announced(lambda: to(b"\x02\0\0\0\x11\x02"))
        check(not {VIP, VIP6} & got, f"standby: {got}")
        roles("--role active --lease 1")
        wait_for(lambda: "first" not in who(False), "the lease runs out")
        got = announced(lambda: to(b"\x02\0\0\0\x11\x03"))
        check(not {VIP, VIP6} & got, f"lease over: {got}")
        roles("--lease 60000")
        got = announced(lambda: to(b"\x02\0\0\0\x11\x04"))
        check({VIP, VIP6} <= got, f"renewed: {got}")
    finally:
        to(old)
        lab.director.sysctl(ipv4__conf__all__arp_notify=0, ipv6__conf__eth0__ndisc_notify=0)
        netlab.warm(lab)
        no_roles()


def send_from(source, target):
    """A datagram from the director under one of its addresses."""
    with lab.director.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.sendto(b"from", (target, 9))


@case("standby: the stack asks for its neighbours under another address, and reaches them")
def _():
    no_roles()
    # Not a server: for those the module asks by itself, and may be first.
    tap = Tap(lab.client, want=lambda seen: seen.payload[8:] == b"from")
    hears = Asker(lab.client, CLIENT, CLIENT6)
    for source, target, instead in (VIP, CLIENT, DIRECTOR), (VIP6, CLIENT6, DIRECTOR6):
        for role in "active", "standby":
            roles(f"--role {role}")
            lab.director.ip("neigh flush dev eth0")
            moved = state.Moved(lab)
            tap.drop()
            while hears._drop():
                pass
            send_from(source, target)
            said = hears.hear(lambda said, target=target: any(
                s.kind in ("request", "solicit") and s.target == target for s in said))[-1]
            same((said.address, said.good), (source if role == "active" else instead, True),
                 f"{role}: asked under which address, checksum")
            seen = tap.get(10)
            check(seen and seen.src == source, f"{role}: the datagram did not arrive from {source}")
            same("neigh-source" in moved.by(), role == "standby", f"{role}: counted")
    no_roles()
    netlab.warm(lab)


@case("standby for a VIP that is not here: what is said of it for others is left alone")
def _():
    no_roles()
    roles("--role standby")
    lab.director.ip(f"addr del {VIP6}/128 dev eth0", f"neigh add proxy {VIP6} dev eth0")
    lab.director.sysctl(ipv6__conf__eth0__proxy_ndp=1, ipv6__conf__all__forwarding=1)
    try:
        wait_for(lambda: "first" in who(True), "the proxy answers")
    finally:
        lab.director.sysctl(ipv6__conf__eth0__proxy_ndp=0, ipv6__conf__all__forwarding=0)
        lab.director.ip(f"neigh del proxy {VIP6} dev eth0",
                        f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0")
        no_roles()


def hooks(family):
    return "announce_" in lab.director.run(f"nft list hooks {family}")


@case("the hooks are there only while a VIP of the family has a role")
def _():
    no_roles()
    netlab.run("modprobe nfnetlink_hook", check_status=False)
    if "dray" not in lab.director.run("nft list hooks ip6", check_status=False):
        raise taptest.Skip("this kernel cannot list hooks")
    same((hooks("arp"), hooks("ip6")), (False, False), "without roles: ARP, IPv6")
    adm(f"vip add {VIP} --role active")
    same((hooks("arp"), hooks("ip6")), (True, False), "with an IPv4 VIP")
    adm(f"vip add {VIP6} --role active")
    adm(f"vip del {VIP}")
    same((hooks("arp"), hooks("ip6")), (False, True), "with an IPv6 VIP")
    adm(f"vip del {VIP6}")
    same((hooks("arp"), hooks("ip6")), (False, False), "at the end")


if __name__ == "__main__":
    taptest.main(setup)
