#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
"""explain: the server that it names is the one that a packet then gets, and asking changes nothing.

    client --+-- br --+-- rs1, rs2, rs3 (no VIP: only look)
    director +        +-- nobody at 10.9.0.130

Each question is asked between two readings of everything that a packet could
change; then the packet itself is sent, and the server read off its MAC address.
"""

import errno
import json
import time

from lib import dray, netlab, state, taptest
from lib.netlab import CLIENT, DIRECTOR, VIP, VIP6, rip, rip6
from lib.packet import ACK, PSH, SYN, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import add_case, case, check, same, wait_for

lab = None
SERVICE = dray.tcp(VIP, PORT)
UP, DRAIN, DOWN = 0, 1, 2
STRANGER = "10.9.0.130"     # nobody has this address


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet()
    # What is left to the stack it answers. Were the way to those clients to be asked for, that would be
    # in the VIP's name, and an ICMP error in the end: both of which are counted, seconds later.
    lab.director.ip(f"route add 10.9.16.0/20 via {CLIENT} dev eth0",
                    f"neigh replace {CLIENT} lladdr {lab.client.mac().hex(':')} dev eth0 nud permanent")


def server(n, **more):
    address = n if isinstance(n, str) else rip(n)
    return dray.server(address, port=PORT, **more)


def entries_go():
    """Those of a service that went are swept away later, which is no doing of whoever asks meanwhile."""
    wait_for(lambda: not any(state.config(lab)[k] for k in ("flows", "persists", "unassured")), "old entries are gone")


def fresh(scheduler="dray", servers=(1, 2, 3), vip=VIP, **more):
    """A new service; servers with weight 1, or {server: weight}."""
    sock = state.netlink(lab)
    sock.fresh()
    entries_go()
    service = dray.tcp(vip, PORT)
    sock.do("new_service", dray.tcp(vip, PORT, scheduler=scheduler, **more))
    weights = servers if isinstance(servers, dict) else dict.fromkeys(servers, 1)
    for n, weight in weights.items():
        sock.do("new_server", service, server(n, weight=weight))
    return sock


def everything():
    """What a packet could change; time left of an entry apart, which may only fall."""
    sock = state.netlink(lab)
    rows, left = [], []
    for cmd in "get_flow", "get_persist":
        for row in sock.dump(cmd):
            noun = row["flow" if cmd == "get_flow" else "persist"]
            left.append((noun["client"], noun.get("client_port"), noun.pop("expires")))
            rows.append(repr(row))
    for cmd in "get_reason", "get_service", "get_server":
        rows += [repr(raw) for raw in sock.raw_dump(cmd)]
    rows += [f"{k} {v}" for k, v in state.config(lab).items() if k in ("flows", "persists", "unassured")]
    return sorted(rows), sorted(left, key=repr)


def tool(words, check_status=True):
    return lab.adm("explain " + words, check_status=check_status)


def explain(words, quiet=True):
    """The answer's data; quiet: nothing else happens, so nothing may change."""
    before = everything()
    document = json.loads(tool(words + " --json"))
    after = everything()
    same((document["schema"], document["kind"]), (1, "explain"), "schema and kind")
    if quiet:
        same([row for row in after[0] if row not in before[0]], [row for row in before[0] if row not in after[0]],
             "what a packet could change")
        for old, new in zip(before[1], after[1]):
            check(old[:2] == new[:2] and new[2] <= old[2], f"an entry was touched: {old} {new}")
    return document["data"]


def named(data):
    """Number of the server that an answer names, its address, or None."""
    if not data["server"]:
        return None
    address = data["server"]["address"]
    return next((n for n in (1, 2, 3) if address in (rip(n), rip6(n))), address)


def words_of(client, sport, flags=SYN, proto=None):
    text = f"[{client}]:{sport} [{VIP6}]:{PORT}" if ":" in client else f"{client}:{sport} {VIP}:{PORT}"
    return text + (" --ack" if flags & ACK else "") + (" -u" if proto == UDP else "")


def agrees(client="10.9.20.1", sport=None, flags=SYN, more="", **kw):
    """Ask, then send: the same server.  The answer."""
    sport = sport or lab.port()
    data = explain(words_of(client, sport, flags, kw.get("proto")) + more)
    same(data["verdict"], "forward", f"verdict ({data['reason']})")
    got = lab.server_of(client, sport=sport, flags=flags, **kw)
    same(named(data), got, f"server named, by {data['by']}, and gotten")
    return data


def refused(reason, verdict="drop", client="10.9.20.1", flags=SYN, more="", sport=None, **kw):
    """Ask, then send: nobody gets it, for that reason.  The answer."""
    sport = sport or lab.port()
    data = explain(words_of(client, sport, flags, kw.get("proto")) + more)
    same((data["verdict"], data["reason"]), (verdict, reason), "verdict and reason")
    moved = state.Moved(lab)
    check(not lab.arrives(client, sport=sport, flags=flags, **kw), "a frame arrives all the same")
    same(moved.by().get(reason, 0), 1, f"the reason, counted among {moved.by()}")
    return data


def first_of(client, sport=None):
    """Number of the first choice of a client's row, by a SYN."""
    return lab.server_of(client, sport=sport or lab.port())


def whys(data):
    return [(next((n for n in (1, 2, 3) if (r["server"] or {}).get("address") == rip(n)), None), r["why"])
            for r in data["ranks"]]


# Schedulers: each by its options, and who is asked for so many flows in a row. What a scheduler
# is asked does not depend on the kernel's version.
FLOWS = 4 if taptest.AGAIN else 12
SCHEDULERS = [
    ("rr", {}), ("wrr", {}), ("lc", {}), ("wlc", {}), ("sed", {}), ("nq", {}), ("fo", {}), ("ovf", {}),
    ("dray", {}), ("sh", {}), ("mh", {"sched_flags": 2}),
]


def in_a_row(scheduler, options):
    fresh(scheduler, {1: 6, 2: 4, 3: 5}, **options)
    by = "table" if scheduler in ("dray", "sh", "mh") else "scheduler"
    for n in range(FLOWS):
        client, sport = f"10.9.20.{1 + n % 3}", lab.port()
        data = agrees(client, sport)
        same(data["by"], by, "what named the server")
        if data["makes"]:
            # Established, or on a slow machine the first would expire while later ones are asked for.
            lab.server_of(client, sport=sport, flags=ACK)
        check(any(r["why"] == "taken" for r in data["ranks"]), "nobody is taken")


for name, options in SCHEDULERS:
    add_case(f"{name}: {FLOWS} flows in a row go where explain says",
             lambda n=name, o=options: in_a_row(n, o))


@case("twos draws: where one server is left, that is named")
def _():
    sock = fresh("twos")
    for n in 1, 3:
        sock.do("set_server", SERVICE, server(n, state=DRAIN))
    data = agrees()
    same((named(data), whys(data)[0]), (2, (2, "taken")), "server and rank")
    same(sorted(whys(data)[1:]), [(1, "drain"), (3, "drain")], "the others")


@case("rr asked five times names the same server, and the turn has not moved")
def _():
    fresh("rr")
    port = lab.port()
    names = {named(explain(words_of("10.9.20.1", port))) for _ in range(5)}
    same(len(names), 1, "servers named")
    same({lab.server_of("10.9.20.1", sport=port)}, names, "server gotten")


@case("a flow's entry: its server, age and state, and that it is kept")
def _():
    fresh("rr")
    port = lab.port()
    number = lab.server_of("10.9.20.1", sport=port)
    data = agrees(sport=port, flags=ACK)
    same((data["by"], named(data), data["flow"]["why"]), ("flow", number, "taken"), "by, server, why")
    same((data["flow"]["state"], data["flow"]["assured"]), ("SYN_RECV", False), "state")
    time.sleep(1.2)
    data = agrees(sport=port, flags=ACK)
    check(data["flow"]["age_ms"] >= data["flow"]["idle_ms"] >= 1000, f"age {data['flow']}")
    same(data["flow"]["state"], "ESTABLISHED", "state")
    same(data["makes"], [], "entries that would be made")


@case("a flow of a server that is down: kept for down-hold, a SYN moves; removed: all move")
def _():
    sock = fresh("rr", down_hold=60000)
    port = lab.port()
    number = lab.server_of("10.9.20.1", sport=port)
    same(lab.server_of("10.9.20.1", sport=port, flags=ACK), number, "server of the ACK")
    sock.do("set_server", SERVICE, server(number, state=DOWN))
    same(named(agrees(sport=port, flags=ACK)), number, "server within down-hold")
    data = agrees(sport=port)
    check(named(data) != number, "the SYN stays")
    same((data["flow"]["why"], data["notes"]), ("down", ["moved"]), "why")
    number = named(data)
    sock.do("del_server", SERVICE, server(number))
    data = agrees(sport=port, flags=ACK)
    same((data["flow"]["why"], data["flow"]["server"]), ("removed", None), "why, and the server before")


@case("a persistent client: its server, from another port; made, kept, drained")
def _():
    sock = fresh("rr", persist_timeout=60)
    data = agrees()
    same((data["by"], data["makes"], data["persist"]), ("scheduler", ["flow", "persist"], None), "the first time")
    number = named(data)
    port = lab.last_port
    same(lab.server_of("10.9.20.1", sport=port, flags=ACK), number, "server of the ACK")
    for _ in range(3):
        data = agrees()
        same((data["by"], named(data), data["persist"]["why"], data["makes"]),
             ("persist", number, "taken", ["flow"]), "by, server, why, made")
    sock.do("set_server", SERVICE, server(number, state=DRAIN))
    data = agrees()
    same((data["by"], named(data)), ("persist", number), "draining, with open flows")
    sock.do("del_flow", dray.nest("flow"))
    data = agrees()
    same(data["persist"]["why"], "drain", "draining, with none")
    check(named(data) != number, "server")


@case("dray: a SYN takes the first rank and makes nothing; the ACK makes the entry")
def _():
    fresh()
    for n in range(4):
        port = lab.port()
        data = agrees(f"10.9.21.{n + 1}", sport=port)
        same((data["by"], data["makes"], data["notes"], data["ranks"][-1]["rank"]),
             ("table", [], ["table"], 1), "SYN: by, made, counted, rank")
        same(data["first"]["address"], rip(named(data)), "first choice")
        data = agrees(f"10.9.21.{n + 1}", sport=port, flags=ACK)
        same((data["by"], data["makes"], data["notes"]), ("table", ["flow"], ["midstream"]), "ACK: by, made, counted")


@case("sh: ranks are passed over that are down, drained, of weight 0, overloaded, unreachable")
def _():
    client = "10.9.22.1"
    for why, change in (("down", {"state": DOWN}), ("drain", {"state": DRAIN}), ("overloaded", {"u_threshold": 1})):
        sock = fresh("sh")
        number = first_of(client)
        if why == "overloaded":
            # A flow is what makes it so; a SYN by the table has no entry, its ACK has.
            same(lab.server_of(client, sport=lab.last_port, flags=ACK), number, "server of the ACK")
        sock.do("set_server", SERVICE, server(number, **change))
        data = agrees(client)
        same(whys(data)[0], (number, why), "first rank")
        check(named(data) != number, "server")
    sock = fresh("sh")
    number = first_of(client)
    lab.director.ip(f"route add unreachable {rip(number)}/32")
    try:
        wait_for(lambda: state.servers(lab)[rip(number)]["reach"] > 1, "the server is out of reach")
        same(whys(agrees(client))[0], (number, "unreachable"), "first rank")
    finally:
        lab.director.ip(f"route del unreachable {rip(number)}/32")


@case("dray: a server that has left: what is in mid-stream goes there within down-hold, a SYN elsewhere with an entry")
def _():
    for state_, tell in ((DOWN, "down"), (DRAIN, "drain")):
        sock = fresh(down_hold=60000)
        port = lab.port()
        number = named(explain(words_of("10.9.25.1", port)))
        sock.do("set_server", SERVICE, server(number, state=state_))
        data = agrees("10.9.25.1", sport=port)
        same((data["by"], data["makes"], whys(data)[0]), ("table", ["flow"], (number, tell)), "SYN: by, made, first rank")
        check(named(data) != number, "the SYN goes there")
        sock.do("del_flow", dray.nest("flow"))
        data = agrees("10.9.25.1", sport=port, flags=ACK)
        same((data["by"], named(data), data["makes"]), ("left", number, ["flow"]), "ACK: by, server, made")


@case("sh: a server that starts slowly is passed over, its first choice named, the entry made")
def _():
    sock = fresh("sh", slow_start=3600)
    client = "10.9.23.1"
    number = named(explain(words_of(client, 999)))
    time.sleep(0.2)
    first = explain(words_of(client, 999))["first"]["address"]
    data = agrees(client)
    same(data["ranks"][0]["why"], "slow-start", "first rank")
    check(number, "nobody is named")
    # All three are starting: the first that is usable is taken after all.
    same((data["first"]["address"], named(data)), (first, number), "first choice and server")
    sock.do("set_service", dray.tcp(VIP, PORT, slow_start=0))
    same(agrees(client)["ranks"][0]["why"], "taken", "without slow start")


@case("mh: a server over the load limit is passed over, with flows and limit")
def _():
    fresh("mh", (1, 2), load_limit=100)
    client = "10.9.24.1"
    same(agrees(client)["ranks"][0]["why"], "taken", "first rank in the beginning")
    ports = [lab.port() for _ in range(40)]
    for _ in range(3):
        lab.ask([lab.frame(client, sport=port, flags=ACK) for port in ports])
    for _ in range(5):
        data = agrees(client)
        for rank in data["ranks"]:
            check((rank["why"] == "load-limit") == (rank["active"] > 0 and rank["active"] >= rank["limit"]),
                  f"limit and why: {rank}")
    same([r["why"] for r in data["ranks"]], ["load-limit", "taken"], "ranks in the end")
    same((data["notes"], data["makes"]), (["past-first"], ["flow"]), "counted and made")


@case("what another director has counted of a server is its load, and no change of the configuration")
def _():
    sock = fresh("mh", (1, 2), load_limit=100)
    client = "10.9.26.1"
    first = explain(words_of(client, 999))["ranks"][0]["server"]["address"]
    generation = sock.generation()

    def rank(**told):
        """Of the first choice, before anything of that fades."""
        sock.do("set_told", SERVICE, server(first, **told))
        return explain(words_of(client, 999), quiet=False)["ranks"][0]
    # The share is of what was told in all, which is summed within a second.
    wait_for(lambda: rank(told_active=100)["limit"] > 50, "a limit of more than half of what was told", 10)
    data = rank(told_active=100)
    same((data["why"], data["active"]), ("load-limit", 100), "the first rank")
    check(rip(lab.server_of(client)) != first, "a new flow goes there")
    same(rank(told_active=0)["why"], "taken", "the first rank without")
    sock.do("set_service", dray.tcp(VIP, PORT, load_limit=0))
    sock.do("set_server", SERVICE, server(first, u_threshold=50))
    same(rank(told_active=40, told_inactive=20)["why"], "overloaded", "above the upper threshold")
    same(rank(told_active=40, told_inactive=0)["why"], "overloaded", "above three quarters of it")
    same(rank(told_active=30)["why"], "taken", "below three quarters of it")
    same(sock.generation(), generation + 2, "the generation, but for limit and threshold")


@case("nobody is left: no-server, with why for each")
def _():
    for scheduler in "rr", "dray":
        sock = fresh(scheduler)
        for n, how in (1, DOWN), (2, DRAIN), (3, DOWN):
            sock.do("set_server", SERVICE, server(n, state=how))
        data = refused("no-server")
        same(named(data), None, "server")
        check({w for _, w in whys(data)} <= {"down", "drain", "empty"}, f"{whys(data)}")


@case("a packet in mid-stream that no entry and no table knows is left to the stack")
def _():
    fresh("rr")
    data = refused("no-entry", "pass", flags=ACK)
    same((data["by"], data["flow"], data["makes"]), ("none", None, []), "by, entry, made")


@case("standby and a lease that has run out: the packet is dropped, and the role told")
def _():
    sock = fresh()
    sock.do("new_vip", dray.vip(VIP, role=0))
    same(refused("standby")["vip"]["role"], "standby", "role")
    sock.do("set_vip", dray.vip(VIP, role=1, lease=60000))
    data = agrees()
    check(50000 < data["vip"]["lease_left_ms"] <= 60000, f"{data['vip']}")
    sock.do("set_vip", dray.vip(VIP, lease=1))
    wait_for(lambda: not sock.one("get_vip", dray.vip(VIP))["vip"]["lease_left"], "the lease runs out")
    same(refused("lease")["vip"]["lease_left_ms"], 0, "what is left")
    sock.do("del_vip", dray.vip(VIP))
    same(agrees()["vip"], None, "role")


@case("a server that is this host; one behind a gateway; one that does not answer")
def _():
    sock = fresh("rr", (DIRECTOR,))
    data = refused("local-server", "pass")
    same((named(data), data["route"]["reach"], data["route"]["device"]), (DIRECTOR, "local", None), "server, route")
    lab.director.ip(f"route add 10.77.0.0/16 via {rip(1)}")
    sock.do("del_server", SERVICE, server(DIRECTOR))
    sock.do("new_server", SERVICE, server("10.77.0.1"))
    same(refused("no-server")["ranks"][0]["why"], "unreachable", "why")
    sock.do("del_server", SERVICE, server("10.77.0.1"))
    sock.do("new_server", SERVICE, server(STRANGER))
    data = explain(words_of("10.9.20.1", 999))
    same((named(data), data["route"]["mac"], data["route"]["direct"]), (STRANGER, None, False), "before it is asked")
    same(data["route"]["neighbour"], "NONE", "neighbour")
    check(not lab.arrives("10.9.20.1"), "a frame arrives")
    wait_for(lambda: state.servers(lab)[STRANGER]["reach"] == 5, "it is found not to answer", 20)
    same(refused("no-server")["ranks"][0]["why"], "unreachable", "why")


@case("route, neighbour, MAC, device, MTU: as ip says; too big is dropped, with ICMP")
def _():
    fresh("rr")
    data = agrees()
    number = named(data)
    route = data["route"]
    same((route["reach"], route["device"], route["mtu"]), ("ok", "eth0", 1500), "route")
    same(bytes.fromhex(route["mac"].replace(":", "")), lab.servers[number - 1].mac(), "MAC")
    check(route["neighbour"] in ("REACHABLE", "STALE", "DELAY", "PROBE"), f"{route}")
    same((data["packet"]["device"], data["hook"]["point"]), ("eth0", "PRE_ROUTING"), "in by, taken at")
    port = lab.last_port
    lab.director.ip(f"route add {rip(number)}/32 dev eth0 mtu 1000")
    try:
        data = refused("mtu", sport=port, flags=ACK | PSH, more=" --size 1200", data=b"x" * 1160, frag=0x4000)
        same((data["by"], data["route"]["mtu"]), ("flow", 1000), "what named the server, MTU")
        agrees(sport=port, flags=ACK, more=" --size 1000", data=b"x" * 960)
    finally:
        lab.director.ip(f"route del {rip(number)}/32 dev eth0 mtu 1000")


@case("hook: early where nothing is between, LOCAL_IN behind rules or by config, and why")
def _():
    fresh("rr")
    same(explain(words_of("10.9.20.1", 999))["hook"],
         {"mode": "early", "why": "nothing in between", "point": "PRE_ROUTING"}, "hook")
    lab.director.run("nft add table ip t")
    lab.director.run("nft add chain ip t c { type filter hook input priority 0 ; }")
    try:
        data = agrees()
        same((data["hook"]["mode"], data["hook"]["point"]), ("input", "LOCAL_IN"), "hook")
        check("LOCAL_IN" in data["hook"]["why"], f"{data['hook']}")
    finally:
        lab.director.run("nft delete table ip t")
    lab.adm("config --hook input")
    try:
        same(agrees()["hook"], {"mode": "input", "why": "as configured", "point": "LOCAL_IN"}, "hook")
        lab.director.ip(f"addr del {VIP}/32 dev eth0")
        data = explain(words_of("10.9.20.1", 999))
        same((data["hook"]["point"], data["verdict"], data["outcome"], data["service"]["vip_local"]),
             ("none", "pass", "not-taken", False), "VIP not local")
        check("nobody takes it" in tool(words_of("10.9.20.1", 999)), "the text does not say so")
    finally:
        lab.director.ip(f"addr add {VIP}/32 dev eth0")
        lab.adm("config --hook auto")


@case("UDP, IPv6, a firewall mark, a service for all ports")
def _():
    sock = fresh()
    udp = dray.udp(VIP, PORT)
    sock.do("new_service", dray.udp(VIP, PORT, scheduler="dray"))
    for n in 1, 2, 3:
        sock.do("new_server", udp, server(n))
    same(agrees(proto=UDP)["makes"], ["flow"], "entries that a datagram makes")
    fresh(vip=VIP6, servers=[rip6(n) for n in (1, 2, 3)])
    for n in range(3):
        agrees(f"2001:db8:9::7:{n + 1:x}")
    sock = fresh("rr", vip="10.9.0.201")
    sock.do("new_service", dray.mark(7, scheduler="rr", persist_timeout=9))
    for n in 1, 2, 3:
        sock.do("new_server", dray.mark(7), dray.server(rip(n)))
    lab.director.run("nft add table ip t")
    lab.director.run("nft add chain ip t c { type filter hook prerouting priority -300 ; }")
    lab.director.run("nft add rule ip t c meta mark set 7")
    try:
        same(agrees(more=" -f 7")["service"]["fwmark"], 7, "service")
    finally:
        lab.director.run("nft delete table ip t")
    sock.do("del_service", dray.mark(7))
    entries_go()
    sock.do("new_service", dray.tcp(VIP, 0, scheduler="rr", persist_timeout=9))
    sock.do("new_server", dray.tcp(VIP, 0), dray.server(rip(2)))
    same(agrees()["service"]["port"], 0, "port of the service")


@case("under pressure: the fallback, which is also what a packet then gets")
def _():
    fresh("rr")
    state.set_config(lab, unassured_limit=64)
    try:
        lab.ask([lab.frame("10.9.25.1") for _ in range(80)], 1)
        for n in range(5):
            data = agrees(f"10.9.25.{n + 2}")
            same((data["by"], data["pressed"], data["notes"]), ("fallback", True, ["evicted"]), "by, pressed, counted")
        data = agrees("10.9.25.9", flags=ACK)
        same((data["by"], data["makes"], data["notes"]), ("fallback", [], ["stateless"]), "mid-stream")
    finally:
        state.set_config(lab, unassured_limit=state.config(lab)["flow_limit"] // 8)


@case("an impossible source, and one that is this host's")
def _():
    fresh("rr")
    same(refused("source", client="127.0.0.1", more=" --dev eth0")["by"], "none", "by")
    same(explain(words_of(DIRECTOR, 999))["reason"], "local-source", "reason")


@case("the text names each step")
def _():
    fresh()
    text = tool(words_of("10.9.20.1", 999))
    heads = [line.split()[0] for line in text.splitlines() if line[0] != " "]
    same(heads, ["packet", "service", "hook", "role", "flow", "persist", "table", "first", "makes", "counted",
                 "server", "route", "frame", "result"], "lines")
    check(f"{rip(named(explain(words_of('10.9.20.1', 999))))}:{PORT}" in text.splitlines()[-1], text)


@case("--batch: 300 tuples, a line each, and where they go")
def _():
    fresh()
    clients = [f"10.9.{30 + n // 200}.{1 + n % 200}" for n in range(300)]
    with lab.director:
        out = netlab.run("drayadm explain --batch -", stdin="# clients\n\n" + "".join(
            f"{c}:999 {VIP}:{PORT}\n" for c in clients))
    got = lab.ask([lab.frame(c, sport=999) for c in clients])
    same(out.splitlines(), [f"{c}:999 {VIP}:{PORT} {rip(got[c, 999])}:{PORT} table" for c in clients], "lines")


@case("--batch: who has no service or route is told in the line, a mistake by its number")
def _():
    fresh()
    with lab.director:
        out = netlab.run("drayadm explain --batch -", stdin=f"10.9.20.1 {VIP}:81\n198.51.100.1 {VIP}:{PORT}\n")
        same([line.split()[2:] for line in out.splitlines()], [["-", "no-service"], ["-", "no-client-route"]],
             "servers and reasons")
        for line, error in ((f"10.9.20.1 {VIP}", f"line 2: the virtual address `{VIP}' needs a port"),
                            ("10.9.20.1", "line 2: a line is a client and a virtual address with its port"),
                            (f"x.y {VIP}:80", "line 2: invalid client address[:port] `x.y'"),
                            (f"{CLIENT} [{VIP6}]:80",
                             f"line 2: {CLIENT} and [{VIP6}]:80 are of different address families")):
            out = netlab.run("drayadm explain --batch -", check_status=False,
                             stdin=f"10.9.20.1:1 {VIP}:{PORT}\n{line}\n10.9.20.1:1 {VIP}:{PORT}\n")
            same([out.splitlines()[-1], len(out.splitlines())], [error, 2], "what it says")
    out = tool("--batch /nowhere", check_status=False)
    check("/nowhere: No such file" in out, out)


def complains(words, text):
    out = tool(words, check_status=False)
    check(text in out, f"{words}: {out}")


@case("what cannot be answered is said: no service, no device, no route, too small")
def _():
    fresh()
    before = everything()
    complains(f"10.9.20.1 {VIP}:81", f"{VIP}:81: No such service")
    complains(f"-u 10.9.20.1 {VIP}:{PORT}", "No such service")
    complains(f"198.51.100.1 {VIP}:{PORT}", "No route to the client: say by which device it comes in")
    complains(f"10.9.20.1 {VIP}:{PORT} --dev nosuch0", "no such device: nosuch0")
    complains(f"10.9.20.1 {VIP}:{PORT} --size 39", "Size is less than that of the headers")
    same(everything()[0], before[0], "what a packet could change")
    same(explain(f"198.51.100.1 {VIP}:{PORT} --dev eth0")["verdict"], "forward", "verdict with the device named")


PORTS = {"client_port": 1, "vip_port": 80}
REFUSALS = [
    ("no tuple", (), errno.EINVAL, "Missing attribute flow", None, "flow"),
    ("no protocol", (dray.nest("flow", client=bytes(4), vip=bytes(4), **PORTS),), errno.EINVAL,
     "Missing attribute protocol", None, "flow.protocol"),
    ("no client", (dray.nest("flow", protocol=6, vip=bytes(4), **PORTS),), errno.EINVAL, "Missing attribute client",
     None, "flow.client"),
    ("no VIP", (dray.nest("flow", protocol=6, client=bytes(4), **PORTS),), errno.EINVAL, "Missing attribute vip", None,
     "flow.vip"),
    ("no port of the client", (dray.nest("flow", protocol=6, client=bytes(4), vip=bytes(4), vip_port=80),),
     errno.EINVAL, "Missing attribute client-port", None, "flow.client_port"),
    ("no port of the VIP", (dray.nest("flow", protocol=6, client=bytes(4), vip=bytes(4), client_port=80),),
     errno.EINVAL, "Missing attribute vip-port", None, "flow.vip_port"),
    ("a strange protocol", (dray.packet(protocol=1),), errno.EPROTONOSUPPORT, "Protocol is not TCP, UDP or SCTP",
     "flow.protocol", None),
    ("two families", (dray.nest("flow", protocol=6, client=bytes(4), vip=bytes(16), **PORTS),), errno.EINVAL,
     "Address is of another family than client or service", "flow.vip", None),
    ("a datagram in mid-stream", (dray.packet(protocol=17), dray.nest("explain", midstream=True)), errno.EINVAL,
     "A datagram is never in mid-stream", "explain.midstream", None),
    ("a size below that of the headers", (dray.packet(), dray.nest("explain", size=39)), errno.EINVAL,
     "Size is less than that of the headers", None, None),
    ("a size above any packet's", (dray.packet(), dray.nest("explain", size=65536)), errno.ERANGE, None,
     "explain.size", None),
    ("a device that is not there", (dray.packet(), dray.nest("explain", ifindex=99999)), errno.ENODEV,
     "No such device", None, None),
    ("a VIP of no service", (dray.packet(port=81),), errno.ESRCH, "No such service", None, None),
    ("a client without a route", (dray.packet("198.51.100.1"),), errno.ENETUNREACH,
     "No route to the client: say by which device it comes in", None, None),
]


def refuses(attrs, *wanted):
    fresh()
    state.netlink(lab).refuse("explain", attrs, *wanted)


for what, *rest in REFUSALS:
    add_case(f"netlink refuses {what}", lambda r=rest: refuses(*r))


@case("nobody without CAP_NET_ADMIN is answered")
def _():
    fresh()
    out = lab.director.run(f"setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all "
                           f"drayadm explain 10.9.20.1 {VIP}:{PORT}", check_status=False)
    check("ermission denied" in out and "CAP_NET_ADMIN" in out and "result" not in out, out)


if __name__ == "__main__":
    taptest.main(setup)
