#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
"""drayvrrpd: what one director knows of flows and persistent clients, the other has.

    a .11 (priority 200) --+-- br --+-- client .50
    b .12 (priority 100) --+        +-- rs1 … rs4

Real daemons, the module, real servers: connections live while their master dies.
The wire is UDP port 8788; who has no key, or an old datagram, is not listened to.
"""

import os
import select
import signal
import socket
import time

from lib import checkd, netlab, talk, taptest, traffic, vrrp
from lib.deaf import Deaf
from lib.dray import CONSTANTS, Dray, nest, server, tcp
from lib.netlab import VIP, rip
from lib.taptest import case, check, same, wait_for
from lib.vrrp import instance

PORT = 80
SERVICE = f"-t {VIP}:{PORT}"
KEY = "00112233445566778899aabbccddeeff\n"
CONNECTIONS = 1000 if taptest.FULL else 60
HALF_OPEN = CONSTANTS["DRAY_FLOW_STATE_SYN_RECV"]
SYNC_PORT = 8788
lab = None
third = None	# a director that is there for its own case only
servers = None
live = {}


def setup():
    global lab, servers, third
    talk.many_files()
    netlab.module_setup()
    lab = vrrp.VrrpLab(servers=4, names="abc")
    for director in lab.directors.values():
        director.space.sysctl(ipv4__ip_forward=0)
        with director.space:
            director.dray = Dray()
        for n in range(1, 5):
            netlab.reach(director.space, rip(n))
    third = lab.directors.pop("c")
    servers = traffic.EchoServers(lab, PORT, udp=False)


def key_file(director, text=KEY, mode=0o600):
    path = os.path.join(director.folder, "key")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, mode)
    return f"global_defs {{\n    dray_key_file {path}\n}}\n"


def balance(director, options="-s rr", numbers=(1, 2, 3)):
    """The service and nothing else."""
    lines = ["-C", f"-A {SERVICE} {options}"] + [f"-a {SERVICE} -r {rip(n)} -g" for n in numbers]
    with director.space:
        said = netlab.run(netlab.ADM.split() + ["-R"], stdin="\n".join(lines) + "\n")
    check(not said.strip(), f"-R says: {said}")


def start(director, priority, **kw):
    director.start(key_file(director), instance(priority, **kw))


def pair(options="-s rr", numbers=(1, 2, 3), **kw):
    """Both run with the same services and are in sync, a is the master."""
    lab.settle()
    for director in lab.directors.values():
        balance(director, options, numbers)
    start(lab.a, 200, **kw)
    start(lab.b, 100, **kw)
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")
    for director in lab.directors.values():
        in_sync(director)


def sync(director):
    wait_for(lambda: os.path.exists(os.path.join(director.folder, "vrrp.sock")), f"{director.name} has a status")
    return director.status()["sync"]


def in_sync(director):
    wait_for(lambda: sync(director)["status"] == "in sync", f"{director.name} is in sync", 20)


def flows(director):
    return {m["flow"]["client_port"]: m["server"]["address"] for m in director.dray.dump("get_flow")
            if m["flow"]["state"] != HALF_OPEN and "server" in m}


def persists(director):
    return {(m["persist"]["client"], m["server"]["address"]) for m in director.dray.dump("get_persist")}


def same_flows(what="flows of b are those of a"):
    wait_for(lambda: flows(lab.a) and flows(lab.b) == flows(lab.a), what, 20)


def connect(count):
    """Connections that each have a greeting: {socket: server}."""
    found = {}
    for _ in range(count):
        sock, name = traffic.tcp_open(lab.client, VIP, PORT, seconds=20)
        found[sock] = name
    return found


def all_live(connections, data=b"more"):
    """Every one still takes data: nothing is reset, nothing is left unacknowledged."""
    poll = select.poll()
    for sock in connections:
        sock.send(data)
        poll.register(sock, select.POLLIN)
    # TCP_INFO: tcpi_unacked is the sixth of the 32-bit numbers behind 8 bytes
    wait_for(lambda: all(not unacked(sock) for sock in connections), "all data is acknowledged", 30)
    same(poll.poll(0), [], "connections that have ended")


def unacked(sock):
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int.from_bytes(info[24:28], "little")


def close(connections):
    for sock in connections:
        sock.close()


def die():
    """The master's host is gone, the other has the address."""
    lab.a.power_off()
    lab.b.becomes("MASTER")
    wait_for(lambda: lab.b.has(), "b has the address")


def is_sync(frame):
    return frame[12:14] == b"\x08\0" and frame[23] == 17 and frame[36:38] == SYNC_PORT.to_bytes(2, "big")


def datagrams(director, count=1):
    """Datagrams of the state sync as they pass the bridge."""
    found = []

    def enough():
        for _, frame in lab.sniffer.frames():
            if is_sync(frame) and frame[26:30] == socket.inet_aton(director.address):
                found.append(frame[42:])
        return len(found) >= count
    wait_for(enough, f"datagrams of {director.name}")
    return found


def send_sync(director, data):
    with lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(data, (director.address, SYNC_PORT))


def counted(director, kind):
    return sync(director)["rejected"][kind]


@case("flows of a tracking scheduler are at the other director, with the same servers")
def told():
    pair(advert=1)
    live.update(connect(CONNECTIONS))
    same_flows()
    same(len(flows(lab.a)), CONNECTIONS, "flows")
    mine, theirs = (sync(d)["counters"] for d in (lab.a, lab.b))
    check(mine["told_flows"] >= CONNECTIONS and theirs["taken_flows"] >= CONNECTIONS, f"counted: {mine} {theirs}")
    same((theirs["told_flows"], theirs["refused"], mine["taken_flows"]), (0, 0, 0), "told, refused by b; taken by a")


@case("the process has CAP_NET_ADMIN and no other right")
def rights():
    pid, = lab.a.pids()["drayvrrpd-sync"]
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        found = dict(line.split(":\t") for line in file.read().splitlines() if line.startswith(("Cap", "NoNew")))
    same({n: int(found[n], 16) for n in ("CapEff", "CapPrm", "NoNewPrivs")},
         {"CapEff": 1 << 12, "CapPrm": 1 << 12, "NoNewPrivs": 1}, "rights")


@case("drayadm vrrp tells how the state sync stands")
def shown():
    text = lab.b.space.run([netlab.ADM, "vrrp", os.path.join(lab.b.folder, "vrrp.sock")])
    check("state sync: in sync" in text and f"director {lab.a.address} master, in sync" in text, f"it says: {text}")


@case("datagrams replayed, of another key, changed, of a later version, or nonsense are counted and nothing else")
def forged():
    lab.sniffer.forget()
    real = max(datagrams(lab.a, 3), key=len)
    before = flows(lab.b), sync(lab.b)["counters"]["taken_flows"]
    for kind, data in (("replayed", real), ("format", real[:4] + b"\3" + real[5:]), ("key", real[:8] + b"\0\0\0\1" + real[12:]),
                       ("mac", real[:-1] + bytes([real[-1] ^ 1])), ("magic", b"x" * 100), ("length", b"DRAY")):
        was = counted(lab.b, kind)
        send_sync(lab.b, data)
        wait_for(lambda kind=kind, was=was: counted(lab.b, kind) == was + 1, f"{kind} is counted")
    same((flows(lab.b), sync(lab.b)["counters"]["taken_flows"]), before, "flows of b")
    same(lab.b.said().count("of another version of dray"), 1, "lines of the log")


@case("a flow that is deleted on the master is deleted on the other")
def deleted():
    same_flows()
    sock, _ = live.popitem()
    port = sock.getsockname()[1]
    check(port in flows(lab.b), "b has not the flow")
    lab.a.dray.do("del_flow", nest("flow", client_port=port))
    wait_for(lambda: port not in flows(lab.b), "it is gone at b")
    sock.close()
    same_flows()


@case("what was lost on the way is asked for again, in its order")
def gaps():
    asked = sync(lab.b)["counters"]["dumps_asked"]
    lab.bridge.ip(f"link set {lab.b.port} nomaster")
    live.update(connect(20))
    wait_for(lambda: sync(lab.a)["counters"]["told_flows"] >= CONNECTIONS + 20, "all are told")
    lab.bridge.ip(f"link set {lab.b.port} master br0")
    same_flows()
    counts = sync(lab.b)["counters"]
    check(counts["asked_again"] and sync(lab.a)["counters"]["sent_again"], f"asked again: {counts}")
    same(counts["dumps_asked"], asked, "dumps asked for")


@case("more than it has room for is told while the state sync hangs: that is noticed, and made up for by a dump")
def overrun():
    before = sync(lab.a)["counters"]
    pid, = wait_for(lambda: lab.a.pids().get("drayvrrpd-sync"), "the process is there")
    deaf = Deaf(pid)
    try:
        live.update(connect(40))
    finally:
        deaf.hears()
    same_flows()
    now = sync(lab.a)["counters"]
    check(now["overruns"] > before["overruns"] and now["dumps_sent"] > before["dumps_sent"], f"a's dump: {before}, {now}")
    in_sync(lab.b)


@case("a director that joins gets everything that there is")
def joins():
    lab.b.power_off()
    lab.b.power_on()
    balance(lab.b)
    same(flows(lab.b), {}, "flows of b")
    lab.b.start()
    in_sync(lab.b)
    same_flows()


@case("the sync process is killed: another goes on, and everything is asked for again")
def killed():
    pid, = wait_for(lambda: lab.b.pids().get("drayvrrpd-sync"), "the process is there")
    balance(lab.b)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: lab.b.pids().get("drayvrrpd-sync", [pid]) != [pid], "another process", 20)
    same_flows()
    in_sync(lab.b)


@case("directors that would answer otherwise say so, and when that is over")
def differs():
    def seen(director):
        return [d["differs"] for d in sync(director)["directors"]]
    lab.b.space.run(f"{netlab.ADM} -a {SERVICE} -r {rip(4)} -g")
    for director in lab.directors.values():
        wait_for(lambda d=director: seen(d) == [True], f"{director.name} says so", 30)
        check(f"tcp {VIP}:{PORT} differs" in director.said(), f"the log of {director.name} does not name the service")
    lab.b.space.run(f"{netlab.ADM} -d {SERVICE} -r {rip(4)}")
    for director in lab.directors.values():
        wait_for(lambda d=director: seen(d) == [False], f"{director.name}: it is over", 20)


@case("the master dies: connections of a tracking scheduler go on, none is reset")
def failover_rr():
    all_live(live)
    die()
    all_live(live)


@case("the better director comes back: it preempts when it has everything, and connections go on")
def comes_back():
    lab.a.power_on()
    balance(lab.a)
    lab.a.start()
    lab.a.becomes("MASTER", 60)
    same(sync(lab.a)["status"], "in sync", "state sync of the new master")
    check(set(flows(lab.b)) <= set(flows(lab.a)), "a has not the flows that b had")
    all_live(live)
    close(live)
    live.clear()


@case("a dump that never ends: who joins waits for it for 30 s, and preempts then")
def never_ends():
    lab.a.power_off()
    lab.b.becomes("MASTER", 60)
    lab.a.power_on()
    balance(lab.a)
    taptest.cleanup(lambda: lab.a.space.run("nft delete table ip lost", check_status=False))
    lab.a.space.run("nft add table ip lost")
    lab.a.space.run("nft add chain ip lost in { type filter hook input priority 0 ; }")
    # the datagram's type, DUMP_END
    lab.a.space.run(f"nft add rule ip lost in udp dport {SYNC_PORT} @th,104,8 8 counter drop")
    lab.a.start()
    wait_for(lambda: sync(lab.a).get("hold_left"), "it waits")
    lab.a.becomes("MASTER", 90)
    *_, waited, master = lab.a.instance()["transitions"]
    same((waited["to"], master["to"]), ("BACKUP", "MASTER"), "transitions")
    check(waited["ago"] - master["ago"] > 28, f"it has waited: {waited}, {master}")
    same(sync(lab.a)["status"], "joining", "state sync of the new master")
    check(" packets 0 " not in lab.a.space.run("nft list table ip lost"), "nothing was lost")
    lab.a.space.run("nft delete table ip lost")
    in_sync(lab.a)


@case("the dray table: a server added, one drained, one removed, then the master dies: only the removed one's are lost")
def failover_table():
    pair("-s dray")
    connections = connect(CONNECTIONS)
    for command in (f"-a {SERVICE} -r {rip(4)} -g", f"drain {SERVICE} -r {rip(3)}", f"-d {SERVICE} -r {rip(2)}"):
        for director in lab.directors.values():
            director.space.run(f"{netlab.ADM} {command}")
    check(sync(lab.a)["counters"]["waits"], "no change waited for the other director")
    gone = {sock: name for sock, name in connections.items() if name == "rs2"}
    kept = {sock: name for sock, name in connections.items() if name != "rs2"}
    check(gone and len(kept) > len(gone), f"{len(gone)} of {len(connections)} have the server that is removed")
    all_live(kept)
    die()
    all_live(kept)
    close(connections)


def told_of(director, address):
    """What another director has told of a server's flows: active, inactive."""
    row, = (m["server"] for m in director.dray.dump("get_server") if m["server"]["address"] == address)
    return row.get("told_active", 0), row.get("told_inactive", 0)


@case("load limit: the successor spares a server whose many flows it has no entries of")
def counts():
    pair("-s mh", (1, 2))
    connections = connect(CONNECTIONS)
    busy, = set(connections.values())	# of one client
    number = int(busy[2:])
    for director in lab.directors.values():
        director.dray.do("set_service", tcp(load_limit=100))
        director.dray.do("set_server", tcp(), server(rip(number), u_threshold=100000))
    for sock in list(connections)[:10]:
        del connections[sock]
        sock.close()
    address = socket.inet_aton(rip(number))
    wait_for(lambda: told_of(lab.b, address) == (CONNECTIONS - 10, 10), "b is told of the flows")
    same((told_of(lab.a, address), flows(lab.b)), ((0, 0), {}), "what a is told, and entries of b")
    die()
    later = connect(4)
    check(busy not in later.values(), f"new flows, with {len(connections)} at {busy}: {sorted(later.values())}")
    all_live({**connections, **later})
    close({**connections, **later})


def states(director):
    return {socket.inet_ntoa(m["server"]["address"]): m["server"]["state"] for m in director.dray.dump("get_server")}


@case("health checks that have just started do not begin with a server that the other director has down")
def down_told():
    pair()
    lab.b.dray.do("flush")
    lab.a.space.run(f"{netlab.ADM} down {SERVICE} -r {rip(2)}")
    path = os.path.join(lab.b.folder, "sync.json")
    wait_for(lambda: os.path.exists(path) and rip(2) in open(path, encoding="ascii").read(), "b is told")
    # None looks for minutes: what is down is so by what was told.
    text = checkd.service((1, 2, 3), checks="TCP_CHECK {\n warmup 36000\n }")
    daemon = checkd.Checkd(lab.b.space, text, options=("--told", path))
    try:
        up, down = CONSTANTS["DRAY_SERVER_STATE_UP"], CONSTANTS["DRAY_SERVER_STATE_DOWN"]
        wait_for(lambda: states(lab.b) == {rip(1): up, rip(2): down, rip(3): up}, "b has it down")
        die()
        connections = connect(6)
        check("rs2" not in connections.values(), f"new flows: {sorted(connections.values())}")
        close(connections)
        daemon.reload(text.replace("warmup 36000", "warmup 0"))
        wait_for(lambda: states(lab.b)[rip(2)] == up, "a check of b has the last word", 30)
    finally:
        daemon.stop()


# Longer than a slow machine needs for all of it.
HELD = "-s dray --down-hold 600000"


def failover_seen(director, options=HELD):
    """One director alone sees a server down two seconds before the master dies."""
    pair(options)
    connections = connect(CONNECTIONS)
    down = set(connections.values()).pop()
    director.space.run(f"{netlab.ADM} down {SERVICE} -r {rip(int(down[2:]))}")
    time.sleep(2)
    new = connect(6)
    check(director is lab.b or down not in new.values(), "a new flow went to the server that is down")
    die()
    all_live(connections)
    again = connect(6)
    check(director is lab.a or down not in again.values(), "a new flow went to the server that is down")
    all_live({**connections, **new, **again})
    close({**connections, **new, **again})


@case("the dray table: a server that only the successor has down, then the master dies: no flow is lost")
def failover_down_there():
    failover_seen(lab.b)


@case("the dray table: a server that only the master has down, then it dies: no flow is lost")
def failover_down_here():
    failover_seen(lab.a)


@case("the dray table: the same for persistent clients, when only the successor has the server down")
def failover_down_persist():
    failover_seen(lab.b, HELD + " -p 300")


@case("a persistent client keeps its server when the master dies")
def failover_persist():
    pair("-s rr -p 300")
    first = connect(3)
    same(len(set(first.values())), 1, "servers of one client")
    wait_for(lambda: persists(lab.b) and persists(lab.b) == persists(lab.a), "persistent clients of b", 20)
    die()
    again = connect(6)
    same(set(again.values()), set(first.values()), "servers of the client afterwards")
    all_live(first)
    close({**first, **again})


@case("flows of a server that was removed are nobody's: who joins gets the others, and once is enough")
def removed():
    pair()
    connections = connect(30)
    same_flows()
    for director in lab.directors.values():
        with director.space:
            netlab.run([netlab.ADM, "-d", *SERVICE.split(), "-r", rip(3)])
    pid, = lab.b.pids()["drayvrrpd-sync"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: lab.b.pids().get("drayvrrpd-sync", [pid]) != [pid], "another process", 20)
    in_sync(lab.b)
    same_flows()
    same(sync(lab.a)["counters"]["dropped"], 0, "entries that could not be told")
    close(connections)


@case("directors of other keys do not hear each other, and say so; one without a usable key does not sync")
def keys():
    lab.settle()
    lab.a.start(key_file(lab.a), instance(200))
    lab.b.start(key_file(lab.b, KEY.replace("00", "ff")), instance(100))
    lab.a.becomes("MASTER")
    for director in lab.directors.values():
        wait_for(lambda d=director: sync(d)["status"] == "alone", f"{director.name} is alone", 20)
        wait_for(lambda d=director: counted(d, "key"), f"{director.name} counts")
    check("its sender has another key file" in lab.b.said(), "it is not said")
    lab.b.stop()
    lab.b.start(key_file(lab.b, mode=0o644), instance(100))
    wait_for(lambda: sync(lab.b)["status"] == "no key", "the key is refused")
    check("group or others may read" in lab.b.said(), "the reason is not said")


@case("three directors: two die one after the other, and connections go on")
def three():
    balance(third)
    pair(advert=1)
    start(third, 50, advert=1)
    third.becomes("BACKUP")
    in_sync(third)
    connections = connect(20)
    for director in lab.b, third:
        wait_for(lambda d=director: flows(lab.a) and flows(d) == flows(lab.a), f"flows of {director.name}", 20)
    same([len(sync(d)["directors"]) for d in (lab.a, lab.b, third)], [2, 2, 2], "directors that each hears")
    die()
    all_live(connections)
    lab.b.power_off()
    third.becomes("MASTER")
    wait_for(lambda: third.has(), "the third has the address")
    all_live(connections)
    close(connections)
    third.kill()
    third.power_on()


@case("unicast: the state sync goes to the peers and to no group")
def unicast():
    lab.settle()
    for me, peer, priority in (lab.a, lab.b, 200), (lab.b, lab.a, 100):
        balance(me)
        start(me, priority, more=f"unicast_src_ip {me.address}\n    unicast_peer {{\n        {peer.address}\n    }}")
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")
    for director in lab.directors.values():
        in_sync(director)
    lab.sniffer.forget()
    connections = connect(10)
    same_flows()
    # The bridge itself hears what is for a group.
    check(not any(is_sync(frame) for _, frame in lab.sniffer.frames()), "datagrams to a group")
    die()
    all_live(connections)
    close(connections)


@case("IPv6: the state sync goes by IPv6, for connections over IPv6")
def over_ipv6():
    lab.settle()
    for director, priority in (lab.a, 200), (lab.b, 100):
        service = f"-t [{netlab.VIP6}]:{PORT}"
        lines = ["-C", f"-A {service} -s rr"] + [f"-a {service} -r [{netlab.rip6(n)}]:{PORT} -g" for n in (1, 2, 3)]
        with director.space:
            same(netlab.run(netlab.ADM.split() + ["-R"], stdin="\n".join(lines) + "\n").strip(), "", "-R says")
        start(director, priority, vips=("fe80::200/64", netlab.VIP6 + "/64"))
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")
    for director in lab.directors.values():
        in_sync(director)
    wait_for(lambda: lab.a.has(netlab.VIP6), "a has the address")
    lab.sniffer.forget()
    connections = dict(traffic.tcp_open(lab.client, netlab.VIP6, PORT, seconds=20) for _ in range(10))
    same_flows()
    check(not any(is_sync(frame) for _, frame in lab.sniffer.frames()), "datagrams over IPv4")
    lab.a.power_off()
    lab.b.becomes("MASTER")
    wait_for(lambda: lab.b.has(netlab.VIP6), "b has the address")
    all_live(connections)
    close(connections)


@case("another key in the same file counts from the next reload on")
def key_replaced():
    pair()
    before = {d: d.pids()["drayvrrpd-sync"] for d in lab.directors.values()}
    for director in lab.directors.values():
        key_file(director, KEY.replace("00", "ee"))
        director.signal(signal.SIGHUP)
        wait_for(lambda d=director: d.pids().get("drayvrrpd-sync", before[d]) != before[d], "another process", 20)
    for director in lab.directors.values():
        in_sync(director)
    before = {d: d.pids()["drayvrrpd-sync"] for d in lab.directors.values()}
    reloads = lab.a.said().count("reloaded:")
    lab.a.signal(signal.SIGHUP)
    wait_for(lambda: lab.a.said().count("reloaded:") == reloads + 1, "the reload is done", 20)
    same(lab.a.pids()["drayvrrpd-sync"], before[lab.a], "the process after a reload with the same key")


if __name__ == "__main__":
    taptest.main(setup)
