#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Schedulers: who gets how many of the new flows, and in which order.

    client --+-- br --+-- rs1 (no VIP: only looks)
    director +        +-- rs2
                      +-- rs3

SYNs made by hand, each from another port; the same cases hold for IPVS.
"""

from collections import Counter

from lib import netlab, state, taptest
from lib.netlab import VIP, VIP6, need_dray, rip
from lib.packet import ACK, RST, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import Skip, add_case, case, check, same, wait_for

lab = None
SVC = f"-t {VIP}:{PORT}"


def setup():
    global lab
    netlab.module_setup()
    lab = Quiet()


def fresh(scheduler, weights, more=None):
    """weights: {number of a server: weight}; more: {number: further options}"""
    lab.batch(["-C", f"-A {SVC}" + (f" -s {scheduler}" if scheduler else ""),
               *(f"-a {SVC} -r {rip(n)} -g -w {w} {(more or {}).get(n, '')}" for n, w in weights.items())])


def order(count, client="10.9.20.1"):
    """Servers of so many SYNs sent one after the other; 0 for none."""
    frames = [lab.frame(client) for _ in range(count)]
    got = lab.ask(frames, 2)
    ports = range(lab.last_port - count + 1, lab.last_port + 1)
    return [got.get((client, p), 0) for p in ports]


def counts(count, **kw):
    got = Counter(order(count, **kw))
    return tuple(got[n] for n in (1, 2, 3))


@case("rr: strictly in turn, whatever the weights")
def _():
    fresh("rr", {1: 1, 2: 5, 3: 1})
    got = order(12)
    same(sorted(got[:3]), [1, 2, 3], f"the first three of {got}")
    same(got, got[:3] * 4, "order")


@case("rr: weight 0 is passed over, and the turn goes on evenly")
def _():
    fresh("rr", {1: 1, 2: 0, 3: 1})
    same(counts(20), (10, 0, 10), "flows")


@case("wrr: 3 to 1, interleaved")
def _():
    fresh("wrr", {1: 3, 2: 1})
    got = order(40)
    same((got.count(1), got.count(2)), (30, 10), "flows")
    check(all(got[n:n + 8].count(2) == 2 for n in range(0, 40, 8)), f"not interleaved: {got}")


@case("wrr: 5 to 3 to 2, exact over each round")
def _():
    fresh("wrr", {1: 50, 2: 30, 3: 20})
    same(counts(100), (50, 30, 20), "flows")


@case("wrr: a changed weight counts from the next flow on")
def _():
    fresh("wrr", {1: 1, 2: 1})
    order(7)
    lab.adm(f"-e {SVC} -r {rip(2)} -g -w 4")
    one, two, _ = counts(50)
    check(abs(two - 40) <= 2 and one + two == 50, f"{one} to {two}")


def evens_out(scheduler, weights, share):
    """rs1 alone has some flows; then the others come and catch up."""
    fresh(scheduler, {1: weights[1]})
    same(counts(10), (10, 0, 0), "flows of the one server")
    lab.batch([f"-a {SVC} -r {rip(n)} -g -w {w}" for n, w in weights.items() if n != 1])
    got = counts(sum(share) - 10)
    for n, (seen, wanted) in enumerate(zip(got, share)):
        check(abs(seen + (10 if n == 0 else 0) - wanted) <= 2, f"{got} after 10 for the first, wanted in all {share}")


add_case("lc: a server that joins catches up", lambda: evens_out("lc", {1: 1, 2: 9}, (20, 20, 0)))
add_case("wlc: a server that joins catches up to its weight", lambda: evens_out("wlc", {1: 1, 2: 3}, (15, 45, 0)))
add_case("sed: a server that joins catches up to its weight", lambda: evens_out("sed", {1: 1, 2: 3}, (15, 45, 0)))


@case("wlc is what there is without -s, and 3 to 1 from the start")
def _():
    fresh("", {1: 3, 2: 1})
    check(" wlc" in lab.adm("-Ln"), "not listed as wlc")
    one, two, _ = counts(40)
    check(abs(one - 30) <= 1 and one + two == 40, f"{one} to {two}")


@case("nq: whoever is idle first, the shortest delay then")
def _():
    fresh("nq", {1: 100, 2: 1, 3: 1})
    same(sorted(order(3)), [1, 2, 3], "the first three")
    same(counts(20), (20, 0, 0), "the rest")


@case("fo: the highest weight gets all; the next one when it is out")
def _():
    fresh("fo", {1: 10, 2: 30, 3: 20})
    same(counts(8), (0, 8, 0), "flows")
    lab.adm(f"-e {SVC} -r {rip(2)} -g -w 0")
    same(counts(8), (0, 0, 8), "with the first at weight 0")
    lab.adm(f"-d {SVC} -r {rip(3)}")
    same(counts(8), (8, 0, 0), "with the second removed")


@case("ovf: fills the highest weight, then the next, then refuses")
def _():
    fresh("ovf", {1: 5, 2: 10})
    got = order(20)
    check(got[:10] == [2] * 10, f"the first ten: {got}")
    full, over = got.count(2), got.count(1)
    check(10 <= full <= 11 and 5 <= over <= 6, f"{full} and {over}")
    same(set(got[full + over:]), {0}, "beyond both weights")


@case("twos: everybody gets something, by weight roughly")
def _():
    lab.clear()
    out = lab.adm(f"-A {SVC} -s twos", check_status=False)
    if "not found" in out:
        raise Skip("no twos here")
    lab.batch([f"-a {SVC} -r {rip(1)} -g -w 1", f"-a {SVC} -r {rip(2)} -g -w 1"])
    one, two, _ = counts(80)
    check(min(one, two) >= 20 and one + two == 80, f"{one} and {two}")


@case("-x: from the upper threshold on a server gets nothing; all full is refused")
def _():
    fresh("rr", {1: 1, 2: 1}, {1: "-x 5 -y 3"})
    one, two, _ = counts(20)
    check(5 <= one <= 6 and one + two == 20, f"{one} with threshold 5, {two} without")
    fresh("rr", {1: 1, 2: 1}, {1: "-x 4", 2: "-x 4"})
    got = order(12)
    check(4 <= got.count(1) <= 5 and 4 <= got.count(2) <= 5, f"full at 4: {got}")
    check(got.count(0) >= 2, f"none was refused: {got}")


@case("-y: used again only below the lower threshold")
def _():
    need_dray()
    fresh("rr", {1: 1, 2: 1}, {1: "-x 6 -y 3"})
    order(14)
    mine = [f for f in state.flows(lab) if f[4] == rip(1)]
    check(len(mine) >= 6, f"{len(mine)} flows")
    check(state.servers(lab)[rip(1)].get("overloaded"), "not shown as overloaded")

    def forget(count):
        for f in mine[:count]:
            lab.adm(f"flows del {SVC} --client {f[0]}:{f[1]}")
        del mine[:count]
    forget(len(mine) - 4)
    same(counts(4), (0, 4, 0), "with 4 left")
    forget(2)
    wait_for(lambda: counts(2)[0] > 0, "used again with 2 left", 5)
    check(state.servers(lab)[rip(1)]["active"] >= 3, "active flows")


@case("a drained or overloaded server is no candidate for any scheduler")
def _():
    need_dray()
    for name in ("rr", "wrr", "lc", "wlc", "sed", "nq", "fo", "ovf", "twos"):
        fresh(name, {1: 100, 2: 50, 3: 20})
        lab.adm(f"drain {SVC} -r {rip(1)}", f"down {SVC} -r {rip(2)}")
        same(counts(6), (0, 0, 6), name)


@case("active and inactive flows are counted as IPVS counts them")
def _():
    fresh("rr", {1: 1})
    ports = [lab.port() for _ in range(5)]
    for flags, some in ((2, ports), (ACK, ports), (RST, ports[:2])):
        same(len(lab.ask([lab.frame("10.9.20.2", sport=p, flags=flags) for p in some])), len(some), "frames")
    row = [line.split() for line in lab.adm("-Ln").splitlines() if rip(1) in line][0]
    same(row[-2:], ["3", "2"], "ActiveConn InActConn")


@case("IPv6 and UDP services schedule alike")
def _():
    lab.batch(["-C", *lab.lines(f"-u {VIP}:{PORT}"), *lab.lines(f"-t [{VIP6}]:{PORT}")])
    got = lab.ask([lab.frame("10.9.20.3", proto=UDP) for _ in range(9)])
    same(sorted(Counter(got.values()).values()), [3, 3, 3], "UDP flows")
    got = lab.ask([lab.frame("2001:db8:9::20:3") for _ in range(9)])
    same(sorted(Counter(got.values()).values()), [3, 3, 3], "IPv6 flows")


if __name__ == "__main__":
    taptest.main(setup)
