# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic for tests: echo servers, clients that ask them, and floods of frames.

EchoServers and the ask and open functions use real sockets. Burst sends frames
made beforehand, a thousand in a call; spoofed() makes many that differ in
source address and port without computing a checksum for each.
"""

import ctypes
import socket
import struct
import threading

from lib import packet, taptest
from lib.netlab import VIP, VIP6


class EchoServers:
    """UDP and TCP servers in Python that say their number, on every server.

    A UDP datagram is answered by "NAME LENGTH", a TCP connection by "NAME\\n" and
    then by a line "NAME BYTES" once the client has shut down its side.
    """

    def __init__(self, lab, port, tcp=True, udp=True, addresses=(VIP, VIP6)):
        self.got = {}
        self.sockets = []
        for number, server in enumerate(lab.servers, 1):
            for address in addresses:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                if udp:
                    self._serve(server, family, socket.SOCK_DGRAM, address, port, f"rs{number}")
                if tcp:
                    self._serve(server, family, socket.SOCK_STREAM, address, port, f"rs{number}")

    def _serve(self, server, family, kind, address, port, name):
        sock = server.socket(family, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(128)
        self.sockets.append(sock)
        loop = self._tcp if kind == socket.SOCK_STREAM else self._udp
        threading.Thread(target=loop, args=(sock, name), daemon=True).start()

    def _udp(self, sock, name):
        while True:
            try:
                data, peer = sock.recvfrom(70000)
                self.got.setdefault(name, []).append(data)
                sock.sendto(f"{name} {len(data)}".encode(), peer)
            except OSError:
                if sock.fileno() < 0:
                    return

    def _tcp(self, sock, name):
        while True:
            try:
                conn, _ = sock.accept()
            except OSError:
                return
            threading.Thread(target=self._conversation, args=(conn, name), daemon=True).start()

    @staticmethod
    def _conversation(conn, name):
        total = 0
        try:
            conn.sendall(f"{name}\n".encode())
            while True:
                data = conn.recv(1 << 18)
                if not data:
                    break
                total += len(data)
            conn.sendall(f"{name} {total}\n".encode())
        except OSError:
            pass
        conn.close()

    def close(self):
        for sock in self.sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()


def udp_ask(client, address, port, data=b"hello", source=None, sock=None, seconds=3, tries=1):
    """Which server answers a datagram; None if nobody does in time."""
    own = sock is None
    if own:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = client.socket(family, socket.SOCK_DGRAM)
        if source:
            sock.bind(source)
    try:
        sock.settimeout(seconds * taptest.SLOWER)
        for _ in range(tries):
            sock.sendto(data, (address, port))
            try:
                return sock.recv(100).decode()
            except socket.timeout:
                pass
        return None
    finally:
        if own:
            sock.close()


def tcp_open(client, address, port, source=None, seconds=5):
    """Connect; (socket, name of the server that greets)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = client.socket(family, socket.SOCK_STREAM)
    sock.settimeout(seconds * taptest.SLOWER)
    try:
        if source:
            sock.bind(source)
        sock.connect((address, port))
        greeting = b""
        while not greeting.endswith(b"\n"):
            more = sock.recv(1)
            if not more:
                raise ConnectionError("closed")
            greeting += more
    except BaseException:
        sock.close()
        raise
    return sock, greeting.decode().strip()


def tcp_ask(client, address, port, source=None, seconds=5):
    """Connect and close; the server's name, or the error's class name."""
    try:
        sock, name = tcp_open(client, address, port, source, seconds)
    except OSError as error:
        return type(error).__name__
    sock.close()
    return name


def tcp_upload(sock, size):
    """Send size bytes and shut down; how many the server says it got."""
    chunk = b"u" * (1 << 16)
    left = size
    while left:
        left -= sock.send(chunk[:min(left, len(chunk))])
    sock.shutdown(socket.SHUT_WR)
    answer = b""
    while not answer.endswith(b"\n"):
        more = sock.recv(100)
        if not more:
            break
        answer += more
    sock.close()
    return int(answer.split()[-1]) if answer.strip() else 0


class Burst:
    """Sends frames from a namespace's device with sendmmsg()."""

    LIMIT = 1024

    def __init__(self, space, device="eth0"):
        self.sock = space.packet_socket(device, 0)
        self.libc = ctypes.CDLL(None, use_errno=True)

    def send(self, frames):
        """frames: a list of bytes."""
        for start in range(0, len(frames), self.LIMIT):
            self._call(frames[start:start + self.LIMIT])

    def _call(self, frames):
        data = ctypes.create_string_buffer(b"".join(frames))
        iovecs = ctypes.create_string_buffer(16 * len(frames))
        heads = ctypes.create_string_buffer(64 * len(frames))
        at = ctypes.addressof(data)
        for n, frame in enumerate(frames):
            struct.pack_into("=QQ", iovecs, 16 * n, at, len(frame))
            # struct mmsghdr: of its header only the vector is set.
            struct.pack_into("=QIxxxxQQ", heads, 64 * n, 0, 0, ctypes.addressof(iovecs) + 16 * n, 1)
            at += len(frame)
        done = 0
        while done < len(frames):
            sent = self.libc.sendmmsg(self.sock.fileno(), ctypes.byref(heads, 64 * done), len(frames) - done, 0)
            if sent < 0:
                if ctypes.get_errno() == 105:   # ENOBUFS: the queue is full, once more
                    continue
                raise OSError(ctypes.get_errno(), "sendmmsg")
            done += sent

    def close(self):
        self.sock.close()


def spoofed(dst_mac, src_mac, count, make, network=0x64400000):
    """count IPv4 frames, each of another client; make(src, sport) is the first of
    each run of at most 50000, whose last two address bytes count up while port
    and identification count down, so that all checksums stay right.
    """
    frames = []
    while len(frames) < count:
        packed = struct.pack("!I", network)
        text = ".".join(map(str, packed))
        first = packet.frame(dst_mac, src_mac, make(text, 65000))
        first = first[:18] + b"\xfd\xe8" + first[20:]
        head = first[14:24] + b"\0\0" + first[26:34]
        first = first[:24] + struct.pack("!H", packet.checksum(head)) + first[26:]
        a, b, c, d = first[:18], first[20:28], first[30:34], first[36:]
        for n in range(min(count - len(frames), 50000)):
            down = struct.pack("!H", 65000 - n)
            frames.append(a + down + b + struct.pack("!H", n) + c + down + d)
        network += 0x10000
    return frames


def spoofed6(dst_mac, src_mac, count, make, prefix="2001:db8:64::"):
    """The same over IPv6, which has no checksum but that of the ports."""
    frames = []
    for start in range(0, count, 50000):
        first = packet.frame(dst_mac, src_mac, make(f"{prefix}{start // 50000:x}:0", 65000))
        a, b, c = first[:36], first[38:54], first[56:]
        frames += [a + struct.pack("!H", n) + b + struct.pack("!H", 65000 - n) + c
                   for n in range(min(count - start, 50000))]
    return frames
