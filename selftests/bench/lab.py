# SPDX-License-Identifier: GPL-2.0-or-later
"""What a measurement stands on: a topology, a source of packets, a sink.

    client eth0 ---- in  director  out ---- eth0 servers

The source is pktgen at the client: 60-byte UDP frames, each flow a client address
of its own. The sink drops and counts at the servers' device, in front of their IP
stack, so that every packet ends at the same cost whoever sent it. Two servers are
two MAC addresses behind that one device; neighbours are permanent, so that nothing
but the packets counted is on the wire.

The guest's clock leaps to the next timer whenever the CPU has nothing to do, also
while it waits for a file of the host: no time limit means anything here, and each
command gets one that is never reached.

This file knows neither dray nor IPVS.
"""

import ipaddress
import json
import re

from lib.netlab import Namespace, run

VIP, ELSEWHERE = "10.1.0.200", "10.3.0.9"
RIPS = ["10.1.0.121", "10.1.0.122"]
PORT = 80
MACS = ["02:00:00:00:01:21", "02:00:00:00:01:22"]
DIRECTOR_MAC = "02:00:00:00:01:19"
TTL = 32	# pktgen's
FOREVER = 10**6
FIRST_CLIENT = ipaddress.ip_address("10.64.0.0")

QUIET = {"ipv6__conf__all__disable_ipv6": 1, "ipv6__conf__default__disable_ipv6": 1,
         "ipv4__conf__all__rp_filter": 0, "ipv4__conf__default__rp_filter": 0}


class Lab:
    """The topology, made once."""

    def __init__(self):
        self.client, self.director, self.servers = (Namespace(name) for name in ("client", "director", "servers"))
        for space in (self.client, self.director, self.servers):
            space.sysctl(**QUIET)
        self.director.ip(
            f"link add in address {DIRECTOR_MAC} type veth peer name eth0 netns {self.client.name}",
            f"link add out type veth peer name eth0 netns {self.servers.name}",
            "link set lo up", "link set in up", "link set out up",
            "addr add 10.2.0.1/24 dev in", "addr add 10.1.0.119/24 dev out", f"addr add {VIP}/32 dev out",
            "route add 10.64.0.0/10 via 10.2.0.2", f"route add {ELSEWHERE}/32 via {RIPS[0]}",
            *(f"neigh add {rip} lladdr {mac} dev out nud permanent" for rip, mac in zip(RIPS, MACS)))
        self.client.ip("link set lo up", "link set eth0 up", "addr add 10.2.0.2/24 dev eth0")
        self.servers.ip("link set lo up", "link set eth0 up")
        self.director.sysctl(ipv4__ip_forward=1)
        self._servers("tc qdisc add dev eth0 clsact")

    def adm(self, command, **kw):
        """A command of ipvsadm, drayadm, tc … in the director."""
        return self.director.run(command, timeout=FOREVER, **kw)

    def add_servers(self, addresses):
        """Further servers behind the same device. {its MAC address, which says its address: its address}"""
        macs = {b"\2\0" + ipaddress.ip_address(address).packed: address for address in addresses}
        self.director.ip(*(f"neigh replace {address} lladdr {mac.hex(':')} dev out nud permanent"
                           for mac, address in macs.items()),
                         *(f"route replace {address}/32 dev out" for address in addresses))
        return macs

    def _servers(self, command):
        return self.servers.run(command, timeout=FOREVER)

    def sink(self, *filters):
        """Let the servers' device drop, and count, what each filter selects."""
        self._servers("tc filter del dev eth0 ingress")
        for number, match in enumerate(filters, 1):
            self._servers(f"tc filter add dev eth0 ingress protocol ip pref {number} {match} action drop")

    def sunk(self):
        """Packets that each filter has dropped, and all that came in by the device."""
        shown = self._servers("tc -s filter show dev eth0 ingress")
        link = json.loads(self._servers("ip -j -s link show dev eth0"))
        counts = re.findall(r"Sent \d+ bytes (\d+) pkt", shown)
        return [int(count) for count in counts], link[0]["stats64"]["rx"]["packets"]

    def _pktgen(self, file, *lines):
        with self.client:
            for line in lines:
                with open("/proc/thread-self/net/pktgen/" + file, "w", encoding="ascii") as control:
                    control.write(line + "\n")

    def send(self, packets, clients, to, first=0):
        """Send packets from so many client addresses in turn. Nanoseconds that one took."""
        start = FIRST_CLIENT + first
        self._pktgen("kpktgend_0", "rem_device_all", "add_device eth0")
        self._pktgen("eth0", f"count {packets}", "clone_skb 0", "pkt_size 60", "delay 0",
                     f"dst_mac {DIRECTOR_MAC}", f"dst {to}", f"src_min {start}", f"src_max {start + clients - 1}",
                     "udp_src_min 1024", "udp_src_max 1024", f"udp_dst_min {PORT}", f"udp_dst_max {PORT}")
        self._pktgen("pgctrl", "start")
        with self.client:
            with open("/proc/thread-self/net/pktgen/eth0", encoding="ascii") as shown:
                result = shown.read()
        sent = int(re.search(r"pkts-sofar: (\d+)", result)[1])
        taken = re.search(r"Result: OK: (\d+)\(", result)
        if sent != packets or not taken:
            raise RuntimeError(f"pktgen sent {sent} of {packets}: {result}")
        return int(taken[1]) * 1000 / packets


def report(name, value, void=()):
    """A figure for ./run, or why it means nothing."""
    print(json.dumps({"name": name, "value": value, "void": list(void)}), flush=True)


def modprobe(*words):
    run(["modprobe", *words], timeout=FOREVER)


def rmmod(*modules):
    run(["modprobe", "-r", *modules], timeout=FOREVER)
