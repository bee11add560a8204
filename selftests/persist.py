#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""Persistence: a client keeps its server, as long as promised and no longer.

    client --+-- br --+-- rs1 (no VIP: only looks)
    director +        +-- rs2
                      +-- rs3

Packets are made by hand, so that a client is any address and a flow any port;
which server a frame went to is read off its destination MAC. Times are judged
by clocks read before and after each packet: what lies between is left open.
"""

import time

from lib import netlab, packet, state, taptest
from lib.netlab import VIP, VIP6, rip
from lib.packet import ACK, SYN, TCP, UDP
from lib.quiet import Quiet
from lib.taptest import add_case, case, check, same

lab = None
PORT = 80
HIGHER = 5


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet()
    # Both CPUs take packets of the director's one device.
    lab.director.run(["ip", "netns", "exec", lab.director.name, "sh", "-c",
                      "echo 3 >/sys/class/net/eth0/queues/rx-0/rps_cpus"], check_status=False)


def fresh(options, service=f"-t {VIP}:{PORT}", servers=(1, 2, 3)):
    lab.batch(["-C", *lab.lines(service, servers, options, "-w 1000")])


def failover_service(persist, extra=""):
    """New clients go to rs1 until turn_to_second() is called."""
    lab.batch(["-C", f"-A -t {VIP}:{PORT} -s fo -p {persist}{extra}",
               f"-a -t {VIP}:{PORT} -r {rip(1)} -g -w 10", f"-a -t {VIP}:{PORT} -r {rip(2)} -g -w {HIGHER}"])


def turn_to_second():
    lab.batch([f"-e -t {VIP}:{PORT} -r {rip(2)} -g -w 20"])


def expiry(second_packet):
    """On a machine that is too slow to ask in time, longer times are tried."""
    for seconds in 2, 8, 32:
        if all(expiry_of(seconds, second_packet)):
            return
    check(False, "no client could be judged")


def expiry_of(seconds, second_packet):
    """Clients whose next flow comes from 1 s before the timeout to 2.5 s after
    it.  Returns how many were judged before and after it."""
    clients = [f"10.9.{30 + n // 100}.{1 + n % 100}" for n in range(36)]
    failover_service(seconds)
    lasts, sports = {}, {}
    for client in clients:
        sports[client] = lab.port()
        before = time.monotonic()
        ask_one = lab.frame(client, sport=sports[client])
        lab.burst.send([ask_one])
        lasts[client] = (before, time.monotonic())
    if second_packet:
        time.sleep(0.7)
        for client in clients:
            before = time.monotonic()
            lab.burst.send([lab.frame(client, flags=ACK, sport=sports[client])])
            lasts[client] = (before, time.monotonic())
    turn_to_second()
    early, late, judged = [], [], [0, 0]
    for n, client in enumerate(clients):
        due = lasts[client][1] + seconds - 1 + n * 0.1
        time.sleep(max(0, due - time.monotonic()))
        before = time.monotonic()
        where = lab.server_of(client)
        after = time.monotonic()
        least, most = before - lasts[client][1], after - lasts[client][0]
        if most < seconds - 0.01:
            judged[0] += 1
            if where != 1:
                early.append(f"{client} after {most:.2f} s")
        elif least > seconds + 1.02:
            judged[1] += 1
            if where != 2:
                late.append(f"{client} after {least:.2f} s")
    same((early, late), ([], []), "too early, too late")
    return judged


@case("an entry lives for its timeout from the last packet, and one second longer at most")
def _():
    expiry(False)


@case("so it does when the client's last packet was one of an existing flow")
def _():
    expiry(True)


@case("what is listed agrees: seconds left, and gone in time")
def _():
    failover_service(2)
    before = time.monotonic()
    lab.server_of("10.9.40.1")
    after = time.monotonic()
    seen = state.persists(lab)
    now = time.monotonic()
    check("10.9.40.1" in seen, f"not listed: {seen}")
    left = seen["10.9.40.1"][2] / 1000
    check(2 - (now - before) - 0.01 <= left <= 3.01, f"{left} s left")
    while time.monotonic() - after < 3.1:
        listed = "10.9.40.1" in state.persists(lab)
        if time.monotonic() - before < 1.99:
            check(listed, f"not listed after {time.monotonic() - before:.2f} s")
        time.sleep(0.05)
    check("10.9.40.1" not in state.persists(lab), "still listed after 3.1 s")


@case("an IPv4 netmask: one network is one client, another network another")
def _():
    fresh("-s rr -p 60 -M 255.255.255.0")
    same({lab.server_of(f"10.9.50.{n}") for n in (1, 77, 254)}, {lab.server_of("10.9.50.2")}, "servers of one network")
    same(len({lab.server_of(f"10.9.{n}.1") for n in (51, 52, 53)}), 3, "servers of three networks")
    check("10.9.50.0" in state.persists(lab), "the network is not listed")


@case("an IPv6 prefix: one network is one client, another network another")
def _():
    fresh("-s rr -p 60 -M 64", f"-t [{VIP6}]:{PORT}")
    same({lab.server_of(f"2001:db8:50::{n}") for n in (1, 77, "ffff:1")}, {lab.server_of("2001:db8:50::2")},
         "servers of one network")
    same(len({lab.server_of(f"2001:db8:{n}::1") for n in (51, 52, 53)}), 3, "servers of three networks")


def six_at_once(scheduler, proto):
    fresh(f"-s {scheduler} -p 60", f"-{'t' if proto == TCP else 'u'} {VIP}:{PORT}")
    clients = [f"10.9.60.{n}" for n in range(1, 21)]
    got = lab.ask([lab.frame(client, proto=proto) for client in clients for _ in range(6)])
    same(len(got), 120, "frames that arrived")
    where = {client: {s for (c, _), s in got.items() if c == client} for client in clients}
    same({c: s for c, s in where.items() if len(s) > 1}, {}, "clients on more than one server")


for name in ("rr", "wrr", "lc", "wlc", "sed", "nq", "fo", "ovf", "twos"):
    add_case(f"six SYNs of one client at once go to one server ({name})", lambda n=name: six_at_once(n, TCP))
add_case("six datagrams of one client at once go to one server", lambda: six_at_once("rr", UDP))


@case("six SYNs of one client at once, many times over, on both CPUs")
def _():
    fresh("-s rr -p 60")
    clients = [f"10.9.{61 + n // 200}.{1 + n % 200}" for n in range(600)]
    got = {}
    # A device's queue holds a thousand.
    for n in range(0, 600, 100):
        got |= lab.ask([lab.frame(client) for client in clients[n:n + 100] for _ in range(6)], 20)
    check(len(got) > 3000, f"only {len(got)} of 3600 frames arrived")
    where = {}
    for (client, _), server in got.items():
        where.setdefault(client, set()).add(server)
    same({c: s for c, s in where.items() if len(s) > 1}, {}, "clients on more than one server")


@case("port 0: a client's ports share a server, and its entry")
def _():
    fresh("-s rr -p 60", f"-t {VIP}:0")
    same(len({lab.server_of("10.9.70.1", dport=n) for n in (21, 80, 443, 65535)}), 1, "servers")
    same(len(state.persists(lab)), 1, "entries")


@case("a firewall mark: a client's ports and protocols share a server")
def _():
    lab.batch(["-C", "-A -f 5 -s rr -p 60", *(f"-a -f 5 -r {rip(n)} -g" for n in (1, 2, 3))])
    lab.director.run(["nft", "add table ip raw; add chain ip raw pre { type filter hook prerouting priority -300; };"
                      f"add rule ip raw pre ip daddr {VIP} meta mark set 5"])
    try:
        same(len({lab.server_of("10.9.71.1", dport=80), lab.server_of("10.9.71.1", dport=443),
                  lab.server_of("10.9.71.1", dport=53, proto=UDP)}), 1, "servers")
        same(len({lab.server_of(f"10.9.71.{n}") for n in (2, 3, 4)}), 3, "servers of three clients")
    finally:
        lab.director.run("nft flush ruleset")


@case("drain: a client with an open flow stays, one without moves")
def _():
    failover_service(60)
    open_port, over_port = lab.port(), lab.port()
    for client, sport, flags in (("10.9.80.1", open_port, SYN), ("10.9.80.1", open_port, ACK),
                                 ("10.9.80.2", over_port, SYN), ("10.9.80.2", over_port, ACK),
                                 ("10.9.80.2", over_port, packet.RST | ACK)):
        same(lab.server_of(client, sport=sport, flags=flags), 1, f"{client} at first")
    listed = state.persists(lab)
    same((listed["10.9.80.1"][1], listed["10.9.80.2"][1]), (1, 0), "open flows listed")
    lab.adm(f"drain -t {VIP}:{PORT} -r {rip(1)}")
    same(lab.server_of("10.9.80.1"), 1, "client with an open flow")
    same(lab.server_of("10.9.80.1", sport=open_port, flags=ACK), 1, "its open flow")
    same(lab.server_of("10.9.80.2"), 2, "client without one")
    same(lab.server_of("10.9.80.3"), 2, "a new client")
    lab.adm(f"up -t {VIP}:{PORT} -r {rip(1)}")
    same(lab.server_of("10.9.80.2"), 2, "the moved client after the drain")
    same(lab.server_of("10.9.80.4"), 1, "a new client after the drain")


@case("weight 0 drains in the same way")
def _():
    failover_service(60)
    same(lab.server_of("10.9.81.1"), 1, "at first")
    sport = lab.port()
    lab.server_of("10.9.81.2", sport=sport)
    lab.server_of("10.9.81.2", sport=sport, flags=packet.RST)
    lab.adm(f"-e -t {VIP}:{PORT} -r {rip(1)} -g -w 0")
    same(lab.server_of("10.9.81.1"), 1, "client with a half-open flow")
    same(lab.server_of("10.9.81.2"), 2, "client whose flow is closed")


@case("down: the client's next SYN goes elsewhere")
def _():
    failover_service(60)
    same(lab.server_of("10.9.82.1"), 1, "at first")
    lab.adm(f"down -t {VIP}:{PORT} -r {rip(1)}")
    same(lab.server_of("10.9.82.1"), 2, "while it is down")
    lab.adm(f"up -t {VIP}:{PORT} -r {rip(1)}")
    same(lab.server_of("10.9.82.1"), 2, "after that")


@case("a removed server's clients move and stay where they went")
def _():
    failover_service(60)
    same(lab.server_of("10.9.83.1"), 1, "at first")
    lab.adm(f"-d -t {VIP}:{PORT} -r {rip(1)}")
    same(lab.server_of("10.9.83.1"), 2, "after the removal")
    lab.batch([f"-a -t {VIP}:{PORT} -r {rip(1)} -g -w 10"])
    same(lab.server_of("10.9.83.1"), 2, "after it was put back")
    same(lab.server_of("10.9.83.2"), 1, "a new client")


@case("one entry is listed and deleted by its client; the others stay")
def _():
    failover_service(60)
    for n in (1, 2, 3):
        same(lab.server_of(f"10.9.84.{n}"), 1, "at first")
    check("10.9.84.2" in lab.adm(f"persist -t {VIP}:{PORT} --client 10.9.84.2"), "not listed by its client")
    turn_to_second()
    lab.adm(f"persist del -t {VIP}:{PORT} --client 10.9.84.2")
    same(sorted(state.persists(lab)), ["10.9.84.1", "10.9.84.3"], "clients left")
    same([lab.server_of(f"10.9.84.{n}") for n in (1, 2, 3)], [1, 2, 1], "servers after that")


@case("-Lnc shows a client as IPVS does, with port 0")
def _():
    failover_service(60)
    sport = lab.port()
    lab.server_of("10.9.85.1", sport=sport)
    lab.server_of("10.9.85.1", sport=sport, flags=ACK)
    line = [row.split() for row in lab.adm("-Lnc").splitlines() if "10.9.85.1:0 " in row]
    same(len(line), 1, "lines")
    same(line[0][3:], ["10.9.85.1:0", f"{VIP}:0" if line[0][4].endswith(":0") else f"{VIP}:{PORT}",
                       f"{rip(1)}:{PORT}"], "addresses")
    same(line[0][2], "ASSURED", "state")


@case("a changed timeout holds for the entries there are")
def _():
    failover_service(60)
    lab.server_of("10.9.86.1")
    lab.batch([f"-E -t {VIP}:{PORT} -s fo -p 2"])
    left = state.persists(lab)["10.9.86.1"][2]
    check(left <= 3000, f"{left} ms left")


@case("with persist-limit reached all packets of one client still go to one server")
def _():
    fresh("-s rr -p 60")
    state.set_config(lab, persist_limit=1024)
    clients = [f"10.9.{90 + n // 250}.{1 + n % 250}" for n in range(1500)]
    lab.ask([lab.frame(client) for client in clients], 10)
    moved = state.Moved(lab)
    tail = clients[-100:]
    got = lab.ask([lab.frame(client) for client in tail for _ in range(3)], 10)
    where = {c: {s for (x, _), s in got.items() if x == c} for c in tail}
    same({c: s for c, s in where.items() if len(s) != 1}, {}, "clients on more than one server")
    check(moved.by().get("persist-limit", 0) + moved.by().get("unassured-limit", 0) > 0, f"reasons {moved.by()}")
    check(state.config(lab)["persists"] <= 1024, "more entries than the limit")
    state.set_config(lab, persist_limit=1 << 16)


@case("a persistent service over IPv6 keeps its clients too")
def _():
    fresh("-s rr -p 60", f"-t [{VIP6}]:{PORT}")
    for n in range(1, 7):
        same(len({lab.server_of(f"2001:db8:9::{n}:1") for _ in range(3)}), 1, "servers of one client")
    same(len(state.persists(lab)), 6, "entries")


if __name__ == "__main__":
    taptest.main(setup)
