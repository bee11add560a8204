#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""The selection table: every director the same server, and what changes it.

    client --+-- br --+-- rs1, rs2, rs3 (no VIP: only look)
    director +        +-- 10.9.0.130 … (nobody: only in tables)

Frames are made by hand; which server one went to is read off its MAC address.
"""

import errno
import os
import threading
import time
from collections import Counter

from lib import dray, netlab, state, taptest
from lib.netlab import VIP, VIP6, rip, rip6
from lib.packet import ACK, PSH, RST, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import case, check, same, wait_for

lab = None
DOWN, UP, DRAIN = 2, 0, 1
SERVICE = dray.tcp(VIP, PORT)


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet()


def key_of(vip):
    return dray.tcp(vip, PORT)


def server(n, **more):
    return dray.server(n if isinstance(n, str) else rip(n), port=PORT, **more)


def fresh(vip=VIP, servers=(1, 2, 3), **more):
    """A new service with servers of weight 1, or {server: weight}."""
    sock = state.netlink(lab)
    sock.do("flush")
    wait_for(lambda: not state.config(lab)["flows"], "old entries are gone")
    sock.do("new_service", dray.tcp(vip, PORT, **{"scheduler": "dray", **more}))
    weights = servers if isinstance(servers, dict) else dict.fromkeys(servers, 1)
    for n, weight in weights.items():
        sock.do("new_server", key_of(vip), server(n, weight=weight))
    return sock


def fingerprint(vip=VIP):
    return state.service(lab, key_of(vip)).get("table_fingerprint")


def only_table():
    """Bytes of the one table, once those before it are gone."""
    wait_for(lambda: state.config(lab)["tables"] == 1, "old tables are gone")
    return state.config(lab)["table_bytes"]


def clients(count, network=60):
    return [f"10.9.{network + n // 200}.{1 + n % 200}" for n in range(count)]


def clients6(count):
    return [f"2001:db8:60::{n + 1:x}" for n in range(count)]


def where(who, **kw):
    """{client: the server that a SYN of it goes to}, each from port 999"""
    frames = [lab.frame(client, sport=999, **kw) for client in who]
    found = {}
    for n in range(0, len(frames), 200):
        found |= lab.ask(frames[n:n + 200])
    same(len(found), len(who), "frames that arrived")
    return {client: found[client, 999] for client in who}


@case("SYN, ACK and data of each of 300 clients: one server, and the SYN makes no entry")
def _():
    fresh()
    moved = state.Moved(lab)
    first = where(clients(300))
    same(state.config(lab)["flows"], 0, "entries after the SYNs")
    same(moved.by(), {"table": 300}, "counters of the SYNs")
    same(set(first.values()), {1, 2, 3}, "servers")
    same(where(clients(300), flags=ACK), first, "servers of the ACKs")
    same(state.config(lab)["flows"], 300, "entries after the ACKs")
    same(where(clients(300), flags=ACK | PSH, data=b"x"), first, "servers of the data")
    same(moved.by(), {"table": 300, "midstream": 300}, "counters of all")
    same(state.service(lab, SERVICE)["stats"]["conns"], 300, "conns")


@case("the same over IPv6")
def _():
    fresh(VIP6, [rip6(n) for n in (1, 2, 3)])
    first = where(clients6(200))
    same(state.config(lab)["flows"], 0, "entries after the SYNs")
    same(set(first.values()), {1, 2, 3}, "servers")
    same(where(clients6(200), flags=ACK), first, "servers of the ACKs")


@case("UDP has entries from the first datagram on, where the table says")
def _():
    sock = fresh()
    sock.do("new_service", dray.udp(VIP, PORT, scheduler="dray"))
    for n in 1, 2, 3:
        sock.do("new_server", dray.udp(VIP, PORT), server(n, weight=1))
    first = where(clients(90), proto=UDP)
    same(state.config(lab)["flows"], 90, "entries")
    sock.do("del_flow", dray.nest("flow"))
    same(where(clients(90), proto=UDP), first, "servers afterwards")


@case("another order of commands, and a way with detours: the same table, the same servers", debug=False)
def _():
    fresh(servers={1: 3, 2: 1, 3: 2})
    print_, first = fingerprint(), where(clients(200))
    check(print_, "no fingerprint")
    sock = fresh(servers={3: 2, "10.9.0.130": 7, 1: 1})
    check(fingerprint() != print_, "another set has the same fingerprint")
    sock.do("new_server", SERVICE, server(2, weight=5))
    sock.do("del_server", SERVICE, server("10.9.0.130"))
    sock.do("set_server", SERVICE, server(1, weight=3))
    sock.do("set_server", SERVICE, server(2, weight=1))
    same(fingerprint(), print_, "fingerprint")
    same(where(clients(200)), first, "servers")


@case("weights: 1, 2 and 5 get their shares of 1600 clients", debug=False)
def _():
    fresh(servers={1: 1, 2: 2, 3: 5}, load_limit=0)
    got = Counter(where(clients(1600)).values())
    for n, wanted in (1, 200), (2, 400), (3, 1000):
        check(abs(got[n] - wanted) < 5 * wanted ** 0.5, f"{got}, wanted for rs{n}: {wanted}")


@case("down, and up again: only its clients move, all come back, and no table is made")
def _():
    sock = fresh()
    print_, first = fingerprint(), where(clients(300))
    sock.do("set_server", SERVICE, server(2, state=DOWN))
    then = where(clients(300))
    check(2 not in then.values(), "clients of the server that is down")
    same({c for c in first if first[c] != then[c]}, {c for c in first if first[c] == 2}, "clients that moved")
    same(fingerprint(), print_, "fingerprint")
    sock.do("set_server", SERVICE, server(2, state=UP))
    same(where(clients(300)), then, "SYNs that are sent again")
    # Those that went elsewhere meanwhile have an entry, and began there.
    moved = [c for c in first if first[c] == 2]
    same(sock.one("del_flow", SERVICE)["deleted"], len(moved), "entries")
    same(where(clients(300)), first, "servers afterwards")


@case("a hundred flaps move no client of the others")
def _():
    sock = fresh()
    print_, first = fingerprint(), where(clients(100))
    for n in range(100):
        sock.do("set_server", SERVICE, server(2, state=(DOWN, UP)[n % 2]))
        if n % 10 == 0:
            then = where(clients(100))
            same({c: n for c, n in then.items() if first[c] != 2}, {c: n for c, n in first.items() if n != 2}, "others")
    same(fingerprint(), print_, "fingerprint")


@case("a server taken out: the clients of the others stay, as good as all", debug=False)
def _():
    sock = fresh()
    first = where(clients(600))
    sock.do("del_server", SERVICE, server(2))
    then = where(clients(600))
    strays = [c for c in first if first[c] != 2 and first[c] != then[c]]
    check(2 not in then.values(), "clients of the server that is gone")
    check(len(strays) <= 6, f"{len(strays)} clients of others have moved")


@case("entries deleted in mid-flow: the flow goes on at its server")
def _():
    sock = fresh()
    first = where(clients(200))
    where(clients(200), flags=ACK)
    sock.do("del_flow", dray.nest("flow"))
    same(state.config(lab)["flows"], 0, "entries")
    same(where(clients(200), flags=ACK | PSH, data=b"x"), first, "servers")


def one_client(count, vip=VIP):
    """Servers of so many flows of one client, each established."""
    got = Counter()
    for part in range(0, count, 20):
        frames = [lab.frame("10.9.70.1") for _ in range(20)]
        ports = range(lab.last_port - 19, lab.last_port + 1)
        found = lab.ask(frames)
        for _ in range(2):      # established: else it would be over after 20 s
            acks = lab.ask([lab.frame("10.9.70.1", sport=p, flags=ACK) for p in ports])
            same(acks, found, "servers of the ACKs")
        got.update(found.values())
    return got


@case("sh: one client is at one server, and with sh-port at all", debug=False)
def _():
    fresh(scheduler="sh")
    same(len(one_client(60)), 1, "servers of one client")
    same(set(where(clients(100)).values()), {1, 2, 3}, "servers of many")
    fresh(scheduler="sh", sched_flags=2)
    same(len(one_client(60)), 3, "servers of one client by port")


@case("flows of a server that was taken out are counted no more for the load limit")
def _():
    for turn in range(3):
        sock = fresh(servers=(1, 2), scheduler="mh", load_limit=125) if not turn else sock
        one_client(60)
        for n in 1, 2:
            sock.do("del_server", SERVICE, server(n))
            sock.do("new_server", SERVICE, server(n, weight=1))
    sock.do("del_flow", dray.nest("flow"))
    got = one_client(100)
    check(max(got.values()) <= 50 + 3 * 50 ** 0.5 + 20, f"{got}")     # a SYN counts with its ACK, 20 later


@case("a threshold holds where the load limit gives way; above all of them nobody is asked", debug=False)
def _():
    sock = fresh(servers=(1, 2), scheduler="mh", load_limit=100)
    first = lab.server_of("10.9.73.1")
    sock.do("set_server", SERVICE, server(first, u_threshold=5))
    got = Counter()
    for _ in range(25):
        sport = lab.port()
        n = lab.server_of("10.9.73.1", sport=sport)
        for _ in range(2):      # established: else it would be over after 20 s
            same(lab.server_of("10.9.73.1", sport=sport, flags=ACK), n, "server of the ACK")
        got[n] += 1
    same((got[first], got[3 - first]), (5, 20), "flows")
    sock.do("set_server", SERVICE, server(3 - first, u_threshold=5))
    check(not lab.arrives("10.9.73.1"), "a flow above all thresholds")


@case("forged ACKs fill no more than seven eighths of the budget, press nothing and end soon")
def _():
    fresh()
    state.set_config(lab, unassured_limit=64)
    try:
        moved = state.Moved(lab)
        where(clients(200), flags=ACK)
        same(state.config(lab)["unassured"], 56, "unassured entries")
        by = moved.by()
        same((by.get("evicted", 0), by.get("unassured-limit", 0), by["stateless"]), (0, 0, 144), "counters")
        check(all(flow[7] <= 20000 for flow in state.flows(lab)), "an entry of one ACK lives longer than half open")
    finally:
        state.set_config(lab, unassured_limit=1 << 14)


@case("the load limit: of a client with 240 flows no server has more than 125 % and chance", again=False)
def _():
    fresh(scheduler="mh", load_limit=125)
    moved = state.Moved(lab)
    got = one_client(240)
    check(max(got.values()) <= 80 + 3 * 80 ** 0.5 + 20, f"{got}")
    check(moved.by().get("past-first", 0) > 0, f"{moved.by()}")
    fresh(scheduler="mh")
    same(len(one_client(100)), 1, "servers without a limit, the default of sh and mh")


@case("a SYN is answered, then its server is over its limit: the ACK goes to the same one")
def _():
    fresh(scheduler="mh", load_limit=125)
    frame = lab.frame("10.9.71.1")
    sport = lab.last_port
    first, = lab.ask([frame]).values()
    one_client(120)
    same(lab.server_of("10.9.71.1", sport=sport, flags=ACK), first, "server of the ACK")


@case("slow start: a server that joins gets next to nothing at first", again=False)
def _():
    sock = fresh(servers=(1, 2), slow_start=10, load_limit=0)
    time.sleep(10)      # they are new themselves
    sock.do("new_server", SERVICE, server(3, weight=1))
    begun = time.monotonic()
    got = Counter(where(clients(300)).values())
    check(got[3] <= 15 + 100 * (time.monotonic() - begun) / 10, f"{got}")
    sock.do("set_service", dray.tcp(VIP, PORT, slow_start=0))
    got = Counter(where(clients(300, 80)).values())
    check(got[3] >= 60, f"{got} without slow start")


@case("persistent clients: one server from the SYN on, also for a flow that others' load comes between")
def _():
    fresh(persist_timeout=60)
    first = where(clients(50))
    same((state.config(lab)["persists"], state.config(lab)["flows"]), (50, 0), "entries after the SYNs")
    same(where(clients(50), flags=ACK), first, "servers of the ACKs")
    same(state.config(lab)["flows"], 50, "entries after the ACKs")
    again = {c: s for (c, _), s in lab.ask([lab.frame(c) for c in clients(50)]).items()}
    same(again, first, "servers of further flows")


@case("flows past the first choice have entries; a RST or an ICMP error makes none")
def _():
    sock = fresh()
    victim = next(c for c, n in where(clients(50)).items() if n == 2)
    sock.do("set_server", SERVICE, server(2, state=DRAIN))
    lab.server_of(victim, sport=998, flags=RST)
    same(state.config(lab)["flows"], 0, "entries after a RST")


@case("services of one pool share one table, others have their own")
def _():
    sock = fresh()
    bytes_ = only_table()
    for n in range(1, 51):
        vip = dray.tcp(f"10.9.5.{n}", PORT)
        sock.do("begin")
        sock.do("new_service", vip)
        for m in 3, 1, 2:
            sock.do("new_server", vip, server(m, weight=1))
        sock.do("commit")
    same((state.config(lab)["tables"], state.config(lab)["table_bytes"]), (1, bytes_), "tables of 51 services")
    sock.do("set_server", SERVICE, server(1, weight=2))
    same(state.config(lab)["tables"], 2, "tables after one has changed")
    sock.do("flush")
    wait_for(lambda: state.config(lab)["tables"] == 0, "tables are gone")
    same(state.config(lab)["table_bytes"], 0, "bytes")


@case("a transaction of a hundred servers makes one table")
def _():
    sock = fresh(servers=())
    same(fingerprint(), None, "fingerprint without servers")
    sock.do("begin")
    for n in range(100):
        sock.do("new_server", SERVICE, server(f"10.9.1.{n + 1}", weight=1 + n % 3))
    same(state.config(lab)["tables"], 0, "tables before the commit")
    sock.do("commit")
    same(state.config(lab)["tables"], 1, "tables")


@case("eight at once add servers to one service: each is there, and the table has them all")
def _():
    fresh(servers=())
    failed = []

    def add(base):
        with lab.director:
            sock = dray.Dray()
        sock.sock.settimeout(30 * taptest.SLOWER)
        for n in range(10):
            try:
                sock.do("new_server", SERVICE, server(f"10.9.2.{base + n}", weight=1))
            except Exception as error:
                failed.append(error)
        sock.close()
    threads = [threading.Thread(target=add, args=(1 + 10 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(failed, [], "refused")
    same(state.service(lab, SERVICE)["servers"], 80, "servers")
    print_ = fingerprint()
    fresh(servers=[f"10.9.2.{n}" for n in range(80, 0, -1)])
    same(fingerprint(), print_, "fingerprint of the same made one by one")


@case("another key: another table; the key is shown by its fingerprint only")
def _():
    sock = fresh()
    check("table_key_fingerprint" not in state.config(lab), "a fingerprint of the public key")
    print_, first = fingerprint(), where(clients(200))
    try:
        state.set_config(lab, table_key=bytes(range(16)))
        mine = state.config(lab)["table_key_fingerprint"]
        check("table_key" not in state.config(lab), "the key is shown")
        check(fingerprint() != print_, "the same table")
        check(where(clients(200)) != first, "the same servers")
        state.set_config(lab, table_key=os.urandom(16))
        check(state.config(lab)["table_key_fingerprint"] != mine, "the same fingerprint of another key")
    finally:
        state.set_config(lab, table_key=b"dray table key 1")
    same((fingerprint(), where(clients(200))), (print_, first), "with the old key: table and servers")
    sock.refuse("set_config", [dray.nest("config", table_key=bytes(15))], errno.ERANGE, bad="config.table_key")


@case("what makes no sense is refused, and the table in force stays")
def _():
    sock = fresh()
    print_ = fingerprint()
    sock.refuse("new_server", [SERVICE, server(1)], errno.EEXIST, "Server already exists")
    sock.do("set_service", dray.tcp(VIP, PORT, rows=4096))
    sock.do("begin")
    for n in range(253):
        sock.do("new_server", SERVICE, server(f"10.9.3.{n + 1}", weight=1))
    sock.do("commit")
    sock.refuse("new_server", [SERVICE, server("10.9.4.1", weight=1)], errno.ENOSPC,
                "Too many servers for so few rows: 16 rows for each at least")
    same(state.service(lab, SERVICE)["servers"], 256, "servers")
    sock.do("new_server", SERVICE, server("10.9.4.1", weight=0))
    fresh()
    same(fingerprint(), print_, "fingerprint")


@case("tables beyond the limit of memory are refused, and the one in force stays")
def _():
    sock = fresh()
    print_, limit = fingerprint(), state.config(lab)["table_limit"]
    state.set_config(lab, table_limit=only_table() + 1000)
    try:
        sock.refuse("set_service", [dray.tcp(VIP, PORT, rows=32768)], errno.ENOSPC,
                    "The tables would take more than table-limit")
        same(fingerprint(), print_, "table")
        for n in 3, 2:      # the old table makes room for the new one
            sock.do("del_server", SERVICE, server(n))
        check(fingerprint() != print_, "the same table")
    finally:
        state.set_config(lab, table_limit=limit)


@case("all weights 0: no table, no server, and it comes back with the first weight")
def _():
    sock = fresh(servers={1: 0, 2: 0})
    same(fingerprint(), None, "fingerprint")
    check(not lab.arrives("10.9.72.1"), "a server of weight 0 got a flow")
    sock.do("set_server", SERVICE, server(2, weight=1))
    same(lab.server_of("10.9.72.1"), 2, "server")


@case("the default scheduler is dray by netlink, and wlc for -A", debug=False)
def _():
    sock = state.netlink(lab)
    sock.do("flush")
    sock.do("new_service", dray.tcp(VIP, 81))
    same(state.service(lab, dray.tcp(VIP, 81))["scheduler"], "dray", "by netlink")
    lab.adm(f"-A -t {VIP}:82")
    same(state.service(lab, dray.tcp(VIP, 82))["scheduler"], "wlc", "by -A")


if __name__ == "__main__":
    taptest.main(setup)
