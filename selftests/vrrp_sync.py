#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""drayvrrpd: what one director knows of flows and persistent clients, the other has.

    a .11 (priority 200) --+-- br --+-- client .50
    b .12 (priority 100) --+        +-- rs1 … rs4

Real daemons, the module, real servers: connections live while their master dies.
The wire is UDP port 8788; who has no key, or an old datagram, is not listened to.
"""

import os
import select
import socket

from lib import netlab, taptest, traffic, vrrp
from lib.dray import CONSTANTS, Dray
from lib.netlab import VIP, rip
from lib.taptest import case, check, holds, same, wait_for
from lib.vrrp import instance

PORT = 80
SERVICE = f"-t {VIP}:{PORT}"
KEY = "00112233445566778899aabbccddeeff\n"
CONNECTIONS = 1000 if taptest.FULL else 60
HALF_OPEN = CONSTANTS["DRAY_FLOW_STATE_SYN_RECV"]
lab = None
servers = None


def setup():
    global lab, servers
    netlab.module_setup()
    lab = vrrp.VrrpLab(servers=4)
    for director in lab.directors.values():
        director.space.sysctl(ipv4__ip_forward=0)
        with director.space:
            director.dray = Dray()
        for n in range(1, 5):
            netlab.reach(director.space, rip(n))
    servers = traffic.EchoServers(lab, PORT, udp=False, addresses=(VIP,))


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
    return director.status()["sync"]


def in_sync(director):
    wait_for(lambda: sync(director)["status"] == "in sync", f"{director.name} is in sync", 20)


def flows(director):
    return {m["flow"]["client_port"]: m["server"]["address"] for m in director.dray.dump("get_flow")
            if m["flow"]["state"] != HALF_OPEN}


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


@case("flows of a tracking scheduler are at the other director, with the same servers")
def told():
    pair()
    connections = connect(CONNECTIONS)
    same_flows()
    same(len(flows(lab.a)), CONNECTIONS, "flows")
    counted = sync(lab.a)["counters"], sync(lab.b)["counters"]
    check(counted[0]["told_flows"] >= CONNECTIONS and counted[1]["taken_flows"] >= CONNECTIONS, f"counted: {counted}")
    same(counted[1]["told_flows"], 0, "flows told by the backup")
    close(connections)


@case("the master dies: connections of a tracking scheduler go on, none is reset")
def failover_rr():
    pair()
    connections = connect(CONNECTIONS)
    same_flows()
    all_live(connections)
    die()
    all_live(connections)
    close(connections)


if __name__ == "__main__":
    taptest.main(setup)
