#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
"""The selection table at work: two directors, load, floods, and a real transfer.

    client --+-- br --+-- rs1 … rs10 (no VIP: only look)
    director +        +-- director2 (has the VIP too; asked by its MAC address)

Frames are made by hand but for the transfer, which has servers with nginx of its own.
"""

import errno
import os
import tempfile
from collections import Counter

from lib import dray, genl, netlab, packet, state, taptest, traffic
from lib.netlab import VIP, VIP6, Lab, rip, rip6
from lib.packet import ACK, PSH, RST, SYN, TCP
from lib.quiet import PORT, Quiet
from lib.taptest import case, check, note, same, wait_for

lab = None
other = None        # the second director: its namespace and its socket of the family
SERVICE = dray.tcp(VIP, PORT)
SERVERS = 10
CLIENTS = 200 if taptest.DEBUG else 1000
EXPLAINED = 1000 if taptest.DEBUG else 100000 if taptest.FULL else 10000
SPOOFED = 10000 if taptest.DEBUG else 1000000 if taptest.FULL else 200000
BUDGET = 2048


class Other:
    """A second director on the same bridge."""

    def __init__(self):
        self.director = lab.host("director2", 118, more=[
            f"addr add {VIP}/32 dev eth0", f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0"])
        for n in range(1, SERVERS + 1):
            netlab.reach(self.director, rip(n))
            netlab.reach(self.director, rip6(n))


def setup():
    global lab, other
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet(servers=SERVERS)
    other = Other()


def configure(director, vip, weights, **more):
    """A service with {server's number: weight}, in this order; in place of whatever is there."""
    sock = state.netlink(director)
    sock.do("flush")
    wait_for(lambda: not state.config(director)["flows"], "old entries are gone")
    sock.do("new_service", dray.tcp(vip, PORT, **{"scheduler": "dray", **more}))
    address = rip6 if ":" in vip else rip
    for n, weight in weights.items():
        sock.do("new_server", dray.tcp(vip, PORT), dray.server(address(n), port=PORT, weight=weight))
    return sock


def where(clients, director):
    """{client: server's number} by a SYN of each through a director, none lost."""
    lab.macs = director.director.mac(), lab.client.mac()
    frames = [lab.frame(client, sport=999) for client in clients]
    found = {}
    for n in range(0, len(frames), 250):
        found |= lab.ask(frames[n:n + 250], 10)
    lab.macs = lab.director.mac(), lab.client.mac()
    same(len(found), len(clients), "frames that arrived")
    return {client: found[client, 999] for client in clients}


def shown(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def explained(director, vip, clients):
    """[(server, why)] that a director explains for each (client, its port)."""
    lines = [f"{shown(*client)} {shown(vip, PORT)}\n" for client in clients]
    with director.director:
        said = netlab.run(["drayadm", "explain", "--batch", "-"], stdin="".join(lines), timeout=600)
    same(len(said.splitlines()), len(clients), "lines of explain")
    return [tuple(line.split()[2:]) for line in said.splitlines()]


def alike(vip, clients):
    weights = {n: 1 + n % 4 for n in range(1, SERVERS + 1)}
    configure(lab, vip, weights)
    configure(other, vip, dict(sorted(weights.items(), key=lambda item: -item[0] * 7 % 11)))
    same(*(state.service(each, dray.tcp(vip, PORT))["table_fingerprint"] for each in (lab, other)), "fingerprints")
    first, second = where(clients, lab), where(clients, other)
    same(len(set(first.values())), SERVERS, "servers that were used")
    same({c for c in clients if first[c] != second[c]}, set(), "clients that the directors disagree on")
    address = rip6 if ":" in vip else rip
    same(explained(other, vip, [(client, 999) for client in clients]),
         [(shown(address(first[client]), PORT), "table") for client in clients], "what is explained of them")


def explained_alike(vip, client):
    """So many more clients, each address with a hundred ports; as alike() has left the directors."""
    clients = [(client(n // 100), 2000 + n % 100) for n in range(EXPLAINED)]
    here, there = explained(lab, vip, clients), explained(other, vip, clients)
    different = [(who, a, b) for who, a, b in zip(clients, here, there) if a != b]
    same(different[:5], [], f"{len(different)} clients that the directors disagree on")
    same((len({server for server, _ in here}), {why for _, why in here}), (SERVERS, {"table"}), "servers and reasons")


@case("two directors, servers in another order: %d clients at the same servers" % CLIENTS)
def _():
    alike(VIP, [f"10.9.{100 + n // 200}.{1 + n % 200}" for n in range(CLIENTS)])


@case("%d clients more, by explain" % EXPLAINED, again=False)
def _():
    explained_alike(VIP, lambda n: f"10.9.{110 + n // 200}.{1 + n % 200}")


@case("the same over IPv6: %d clients" % CLIENTS)
def _():
    alike(VIP6, [f"2001:db8:9::77:{n + 1:x}" for n in range(CLIENTS)])


@case("%d clients more over IPv6, by explain" % EXPLAINED, again=False)
def _():
    explained_alike(VIP6, lambda n: f"2001:db8:9::78:{n + 1:x}")


def frames_of(count, flags, network=0x64400000, data=b""):
    """A frame of each of so many clients, 100.64.0.0 and on."""
    return traffic.spoofed(*lab.macs, count, lambda client, sport: packet.ipv4(
        client, VIP, TCP, packet.tcp(client, VIP, sport, PORT, flags, data=data)), network)


def active():
    """{server's number: live flows}"""
    found = state.servers(lab)
    return {n: found[rip(n)]["active"] for n in range(1, SERVERS + 1)}


class Load:
    """Flows that come and go evenly, a few at a time: how long each lasts its server says."""

    BATCH, ROUND = 30, 10       # flows, batches

    def __init__(self, rounds, lasts):
        count = rounds * self.ROUND * self.BATCH
        self.syns, self.acks = frames_of(count, SYN), frames_of(count, ACK)
        self.data, self.resets = frames_of(count, ACK | PSH, data=b"x"), frames_of(count, RST)
        self.lasts = lasts      # batches, by the server's address
        self.ends = {}          # batch: numbers of flows
        self.worst = Counter()

    def batch(self, number):
        """A flow counts only once its handshake is done, so not too many at once."""
        at = number * self.BATCH
        for frames in self.syns, self.acks, self.data:
            lab.burst.send(frames[at:at + self.BATCH])
        lab.burst.send([self.resets[n] for n in self.ends.pop(number, [])])

    def look(self):
        live = active()
        share = sum(live.values()) / len(live)
        for n, has in live.items():
            self.worst[n] = max(self.worst[n], has / share)

    def servers(self):
        """{number of a flow: its server's address}, of those that are there"""
        found = {}
        for client, _, _, _, server, *_ in state.flows(lab):
            _, b, c, d = map(int, client.split("."))
            found[(b - 64) * 50000 + c * 256 + d] = server
        return found

    def round(self, number, watch):
        batches = range(number * self.ROUND, (number + 1) * self.ROUND)
        for batch in batches:
            self.batch(batch)
            if watch:
                self.look()
        servers = self.servers()
        for batch in batches:
            for n in range(batch * self.BATCH, (batch + 1) * self.BATCH):
                self.ends.setdefault(batch + self.lasts(servers[n]), []).append(n)


@case("one server three times slower than nine others: never more than 1.3 of its share of live flows", again=False)
def _():
    slow, normal, rounds = rip(4), 60, 30
    configure(lab, VIP, dict.fromkeys(range(1, SERVERS + 1), 1), load_limit=125)
    load, moved = Load(rounds, lambda server: 3 * normal if server == slow else normal), state.Moved(lab)
    for number in range(rounds):
        # The first rounds fill up: of few flows chance may give a server more.
        load.round(number, number >= 8)
    note("most live flows / share: " + " ".join(f"{load.worst[n]:.2f}" for n in sorted(load.worst)) + f", {moved.by()}")
    check(load.worst[4] <= 1.3, f"{load.worst[4]} of its share")
    check(load.worst[4] >= 1.2, "it was never near its limit: nothing was seen")
    check(moved.by().get("past-first", 0) > 0, "no flow was sent elsewhere")


@case("%d spoofed SYNs make no entry while no server is over its limit" % SPOOFED)
def _():
    configure(lab, VIP, dict.fromkeys(range(1, SERVERS + 1), 1), load_limit=125)
    frames, moved = frames_of(SPOOFED, SYN), state.Moved(lab)
    lab.burst.send(frames)
    wait_for(lambda: moved.by().get("table", 0) >= SPOOFED, "all SYNs are through", 60)
    same(moved.by(), {"table": SPOOFED}, "counters")
    same((state.config(lab)["flows"], state.config(lab)["unassured"]), (0, 0), "entries")


@case("SYNs, then every server over its limit, then ACKs: the same servers")
def _():
    sock = configure(lab, VIP, dict.fromkeys(range(1, SERVERS + 1), 1))
    clients = [f"10.9.120.{n + 1}" for n in range(100)]
    first = where(clients, lab)
    busy = [lab.frame(f"10.9.121.{n + 1}", sport=999, flags=ACK) for n in range(150)]
    for _ in range(3):
        lab.ask(busy, 10)
    for n in range(1, SERVERS + 1):
        sock.do("set_server", SERVICE, dray.server(rip(n), port=PORT, u_threshold=1))
    wait_for(lambda: all(server.get("overloaded") for server in state.servers(lab).values()), "all are overloaded")
    check(not lab.arrives("10.9.122.1"), "a new flow was taken")
    for flags, data in (ACK, b""), (ACK | PSH, b"x"):
        frames = [lab.frame(client, sport=999, flags=flags, data=data) for client in clients]
        found = lab.ask(frames, 10)
        same({client: found.get((client, 999)) for client in clients}, first, f"servers of flags {flags}")


def nginx(space, folder):
    with open(folder + "/conf", "w", encoding="ascii") as conf:
        conf.write(f"""daemon off; master_process off; error_log stderr; pid {folder}/pid;
            events {{}}
            http {{ access_log off; client_body_temp_path {folder}; server {{
                listen 80; root {folder}; limit_rate 1m; }} }}""")
    space.start(["nginx", "-p", folder, "-c", folder + "/conf"])
    wait_for(lambda: "nginx" in space.run("ss -ltnpH sport = 80"), f"nginx in {space.name}")


def delete_flows(real):
    """Whether there was an entry."""
    try:
        state.netlink(real).do("del_flow", dray.nest("flow"))
    except genl.Refused as error:
        same(error.errno, errno.ENOENT, "error of del_flow")
        return False
    return True


def transfer(real, folder, scheduler):
    """A file by curl while all entries are deleted again and again: curl's status, and what came."""
    real.batch(["-C", *real.lines(f"-t {VIP}:80", options=f"-s {scheduler}")])
    out = os.path.join(folder, "got-" + scheduler)
    curl = real.client.start(["curl", "-sS", "--max-time", "60", "-o", out, f"http://{VIP}/file"])
    deleted = 0

    def more():
        return curl.poll() is not None or os.path.exists(out) and os.path.getsize(out) > deleted * 600000
    while wait_for(more, "the transfer goes on", 60) and curl.poll() is None:
        deleted += delete_flows(real)
    got = b""
    if os.path.exists(out):
        with open(out, "rb") as file:
            got = file.read()
    return curl.returncode, got, deleted


@case("a transfer by curl from nginx survives that all entries are deleted in the middle; with rr it does not")
def _():
    real = Lab(servers=2)
    folder = tempfile.mkdtemp(prefix="nginx-")
    os.chmod(folder, 0o755)
    data = os.urandom(1 << 22)
    with open(folder + "/file", "wb") as file:
        file.write(data)
    for server in real.servers:
        nginx(server, folder)
    status, got, deleted = transfer(real, folder, "dray")
    same((status, len(got), got == data), (0, len(data), True), f"status, size and contents, {deleted} times deleted")
    check(deleted >= 3, f"deleted only {deleted} times")
    status, got, _ = transfer(real, folder, "rr")
    check(status and got != data, f"with rr curl's status is {status}: the entries did not count")


# The last case, since for a minute after such pressure no load is looked at.
@case("with a server over its limit the flood makes no more entries than the unassured budget")
def _():
    sock = configure(lab, VIP, dict.fromkeys(range(1, SERVERS + 1), 1))
    acks = frames_of(100, ACK, 0x64700000)
    for _ in range(3):
        lab.burst.send(acks)
    wait_for(lambda: active()[3] > 0, "a server has flows")
    state.set_config(lab, unassured_limit=BUDGET)
    sock.do("set_server", SERVICE, dray.server(rip(3), port=PORT, u_threshold=1))
    try:
        frames, moved, most = frames_of(SPOOFED // 4, SYN), state.Moved(lab), 0
        for n in range(0, len(frames), 2000):
            lab.burst.send(frames[n:n + 2000])
            most = max(most, state.config(lab)["unassured"])
        by = moved.by()
        note(f"at most {most} unassured entries, {by}")
        check(by.get("unassured-limit", 0) > 0 or taptest.DEBUG, "the budget was never used up")
        check(most <= BUDGET, f"{most} unassured entries, the budget is {BUDGET}")
        same(sorted(reason for reason in by if reason not in ("table", "past-first", "evicted", "stateless",
                                                              "unassured-limit")), [], "other reasons")
    finally:
        state.set_config(lab, unassured_limit=1 << 14)


if __name__ == "__main__":
    taptest.main(setup)
