# SPDX-License-Identifier: GPL-2.0-or-later
"""Ethernet frames made and read by hand: IPv4, IPv6, TCP, UDP, SCTP, ICMP.

Everything is bytes; nothing here sends. forwarded() is what direct routing may
do to a frame, and so what a test compares with: other MAC addresses, a TTL less
one, and the IPv4 header checksum that belongs to it.
"""

import errno
import ipaddress
import select
import struct

TCP, UDP, SCTP, ICMP, ICMP6 = 6, 17, 132, 1, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def addr(text):
    return ipaddress.ip_address(text).packed


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(src, dst, proto, payload):
    if len(src) == 4:
        return src + dst + struct.pack("!BBH", 0, proto, len(payload))
    return src + dst + struct.pack("!IHBB", len(payload), 0, 0, proto)


def _sum_at(segment, offset, src, dst, proto):
    value = checksum(pseudo(addr(src), addr(dst), proto, segment) + segment)
    if proto == UDP and not value:
        value = 0xffff
    return segment[:offset] + struct.pack("!H", value) + segment[offset + 2:]


def tcp(src, dst, sport, dport, flags=SYN, seq=1000, ack=0, data=b"", options=b"", window=65535):
    if flags & ACK and not ack:
        ack = 5000
    offset = (20 + len(options)) // 4
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, offset << 4, flags, window, 0, 0)
    return _sum_at(head + options + data, 16, src, dst, TCP)


def udp(src, dst, sport, dport, data=b"data"):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    return _sum_at(head + data, 6, src, dst, UDP)


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sctp(sport, dport, chunk=1, tag=0, data=b"\0" * 16):
    body = struct.pack("!BBH", chunk, 0, 4 + len(data)) + data
    head = struct.pack("!HHI", sport, dport, tag)
    crc = crc32c(head + bytes(4) + body)
    return head + struct.pack("<I", crc) + body


def icmp(kind, code, rest=b"\0\0\0\0", data=b""):
    body = struct.pack("!BBH", kind, code, 0) + rest + data
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def icmp6(src, dst, kind, code, rest=b"\0\0\0\0", data=b""):
    return _sum_at(struct.pack("!BBH", kind, code, 0) + rest + data, 2, src, dst, ICMP6)


def ipv4(src, dst, proto, payload, ttl=64, tos=0, ident=0x1234, frag=0x4000, options=b"", **over):
    """over: version, ihl, length, csum put wrong values in."""
    ihl = over.get("ihl", 5 + len(options) // 4)
    length = over.get("length", 20 + len(options) + len(payload))
    head = struct.pack("!BBHHHBBH", over.get("version", 4) << 4 | ihl, tos, length, ident, frag,
                       ttl, proto, 0) + addr(src) + addr(dst) + options
    value = over.get("csum", checksum(head))
    return head[:10] + struct.pack("!H", value) + head[12:] + payload


def ipv6(src, dst, proto, payload, hops=64, tclass=0, flow=0xbeef, extensions=(), **over):
    """extensions: pairs of protocol number and header whose first byte is set here."""
    chain = b""
    protos = [p for p, _ in extensions] + [proto]
    for number, (_, header) in enumerate(extensions):
        chain += bytes([protos[number + 1]]) + header[1:]
    first = struct.pack("!IHBB", over.get("version", 6) << 28 | tclass << 20 | flow,
                        over.get("length", len(chain) + len(payload)), protos[0], hops)
    return first + addr(src) + addr(dst) + chain + payload


def ip(src, dst, proto, payload, **kw):
    return (ipv6 if ":" in src else ipv4)(src, dst, proto, payload, **kw)


def frame(dst_mac, src_mac, packet, kind=None, vlan=None):
    if kind is None:
        kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None else b""
    return dst_mac + src_mac + tag + struct.pack("!H", kind) + packet


def forwarded(packet):
    """The IP packet as it leaves a director."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]
    size = (packet[0] & 15) * 4
    head = packet[:8] + bytes([packet[8] - 1]) + packet[9:10] + b"\0\0" + packet[12:size]
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + packet[size:]


def fragments4(packet, mtu):
    """Cut an IPv4 packet without options."""
    head, payload = packet[:20], packet[20:]
    step = (mtu - 20) // 8 * 8
    ident = struct.unpack("!H", head[4:6])[0]
    for start in range(0, len(payload), step):
        part = payload[start:start + step]
        more = 0x2000 if start + step < len(payload) else 0
        new = struct.pack("!BBHHHBBH", 0x45, head[1], 20 + len(part), ident, more | start // 8,
                          head[8], head[9], 0) + head[12:20]
        yield new[:10] + struct.pack("!H", checksum(new)) + new[12:] + part


def fragments6(packet, mtu, ident=0x77):
    """Cut an IPv6 packet without extension headers."""
    payload = packet[40:]
    step = (mtu - 48) // 8 * 8
    for start in range(0, len(payload), step):
        part = payload[start:start + step]
        more = 1 if start + step < len(payload) else 0
        header = struct.pack("!BBHI", packet[6], 0, start | more, ident)
        yield packet[:4] + struct.pack("!HB", 8 + len(part), 44) + packet[7:40] + header + part


class Seen:
    """A received frame, taken apart as far as a test asks."""

    def __init__(self, data):
        self.raw = data
        self.dst_mac, self.src_mac = data[:6], data[6:12]
        self.kind = struct.unpack("!H", data[12:14])[0]
        self.ip = data[14:]
        if self.kind == 0x0800 and len(self.ip) >= 20:
            size = (self.ip[0] & 15) * 4
            self.ip = self.ip[:struct.unpack("!H", self.ip[2:4])[0]]
            self.proto, self.ttl = self.ip[9], self.ip[8]
            self.frag = struct.unpack("!H", self.ip[6:8])[0]
            self.src, self.dst = (str(ipaddress.ip_address(self.ip[n:n + 4])) for n in (12, 16))
            self.payload = self.ip[size:]
        elif self.kind == 0x86dd and len(self.ip) >= 40:
            self.ip = self.ip[:40 + struct.unpack("!H", self.ip[4:6])[0]]
            self.proto, self.ttl = self.ip[6], self.ip[7]
            self.frag = 0
            self.src, self.dst = (str(ipaddress.ip_address(self.ip[n:n + 16])) for n in (8, 24))
            self.payload = self.ip[40:]
        else:
            self.proto, self.src, self.dst, self.payload, self.frag = None, None, None, b"", 0

    def ports(self):
        return struct.unpack("!HH", self.payload[:4])


class Tap:
    """Frames that come in by a device, as Seen, filtered."""

    def __init__(self, space, device="eth0", want=lambda seen: True):
        self.sock = space.packet_socket(device)
        self.want = want

    def get(self, seconds=0.0):
        """Next frame wanted, or None. Waits at most so long for it."""
        self.sock.settimeout(seconds or 0.000001)
        while True:
            try:
                data, where = self.sock.recvfrom(70000)
            except (TimeoutError, BlockingIOError):
                return None
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                continue
            if where[2] == 4:
                continue
            seen = Seen(data)
            if self.want(seen):
                return seen

    def all(self, count=0, seconds=3.0):
        """At least count frames if they come in time, and what else is there."""
        found = []
        while True:
            seen = self.get(seconds if len(found) < count else 0.05)
            if seen is None:
                return found
            found.append(seen)

    def drop(self):
        """Forget what has come so far."""
        while self.get():
            pass


def gather(taps, seconds=3.0):
    """Wait until one of the taps has a frame; then the frames of each."""
    while select.select([tap.sock for tap in taps], [], [], seconds)[0]:
        got = [tap.all() for tap in taps]
        if any(got):
            return got
    return [[] for _ in taps]
