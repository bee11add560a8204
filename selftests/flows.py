#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""Flows: their states and times, and what becomes of them when servers go.

    client --+-- br --+-- rs1 (no VIP: only looks)
    director +        +-- rs2
                      +-- rs3

Established flows stay with a draining server, for a while with one that is
down, not a packet longer with one that was removed.
"""

import time

from lib import netlab, state, taptest
from lib.netlab import VIP, VIP6, rip, rip6
from lib.packet import ACK, FIN, PSH, RST, SYN, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import case, check, same, wait_for

lab = None
SVC, SVC6 = f"-t {VIP}:{PORT}", f"-t [{VIP6}]:{PORT}"
NAMES = ("none", "syn-recv", "established", "fin-wait", "close", "udp")
early_bird = []


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet()
    # One flow is left half open now and looked for in the last case.
    lab.balance(f"-t {VIP}:81")
    lab.server_of("10.9.10.10", sport=999, dport=81)
    early_bird.append(time.monotonic())


def fresh(options="-s rr", first=None):
    """All services anew; with first, fo: rs1 gets what is new, then rs2."""
    lines = lab.lines(SVC, None, options)
    if first:
        lines = [f"-A {SVC} -s fo {options}", *(f"-a {SVC} -r {rip(n)} -g -w {40 - 10 * n}" for n in (1, 2, 3))]
    there = lab.adm("-Ln")
    gone = [f"-D {s}" for s, shown in ((SVC, f"TCP  {VIP}:{PORT} "), (f"-u {VIP}:{PORT}", f"UDP  {VIP}:{PORT} "))
            if shown in there]
    lab.batch([*gone, *lines, *lab.lines(f"-u {VIP}:{PORT}", None, "-s rr")])


def flow(client, sport):
    found = [f for f in state.flows(lab) if f[:2] == (client, sport)]
    return (NAMES[found[0][5]], found[0][7]) if found else None


def talk(client, sport, *flags):
    """One frame for each; all must go to one server, which is returned."""
    got = [lab.server_of(client, sport=sport, flags=f) for f in flags]
    same(len(set(got)), 1, f"servers of one flow {got}")
    return got[0]


def states(client):
    """Each state is reached, and has its time."""
    for flags, name, most in (((SYN,), "syn-recv", 20), ((SYN, ACK), "established", 900),
                              ((SYN, ACK, FIN | ACK), "fin-wait", 120), ((SYN, ACK, RST), "close", 10)):
        sport = lab.port()
        talk(client, sport, *flags)
        got = flow(client, sport)
        check(got, f"{name}: not listed")
        same(got[0], name, "state")
        check(most - 9 < got[1] / 1000 <= most, f"{name}: {got[1]} ms left")


@case("states and their times: half open 20 s, established 900, FIN 120, RST 10")
def _():
    fresh()
    states("10.9.10.1")


@case("UDP: 300 s")
def _():
    fresh()
    sport = lab.port()
    lab.server_of("10.9.10.2", sport=sport, proto=UDP)
    name, left = flow("10.9.10.2", sport)
    same(name, "udp", "state")
    check(290 < left / 1000 <= 300, f"{left} ms left")


@case("--set changes the times of the flows there are, and 0 keeps one")
def _():
    fresh()
    sport = lab.port()
    talk("10.9.10.3", sport, SYN, ACK)
    try:
        lab.adm("--set 60 0 7")
        check("60 120 7" in lab.adm("-L --timeout"), "not listed")
        check(50 < flow("10.9.10.3", sport)[1] / 1000 <= 60, "established")
    finally:
        lab.adm("--set 900 120 300")
    check(800 < flow("10.9.10.3", sport)[1] / 1000 <= 900, "established, set back")


@case("an expired UDP flow is scheduled anew, and the sweeper frees it without traffic")
def _():
    fresh()
    sport = lab.port()
    lab.adm("--set 0 0 1")
    try:
        first = lab.server_of("10.9.10.4", sport=sport, proto=UDP)
        same(lab.server_of("10.9.10.4", sport=sport, proto=UDP), first, "within its time")
        wait_for(lambda: flow("10.9.10.4", sport) is None, "not listed", 3)
        wait_for(lambda: not [f for f in state.flows(lab) if f[5] == 5], "swept", 5)
        others = {lab.server_of("10.9.10.4", sport=sport, proto=UDP)}
        same(first in others, False, "scheduled anew: rr goes on")
    finally:
        lab.adm("--set 900 120 300")


@case("flows are freed: their number and bytes fall when the services go")
def _():
    fresh()
    before = state.config(lab)
    lab.burst.send([lab.frame(f"10.9.{n // 250 + 20}.{n % 250 + 1}") for n in range(2000)])
    wait_for(lambda: state.config(lab)["flows"] >= before["flows"] + 1990, "flows are made")
    more = state.config(lab)
    check(more["flow_bytes"] > before["flow_bytes"] + 2000 * 40, f"bytes {before} {more}")
    lab.batch([f"-D {SVC}"])
    wait_for(lambda: state.config(lab)["flows"] <= before["flows"], "flows are gone", 20)
    wait_for(lambda: state.config(lab)["flow_bytes"] < more["flow_bytes"] - 2000 * 40, "bytes are free", 20)


@case("a SYN in an established flow is a retransmission; after FIN or RST it leaves a drained server only")
def _():
    fresh()
    sport = lab.port()
    home = talk("10.9.10.5", sport, SYN, ACK, SYN, SYN, ACK)
    for end in RST | ACK, FIN | ACK:
        same(lab.server_of("10.9.10.5", sport=sport, flags=end), home, "the end")
        same(lab.server_of("10.9.10.5", sport=sport), home, "opened again")
        same(talk("10.9.10.5", sport, ACK), home, "and going on")
    lab.adm(f"drain {SVC} -r {rip(home)}")
    same(lab.server_of("10.9.10.5", sport=sport), home, "an established flow")
    same(lab.server_of("10.9.10.5", sport=sport, flags=FIN | ACK), home, "the end")
    again = lab.server_of("10.9.10.5", sport=sport)
    check(again != home, "opened again on a drained server")


@case("a removed server's flow moves at its next packet, and is counted")
def _():
    fresh(first=True, options="")
    sport = lab.port()
    same(talk("10.9.10.6", sport, SYN, ACK), 1, "at first")
    moved = state.Moved(lab)
    lab.adm(f"-d {SVC} -r {rip(1)}")
    same(lab.server_of("10.9.10.6", sport=sport, flags=ACK | PSH, data=b"x"), 2, "next packet")
    same(moved.by().get("moved"), 1, f"counted {moved.by()}")
    lab.batch([f"-a {SVC} -r {rip(1)} -g -w 30"])
    same(talk("10.9.10.6", sport, ACK, ACK), 2, "with the server back")


@case("a drained server keeps its flows and gets no new ones")
def _():
    fresh(first=True, options="")
    sport, usport = lab.port(), lab.port()
    talk("10.9.10.7", sport, SYN, ACK)
    lab.adm(f"drain {SVC} -r {rip(1)}")
    same(talk("10.9.10.7", sport, ACK, ACK | PSH), 1, "its flow")
    same(lab.server_of("10.9.10.7", sport=usport), 2, "a new one")
    row = [line for line in lab.adm("-Ln").splitlines() if rip(1) in line]
    check(row and row[0].split()[3] in ("30", "0"), f"listed: {row}")
    lab.adm(f"up {SVC} -r {rip(1)}")
    same(lab.server_of("10.9.10.7"), 1, "new, with the server up again")


@case("down: UDP and SYNs move at once, an established flow after down-hold")
def _():
    fresh(first=True, options="--down-hold 1500")
    home = lab.server_of("10.9.10.8", sport=5555, proto=UDP)
    sport = lab.port()
    same(talk("10.9.10.8", sport, SYN, ACK, ACK | PSH), 1, "at first")
    before = time.monotonic()
    lab.adm(f"down {SVC} -r {rip(1)}", f"down -u {VIP}:{PORT} -r {rip(home)}")
    down = time.monotonic()
    check(lab.server_of("10.9.10.8", sport=5555, proto=UDP) != home, "UDP stayed")
    same(lab.server_of("10.9.10.8"), 2, "a SYN")
    where = lab.server_of("10.9.10.8", sport=sport, flags=ACK)
    if time.monotonic() - before < 1.5:
        same(where, 1, "the established flow, held")
    time.sleep(max(0, down + 1.6 - time.monotonic()))
    same(lab.server_of("10.9.10.8", sport=sport, flags=ACK), 2, "the established flow after down-hold")


@case("down and up again within down-hold: the flow has lost nothing")
def _():
    fresh(first=True, options="--down-hold 60000")
    sport = lab.port()
    talk("10.9.10.9", sport, SYN, ACK)
    lab.adm(f"down {SVC} -r {rip(1)}")
    same(talk("10.9.10.9", sport, ACK, ACK), 1, "while down")
    lab.adm(f"up {SVC} -r {rip(1)}")
    same(talk("10.9.10.9", sport, ACK, ACK), 1, "up again")


@case("down-hold 0 moves established flows at once")
def _():
    fresh(first=True, options="--down-hold 0")
    sport = lab.port()
    talk("10.9.10.11", sport, SYN, ACK)
    lab.adm(f"down {SVC} -r {rip(1)}")
    same(lab.server_of("10.9.10.11", sport=sport, flags=ACK), 2, "next packet")


@case("over IPv6: the same states and times, and what a server keeps that is drained, down or removed")
def _():
    client, first = "2001:db8:9::10:1", f"-r [{rip6(1)}]:{PORT}"
    lab.batch([f"-A {SVC6} -s fo --down-hold 60000",
               *(f"-a {SVC6} -r [{rip6(n)}]:{PORT} -g -w {40 - 10 * n}" for n in (1, 2, 3))])
    states(client)
    sport = lab.port()
    same(talk(client, sport, SYN, ACK), 1, "at first")
    for command in "drain", "down":
        lab.adm(f"{command} {SVC6} {first}")
        same(talk(client, sport, ACK, ACK | PSH), 1, f"{command}: its flow")
        same(lab.server_of(client), 2, f"{command}: a new one")
        lab.adm(f"up {SVC6} {first}")
    moved = state.Moved(lab)
    lab.adm(f"-d {SVC6} {first}")
    same(lab.server_of(client, sport=sport, flags=ACK | PSH, data=b"x"), 2, "removed: the next packet")
    same(moved.by().get("moved"), 1, f"counted {moved.by()}")
    lab.adm(f"-D {SVC6}")


@case("a flow is listed by -Lnc and deleted by its client; the next packet is the stack's")
def _():
    fresh()
    sport, other = lab.port(), lab.port()
    talk("10.9.10.12", sport, SYN, ACK)
    talk("10.9.10.12", other, SYN, ACK)
    check(f"10.9.10.12:{sport}" in lab.adm("-Lnc"), "not listed")
    lab.adm(f"flows del {SVC} --client 10.9.10.12:{sport}")
    check(flow("10.9.10.12", sport) is None and flow("10.9.10.12", other), "the wrong one is gone")
    moved = state.Moved(lab)
    check(not lab.arrives("10.9.10.12", sport=sport, flags=ACK), "forwarded without an entry")
    same(moved.by().get("no-entry"), 1, f"counted {moved.by()}")


@case("a server that answers no ARP is found out and gets nothing new")
def _():
    fresh()
    dead = lab.servers[2]
    dead.ip("link set eth0 down")
    lab.director.ip("neigh flush dev eth0", check_status=False)
    try:
        def found_out():
            lab.ask([lab.frame("10.9.10.13") for _ in range(6)], 0.3)
            return state.servers(lab)[rip(3)]["reach"] == 5
        wait_for(found_out, "no-neighbour is noticed", 15)
        check("no-neighbour" in lab.adm("list --json"), "not listed as no-neighbour")
        got = lab.ask([lab.frame("10.9.10.13") for _ in range(6)])
        same(sorted(got.values()), [1, 1, 1, 2, 2, 2], "servers of new flows")
    finally:
        dead.ip("link set eth0 up")
    wait_for(lambda: state.servers(lab)[rip(3)]["reach"] == 0, "it is found again", 30)
    check(3 in lab.ask([lab.frame("10.9.10.13") for _ in range(6)]).values(), "it is not used again")


@case("a server behind a gateway stands as such and is not used; --strict refuses it")
def _():
    fresh()
    lab.director.ip(f"route add 10.99.0.0/24 via {rip(1)}")
    out = lab.adm(f"-a {SVC} -r 10.99.0.7 -g", check_status=False)
    check("gateway" in out, f"no warning: {out!r}")
    same(set(lab.ask([lab.frame("10.9.10.14") for _ in range(8)]).values()), {1, 2, 3}, "servers used")
    check("gateway" in lab.adm("list --json"), "not listed as gateway")
    done = lab.adm(f"-a {SVC} -r 10.99.0.8 -g --strict", check_status=False)
    check("10.99.0.8" not in lab.adm("-Ln"), f"--strict took it: {done}")
    lab.director.ip("route del 10.99.0.0/24")
    wait_for(lambda: "no-route" in lab.adm("list --json"), "judged again when the route goes", 5)


@case("a server without a route is used as soon as there is one")
def _():
    fresh()
    lab.servers[2].ip("addr add 10.98.0.3/24 dev eth0")
    lab.batch([f"-d {SVC} -r {rip(n)}" for n in (1, 2, 3)])
    lab.adm(f"-a {SVC} -r 10.98.0.3 -g", check_status=False)
    check(not lab.arrives("10.9.10.15"), "forwarded without a route")
    lab.director.ip("addr add 10.98.0.1/24 dev eth0")
    wait_for(lambda: lab.arrives("10.9.10.15"), "it is used", 10)
    lab.director.ip("addr del 10.98.0.1/24 dev eth0")
    wait_for(lambda: not lab.arrives("10.9.10.15"), "it is used no more", 10)


@case("a half-open flow is forgotten after 20 s")
def _():
    age = time.monotonic() - early_bird[0]
    time.sleep(max(0, 21.5 - age))
    check(flow("10.9.10.10", 999) is None, "still listed")
    check(not lab.arrives("10.9.10.10", sport=999, dport=81, flags=ACK), "its ACK is still forwarded")


if __name__ == "__main__":
    taptest.main(setup)
