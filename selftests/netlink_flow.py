#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Flows, persist entries and counters by netlink: listed, filtered, deleted, zeroed.

    client --- br --- director (VIPs), rs1, rs2

The client's datagrams make the entries; nobody has to answer them.
"""

import socket

from lib import dray, netlab, packet, taptest
from lib.dray import Dray, mark, nest, server, udp
from lib.netlab import CLIENT, CLIENT6, VIP, VIP6, Lab, rip, rip6
from lib.taptest import case, check, same, wait_for
from lib.traffic import Burst

CLIENT2 = "10.9.2.7"
lab = sock = None
UDP, TCP = 17, 6


def setup():
    global lab, sock
    netlab.module_setup()
    lab = Lab(servers=2, clients=1)
    lab.client.ip(f"addr add {CLIENT2}/16 dev eth0")
    with lab.director:
        sock = Dray()


def services():
    """UDP over IPv4 and IPv6, a persistent one and a firewall mark, two servers each."""
    sock.fresh()
    for service, names in ((udp(VIP, 53, scheduler="rr"), (rip(1), rip(2))),
                           (udp(VIP6, 53, scheduler="rr"), (rip6(1), rip6(2))),
                           (udp(VIP, 500, persist_timeout=300, persist_prefix=24, scheduler="rr"),
                            (rip(1), rip(2)))):
        sock.do("new_service", service)
        for name in names:
            sock.do("new_server", key_of(service), server(name))


def key_of(service):
    """The key in a service's nest, without what is configured of it."""
    wanted = [dray.NUMBERS["service"][n] for n in ("family", "protocol", "address", "port", "fwmark")]
    return service[0], [a for a in service[1] if a[0] in wanted]


def datagrams(source, target, port, ports):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    for number in ports:
        with lab.client.socket(family, socket.SOCK_DGRAM) as own:
            own.bind((source, number))
            own.sendto(b"x", (target, port))


def flows(*filters):
    return sock.dump("get_flow", *filters)


def stocked():
    """40 flows of one client, 10 of another, 10 over IPv6, 5 of persistent clients."""
    services()
    datagrams(CLIENT, VIP, 53, range(20001, 20041))
    datagrams(CLIENT2, VIP, 53, range(20001, 20011))
    datagrams(CLIENT6, VIP6, 53, range(20001, 20011))
    datagrams(CLIENT, VIP, 500, range(20001, 20006))
    wait_for(lambda: len(flows()) == 65, "flows")


@case("a flow is listed with its service, its server and all that is known of it")
def listed():
    stocked()
    found, = flows(nest("flow", client=dray.ip(CLIENT2), client_port=20001))
    same((found["service"]["port"], found["service"]["protocol"], found["service"]["address"]),
         (53, UDP, dray.ip(VIP)), "service")
    check(found["server"]["address"] in (dray.ip(rip(1)), dray.ip(rip(2))), "server")
    flow = found["flow"]
    same((flow["protocol"], flow["client"], flow["client_port"], flow["vip"], flow["vip_port"]),
         (UDP, dray.ip(CLIENT2), 20001, dray.ip(VIP), 53), "flow")
    same(flow["state"], dray.CONSTANTS["DRAY_FLOW_STATE_UDP"], "state")
    check(0 < flow["expires"] <= 300000, f"expires {flow['expires']}")


@case("each filter lets through what matches it, alone and with others")
def filters():
    stocked()
    every = flows()

    def wanted(text, count, *attrs):
        same(len(flows(*attrs)), count, text)
    wanted("service", 50, udp(VIP, 53))
    wanted("service over IPv6", 10, udp(VIP6, 53))
    wanted("protocol", 65, nest("flow", protocol=UDP))
    wanted("other protocol", 0, nest("flow", protocol=TCP))
    wanted("client", 45, nest("flow", client=dray.ip(CLIENT)))
    wanted("client over IPv6", 10, nest("flow", client=dray.ip(CLIENT6)))
    wanted("client's port", 4, nest("flow", client_port=20001))
    wanted("VIP", 55, nest("flow", vip=dray.ip(VIP)))
    wanted("VIP over IPv6", 10, nest("flow", vip=dray.ip(VIP6)))
    wanted("VIP's port", 60, nest("flow", vip_port=53))
    wanted("no such client", 0, nest("flow", client=dray.ip("10.9.9.9")))
    wanted("service and client", 40, udp(VIP, 53), nest("flow", client=dray.ip(CLIENT)))
    wanted("all of it", 1, udp(VIP, 53), nest("flow", protocol=UDP, client=dray.ip(CLIENT), client_port=20001,
                                              vip=dray.ip(VIP), vip_port=53))
    for name in (rip(1), rip(2), rip6(1)):
        mine = sum(m["server"]["address"] == dray.ip(name) for m in every)
        check(mine, f"no flow on {name}")
        wanted(name, mine, server(name))
    wanted("server and its port", sum((m["server"]["address"], m["service"]["port"]) == (dray.ip(rip(1)), 500)
                                      for m in every), server(rip(1), port=500))
    wanted("server and another port", 0, server(rip(1), port=501))
    wanted("server of another service", 0, udp(VIP6, 53), server(rip(1)))


@case("a listing in small chunks is as whole as one at once")
def chunks():
    services()
    datagrams(CLIENT, VIP, 53, range(20001, 20401))
    datagrams(CLIENT6, VIP6, 53, range(20001, 20201))
    wait_for(lambda: len(flows()) == 600, "flows")
    with lab.director, Dray(rcvbuf=1, chunk=4096) as own:
        pieces = [messages for _, messages in own.pieces("get_flow")]
    check(len(pieces) > 20, f"{len(pieces)} chunks")

    def key(found):
        return found["flow"]["client"], found["flow"]["client_port"]
    same(len({key(m) for messages in pieces for m in messages}), 600, "flows")
    same(sum(map(len, pieces)), 600, "messages")


@case("a listing survives that flows, servers and services go in its midst")
def listing_disturbed():
    services()
    datagrams(CLIENT, VIP, 53, range(20001, 20401))
    datagrams(CLIENT6, VIP6, 53, range(20001, 20201))
    wait_for(lambda: len(flows()) == 600, "flows")
    with lab.director, Dray(rcvbuf=1, chunk=4096) as own:
        found = []
        for n, (_, messages) in enumerate(own.pieces("get_flow")):
            found += messages
            if n == 1:
                sock.do("del_flow", nest("flow", client=dray.ip(CLIENT), client_port=20400))
                sock.do("del_server", udp(VIP, 53), server(rip(1)))
                datagrams(CLIENT, VIP, 53, range(21001, 21101))
            if n == 3:
                sock.do("del_service", udp(VIP, 53))
            check(n < 200, "the listing does not end")
    same(len({m["flow"]["client_port"] for m in found if len(m["flow"]["client"]) == 16}), 200, "IPv6 flows")
    wait_for(lambda: len(flows()) == 200, "flows of what is left")


@case("deleting says how many, and takes what matches only")
def deleting():
    stocked()
    same(sock.one("del_flow", nest("flow", client=dray.ip(CLIENT2), client_port=20003))["deleted"], 1, "one")
    same(sock.one("del_flow", udp(VIP, 53), nest("flow", client=dray.ip(CLIENT)))["deleted"], 40, "a client's")
    left = flows()
    same(len(left), 24, "what is left")
    check(not [m for m in left if m["service"]["port"] == 53 and m["flow"]["client"] == dray.ip(CLIENT)], "left")
    mine = len(flows(server(rip6(1))))
    same(sock.one("del_flow", server(rip6(1)))["deleted"], mine, "a server's")
    same(sock.one("del_flow")["deleted"], 24 - mine, "the rest")
    same(flows(), [], "flows")
    # Those of the cases before, whose services are gone, are the sweeper's.
    wait_for(lambda: sock.one("get_config")["config"]["flows"] == 0, "no flow is counted", 30)
    counts = [(m["server"]["active"], m["server"]["inactive"]) for m in sock.dump("get_server")]
    same(set(counts), {(0, 0)}, "flows of the servers")


@case("persist entries are listed, found by any address of their prefix, and deleted")
def persist():
    stocked()
    datagrams(CLIENT2, VIP, 500, (20001,))
    found = wait_for(lambda: len(sock.dump("get_persist")) == 2 and sock.dump("get_persist"), "persist entries")
    same(sorted(m["persist"]["client"] for m in found), [dray.ip("10.9.0.0"), dray.ip("10.9.2.0")], "clients")
    one, = sock.dump("get_persist", nest("persist", client=dray.ip("10.9.0.77")))
    same((one["service"]["port"], one["persist"]["client"], one["persist"]["flows"]), (500, dray.ip("10.9.0.0"), 5),
         "entry")
    check(0 < one["persist"]["expires"] <= 301000, f"expires {one['persist']['expires']}")
    same(sock.dump("get_persist", nest("persist", client=dray.ip("10.9.7.7"))), [], "another client")
    same(sock.dump("get_persist", udp(VIP, 53)), [], "another service")
    same(len(sock.dump("get_persist", server(rip(1)))) + len(sock.dump("get_persist", server(rip(2)))), 2, "by server")
    same(len(flows()), 66, "persist entries are no flows")
    same(sock.one("del_persist", udp(VIP, 500), nest("persist", client=dray.ip("10.9.2.200")))["deleted"], 1, "one")
    same([m["persist"]["client"] for m in sock.dump("get_persist")], [dray.ip("10.9.0.0")], "what is left")
    same(len(flows()), 66, "flows")


def from_many(clients, vip):
    """A datagram of each to the persistent service, made by hand: nobody has these addresses."""
    macs = lab.director.mac(), lab.client.mac()
    burst = Burst(lab.client)
    burst.send([packet.frame(*macs, packet.ip(client, vip, UDP, packet.udp(client, vip, 20001, 500)))
                for client in clients])
    burst.close()


def persists():
    return sock.dump("get_persist")


@case("a listing of persist entries survives that they, their server and their service go in its midst")
def persist_disturbed():
    sock.fresh()
    every = {"persist_timeout": 300, "scheduler": "rr"}
    for service, names in ((udp(VIP, 500, persist_prefix=32, **every), (rip(1), rip(2))),
                           (udp(VIP6, 500, persist_prefix=128, **every), (rip6(1), rip6(2)))):
        sock.do("new_service", service)
        for name in names:
            sock.do("new_server", key_of(service), server(name))
    four = [f"10.9.{n // 250 + 40}.{n % 250 + 1}" for n in range(400)]
    six = [f"2001:db8:9::40:{n + 1:x}" for n in range(200)]
    from_many(four, VIP)
    from_many(six, VIP6)
    wait_for(lambda: len(persists()) == 600, "persist entries")
    with lab.director, Dray(rcvbuf=1, chunk=4096) as own:
        found = []
        for n, (_, messages) in enumerate(own.pieces("get_persist")):
            found += messages
            if n == 1:
                same(sock.one("del_persist", nest("persist", client=dray.ip(four[-1])))["deleted"], 1, "deleted")
                sock.do("del_server", udp(VIP, 500), server(rip(1)))
                from_many([f"10.9.43.{m + 1}" for m in range(100)], VIP)
            if n == 3:
                sock.do("del_service", udp(VIP, 500))
            check(n < 200, "the listing does not end")
    check(n > 3, f"the listing was over after {n + 1} pieces")
    clients = {m["persist"]["client"] for m in found if len(m["persist"]["client"]) == 16}
    same(clients, {dray.ip(client) for client in six}, "IPv6 clients")
    wait_for(lambda: len(persists()) == 200, "entries of what is left")


@case("counters are exact, and zeroed for one service or for all")
def zero():
    stocked()

    def conns(port, family=socket.AF_INET):
        return [m["service"]["stats"] for m in sock.dump("get_service")
                if (m["service"]["port"], m["service"]["family"]) == (port, family)][0]
    same(conns(53), {"conns": 50, "packets": 50, "bytes": 50 * 29}, "service")
    servers = [m["server"]["stats"] for m in sock.dump("get_server", udp(VIP, 53))]
    same((sum(s["conns"] for s in servers), sum(s["bytes"] for s in servers)), (50, 50 * 29), "its servers")
    start = sock.generation()
    sock.do("zero", udp(VIP, 53))
    nothing = {"conns": 0, "packets": 0, "bytes": 0}
    same(conns(53), nothing, "service")
    same([m["server"]["stats"] for m in sock.dump("get_server", udp(VIP, 53))], [nothing] * 2, "its servers")
    same((conns(500)["packets"], conns(53, socket.AF_INET6)["packets"]), (5, 10), "other services")
    datagrams(CLIENT, VIP, 53, (20001, 20099))
    wait_for(lambda: conns(53) == {"conns": 1, "packets": 2, "bytes": 58}, "an old and a new flow")
    sock.do("zero")
    same([m["service"]["stats"] for m in sock.dump("get_service")], [nothing] * 3, "all services")
    same([m["server"]["stats"] for m in sock.dump("get_server")], [nothing] * 6, "all servers")
    same(sock.generation(), start, "generation")


@case("a service by firewall mark has flows and servers with ports of their own")
def marks():
    sock.fresh()
    with lab.director:
        netlab.run("nft -f -", stdin=f"""
            add table ip t
            add chain ip t c {{ type filter hook prerouting priority -300; }}
            add rule ip t c ip daddr {VIP} udp dport 7000-7100 meta mark set 7
        """)
    sock.do("new_service", mark(7, scheduler="rr"))
    sock.do("new_server", mark(7), server(rip(1), port=80))
    datagrams(CLIENT, VIP, 7010, (20001, 20002))
    datagrams(CLIENT, VIP, 7020, (20001,))
    found = wait_for(lambda: len(flows()) == 3 and flows(), "flows")
    same({m["service"]["fwmark"] for m in found}, {7}, "marks")
    same(sorted(m["flow"]["vip_port"] for m in found), [7010, 7010, 7020], "ports")
    same(len(flows(mark(7), nest("flow", vip_port=7020))), 1, "filter")
    same({m["server"]["port"] for m in found}, {80}, "port of the server")


@case("reasons count what was not forwarded")
def reasons():
    def counts():
        return {m["reason"]["name"]: m["reason"]["packets"] for m in sock.dump("get_reason")}
    sock.fresh()
    sock.do("new_service", udp(VIP, 53))
    before = counts()
    datagrams(CLIENT, VIP, 53, range(20001, 20008))
    wait_for(lambda: counts()["no-server"] == before["no-server"] + 7, "packets without a server")
    sock.do("new_vip", dray.vip(VIP, role=0))
    datagrams(CLIENT, VIP, 53, range(20001, 20004))
    wait_for(lambda: counts()["standby"] == before["standby"] + 3, "packets for another director")


if __name__ == "__main__":
    taptest.main(setup)
