# SPDX-License-Identifier: GPL-2.0-or-later
"""Links and addresses of the namespace that this thread is in, by rtnetlink.

For what every lab has: ip(8), started for each host, is what most of a test's set-up
consists of where the machine is emulated. All else is left to ip(8).
"""

import ipaddress
import socket
import struct

from lib import genl
from lib.genl import attribute

NETLINK_ROUTE = 0
NEWLINK, NEWADDR = 16, 20
EXCL, CREATE = 0x200, 0x400
IFNAME, MTU, MASTER, LINKINFO, NET_NS_FD = 3, 4, 10, 18, 28
INFO_KIND, INFO_DATA, VETH_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL, IFA_CACHEINFO = 1, 2, 6
UP, NODAD = 1, 2
FOREVER = 0xffffffff


def _name(name):
    return IFNAME, name.encode() + b"\0"


def _u32(kind, value):
    return kind, struct.pack("=I", value)


def _link(*attrs, index=0, up=False):
    return struct.pack("=BxHiII", 0, 0, index, UP * up, UP * up) + b"".join(attribute(*a) for a in attrs)


class Links(genl.Socket):
    """A socket for it."""

    def __init__(self):
        super().__init__(protocol=NETLINK_ROUTE)

    def _do(self, kind, body, flags=0):
        self.ask(struct.pack("=IHHII", 16 + len(body), kind, genl.REQUEST | genl.ACK | flags, 0, 0) + body)

    def veth(self, name, peer, namespace, mtu):
        """A pair; peer is in the namespace that an open file stands for."""
        other = _link(_name(peer), _u32(MTU, mtu), _u32(NET_NS_FD, namespace))
        self._do(NEWLINK, _link(_name(name), _u32(MTU, mtu), (LINKINFO, [
            (INFO_KIND, b"veth"), (INFO_DATA, [(VETH_PEER, other)])])), CREATE | EXCL)

    def up(self, name, master=None):
        more = [_u32(MASTER, socket.if_nametoindex(master))] if master else []
        self._do(NEWLINK, _link(*more, index=socket.if_nametoindex(name), up=True))

    def address(self, name, text, preferred=True):
        """An address with its length; one of IPv6 without asking who has it."""
        found = ipaddress.ip_interface(text)
        six = found.version == 6
        head = struct.pack("=BBBBI", socket.AF_INET6 if six else socket.AF_INET, found.network.prefixlen,
                           NODAD if six else 0, 0, socket.if_nametoindex(name))
        attrs = [(IFA_LOCAL, found.packed), (IFA_ADDRESS, found.packed)]
        if not preferred:
            attrs.append((IFA_CACHEINFO, struct.pack("=IIII", 0, FOREVER, 0, 0)))
        self._do(NEWADDR, head + b"".join(attribute(*a) for a in attrs), CREATE | EXCL)
