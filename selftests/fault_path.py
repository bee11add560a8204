#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""Out of memory while packets go through, while a namespace and the module go.

    client --+-- br --+-- rs1, rs2, rs3 (no VIP: only look; rs3 behind an MTU of 1000)
    director +        +-- a second director that is deleted
       |
      vx0 -- 10.20.0.2 (a tunnel, for which packets need more headroom)

A share of the allocations made for packets fails while all kinds of them arrive.
Those may be lost; afterwards everything is forwarded or answered again, flows are
where they were, and what is counted is what is there.
"""

from lib import dray, fault, netlab, packet, state, taptest
from lib.dray import tcp, udp
from lib.netlab import CLIENT, CLIENT6, VIP, VIP6, rip, rip6
from lib.packet import ACK, ICMP, ICMP6, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import add_case, case, check, same, wait_for

lab = None
start = None
storm_frames = []
NO_SERVER, OTHER_FAMILY, TUNNEL, NARROW = range(PORT + 1, PORT + 5)
TURNS = 24


def setup():
    global lab, start
    fault.setup()
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet(servers=3)
    lab.director.ip(f"route add {rip(3)}/32 dev eth0 mtu 1000", f"route add {rip6(3)}/128 dev eth0 mtu 1280",
                    f"link add vx0 type vxlan id 7 remote {rip(1)} dstport 4789 dev eth0", "link set vx0 up",
                    "addr add 10.20.0.1/24 dev vx0", "neigh add 10.20.0.2 lladdr 02:00:00:00:00:02 dev vx0")
    # Somebody else who sees a packet makes it shared: to be copied before it is changed.
    lab.director.packet_socket()
    start = state.config(lab)
    storm_frames.extend(mix(turn) for turn in range(TURNS))


def configure(sock):
    """Services for every way that a packet can take."""
    sock.do("begin")
    for make, address, port, servers, more in (
            (tcp, VIP, PORT, (rip(1), rip(2)), {}), (udp, VIP, PORT, (rip(1), rip(2)), {}),
            (tcp, VIP6, PORT, (rip6(1), rip6(2)), {}), (udp, VIP6, PORT, (rip6(1), rip6(2)), {"persist_timeout": 600}),
            (udp, VIP, NO_SERVER, (), {}), (udp, VIP6, NO_SERVER, (), {}),
            (udp, VIP, OTHER_FAMILY, (rip6(2),), {}), (udp, VIP6, OTHER_FAMILY, (rip(2),), {}),
            (udp, VIP, TUNNEL, ("10.20.0.2",), {}), (udp, VIP6, TUNNEL, ("10.20.0.2",), {}),
            (udp, VIP, NARROW, (rip(3),), {}), (udp, VIP6, NARROW, (rip6(3),), {})):
        sock.do("new_service", make(address, port, scheduler="rr", **more))
        for server in servers:
            sock.do("new_server", make(address, port), dray.server(server, weight=1))
    sock.do("commit")


def last_hop(client):
    return {"hops": 1} if ":" in client else {"ttl": 1}


def fragments(client, ident):
    whole = lab.frame(client, proto=UDP, data=b"f" * 2000, **({} if ":" in client else {"frag": 0}))[14:]
    pieces = packet.fragments6(whole, 1000, ident) if ":" in client else packet.fragments4(whole, 1000)
    return [packet.frame(*lab.macs, piece) for piece in pieces]


def mix(turn):
    """Packets of a new client of either family: 6 are forwarded, 3 answered by ICMP, for each."""
    frames = []
    for client in f"10.9.{70 + turn // 200}.{1 + turn % 200}", f"2001:db8:9::70:{turn:x}":
        sport = lab.port()
        frames += [lab.frame(client, sport=sport), lab.frame(client, sport=sport, flags=ACK, data=b"x" * 100),
                   lab.frame(client, proto=UDP), *fragments(client, turn),
                   lab.frame(client, proto=UDP, dport=OTHER_FAMILY), lab.frame(client, proto=UDP, dport=TUNNEL),
                   lab.frame(client, proto=UDP, **last_hop(client)), lab.frame(client, proto=UDP, dport=NO_SERVER),
                   lab.frame(client, proto=UDP, dport=NARROW, data=b"b" * 1300)]
    return frames


def counted():
    """What is counted of entries, and what there is of them."""
    config, flows, clients = state.config(lab), state.flows(lab), state.netlink(lab).dump("get_persist")
    servers = [row["server"] for row in state.netlink(lab).dump("get_server")]
    unassured = [flags for *_, flags, _ in flows] + [row["persist"].get("flags", 0) for row in clients]
    return ((config["flows"], config["persists"], config["unassured"],
             sum(s["active"] + s["inactive"] for s in servers), sum(s["persistent"] for s in servers)),
            (len(flows), len(clients), sum(not flags & 1 for flags in unassured), len(flows), len(clients)))


def consistent():
    """Entries that are dead are counted no more once the sweeper has met them."""
    wait_for(lambda: len(set(counted())) == 1, f"counted: {counted()}")


def empty():
    """Without services nothing is left of their entries."""
    lab.clear()
    wait_for(lambda: all(state.config(lab)[what] == 0 for what in ("flows", "persists", "unassured")), "entries go")
    wait_for(lambda: state.config(lab)["flow_bytes"] <= start["flow_bytes"],
             f"memory goes, from {state.config(lab)} to {start}")


def packets():
    return sum(row["service"]["stats"]["packets"] for row in state.netlink(lab).dump("get_service"))


def normal(turn):
    """All kinds of packets are forwarded, or counted for the reason for which they are not."""
    moved, before = state.Moved(lab), packets()
    lab.burst.send(mix(turn))
    same((packets() - before, moved.by()), (12, {"reassembling": 6, "ttl": 2, "no-server": 2, "mtu": 2}),
         "packets forwarded, counters that moved")


def answered():
    """The client is told what a director has to tell."""
    tap = packet.Tap(lab.client, want=lambda seen: seen.proto in (ICMP, ICMP6) and seen.dst in (CLIENT, CLIENT6))
    for client, kinds in (CLIENT, ((11, 0), (3, 3), (3, 4))), (CLIENT6, ((3, 0), (1, 4), (2, 0))):
        for kind, more in zip(kinds, (last_hop(client), {"dport": NO_SERVER}, {"dport": NARROW, "data": b"b" * 1300})):
            def told(client=client, kind=kind, more=more):
                # More than once: answers are limited in their number.
                lab.burst.send([lab.frame(client, proto=UDP, **more)])
                return any(tuple(seen.payload[:2]) == kind for seen in tap.all(1, 0.3))
            wait_for(told, f"{client} is sent ICMP {kind}")
    tap.sock.close()


def known():
    """Frames of flows that exist, and the server of each."""
    flows = [("10.9.80.1", 6000 + n, {"proto": UDP}) for n in range(6)] + \
        [("2001:db8:9::80", 6000 + n, {}) for n in range(6)]
    first = [lab.frame(client, sport=sport, **more) for client, sport, more in flows]
    later = [lab.frame(client, sport=sport, **({"flags": ACK} | more)) for client, sport, more in flows]
    servers = lab.ask(first)
    same((len(servers), lab.ask(later)), (len(flows), servers), "flows at the beginning")
    return later, servers


def storm(percent, span, folders, flows):
    """All kinds of packets, and routes that change, while a share of the allocations fails."""
    with fault.share(percent, span, folders):
        for turn, frames in enumerate(storm_frames):
            lab.burst.send(frames + flows)
            if turn % 4 == 1:
                lab.director.ip(*(f"route {verb} {route} dev eth0" for verb in ("add", "del")
                                  for route in ("10.21.0.0/24", "2001:db8:21::/64")))


def through(percent, where, folders, reason):
    empty()
    configure(state.netlink(lab))
    frames, servers = known()
    moved = state.Moved(lab)
    storm(percent, fault.module() if where == "dray" else fault.function(where), folders, frames)
    by = moved.by()
    taptest.note(f"{sum(map(len, storm_frames)) + TURNS * len(frames)} packets: {by}")
    check(not reason or by.get(reason, 0) > 0, f"nothing was lost for {reason}: {by}")
    # Who has no memory for a route does not know that there is none.
    # Where neighbours' answers are lost as well, they may be out of reach in truth.
    out = {name: s["reach"] for name, s in state.servers(lab).items() if s["reach"]}
    if where == "dray":
        same(out, {}, "servers out of reach")
        check(by.get("no-server", 0) <= 2 * TURNS and "moved" not in by, f"servers were out of reach: {by}")
    else:
        check(all(reach == 5 for reach in out.values()), f"out of reach, and not by their neighbour: {out}")
        wait_for(lambda: not any(s["reach"] for s in state.servers(lab).values()), "servers are back", 30)
    consistent()
    got = lab.ask(frames)
    same(set(got), set(servers), "flows from before that arrived")
    same(got if where == "dray" else servers, servers, "servers of the flows from before")
    normal(TURNS + percent)
    answered()


SLAB, PAGES = (fault.SLAB,), (fault.PAGES,)
STORMS = [
    ("every allocation that dray's hooks lead to", (100, "dray", SLAB, "no-memory")),
    ("half of the allocations that dray's hooks lead to", (50, "dray", SLAB, "xmit")),
    ("every page that dray's hooks lead to", (99, "dray", PAGES, None)),
    ("a fifth of what the receiving of packets allocates", (20, "net_rx_action", (*SLAB, *PAGES), "no-memory")),
]
for name, arguments in STORMS:
    add_case(f"{name} fails: packets are lost, nothing else", lambda a=arguments: through(*a))


@case("with the services all entries and their memory go")
def _():
    empty()


@case("a namespace is deleted with all that is in it, and no memory to be had")
def _():
    second = lab.host("second", 117)
    second.ip("addr add 10.9.0.202/32 dev eth0")
    with second:
        sock, other = dray.Dray(), dray.Dray()
    configure(sock)
    sock.do("new_service", udp("10.9.0.202", PORT, persist_timeout=100))
    sock.do("new_server", udp("10.9.0.202", PORT), dray.server(rip(1), weight=1))
    other.do("begin")
    other.do("new_service", tcp("10.9.0.202", 99))
    netlab.reach(second, rip(1))
    mac = second.mac()
    lab.burst.send([packet.frame(mac, lab.macs[1], packet.ipv4(f"10.9.82.{n}", "10.9.0.202", UDP, packet.udp(
        f"10.9.82.{n}", "10.9.0.202", 5000, PORT))) for n in range(1, 101)])
    check(sock.one("get_config")["config"]["flows"] >= 100, "no flows")
    sock.close()
    other.close()
    lab.spaces.remove(second)
    with fault.share(100, fault.module(), (*SLAB, *PAGES), waiting=True):
        second.delete()
        wait_for(lambda: "p117" not in lab.bridge.run("ip -o link show"), "the namespace's device is gone", 60)


def unload():
    lab.genl.close()
    lab.genl = None
    dray.Dray.number = None
    wait_for(lambda: not lab.director.run("rmmod dray", check_status=False), "the module is unloaded")


@case("the module is unloaded with services and flows, and no memory to be had")
def _():
    configure(state.netlink(lab))
    known()
    with fault.share(100, fault.module(), (*SLAB, *PAGES), waiting=True):
        unload()
    netlab.module_setup()


@case("after all that packets are forwarded, entries counted, and leaks looked for")
def _():
    configure(state.netlink(lab))
    normal(TURNS + 101)
    consistent()
    fault.watched()


if __name__ == "__main__":
    taptest.main(setup)
