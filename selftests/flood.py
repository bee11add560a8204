#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Full tables and spoofed packets: nobody who is real notices.

    client --+-- br --+-- rs1 (VIP on lo; spoofed sources are dropped, counted)
    spoofer -+        +-- rs2
    director +

Sources in 100.64.0.0/10 and 2001:db8:64::/48 stand for anybody's. What they cost is bounded by the
budget for unassured entries, and a client with a real socket gets through.
"""

import re
import socket
import time

from lib import netlab, packet, state, taptest, traffic
from lib.netlab import VIP, VIP6, Lab
from lib.packet import ACK, SYN, TCP, UDP, Tap
from lib.taptest import case, check, same, wait_for
from lib.traffic import Burst, EchoServers, tcp_ask, tcp_open, udp_ask

lab = None
burst = None
macs = ()
real = []
PORT = 7000
SPOOFED = 10000 if taptest.DEBUG else 200000
SPOOFED6 = 5000 if taptest.DEBUG else 50000
MANY = 8192 if taptest.DEBUG else 65536
BUDGET = 2048 if taptest.DEBUG else 20000
REAL = 20


def setup():
    global lab, burst, macs
    netlab.module_setup()
    netlab.need_dray()
    lab = Lab(servers=2, clients=2)
    netlab.warm(lab)
    netlab.reach(lab.clients[1], netlab.DIRECTOR)
    for server in lab.servers:
        for ip, sources in ("ip", "100.64.0.0/10"), ("ip6", "2001:db8:64::/48"):
            server.run(["nft", f"add table {ip} s; add counter {ip} s spoofed; add chain {ip} s pre "
                        "{ type filter hook prerouting priority -300; }; "
                        f"add rule {ip} s pre {ip} saddr {sources} counter name spoofed drop"])
    macs = lab.director.mac(), lab.clients[1].mac()
    burst = Burst(lab.clients[1])
    EchoServers(lab, PORT)
    state.set_config(lab, flow_limit=1 << 20, persist_limit=1 << 18, unassured_limit=1 << 17)
    lab.batch([*lab.lines(f"-t {VIP}:{PORT}"), *lab.lines(f"-u {VIP}:{PORT}")])
    for _ in range(REAL):
        sock, name = tcp_open(lab.client, VIP, PORT)
        real.append([sock, name, 0])
    say()
    time.sleep(1.2)
    say()
    wait_for(lambda: sum(f[6] & 1 for f in state.flows(lab) if f[0] == netlab.CLIENT) >= REAL, "real flows are assured")


def say():
    """A few bytes on every real connection."""
    for each in real:
        each[0].sendall(b"12345")
        each[2] += 5


def arrived(ip="ip"):
    """Spoofed packets that the servers' counters have seen; ip as nft calls it."""
    return sum(int(re.search(r"packets (\d+)", server.run(f"nft list counter {ip} s spoofed"))[1])
               for server in lab.servers)


def spoof(kind, count, network=0x64400000):
    def make(src, sport):
        if kind == UDP:
            return packet.ipv4(src, VIP, UDP, packet.udp(src, VIP, sport, PORT, b""))
        return packet.ipv4(src, VIP, TCP, packet.tcp(src, VIP, sport, PORT, SYN if kind == "syn" else ACK))
    return traffic.spoofed(*macs, count, make, network)


def client_gets_through():
    check(tcp_ask(lab.client, VIP, PORT) in ("rs1", "rs2"), "a new TCP client is not served")
    check(str(udp_ask(lab.client, VIP, PORT, tries=2)).startswith("rs"), "a new UDP client is not served")


def many_flows():
    """MANY real-looking UDP clients: an entry each, each with its server."""
    frames = spoof(UDP, MANY, 0x64500000)
    taps = [Tap(server, want=lambda s: (s.src or "").startswith("100.80.")) for server in lab.servers]
    sample = frames[:200]

    def where():
        burst.send(sample)
        found = {}
        while len(found) < len(sample) and any(got := packet.gather(taps, 3)):
            for n, some in enumerate(got):
                for seen in some:
                    found[seen.src] = n
        return found
    first = where()
    same(len(first), len(sample), "sampled flows that arrived")
    for tap in taps:
        tap.sock.close()
    before = state.config(lab)
    burst.send(frames[200:])
    after = state.config(lab)
    taps = [Tap(server, want=lambda s: (s.src or "").startswith("100.80.")) for server in lab.servers]
    again = where()
    for tap in taps:
        tap.sock.close()
    same(again, first, "servers of the sampled flows, afterwards")
    return before, after


@case("%d flows: an entry each, and each keeps its server" % MANY)
def _():
    before, after = many_flows()
    made = after["flows"] - before["flows"]
    check(MANY - 200 - MANY // 100 <= made <= MANY - 200, f"{made} entries were made")
    per = (after["flow_bytes"] - before["flow_bytes"]) / made
    taptest.note(f"{per:.1f} bytes for each flow")
    check(per <= 96, f"{per} bytes for each flow")


@case("the service of those flows removed, the memory is free again")
def _():
    big = state.config(lab)["flow_bytes"]
    lab.adm(f"-D -u {VIP}:{PORT}")
    wait_for(lambda: state.config(lab)["flows"] < 1000, "flows are gone", 30)
    wait_for(lambda: state.config(lab)["flow_bytes"] < big - MANY * 40, "bytes are free", 30)
    lab.batch(lab.lines(f"-u {VIP}:{PORT}"))


def flood(kind, network, count=SPOOFED):
    """Spoofed packets in five parts; the real ones are asked in between."""
    state.set_config(lab, unassured_limit=BUDGET)
    lab.batch([f"-D -u {VIP}:{PORT}", *lab.lines(f"-u {VIP}:{PORT}")])
    start = state.config(lab)
    frames = spoof(kind, count, network)
    slab, most = slab_bytes(), 0
    moved = state.Moved(lab)
    for part in range(5):
        burst.send(frames[part * count // 5:(part + 1) * count // 5])
        most = max(most, slab_bytes() - slab)
        now = state.config(lab)
        check(now["unassured"] <= BUDGET, f"{now['unassured']} unassured entries, budget {BUDGET}")
        say()
        client_gets_through()
    end = state.config(lab)
    check(end["flows"] + end["persists"] <= start["flows"] + BUDGET + 100, f"entries {start} {end}")
    grown = end["flow_bytes"] - start["flow_bytes"]
    taptest.note(f"{kind}: {end['unassured']} unassured, flow bytes +{grown}, slab +{most}, {moved.by()}")
    # 48 bytes an entry, the table at its emptiest, the ring.
    check(grown <= BUDGET * 96 + (1 << 20), f"flow_bytes grew by {grown}")
    if not taptest.DEBUG:   # where what is freed is kept back, to see who uses it
        check(most <= BUDGET * 72, f"the caches' slabs grew by {most} bytes, budget {BUDGET}")
    return moved.by()


def slab_bytes():
    """What the caches of flows have of the kernel's memory, also for what is freed and not given back.

    The kernel may have merged them with others of that size, so slabinfo need not name them.
    """
    def of(cache, what):
        with open(f"/sys/kernel/slab/{cache}/{what}", encoding="ascii") as file:
            return int(file.read().split()[0])
    return sum(of(cache, "total_objects") * of(cache, "slab_size") for cache in ("dray_flow4", "dray_flow6"))


def alive():
    """Every real connection is still with its server, which has got all."""
    for sock, name, sent in real:
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(10 * taptest.SLOWER)
        same(sock.recv(100).decode().split(), [name, str(sent)], "what a server says at the end")
        sock.close()


# Before any flood that makes entries: under pressure an ACK may be of a flow whose entry had to go.
@case("%d spoofed ACKs: no entries for nothing, real clients get through" % SPOOFED)
def _():
    def flows():
        return state.config(lab)["flows"]
    wait_for(lambda: flows() <= REAL + 20, "flows of the cases before are gone", 30)
    before = arrived()
    moved = flood("ack", 0x64680000)
    check(flows() <= REAL + 40, f"{flows()} entries, of which {REAL} are real")
    check(SPOOFED * 97 // 100 <= moved.get("no-entry", 0) <= SPOOFED, f"reasons {moved}")
    same(arrived() - before, 0, "ACKs that a server got")


@case("%d spoofed SYNs: bounded entries, real clients get through" % SPOOFED)
def _():
    before = arrived()
    moved = flood("syn", 0x64600000)
    got = arrived() - before
    check(got >= SPOOFED * 97 // 100, f"only {got} were forwarded: dropped for lack of room?")
    check(moved.get("evicted", 0) + moved.get("unassured-limit", 0) > SPOOFED // 2, f"reasons {moved}")


@case("%d spoofed ACKs after that: forwarded without an entry where the budget is used" % (SPOOFED // 4))
def _():
    before = arrived()
    moved = flood("ack", 0x646c0000, SPOOFED // 4)
    got = arrived() - before
    check(got >= SPOOFED // 4 * 97 // 100, f"only {got} were forwarded")
    check(moved.get("stateless", 0) >= got - BUDGET > 0, f"reasons {moved}")
    same(moved.get("no-entry", 0), 0, "ACKs left to the local stack")


@case("%d spoofed datagrams: bounded entries, real clients get through" % SPOOFED)
def _():
    before = arrived()
    flood(UDP, 0x64700000)
    got = arrived() - before
    check(got >= SPOOFED * 97 // 100, f"only {got} were forwarded")


@case("after all that the connections from before are alive, every byte arrived")
def _():
    say()
    alive()


@case("%d spoofed SYNs over IPv6: bounded entries, a real client gets through" % SPOOFED6)
def _():
    state.set_config(lab, unassured_limit=BUDGET)
    lab.batch(lab.lines(f"-t [{VIP6}]:{PORT}"))
    frames = traffic.spoofed6(*macs, SPOOFED6, lambda src, sport: packet.ipv6(
        src, VIP6, TCP, packet.tcp(src, VIP6, sport, PORT, SYN)))
    before, moved = arrived("ip6"), state.Moved(lab)
    for part in range(5):
        burst.send(frames[part * SPOOFED6 // 5:(part + 1) * SPOOFED6 // 5])
        now = state.config(lab)
        check(now["unassured"] <= BUDGET, f"{now['unassured']} unassured entries, budget {BUDGET}")
        check(tcp_ask(lab.client, VIP6, PORT) in ("rs1", "rs2"), "a new client is not served")
    got = arrived("ip6") - before
    check(got >= SPOOFED6 * 97 // 100, f"only {got} were forwarded: dropped for lack of room?")
    reasons = moved.by()
    without = reasons.get("evicted", 0) + reasons.get("unassured-limit", 0)
    check(without > SPOOFED6 - 2 * BUDGET > 0, f"reasons {reasons}")


@case("a full table: established flows live, new clients are served, each by one server")
def _():
    state.set_config(lab, unassured_limit=1024, flow_limit=1024)
    lab.batch(["-C", *lab.lines(f"-t {VIP}:{PORT}"), *lab.lines(f"-u {VIP}:{PORT}")])
    wait_for(lambda: state.config(lab)["flows"] == 0, "tables are empty", 30)
    sock, name = tcp_open(lab.client, VIP, PORT)
    sock.sendall(b"12345")
    # Payload in two different seconds makes a flow real: these stay.
    udp = [packet.frame(*macs, packet.ipv4(f"100.120.{n // 250}.{n % 250 + 1}", VIP, UDP, packet.udp(
        f"100.120.{n // 250}.{n % 250 + 1}", VIP, 5000, PORT, b"payload"))) for n in range(1100)]
    for _ in range(4):
        burst.send(udp)
        sock.sendall(b"12345")
        time.sleep(0.8)
    full = wait_for(lambda: (c := state.config(lab))["flows"] >= 1000 and c, "the table is full")
    check(full["flows"] <= 1024, f"{full['flows']} flows, limit 1024")
    moved = state.Moved(lab)
    taps = [Tap(server, want=lambda s: (s.src or "").startswith("100.121.")) for server in lab.servers]
    where = {}
    for flags, data in ((SYN, b""), (ACK, b""), (ACK | packet.PSH, b"GET /")):
        burst.send([packet.frame(*macs, packet.ipv4(f"100.121.1.{n}", VIP, TCP, packet.tcp(
            f"100.121.1.{n}", VIP, 6000, PORT, flags, data=data))) for n in range(1, 41)])
        seen = 0
        while seen < 40 and any(got := packet.gather(taps, 2)):
            for n, some in enumerate(got):
                for frame in some:
                    seen += 1
                    where.setdefault(frame.src, set()).add(n)
        same(seen, 40, f"frames with flags {flags} that arrived")
    same({c: s for c, s in where.items() if len(s) > 1}, {}, "clients on more than one server")
    same(len(set.union(*where.values())), 2, "servers that new clients use")
    reasons = moved.by()
    check(reasons.get("flow-limit", 0) + reasons.get("unassured-limit", 0) > 0 and reasons.get("stateless", 0) > 0,
          f"reasons {reasons}")
    check(tcp_ask(lab.client, VIP, PORT) in ("rs1", "rs2"), "a real new client is not served")
    sock.shutdown(socket.SHUT_WR)
    same(sock.recv(100).decode().split(), [name, "25"], "the established connection")
    sock.close()


@case("limits outside their range are refused")
def _():
    for option in ("--flow-limit 1023", "--unassured-limit 63", "--unassured-limit 2000000"):
        before = state.config(lab)
        out = lab.adm("config " + option, check_status=False)
        check(out.strip(), f"{option}: nothing said")
        after = state.config(lab)
        same((after["flow_limit"], after["unassured_limit"]), (before["flow_limit"], before["unassured_limit"]), option)


if __name__ == "__main__":
    taptest.main(setup)
