#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
"""How much the netlink family takes: one more than fits is refused, with a text.

In a namespace without devices; no traffic.
"""

import contextlib
import errno
import os
import struct

from lib import dray, genl, netlab, taptest
from lib.dray import Dray, mark, nest, server, tcp, vip
from lib.netlab import Namespace
from lib.taptest import Skip, case, same

BATCH = 200
space = None


def setup():
    global space
    if os.geteuid():
        raise Skip("needs root")
    netlab.need_dray()
    space = Namespace("limits")
    taptest.cleanup(space.delete)


def host(number):
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


@contextlib.contextmanager
def transaction():
    """A socket with an open transaction, which comes to nothing."""
    with space, Dray() as own:
        own.do("begin")
        yield own
        own.do("abort")


def many(own, cmd, every):
    """Requests that are all taken, many to a datagram; the last asks for an answer."""
    data = b""
    for number, attrs in enumerate(every, 1):
        data += own.request(cmd, *attrs, flags=genl.REQUEST)
        if not number % BATCH:
            own.sock.send(data)
            data = b""
    own.sock.send(data + struct.pack("=IHHII", 16, 1, genl.REQUEST | genl.ACK, own.seq, 0))
    for kind, flags, _, payload in own.receive():
        error = kind == genl.NLMSG_ERROR and genl.refused(flags, payload)
        if error:
            raise error


@case("4096 servers of a service")
def _():
    with transaction() as own:
        own.do("new_service", tcp())
        many(own, "new_server", ((tcp(), server(host(n))) for n in range(256, 256 + 4096)))
        own.refuse("new_server", [tcp(), server("10.9.0.121")], errno.ENOSPC, "Too many servers in the service")
        own.do("del_server", tcp(), server(host(300)))
        own.do("new_server", tcp(), server("10.9.0.121"))


@case("65536 services")
def _():
    with transaction() as own:
        many(own, "new_service", ((mark(n),) for n in range(1, 65537)))
        own.refuse("new_service", [tcp()], errno.ENOSPC, "Too many services")
        own.do("del_service", mark(1))
        own.do("new_service", tcp())


@case("4096 VIPs")
def _():
    with transaction() as own:
        many(own, "new_vip", ((vip(host(n)),) for n in range(256, 256 + 4096)))
        own.refuse("new_vip", [vip("10.9.0.201")], errno.ENOSPC, "Too many VIPs")
        own.do("del_vip", vip(host(300)))
        own.do("new_vip", vip("10.9.0.201"))


@case("64 open transactions of a namespace")
def _():
    with contextlib.ExitStack() as stack, space:
        owners = [stack.enter_context(Dray()) for _ in range(65)]
        for own in owners[:64]:
            own.do("begin")
        owners[64].refuse("begin", [], errno.EBUSY, "Too many open transactions")
        owners[0].do("abort")
        owners[64].do("begin")


@case("16384 probes of a namespace")
def _():
    with space, Dray() as own:
        many(own, "new_probe", ((dray.probe(mark=n),) for n in range(1, 16385)))
        own.refuse("new_probe", [dray.probe(mark=20000)], errno.ENOSPC, "Too many probes")
        own.do("del_probe", nest("probe", mark=1))
        own.do("new_probe", dray.probe(mark=20000))
        same(len(own.dump("get_probe")), 16384, "probes")


if __name__ == "__main__":
    taptest.main(setup)
