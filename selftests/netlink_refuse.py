#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the netlink family refuses: error, text and attribute of each refusal.

And next to it what it takes, and how that is read back. No topology.
"""

import errno
import os

from lib import dray, taptest
from lib.dray import Dray, mark, nest, server, tcp, vip
from lib.netlab import Namespace
from lib.taptest import Skip, add_case, case, check, same

VIP6 = "2001:db8:9::200"
sock = None


def setup():
    global sock
    if os.geteuid():
        raise Skip("needs root")
    sock = Dray()


# Refusals: what is wrong, the request, the error, its text, the attribute.
PORT_0 = "Zero port specified for non-persistent service"
MARK_ONLY = "A firewall-mark service has no protocol, address or port"
REFUSALS = [
    ("a missing service", "new_service", (), errno.EINVAL, "Missing attribute service", None, "service"),
    ("a missing server", "new_server", (tcp(),), errno.EINVAL, "Missing attribute server", None, "server"),
    ("a missing VIP", "new_vip", (), errno.EINVAL, "Missing attribute vip", None, "vip"),
    ("missing settings", "set_config", (), errno.EINVAL, "Missing attribute config", None, "config"),
    ("a missing persistent client", "set_persist", (tcp(), server()), errno.EINVAL, "Missing attribute persist", None,
     "persist"),
    ("a missing wait", "sync_done", (), errno.EINVAL, "Missing attribute wait", None, "wait"),
    ("an empty service", "new_service", (nest("service"),), errno.EINVAL, "Missing attribute family", None,
     "service.family"),
    ("a service without a protocol", "new_service", (nest("service", family=2),), errno.EINVAL,
     "Missing attribute protocol (or fwmark)", None, "service.protocol"),
    ("a service without an address", "new_service", (nest("service", family=2, protocol=6),), errno.EINVAL,
     "Missing attribute address", None, "service.address"),
    ("a service without a port", "new_service", (nest("service", family=2, protocol=6, address=bytes(4)),),
     errno.EINVAL, "Missing attribute port", None, "service.port"),
    ("a family that is none", "new_service", (nest("service", family=3, fwmark=1),), errno.EAFNOSUPPORT,
     "Family is neither AF_INET nor AF_INET6", "service.family", None),
    ("a protocol that is not balanced", "new_service",
     (nest("service", family=2, protocol=1, address=dray.ip("10.0.0.1"), port=1),), errno.EPROTONOSUPPORT,
     "Protocol is not TCP, UDP or SCTP", "service.protocol", None),
    ("firewall mark 0", "new_service", (mark(0),), errno.EINVAL, "Firewall mark is 0", "service.fwmark", None),
    ("a firewall mark with a protocol", "new_service", (mark(1, protocol=6),), errno.EINVAL, MARK_ONLY,
     "service.protocol", None),
    ("a firewall mark with an address", "new_service", (mark(1, address=bytes(4)),), errno.EINVAL, MARK_ONLY,
     "service.address", None),
    ("a firewall mark with a port", "new_service", (mark(1, port=0),), errno.EINVAL, MARK_ONLY, "service.port",
     None),
    ("port 0 without persistence", "new_service", (tcp(port=0),), errno.EINVAL, PORT_0, "service.port", None),
    ("port 0 with persistence 0", "new_service", (tcp(port=0, persist_timeout=0),), errno.EINVAL, PORT_0,
     "service.persist_timeout", None),
    ("one-packet scheduling of TCP", "new_service", (tcp(flags=1),), errno.EINVAL,
     "One-packet scheduling is for UDP and firewall-mark services", "service.flags", None),
    ("an unknown scheduler", "new_service", (tcp(scheduler="best"),), errno.ENOENT, "No such scheduler",
     "service.scheduler", None),
    ("no scheduler's name", "new_service", (tcp(scheduler=""),), errno.ENOENT, "No such scheduler",
     "service.scheduler", None),
    ("a service that is there", "new_service", (tcp(),), errno.EEXIST, "Service already exists", None, None),
    ("changing a service that is not there", "set_service", (tcp(port=9),), errno.ESRCH, "No such service", None,
     None),
    ("deleting a service that is not there", "del_service", (tcp(port=9),), errno.ESRCH, "No such service", None,
     None),
    ("reading a service that is not there", "get_service", (tcp(port=9),), errno.ESRCH, "No such service", None,
     None),
    ("zeroing a service that is not there", "zero", (tcp(port=9),), errno.ESRCH, "No such service", None, None),
    ("telling nothing of a server", "set_told", (tcp(), server()), errno.EINVAL,
     "Missing attribute told-active or told-inactive", None, "server.told_active"),
    ("telling of a service that is not there", "set_told", (tcp(port=9), server(port=9, told_active=1)), errno.ESRCH,
     "No such service", None, None),
    ("telling of a server that is not there", "set_told", (tcp(), server("10.9.0.150", told_active=1)), errno.ENOENT,
     "No such server", None, None),
    ("an empty server", "new_server", (tcp(), nest("server")), errno.EINVAL, "Missing attribute family", None,
     "server.family"),
    ("a server without an address", "new_server", (tcp(), nest("server", family=2)), errno.EINVAL,
     "Missing attribute address", None, "server.address"),
    ("a server's family that is none", "new_server", (tcp(), nest("server", family=0, address=bytes(4))),
     errno.EAFNOSUPPORT, "Family is neither AF_INET nor AF_INET6", "server.family", None),
    ("a server's port that is not the service's", "new_server", (tcp(), server("10.9.0.9", port=81)), errno.EINVAL,
     "Direct routing changes no port: it has to be the service's", "server.port", None),
    ("a server that is the VIP", "new_server", (tcp(), server("10.9.0.200")), errno.EINVAL,
     "Address is that of the service", "server.address", None),
    ("a lower threshold above the upper", "new_server", (tcp(), server("10.9.0.9", u_threshold=5, l_threshold=6)),
     errno.ERANGE, "Lower threshold is above the upper one", "server.l_threshold", None),
    ("a lower threshold alone", "set_server", (tcp(), server(l_threshold=1)), errno.ERANGE,
     "Lower threshold is above the upper one", "server.l_threshold", None),
    ("a server that is there", "new_server", (tcp(), server()), errno.EEXIST, "Server already exists", None, None),
    ("a server of no service", "new_server", (tcp(port=9), server()), errno.ESRCH, "No such service", None, None),
    ("changing a server of no service", "set_server", (tcp(port=9), server()), errno.ESRCH, "No such service", None,
     None),
    ("changing a server that is not there", "set_server", (tcp(), server("10.9.0.9")), errno.ENOENT,
     "No such server", None, None),
    ("deleting a server that is not there", "del_server", (tcp(), server("10.9.0.9")), errno.ENOENT,
     "No such server", None, None),
    ("reading a server that is not there", "get_server", (tcp(), server("10.9.0.9")), errno.ENOENT,
     "No such server", None, None),
    ("an empty VIP", "new_vip", (nest("vip"),), errno.EINVAL, "Missing attribute family", None, "vip.family"),
    ("a VIP without an address", "new_vip", (nest("vip", family=2),), errno.EINVAL, "Missing attribute address",
     None, "vip.address"),
    ("a VIP's family that is none", "new_vip", (nest("vip", family=1, address=bytes(4)),), errno.EAFNOSUPPORT,
     "Family is neither AF_INET nor AF_INET6", "vip.family", None),
    ("a peer with a multicast address", "new_vip", (vip("10.9.0.9", peer=[bytes([1, 0, 0x5e, 0, 0, 1])]),),
     errno.EINVAL, "Peer is not a unicast MAC address", "vip.peer", None),
    ("a peer with address zero", "new_vip", (vip("10.9.0.9", peer=[bytes(6)]),), errno.EINVAL,
     "Peer is not a unicast MAC address", "vip.peer", None),
    ("a lease of a standby VIP", "set_vip", (vip(lease=1000),), errno.EINVAL,
     "Only an active VIP has a lease", "vip.lease", None),
    ("a seventeenth peer", "new_vip", (vip("10.9.0.9", peer=[bytes([2, 0, 0, 0, 0, n]) for n in range(17)]),),
     errno.EINVAL, "More than 16 peers", "vip.peer", None),
    ("a VIP that is there", "new_vip", (vip(),), errno.EEXIST, "VIP already exists", None, None),
    ("changing a VIP that is not there", "set_vip", (vip("10.9.0.9"),), errno.ESRCH, "No such VIP", None, None),
    ("deleting a VIP that is not there", "del_vip", (vip("10.9.0.9"),), errno.ESRCH, "No such VIP", None, None),
    ("reading a VIP that is not there", "get_vip", (vip("10.9.0.9"),), errno.ESRCH, "No such VIP", None, None),
    ("a limit of unassured entries above the flow limit", "set_config",
     (nest("config", flow_limit=2048, unassured_limit=2049),), errno.ERANGE,
     "Limit of unassured entries is not 64 to flow-limit", "config.unassured_limit", None),
    ("a flow limit below that of unassured entries", "set_config", (nest("config", flow_limit=1024),), errno.ERANGE,
     "Limit of unassured entries is not 64 to flow-limit", "config.flow_limit", None),
    ("flows of a service that is not there", "del_flow", (tcp(port=9),), errno.ESRCH, "No such service", None,
     None),
    ("flows where none match", "del_flow", (tcp(),), errno.ENOENT, "Nothing matches", None, None),
    ("persist entries where none match", "del_persist", (tcp(),), errno.ENOENT, "Nothing matches", None, None),
    ("a filter with a strange protocol", "del_flow", (nest("flow", protocol=1),), errno.EPROTONOSUPPORT,
     "Protocol is not TCP, UDP or SCTP", "flow.protocol", None),
    ("a filter with half an address", "del_flow", (nest("flow", client=bytes(3)),), errno.EINVAL,
     "Length of the address is that of no family", "flow.client", None),
    ("a filter with two families", "del_flow", (nest("flow", client=bytes(4), vip=bytes(16)),), errno.EINVAL,
     "Address is of another family than client or service", "flow.vip", None),
    ("a filter of another family than the service", "del_persist", (tcp(), nest("persist", client=bytes(16))),
     errno.EINVAL, "Address is of another family than client or service", "persist.client", None),
    ("committing without a transaction", "commit", (), errno.ENOENT, "This socket has no open transaction", None,
     None),
    ("aborting without a transaction", "abort", (), errno.ENOENT, "No transaction on this socket", None, None),
]
for low, high, names in ((1, 32, ("10.9.9.9",)), (1, 128, (VIP6,))):
    for length in (low - 1, high + 1):
        if length <= 128:
            REFUSALS.append((f"persistence prefix {length} of {names[0]}", "new_service",
                             (tcp(names[0], 81, persist_timeout=9, persist_prefix=length),), errno.EINVAL,
                             "Prefix length is not 1 to 32, or to 128 for AF_INET6", "service.persist_prefix", None))
for limit in ("flow_limit", "persist_limit"):
    for value in (0, 1023, (1 << 28) + 1, 0xffffffff):
        REFUSALS.append((f"{limit} {value}", "set_config", (nest("config", **{limit: value}),), errno.ERANGE,
                         "Limit is not 1024 to 268435456", "config." + limit, None))
for value in (0, 63, 0xffffffff):
    REFUSALS.append((f"unassured_limit {value}", "set_config", (nest("config", unassured_limit=value),),
                     errno.ERANGE, "Limit of unassured entries is not 64 to flow-limit", "config.unassured_limit",
                     None))
for value in (1, 99):
    REFUSALS.append((f"load_limit {value}", "set_service", (tcp(load_limit=value),), errno.ERANGE,
                     "Load limit is not 100 to 10000 percent, or 0 for none", "service.load_limit", None))
for value in (4097, 262143):
    REFUSALS.append((f"rows {value}", "set_service", (tcp(rows=value),), errno.EINVAL, "Rows are not a power of two",
                     "service.rows", None))
# Addresses that no host has: as VIP of a service, as server and with a role.
for address, text in (("0.0.0.0", "unspecified"), ("224.0.0.18", "multicast"), ("239.255.255.255", "multicast"),
                      ("255.255.255.255", "broadcast"), ("::", "unspecified"), ("ff02::1", "multicast"),
                      ("fe80::1", "link-local and would need a device"),
                      ("::ffff:10.9.0.1", "IPv4-mapped, use AF_INET")):
    for cmd, attrs, kind in (("new_service", (tcp(address),), "service"), ("new_vip", (vip(address),), "vip"),
                             ("new_server", (tcp(), server(address)), "server")):
        REFUSALS.append((f"{address} as {kind}", cmd, attrs, errno.EINVAL, "Address is " + text, kind + ".address",
                         None))
for cmd, kind, start in (("new_service", "service", ()), ("new_vip", "vip", ()), ("new_server", "server", (tcp(),))):
    key = {"protocol": 6, "port": 1} if kind == "service" else {}
    for family, lengths in ((2, (0, 3, 5, 16)), (10, (0, 4, 15, 17))):
        for length in lengths:
            REFUSALS.append((f"{length} bytes of address for family {family} of a {kind}", cmd,
                             (*start, nest(kind, family=family, address=bytes(length), **key)), errno.EINVAL,
                             "Length of the address does not fit its family", kind + ".address", None))


def add_refusal(what, cmd, attrs, *wanted):
    def tried():
        was = sock.everything()
        sock.refuse(cmd, attrs, *wanted)
        same(sock.everything(), was, "configuration")
    add_case(f"refused: {what}", tried)


@case("a service, a server and a VIP for what follows")
def stock():
    sock.stocked()


for row in REFUSALS:
    add_refusal(*row)

FILTERS = [
    ("an empty service", (nest("service"),), errno.EINVAL, "Missing attribute family", None, "service.family"),
    ("a service with an impossible address", (tcp("::"),), errno.EINVAL, "Address is unspecified",
     "service.address", None),
    ("a service that is not there", (tcp(port=9),), errno.ESRCH, "No such service", None, None),
    ("a service with more than its key", (tcp(scheduler="rr"),), errno.EINVAL,
     "Attribute is not for this operation, or for reading only", "service.scheduler", None),
]
ENTRY_FILTERS = FILTERS + [
    ("an empty server", (nest("server"),), errno.EINVAL, "Missing attribute family", None, "server.family"),
    ("a multicast server", (server("224.0.0.1"),), errno.EINVAL, "Address is multicast", "server.address", None),
]


def add_filter(cmd, what, attrs, *wanted):
    add_case(f"refused: a dump by {cmd} of {what}", lambda: sock.refuse(cmd, attrs, *wanted, dump=True))


for name, filters in (("get_server", FILTERS), ("get_flow", ENTRY_FILTERS), ("get_persist", ENTRY_FILTERS)):
    for row in filters:
        add_filter(name, *row)


@case("refused: a network's broadcast address as server, but none before there is a network")
def broadcast():
    space = Namespace("broadcast")
    taptest.cleanup(space.delete)
    with space, Dray() as own:
        own.do("new_service", tcp())
        own.do("new_server", tcp(), server("10.9.255.253"))
        space.ip("link add d0 type dummy", "addr add 10.9.0.119/16 dev d0", "link set d0 up")
        own.refuse("new_server", (tcp(), server("10.9.255.255")), errno.EINVAL, "Address is broadcast",
                   "server.address")
        own.do("new_server", tcp(), server("10.9.255.254"))


@case("IPv6 services, marks and servers of the other family are taken and read back")
def accepted():
    sock.fresh()
    sock.do("new_service", tcp(VIP6, 443, scheduler="rr", persist_timeout=60, persist_prefix=64))
    sock.do("new_server", tcp(VIP6, 443), server("2001:db8:9::121", weight=3, u_threshold=10, l_threshold=4))
    sock.do("new_server", tcp(VIP6, 443), server("10.9.0.121", state=2))
    got = sock.one("get_service", tcp(VIP6, 443))["service"]
    same({k: got[k] for k in ("family", "protocol", "address", "port", "scheduler", "persist_timeout",
                              "persist_prefix", "down_hold", "flags", "sched_flags", "servers")},
         {"family": 10, "protocol": 6, "address": dray.ip(VIP6), "port": 443, "scheduler": "rr",
          "persist_timeout": 60, "persist_prefix": 64, "down_hold": 10000, "flags": 0, "sched_flags": 0,
          "servers": 2}, "service")
    one, two = sock.dump("get_server", tcp(VIP6, 443))
    same((one["server"]["address"], one["server"]["port"], one["server"]["weight"], one["server"]["u_threshold"],
          one["server"]["l_threshold"], one["server"]["state"]), (dray.ip("2001:db8:9::121"), 443, 3, 10, 4, 0),
         "first server")
    same((two["server"]["family"], two["server"]["weight"], two["server"]["state"]), (2, 1, 2), "second server")
    sock.do("set_service", tcp(VIP6, 443, down_hold=0))
    got = sock.one("get_service", tcp(VIP6, 443))["service"]
    same((got["down_hold"], got["scheduler"], got["persist_prefix"]), (0, "rr", 64), "what was changed and not")
    sock.do("set_server", tcp(VIP6, 443), server("10.9.0.121", weight=0))
    got = sock.one("get_server", tcp(VIP6, 443), server("10.9.0.121"))["server"]
    same((got["weight"], got["state"]), (0, 2), "what was changed and not")
    sock.do("new_service", mark(7, flags=1))
    sock.do("new_server", mark(7), server(port=8080))
    sock.do("new_server", mark(7), server(port=8081))
    same(sorted(m["server"]["port"] for m in sock.dump("get_server", mark(7))), [8080, 8081], "ports of a mark's")
    sock.do("new_service", tcp("10.9.0.200", 0, persist_timeout=1))
    sock.do("new_server", tcp("10.9.0.200", 0), server())
    same(sock.one("get_server", tcp("10.9.0.200", 0), server(port=0))["server"]["port"], 0, "port 0")
    same(sock.one("get_service", tcp("10.9.0.200", 0))["service"]["scheduler"], "dray", "default scheduler")
    sock.refuse("set_service", [tcp("10.9.0.200", 0, persist_timeout=0)], errno.EINVAL, PORT_0,
           "service.persist_timeout")


@case("roles, flags, peers and leases are kept where a change does not name them")
def roles():
    sock.fresh()
    peers = [bytes([2, 0, 0, 0, 0, n]) for n in range(16)]
    sock.do("new_vip", vip(peer=peers))
    same(sock.one("get_vip", vip())["vip"],
         {"family": 2, "address": dray.ip("10.9.0.200"), "role": 0, "flags": 0, "peer": peers}, "what was made")
    sock.do("set_vip", vip(flags=1))
    sock.do("set_vip", vip(role=1, lease=60000))
    got = sock.one("get_vip", vip())["vip"]
    same((got["role"], got["flags"], got["peer"]), (1, 1, peers), "role, flags and peers")
    sock.do("set_vip", vip(flags=0))
    got = sock.one("get_vip", vip())["vip"]
    same((got["role"], got["flags"], got["peer"]), (1, 0, peers), "role, flags and peers, after a change of flags")
    check(50000 < got["lease_left"] <= 60000, f"lease_left {got['lease_left']}")
    sock.do("set_vip", vip(peer=peers[:1]))
    got = sock.one("get_vip", vip())["vip"]
    same((got["role"], got["peer"]), (1, peers[:1]), "role and peers")
    check(50000 < got["lease_left"] <= 60000, f"lease_left {got['lease_left']}")
    sock.do("set_vip", vip(lease=1))
    taptest.wait_for(lambda: sock.one("get_vip", vip())["vip"]["lease_left"] == 0, "end of the lease")
    sock.do("set_vip", vip(lease=0))
    check("lease_left" not in sock.one("get_vip", vip())["vip"], "an endless lease has something left")


if __name__ == "__main__":
    taptest.main(setup)
