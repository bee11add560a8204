# SPDX-License-Identifier: GPL-2.0-or-later
"""Many connections through two directors, for ./failover: dray's, or keepalived with IPVS and its sync daemon.

Real connections carry data; nobody takes them from the servers' queues, whose kernels
answer for them. Which server one is at is told by its MSS, which differs. Crafted flows
are frames of clients that do not exist. This file judges nothing.
"""

import json
import resource
import socket
import time

import vrrp_sync
from lib import netlab, packet, traffic, vrrp
from lib.netlab import VIP, rip

SERVICE, PORT = vrrp_sync.SERVICE, vrrp_sync.PORT
SOURCES = 200		# client addresses, for more ports than one has
MSS = 1400		# of server n it is n more
STAMPS = 12		# that the timestamps of TCP take from it
BURST = 512
HANDSHAKES = 5000	# at a time: what is half open does not live for long
ENTRIES = 1000000


class Dray:
    """Two directors with dray, in sync."""

    name = "dray"

    def __init__(self):
        vrrp_sync.CONNECTIONS = 0
        vrrp_sync.setup()
        vrrp_sync.servers.close()
        self.lab = vrrp_sync.lab
        self.start = vrrp_sync.pair

    def prepare(self, options, numbers):
        self.start(options, numbers, advert=1)
        for director in self.lab.directors.values():
            director.space.run(f"{netlab.ADM} config --flow-limit {ENTRIES}")
            director.space.run(f"{netlab.ADM} config --unassured-limit {ENTRIES // 2}")

    def settled(self):
        """Until the successor takes no more over."""
        last = -1
        while last != (now := vrrp_sync.sync(self.lab.b)["counters"]["taken_flows"]):
            last = now
            time.sleep(2)

    def flows(self, director):
        """{(client, port): server}; what begins in mid-stream is half open until its next packet."""
        found = json.loads(director.space.run([netlab.ADM, "flows", "-n", "--json"], timeout=1200))["data"]
        return {(m["client"], m["client_port"]): m["server"]["address"] for m in found}

    def told(self):
        counters = vrrp_sync.sync(self.lab.b)["counters"]
        return counters["taken_flows"], counters


class Ipvs:
    """Two directors with keepalived, whose sync daemon carries IPVS's connections."""

    name = "IPVS with its sync daemon"

    def __init__(self):
        netlab.run(["modprobe", "ip_vs_rr"])
        self.lab = vrrp.VrrpLab(servers=4, others=dict.fromkeys("ab", vrrp.Keepalived))
        for director in self.lab.directors.values():
            for n in range(1, 5):
                netlab.reach(director.space, rip(n))

    def prepare(self, options, numbers):
        self.lab.settle()
        for director, priority in (self.lab.a, 200), (self.lab.b, 100):
            director.space.run("ipvsadm -C")
            director.space.run(f"ipvsadm -A {SERVICE} {options}")
            for n in numbers:
                director.space.run(f"ipvsadm -a {SERVICE} -r {rip(n)} -g")
            director.start("global_defs {\n    lvs_sync_daemon eth0 VI_1\n}\n", vrrp.instance(priority, advert=1))
        self.lab.a.becomes("MASTER", 30)
        self.lab.b.becomes("BACKUP", 30)
        netlab.wait_for(lambda: self.lab.owners() == ["a"], "a has the address", 30)
        netlab.reach(self.lab.client, VIP)

    def settled(self):
        last = -1
        while last != (now := self._lines(self.lab.b)):
            last = now
            time.sleep(2)

    @staticmethod
    def _lines(director):
        return director.space.run("wc -l /proc/net/ip_vs_conn")

    def flows(self, director):
        def address(text):
            return socket.inet_ntoa(bytes.fromhex(text))
        found = {}
        for line in director.space.run("cat /proc/net/ip_vs_conn", timeout=1200).splitlines()[1:]:
            _, client, port, _, _, server, _, state, *_ = line.split()
            if state == "ESTABLISHED":
                found[address(client), int(port, 16)] = address(server)
        return found

    def told(self):
        return len(self.flows(self.lab.b)), {}


class Crowd:
    """The clients: connections that carry data, and frames of those that are not there."""

    def __init__(self, lab):
        self.lab, self.real, self.frames = lab, {}, {}
        lab.client.ip(*[f"addr add 10.9.1.{n}/16 dev eth0" for n in range(1, SOURCES + 1)])
        lab.client.sysctl(ipv4__ip_local_port_range="1024 65000")
        self.listeners = [self._listen(n, server) for n, server in enumerate(lab.servers, 1)]

    @staticmethod
    def _listen(number, server):
        limit = 1 << 17
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        server.sysctl(core__somaxconn=65535, ipv4__tcp_max_syn_backlog=65535, ipv4__tcp_syncookies=0)
        server.ip(f"route replace 10.9.0.0/16 dev eth0 proto kernel scope link src {rip(number)} advmss {MSS + number}")
        sock = server.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((VIP, PORT))
        sock.listen(65535)
        return sock

    def connect(self, source):
        """One more connection; the number of its server."""
        sock = self.lab.client.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(30)
        sock.bind((source, 0))
        sock.connect((VIP, PORT))
        sock.send(b"before")
        self.real[sock] = time.monotonic()
        return sock

    @staticmethod
    def server(sock):
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) + STAMPS - MSS

    def fill(self, count, slow=None):
        """With one slow server, what is at the others ends while its own goes on, two of three."""
        for n in range(count):
            sock = self.connect(self.source(n))
            if slow and n % 3 and self.server(sock) != slow:
                self.end(sock)

    @staticmethod
    def source(n):
        return f"10.9.1.{n % SOURCES + 1}"

    def end(self, sock):
        sock.close()
        del self.real[sock]

    def craft(self, count):
        """A SYN and three ACKs over more than a second make a flow that is there for certain."""
        for flags in packet.SYN, packet.ACK:
            self.frames[flags] = traffic.spoofed(
                self.lab.a.space.mac(), self.lab.client.mac(), count, lambda src, sport, flags=flags: packet.ip(
                    src, VIP, socket.IPPROTO_TCP, packet.tcp(src, VIP, sport, PORT, flags, 1, 1)))
        self.in_groups(packet.SYN, packet.ACK, packet.ACK)
        time.sleep(1.5)
        self.send(self.frames[packet.ACK])

    def in_groups(self, *all_flags, mac=b""):
        """These packets of some flows, then of the next: none waits long for its second one."""
        for start in range(0, len(self.frames[packet.ACK]), HANDSHAKES):
            for flags in all_flags:
                self.send([mac + frame[len(mac):] for frame in self.frames[flags][start:start + HANDSHAKES]])

    def send(self, frames):
        burst = traffic.Burst(self.lab.client)
        for start in range(0, len(frames), BURST):
            burst.send(frames[start:start + BURST])
            time.sleep(0.02)
        burst.close()

    def go_on(self, mac):
        """More packets of each crafted flow, to this director: a new entry that gets no second one ends in a minute."""
        self.in_groups(packet.ACK, packet.ACK, mac=bytes.fromhex(mac.replace(":", "")) if isinstance(mac, str) else mac)

    def lost(self, seconds=60):
        """Sockets that were reset, and those whose data nobody acknowledges."""
        reset = {sock for sock in self.real if not self._say(sock)}
        stuck, end = set(self.real), time.monotonic() + seconds
        while stuck and time.monotonic() < end:
            stuck = {sock for sock in stuck - reset if vrrp_sync.unacked(sock)}
            time.sleep(0.5)
        reset |= {sock for sock in self.real if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)}
        return reset, stuck - reset

    @staticmethod
    def _say(sock):
        try:
            return sock.send(b"after")
        except OSError:
            return 0

    def close(self):
        for sock in list(self.real):
            self.end(sock)
        self.frames = {}
