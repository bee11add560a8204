# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab whose servers only look: frames made by hand in, frames seen out.

No server has the VIP, so nothing answers; which server a frame went to is read
off its destination MAC address. A client is any address, a flow any port.
"""

import time

from lib import netlab, packet, taptest
from lib.netlab import VIP, VIP6, Lab
from lib.packet import SYN, TCP, Tap
from lib.taptest import same
from lib.traffic import Burst

PORT = 80


class Quiet(Lab):
    """Lab with a way to send, and taps on all servers."""

    def __init__(self, servers=3, **kw):
        super().__init__(servers=servers, vip_on_servers=False, **kw)
        netlab.warm(self)
        self.numbers = {server.mac(): n for n, server in enumerate(self.servers, 1)}
        self.macs = self.director.mac(), self.client.mac()
        self.taps = [Tap(server, want=lambda seen: seen.dst in (VIP, VIP6)) for server in self.servers]
        self.burst = Burst(self.client)
        self.last_port = 10000

    def port(self):
        """A client's port that was not used before."""
        self.last_port = self.last_port + 1 if self.last_port < 60000 else 10001
        return self.last_port

    def frame(self, client, flags=SYN, sport=None, dport=PORT, proto=TCP, data=b"", **kw):
        vip = VIP6 if ":" in client else VIP
        sport = sport or self.port()
        segment = (packet.tcp(client, vip, sport, dport, flags, data=data) if proto == TCP
                   else packet.udp(client, vip, sport, dport, data or b"data"))
        return packet.frame(*self.macs, packet.ip(client, vip, proto, segment, **kw))

    def drop(self):
        for tap in self.taps:
            tap.drop()

    def ask(self, frames, seconds=3.0):
        """Send frames: the server's number for each (client, its port) that arrived."""
        self.drop()
        self.burst.send(frames)
        found = {}
        end = time.monotonic() + seconds * taptest.SLOWER
        while len(found) < len(frames) and time.monotonic() < end:
            for got in packet.gather(self.taps, 0.5):
                for seen in got:
                    found[seen.src, seen.ports()[0]] = self.numbers[seen.dst_mac]
        return found

    def server_of(self, client, **kw):
        """The number of the server that one frame goes to."""
        got = list(self.ask([self.frame(client, **kw)]).values())
        same(len(got), 1, f"frames of {client} that arrived")
        return got[0]

    def arrives(self, client, seconds=0.5, **kw):
        """Whether one frame reaches a server at all."""
        self.drop()
        self.burst.send([self.frame(client, **kw)])
        return any(packet.gather(self.taps, seconds))
