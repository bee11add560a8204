# SPDX-License-Identifier: GPL-2.0-or-later
"""Generic netlink by hand: sockets, messages, attributes, extended acks.

Messages are built and taken apart here byte by byte, so that a test can send
what no library would. An attribute is (type, payload); the payload is bytes, or
a list of attributes, which makes it a nest. This file knows no family but the
controller.
"""

import errno
import os
import socket
import struct

NETLINK_GENERIC = 16
SOL_NETLINK = 270
ADD_MEMBERSHIP, CAP_ACK, EXT_ACK = 1, 10, 11
NLMSG_ERROR, NLMSG_DONE = 2, 3
REQUEST, MULTI, ACK, DUMP_INTR, DUMP = 1, 2, 4, 0x10, 0x300
ACK_TLVS = 0x200
NESTED = 0x8000
HEADER = 20     # struct nlmsghdr and struct genlmsghdr

GENL_ID_CTRL = 16
CTRL_GETFAMILY = 3
CTRL_ID, CTRL_NAME, CTRL_GROUPS = 1, 2, 7


class Refused(Exception):
    """A request was answered by an error."""

    def __init__(self, number, message="", offset=None, miss_type=None, miss_nest=None):
        name = errno.errorcode.get(number, str(number))
        super().__init__(f"{name} {message!r} at {offset}, missing {miss_type}")
        self.errno = number
        self.message = message
        self.offset = offset
        self.miss_type = miss_type
        self.miss_nest = miss_nest


def attribute(kind, payload):
    if isinstance(payload, list):
        kind |= NESTED
        payload = b"".join(attribute(*a) for a in payload)
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def attributes(data):
    """(offset in data, type without flags, payload) of each attribute."""
    at = 0
    while len(data) - at >= 4:
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4 or length > len(data) - at:
            raise ValueError(f"attribute of length {length} at {at} of {len(data)}")
        yield at, kind & 0x3fff, data[at + 4:at + length]
        at += length + -length % 4


def by_type(data):
    return {kind: payload for _, kind, payload in attributes(data)}


def message(family, cmd, attrs=(), flags=REQUEST | ACK, seq=0, version=1):
    body = b"".join(attribute(*a) for a in attrs)
    return struct.pack("=IHHIIBBH", HEADER + len(body), family, flags, seq, 0, cmd, version, 0) + body


def split(data):
    """(type, flags, sequence number, rest) of each message of a datagram."""
    while len(data) >= 16:
        length, kind, flags, seq, _ = struct.unpack_from("=IHHII", data)
        yield kind, flags, seq, data[16:length]
        data = data[length + -length % 4:]


def refused(flags, payload, done=False):
    """The error in an NLMSG_ERROR or NLMSG_DONE message, or None.

    The sockets ask for acks without the request but for its header.
    """
    number, = struct.unpack_from("=i", payload)
    if not number:
        return None
    at = 4 if done else 20
    tlvs = by_type(payload[at:]) if flags & ACK_TLVS else {}
    u32 = {k: struct.unpack("=I", v)[0] for k, v in tlvs.items() if k in (2, 5, 6)}
    return Refused(-number, tlvs.get(1, b"").rstrip(b"\0").decode(), u32.get(2), u32.get(5), u32.get(6))


class Socket:
    """A netlink socket. Everything waits for five minutes at most."""

    def __init__(self, rcvbuf=None, chunk=1 << 16, protocol=NETLINK_GENERIC):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self.sock.setsockopt(SOL_NETLINK, EXT_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, CAP_ACK, 1)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.settimeout(300)
        self.sock.bind((0, 0))
        self.chunk = chunk
        self.seq = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        """Send a message with a sequence number of our own."""
        self.seq += 1
        self.sock.send(data[:8] + struct.pack("=I", self.seq) + data[12:])

    def receive(self):
        return list(split(self.sock.recv(self.chunk)))

    def ask(self, data):
        """Send a request that wants an ack: the payloads of the replies."""
        self.send(data)
        replies = []
        while True:
            for kind, flags, seq, payload in self.receive():
                if seq != self.seq:
                    continue
                if kind == NLMSG_ERROR:
                    error = refused(flags, payload)
                    if error:
                        raise error
                    return replies
                replies.append(payload)

    def chunks(self, data):
        """A dump, chunk by chunk: (whether it was interrupted, payloads)."""
        self.send(data)
        end = False
        while not end:
            interrupted, payloads = False, []
            for kind, flags, seq, payload in self.receive():
                if seq != self.seq:
                    continue
                interrupted = interrupted or bool(flags & DUMP_INTR)
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    end = True
                    error = refused(flags, payload, kind == NLMSG_DONE)
                    if error:
                        raise error
                else:
                    payloads.append(payload)
            yield interrupted, payloads

    def family(self, name):
        """(id, {group: number}) of a family, which the kernel may have to load."""
        reply, = self.ask(message(GENL_ID_CTRL, CTRL_GETFAMILY, [(CTRL_NAME, name.encode() + b"\0")]))
        found = by_type(reply[4:])
        groups = {}
        for _, _, group in attributes(found.get(CTRL_GROUPS, b"")):
            parts = by_type(group)
            groups[parts[1].rstrip(b"\0").decode()] = struct.unpack("=I", parts[2])[0]
        return struct.unpack("=H", found[CTRL_ID])[0], groups

    def join(self, group):
        self.sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, group)

    def pending(self):
        """What has come so far, without waiting."""
        found = []
        limit = self.sock.gettimeout()
        self.sock.setblocking(False)
        try:
            while True:
                found += split(self.sock.recv(self.chunk))
        except BlockingIOError:
            return found
        finally:
            self.sock.settimeout(limit)


def as_nobody(function):
    """Run function in a child without any right; its result, or its exception."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.close(reader)
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            os.write(writer, repr(function()).encode())
            status = 0
        except BaseException as error:  # pylint: disable=broad-except
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    if status:
        raise AssertionError(said)
    return said
