#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Servers that come and go by the ten thousand, under traffic.

    client --+-- br --+-- rs1, rs2 (stay; no VIP: only look)
    director +        +-- rs3 (comes and goes under 16 addresses)

A number that names a removed server must never lead a flow to another one, and
not one packet may go to a server that its service does not have.
"""

import threading
import time

from lib import dray, genl, netlab, state, taptest
from lib.netlab import VIP, rip
from lib.packet import ACK, SYN
from lib.quiet import PORT, Quiet
from lib.taptest import case, check, same

lab = None
SVC = f"-t {VIP}:{PORT}"
TOTAL = 3500 if taptest.DEBUG else 70000
BUNDLE = 250
ADDRESSES = [f"10.9.7.{n}" for n in range(1, 17)]


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet()
    lab.servers[2].ip(*(f"addr add {a}/16 dev eth0" for a in ADDRESSES))
    for address in ADDRESSES:
        netlab.reach(lab.director, address)


def fresh():
    lab.batch(["-C", *lab.lines(SVC, (1, 2)), f"-A -t {VIP}:81 -s rr", f"-a -t {VIP}:81 -r {rip(3)} -g"])


class Churn:
    """Adds and deletes servers, hundreds of requests in one datagram."""

    def __init__(self, port, weight):
        with lab.director:
            self.sock = dray.Dray()
        parts = []
        for n in range(BUNDLE):
            server = {"address": ADDRESSES[n % 16], "port": port}
            for cmd, more in (("new_server", {"weight": weight}), ("del_server", {})):
                parts.append(self.sock.request(cmd, dray.tcp(VIP, port), dray.server(**server, **more),
                                               flags=genl.REQUEST))
        self.bundle = b"".join(parts)
        self.done = 0

    def once(self):
        """BUNDLE servers added and deleted; an error raises."""
        self.sock.sock.send(self.bundle)
        # The answer to one request more says that all before are done.
        self.sock.generation()
        self.done += BUNDLE


def established(count):
    """Flows with their ports and servers."""
    ports = [lab.port() for _ in range(count)]
    lab.ask([lab.frame("10.9.30.1", flags=SYN, sport=p) for p in ports])
    return {p: s for (_, p), s in lab.ask([lab.frame("10.9.30.1", flags=ACK, sport=p) for p in ports]).items()}


@case(f"{TOTAL} servers of a neighbouring service come and go: every flow keeps its server")
def _():
    fresh()
    flows = established(60)
    same(set(flows.values()), {1, 2}, "servers at first")
    churn = Churn(81, 1)
    failures = []
    stop = threading.Event()

    def work():
        try:
            while churn.done < TOTAL and not stop.is_set():
                churn.once()
        except Exception as error:  # pylint: disable=broad-except
            failures.append(repr(error))
    with lab.director:
        thread = threading.Thread(target=work)
        thread.start()
    rounds = 0
    try:
        while thread.is_alive():
            got = lab.ask([lab.frame("10.9.30.1", flags=ACK, sport=p) for p in flows])
            wrong = {p: s for (_, p), s in got.items() if flows[p] != s}
            same((wrong, len(got)), ({}, len(flows)), f"flows on a wrong server, packets arrived, round {rounds}")
            new = lab.ask([lab.frame("10.9.30.2") for _ in range(10)])
            check(set(new.values()) <= {1, 2} and len(new) == 10, f"new flows went to {new}")
            rounds += 1
    finally:
        stop.set()
        thread.join()
    same(failures, [], "refusals")
    same(churn.done, TOTAL, "servers added and deleted")
    taptest.note(f"{rounds} rounds of 70 packets meanwhile")


@case("servers with weight 0 come and go in the service itself: none gets a packet")
def _():
    fresh()
    flows = established(60)
    churn = Churn(PORT, 0)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        lab.drop()
        churn.sock.sock.send(churn.bundle)
        got = lab.ask([lab.frame("10.9.30.1", flags=ACK, sport=p) for p in flows])
        same({p: s for (_, p), s in got.items() if flows[p] != s}, {}, "flows on a wrong server")
        got = lab.ask([lab.frame("10.9.30.3") for _ in range(10)])
        check(set(got.values()) <= {1, 2}, f"new flows {got}")
        churn.sock.generation()


@case("once a server's deletion is answered its flows go to others, each to one")
def _():
    fresh()
    netlink = state.netlink(lab)
    service = dray.tcp(VIP, PORT)
    for turn in range(25):
        server = dray.server(ADDRESSES[turn % 16], port=PORT)
        netlink.do("new_server", service, dray.server(ADDRESSES[turn % 16], port=PORT, weight=1))
        flows = established(6)
        check(3 in flows.values(), f"turn {turn}: the new server got nothing: {flows}")
        netlink.do("del_server", service, server)
        moved = {}
        for _ in range(2):
            for (_, p), s in lab.ask([lab.frame("10.9.30.1", flags=ACK, sport=p) for p in flows]).items():
                moved.setdefault(p, set()).add(s)
        check(all(s <= {1, 2} and len(s) == 1 for s in moved.values()), f"turn {turn}: {flows} became {moved}")
        same({p for p, s in flows.items() if s != 3 and moved[p] != {s}}, set(), f"flows moved without need, turn {turn}")


@case("a service replaced under traffic by -D and -A: packets go to its servers or to none")
def _():
    fresh()
    sport = lab.port()
    for turn in range(15):
        n = turn % 3 + 1
        lab.batch([f"-D {SVC}", f"-A {SVC} -s rr", f"-a {SVC} -r {rip(n)} -g"])
        same(lab.server_of("10.9.30.4", sport=sport), n, f"turn {turn}")
        same(lab.server_of("10.9.30.4", sport=sport, flags=ACK), n, f"turn {turn}")


@case("-C under traffic: afterwards the director's own stack has the packets")
def _():
    fresh()
    for turn in range(10):
        fresh()
        frames = [lab.frame("10.9.30.5") for _ in range(100)]
        lab.burst.send(frames)
        lab.clear()
        lab.drop()
        check(not lab.arrives("10.9.30.5", 0.3), f"forwarded after -C, turn {turn}")


if __name__ == "__main__":
    taptest.main(setup)
