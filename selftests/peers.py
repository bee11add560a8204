#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
"""Directors that are each other's real servers: no frame is forwarded twice.

    client --+-- br --+-- node1, node2, node3: director and server each, VIP on lo
                      |
                     tap (sees every frame that any of them sends)

Every node has the same services, all nodes as servers, the others' MAC addresses
as peers. The client's frames go to one node's MAC, as if that was the active one.
"""

import itertools

from lib import dray, netlab, packet, taptest
from lib.netlab import VIP, VIP6, Lab
from lib.packet import SYN, TCP
from lib.taptest import case, check, same, wait_for

PORT = 80
FLOWS = 60
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sed", "nq", "fo", "ovf", "twos", "sh", "mh", "dray")
ROLES = ("standby", "active")
lab = None
nodes, taps = [], []
ports = itertools.count(20000)
hosts = itertools.count()


class Node:
    """A director that is a server too."""

    def __init__(self, number):
        self.number = number
        self.space = lab.host(f"node{number}", number)
        self.mac = self.space.mac()
        self.addresses = f"10.9.0.{number}", f"2001:db8:9::{number}"
        lab.give_vip_to_server(self.space)
        with self.space:
            self.netlink = dray.Dray()

    def configure(self, count, scheduler):
        lines = ["-C"]
        for service, six in (f"-t {VIP}:{PORT}", 0), (f"-t [{VIP6}]:{PORT}", 1):
            lines.append(f"-A {service} -s {scheduler}")
            for node in nodes[:count]:
                server = f"[{node.addresses[1]}]" if six else node.addresses[0]
                # Each prefers the next one, also by a scheduler that takes none but the heaviest.
                weight = 20000 if nodes.index(node) == (nodes.index(self) + 1) % count else 10000
                lines.append(f"-a {service} -r {server}{f':{PORT}' if six else ''} -g -w {weight}")
        with self.space:
            netlab.run("drayadm -R", stdin="\n".join(lines) + "\n")

    def role(self, role, count):
        peers = [node.mac for node in nodes[:count] if node is not self]
        self.no_roles()
        for vip in VIP, VIP6:
            self.netlink.do("new_vip", dray.vip(vip, role=ROLES.index(role), peer=peers))

    def no_roles(self):
        for found in self.netlink.dump("get_vip"):
            self.netlink.do("del_vip", dray.nest("vip", **{k: found["vip"][k] for k in ("family", "address")}))


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Lab(servers=0, vip_local=False)
    nodes.extend(Node(n) for n in (11, 12, 13))
    for node in nodes:
        for other in nodes:
            if other is not node:
                netlab.reach(node.space, other.addresses[0])
                netlab.reach(node.space, other.addresses[1])
        netlab.reach(node.space, netlab.CLIENT)
        netlab.reach(node.space, netlab.CLIENT6)
        taps.append(packet.Tap(node.space, want=lambda seen: seen.dst in (VIP, VIP6)))


def frames(to, six):
    """SYNs of clients that nobody knows; the same port never twice."""
    made = {}
    for _ in range(FLOWS):
        sport, host = next(ports), next(hosts) % 200 + 1
        source, vip = (f"2001:db8:9::5:{host}", VIP6) if six else (f"10.9.5.{host}", VIP)
        data = packet.tcp(source, vip, sport, PORT, SYN)
        made[source, sport] = packet.frame(to.mac, lab.client.mac(), packet.ip(source, vip, TCP, data))
    return made


def forwards(to, count, families=(False,)):
    """Send frames to a node, FLOWS of each family: {flow: [who forwarded it, …]}"""
    for tap in taps:
        tap.drop()
    sender = lab.client.packet_socket()
    made = {}
    for six in families:
        made.update(frames(to, six))
    for frame in made.values():
        sender.send(frame)
    got = {flow: [] for flow in made}
    arrived = 0
    by_mac = {node.mac: node.number for node in nodes}

    def collect():
        nonlocal arrived
        for tap in taps:
            for seen in tap.all():
                key = seen.src, seen.ports()[0]
                if key not in got:
                    continue
                arrived += seen.src_mac not in by_mac
                if seen.src_mac in by_mac:
                    got[key].append(by_mac[seen.src_mac])
        return arrived >= len(made)
    wait_for(collect, "all frames arrive at the node")
    # Whoever would forward again has had its turn once a later frame of the client's has been answered there.
    for node in nodes[:count]:
        for six in families:
            netlab.reach(lab.client, node.addresses[six])
    collect()
    return got


def once(active, count, what):
    """No flow is forwarded more than once, and of each family some are, by the active node alone."""
    got = forwards(active, count, (False, True))
    same({flow: by for flow, by in got.items() if len(by) > 1}, {}, f"{what}: forwarded twice")
    by = {(":" in client, number) for (client, _), passed in got.items() for number in passed}
    same(by, {(False, active.number), (True, active.number)}, f"{what}: who forwards, over IPv6 or not")


def try_nodes(count):
    for active, *others in (nodes[:count], nodes[:count][::-1]):
        # In the middle of a failover two may believe to be active.
        for second in "standby", "active":
            active.role("active", count)
            for node in others:
                node.role("standby", count)
            others[0].role(second, count)
            for scheduler in SCHEDULERS:
                # Anew: flows of the one before count for lc and others, which might send all new ones to one node.
                for node in nodes[:count]:
                    node.configure(count, scheduler)
                once(active, count, f"{scheduler}, {active.number} is active, another {second}")


@case("two nodes: no frame is forwarded twice by any scheduler, whoever is active, also while both are")
def _():
    try_nodes(2)


@case("three nodes: no frame is forwarded twice by any scheduler, whoever is active, also while two are")
def _():
    try_nodes(3)


@case("without the peers' addresses two active nodes do forward to each other: the test can see it")
def _():
    for node in nodes[:2]:
        node.configure(2, "rr")
        node.no_roles()
    got = forwards(nodes[0], 2)
    check(any(len(by) > 1 for by in got.values()), f"no frame was forwarded twice: {list(got.values())[:9]}")


@case("a lease runs out on a node that is a server: it keeps serving what the new active node sends")
def _():
    first, other = nodes[:2]
    for node in nodes[:2]:
        node.configure(2, "rr")
        node.role("active", 2)
    for vip in VIP, VIP6:
        first.space.run(f"drayadm vip set {vip} --lease 1")
    wait_for(lambda: not any(forwards(first, 2).values()), "the lease runs out")
    for six in False, True:
        got = forwards(other, 2, (six,))
        by = [passed for passed in got.values() if passed]
        check(by and all(passed == [other.number] for passed in by), f"IPv6 {six}: {by[:9]}")


if __name__ == "__main__":
    taptest.main(setup)
