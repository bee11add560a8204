#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# boot: ipv6.disable=1
"""A kernel that was booted without IPv6: dray is there for IPv4, and says why not for IPv6.

    client --+-- br --+-- rs1 (VIP on lo, answers datagrams)
    director +
"""

import errno
import os
import threading
import socket

from lib import dray, netlab, taptest
from lib.dray import Dray, mark, nest, server, tcp, udp, vip
from lib.netlab import CLIENT, DIRECTOR, VIP, VIP6, Namespace, rip, rip6
from lib.taptest import Skip, add_case, case, check, same

PORT = 7000
DISABLED = "IPv6 is disabled on this host"
spaces = {}
sock = None
SERVER6 = server(rip6(1), port=PORT)
REFUSALS = [
    ("a service", "new_service", (tcp(VIP6, 80),), "service.family"),
    ("a service by mark", "new_service", (mark(7, family=socket.AF_INET6),), "service.family"),
    ("a server for a service of IPv4", "new_server", (udp(VIP, PORT), SERVER6), "server.family"),
    ("a role", "new_vip", (vip(VIP6, role=1),), "vip.family"),
    ("a probe", "new_probe", (dray.probe(vip=VIP6, server=rip6(1)),), "probe.family"),
    ("explain", "explain", (dray.packet("2001:db8:9::50", VIP6),), "flow"),
    ("the dump of a service's servers", "get_server", (tcp(VIP6, 80),), "service.family"),
    ("del-flow of a service", "del_flow", (tcp(VIP6, 80),), "service.family"),
]


def host(name, number, *more):
    space = spaces[name] = Namespace(name)
    taptest.cleanup(space.delete)
    spaces["br"].ip(f"link add p{number} type veth peer name eth0 netns {space.name}", f"link set p{number} master br0 up")
    space.ip("link set lo up", f"addr add 10.9.0.{number}/16 dev eth0", "link set eth0 up", *more)
    return space


def answer(on):
    while True:
        data, client = on.recvfrom(2048)
        on.sendto(b"rs1 " + data, client)


def setup():
    global sock
    if os.path.exists("/proc/sys/net/ipv6"):
        raise Skip("the kernel has IPv6")
    netlab.module_setup()
    netlab.need_dray()
    spaces["br"] = Namespace("br")
    taptest.cleanup(spaces["br"].delete)
    spaces["br"].ip("link add br0 type bridge forward_delay 0", "link set br0 up")
    host("client", int(CLIENT.rsplit(".", 1)[1]))
    director = host("director", int(DIRECTOR.rsplit(".", 1)[1]), f"addr add {VIP}/32 dev eth0")
    rs1 = host("rs1", int(rip(1).rsplit(".", 1)[1]))
    rs1.sysctl(ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2)
    rs1.ip(f"addr add {VIP}/32 dev lo")
    listening = rs1.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind((VIP, PORT))
    threading.Thread(target=answer, args=(listening,), daemon=True).start()
    with director:
        sock = Dray()
    sock.do("new_service", udp(VIP, PORT))
    sock.do("new_server", udp(VIP, PORT), server(rip(1), port=PORT, weight=1))


def asked():
    """What the client hears."""
    with spaces["client"].socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.settimeout(20)
        own.sendto(b"hello", (VIP, PORT))
        return own.recv(2048)


@case("IPv4 is forwarded, in both modes")
def _():
    for mode in "EARLY", "INPUT", "AUTO":
        sock.do("set_config", nest("config", hook_mode=dray.CONSTANTS[f"DRAY_HOOK_MODE_{mode}"]))
        same(asked(), b"rs1 hello", f"answer with the hook {mode}")
    same(sock.one("get_service", udp(VIP, PORT))["service"]["stats"]["packets"], 3, "packets forwarded")


def refuse(cmd, attrs, bad):
    before = sock.everything()
    sock.refuse(cmd, attrs, errno.EAFNOSUPPORT, DISABLED, bad=bad, dump=cmd == "get_server")
    same(sock.everything(), before, "configuration")


for name, command, attributes, attr in REFUSALS:
    add_case(f"refused: {name}: {DISABLED}", lambda how=(command, attributes, attr): refuse(*how))


@case("drayadm says so, and the attribute's name")
def _():
    said = spaces["director"].run(f"drayadm -A -t [{VIP6}]:80", check_status=False)
    same(said, "Operation not supported with specified address family\n" + f"{DISABLED} (service.family)\n", "-A")
    said = spaces["director"].run(f"drayadm explain 2001:db8:9::50 [{VIP6}]:80", check_status=False)
    check(DISABLED in said, said)


@case("the namespace goes, with its hooks of IPv4 only")
def _():
    sock.do("flush")
    sock.close()


if __name__ == "__main__":
    taptest.main(setup)
