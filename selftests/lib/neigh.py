# SPDX-License-Identifier: GPL-2.0-or-later
"""ARP and neighbour discovery by hand: who answers for an address, who announces it.

An Asker stands in a host's eth0. It never waits for silence: behind each question
comes another one, that every host asked has to answer (its own address), and
hosts answer in order.
"""

import ipaddress
import struct
import time

from lib import packet, taptest
from lib.packet import ICMP6
from lib.taptest import Failed

REQUEST, REPLY = 1, 2
SOLICIT, ADVERTISE = 135, 136
BROADCAST = b"\xff" * 6


def arp(op, mac, sender, target, target_mac=bytes(6), to=BROADCAST):
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, op) + mac + packet.addr(sender) + target_mac + packet.addr(target)
    return packet.frame(to, mac, body, 0x0806)


def solicit(mac, source, target, to=None):
    """To the target's group, or as a host that knows its MAC address asks whether it is still there."""
    last = packet.addr(target)[13:]
    group = target if to else str(ipaddress.ip_address(packet.addr("ff02::1:ff00:0")[:13] + last))
    body = bytes(4) + packet.addr(target) + (b"\1\1" + mac if source != "::" else b"")
    data = packet.icmp6(source, group, SOLICIT, 0, body[:4], body[4:])
    return packet.frame(to or b"\x33\x33\xff" + last, mac, packet.ipv6(source, group, ICMP6, data, hops=255))


class Said:
    """What a frame says of the neighbourhood: kind, address it speaks for, MAC; kind None if nothing."""

    def __init__(self, raw):
        self.kind = self.address = self.target = None
        self.mac = raw[6:12]
        kind = struct.unpack("!H", raw[12:14])[0]
        if kind == 0x0806 and len(raw) >= 42:
            self.kind = "request" if raw[21] == REQUEST else "reply"
            self.address, self.target = (str(ipaddress.ip_address(raw[n:n + 4])) for n in (28, 38))
            self.good = True
        elif kind == 0x86dd and len(raw) >= 78 and raw[20] == ICMP6 and raw[54] in (SOLICIT, ADVERTISE):
            source, to = raw[22:38], raw[38:54]
            self.target = str(ipaddress.ip_address(raw[62:78]))
            self.kind = "solicit" if raw[54] == SOLICIT else "advertise"
            self.address = self.target if raw[54] == ADVERTISE else str(ipaddress.ip_address(source))
            self.router = bool(raw[58] & 0x80)
            body = raw[54:54 + struct.unpack("!H", raw[18:20])[0]]
            self.good = packet.checksum(packet.pseudo(source, to, ICMP6, body) + body) == 0


class Asker:
    """Asks from a host's eth0 and hears what the others say."""

    def __init__(self, space, address, address6):
        self.sock = space.packet_socket()
        self.mac = space.mac()
        self.addresses = {4: address, 6: address6}

    def question(self, target, source=None):
        if ":" in target:
            return solicit(self.mac, source or self.addresses[6], target)
        return arp(REQUEST, self.mac, source or self.addresses[4], target)

    def hear(self, until, seconds=10):
        """Everything said until until(said so far) holds."""
        said = []
        end = time.monotonic() + seconds * taptest.SLOWER
        while not until(said):
            self.sock.settimeout(max(0.001, end - time.monotonic()))
            try:
                raw, where = self.sock.recvfrom(2000)
            except TimeoutError:
                raise Failed(f"the wanted answers do not come, but {[(s.kind, s.address, s.mac.hex()) for s in said]}") \
                    from None
            if where[2] != 4 and Said(raw).kind:
                said.append(Said(raw))
        return said

    def who(self, address, others, source=None):
        """The MACs that answer for an address; others: an own address of every host asked, by its MAC."""
        self.forget()
        self.sock.send(self.question(address, source))
        for other in others.values():
            self.sock.send(self.question(other))
        said = self.hear(lambda said: {(s.address, s.mac) for s in said if s.kind in ("reply", "advertise")} >=
                         {(other, mac) for mac, other in others.items()})
        return {s.mac for s in said if s.address == address and s.kind in ("reply", "advertise")}

    def forget(self):
        """What has come until now."""
        while self._drop():
            pass

    def _drop(self):
        self.sock.settimeout(0.000001)
        try:
            return self.sock.recv(2000)
        except (TimeoutError, BlockingIOError):
            return None
