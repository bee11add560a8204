#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Probes: a checker's packets reach a server as clients' do, and the answers come back.

    client --+-- br --+-- rs1 (VIP on lo; answers for it and for its own address)
    director +        +-- rs2 (the same, until its VIP is taken away)

A server says which of its addresses was asked.
"""

import array
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct
import subprocess
import threading

from lib import dray, netlab, packet, state, taptest
from lib.dray import Dray, nest
from lib.netlab import DIRECTOR, DIRECTOR6, VIP, VIP6, Lab, rip, rip6
from lib.packet import UDP, Tap
from lib.taptest import Failed, case, check, note, same, wait_for
from lib.traffic import Burst

PORT, OTHER = 8080, 8081
MARK, MARK6 = 0x7001, 0x7006
SO_MARK = 36
lab = holder = None
listeners = []


def setup():
    global lab, holder
    netlab.module_setup()
    netlab.need_dray()
    lab = Lab(servers=2)
    netlab.warm(lab)
    for number, server in enumerate(lab.servers, 1):
        for own, vip in (rip(number), VIP), (rip6(number), VIP6):
            serve(server, own, OTHER, socket.SOCK_STREAM)
            for address in own, vip:
                serve(server, address, PORT, socket.SOCK_STREAM)
                serve(server, address, PORT, socket.SOCK_DGRAM)
    lab.batch([*lab.lines(f"-t {VIP}:{PORT}"), *lab.lines(f"-t [{VIP6}]:{PORT}")])
    with lab.director:
        holder = Dray()


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(server, address, port, kind):
    """Answer with the address that was asked; TCP also with the number of bytes that came."""
    sock = server.socket(family(address), kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    listeners.append(sock)
    if kind == socket.SOCK_STREAM:
        sock.listen(64)

    def datagrams():
        while True:
            data, peer = sock.recvfrom(70000)
            sock.sendto(f"{address} {len(data)}".encode(), peer)

    def talk(conn):
        total = 0
        with conn:
            while data := conn.recv(1 << 18):
                total += len(data)
            conn.sendall(f"{address} {total}".encode())

    def streams():
        while True:
            threading.Thread(target=talk, args=(sock.accept()[0],), daemon=True).start()
    threading.Thread(target=streams if kind == socket.SOCK_STREAM else datagrams, daemon=True).start()


def ask(address, mark=0, kind=socket.SOCK_STREAM, port=PORT, data=b"hello", local=None, seconds=20):
    """What a server answers; "refused", "silent" if so. Silence is waited for as long as asked."""
    with lab.director.socket(family(address), kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if mark:
            sock.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
        if local:
            sock.bind(("", local))
        sock.settimeout(seconds)
        try:
            sock.connect((address, port))
            same(sock.getpeername()[:2], (address, port), "the socket's peer")
            sock.sendall(data)
            if kind == socket.SOCK_DGRAM:
                return sock.recv(1000).decode()
            sock.shutdown(socket.SHUT_WR)
            text = b""
            while more := sock.recv(1000):
                text += more
            return text.decode()
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "silent"


def probe(mark, vip, server, sock=None):
    (sock or holder).do("new_probe", dray.probe(mark, vip, server))


def probes(number=1):
    """Register both families' probes of a server."""
    probe(MARK, VIP, rip(number))
    probe(MARK6, VIP6, rip6(number))


def none():
    for row in holder.dump("get_probe"):
        holder.do("del_probe", nest("probe", mark=row["probe"]["mark"]))


def asked_vip(what, number=1):
    """All four kinds of probes get an answer for the VIP, plain ones for the server's own address."""
    for address, vip, mark in (rip(number), VIP, MARK), (rip6(number), VIP6, MARK6):
        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            same(ask(address, mark, kind), f"{vip} 5", f"{what}: probe of {address}, {kind.name}")
            same(ask(address, 0, kind), f"{address} 5", f"{what}: plain check of {address}, {kind.name}")


@case("a probe is answered for the VIP, in every hook mode, while the director holds the VIP")
def _():
    probes()
    for number, mode in enumerate(("auto", "early", "input")):
        state.set_config(lab, hook_mode=number)
        moved = state.Moved(lab)
        asked_vip(mode)
        got = moved.by()
        check(got.get("probe", 0) > 5 and got.get("probe-answer", 0) > 5, f"counters {got}")
        same(set(got) - {"probe", "probe-answer"}, set(), "other counters that moved")
    state.set_config(lab, hook_mode=0)
    none()


@case("the same on a standby, with a lease that has run out, and on a director without the VIP")
def _():
    probes()
    for vip in VIP, VIP6:
        lab.adm(f"vip add {vip} --role standby")
    asked_vip("standby")
    for vip in VIP, VIP6:
        lab.adm(f"vip set {vip} --role active --lease 1")
    asked_vip("lease over")
    for vip in VIP, VIP6:
        lab.adm(f"vip del {vip}")
    lab.director.ip(f"addr del {VIP}/32 dev eth0", f"addr del {VIP6}/128 dev eth0")
    asked_vip("VIP not here")
    lab.director.ip(f"addr add {VIP}/32 dev eth0", f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0")
    none()


@case("without any service there are probes all the same")
def _():
    lab.clear()
    probes()
    asked_vip("no service")
    none()
    lab.batch([*lab.lines(f"-t {VIP}:{PORT}"), *lab.lines(f"-t [{VIP6}]:{PORT}")])


@case("a server without the VIP does not answer a probe, though it answers a plain check")
def _():
    probes(2)
    asked_vip("with the VIP", 2)
    lab.servers[1].ip(f"addr del {VIP}/32 dev lo", f"addr del {VIP6}/128 dev lo")
    try:
        for address, mark in (rip(2), MARK), (rip6(2), MARK6):
            check(ask(address, mark, seconds=2) in ("silent", "refused"), "the probe was answered")
            same(ask(address), f"{address} 5", "plain check")
    finally:
        lab.give_vip_to_server(lab.servers[1])
    asked_vip("with the VIP again", 2)
    none()


@case("a service that listens on the server's own address only refuses a probe")
def _():
    probes()
    for address, mark in (rip(1), MARK), (rip6(1), MARK6):
        same(ask(address, mark, port=OTHER), "refused", "probe")
        same(ask(address, port=OTHER), f"{address} 5", "plain check")
    none()


@case("a closed port of UDP is refused: the ICMP error comes back as if for the server's own address")
def _():
    probes()
    for address, mark in (rip(1), MARK), (rip6(1), MARK6):
        moved = state.Moved(lab)
        same(ask(address, mark, socket.SOCK_DGRAM, 7), "refused", "probe")
        same(moved.by().get("probe-answer"), 1, "answers turned")
        same(ask(address, 0, socket.SOCK_DGRAM, 7), "refused", "plain check")
    none()


@case("rules and connection tracking see the server's own address, and an answer is an answer")
def _():
    probes()
    lab.director.run(["nft", "add table inet t;"
                      "add chain inet t i { type filter hook input priority 0; policy drop; };"
                      "add chain inet t o { type filter hook output priority 0; policy drop; };"
                      "add rule inet t i ct state established accept;"
                      "add rule inet t i meta l4proto ipv6-icmp accept;"
                      "add rule inet t o meta l4proto ipv6-icmp accept;"
                      f"add rule inet t o ip daddr {rip(1)} accept; add rule inet t o ip6 daddr {rip6(1)} accept"])
    try:
        asked_vip("rules")
    finally:
        lab.director.run("nft flush ruleset")
    none()


@case("a megabyte goes through a probe")
def _():
    probes()
    for address, vip, mark in (rip(1), VIP, MARK), (rip6(1), VIP6, MARK6):
        same(ask(address, mark, data=bytes(1 << 20)), f"{vip} {1 << 20}", "answer")
    none()


def checksum_offload(device, on):
    """ETHTOOL_STXCSUM; without it segments leave the stack with whole checksums."""
    value = array.array("I", [0x17, on])
    name = device.encode().ljust(16, b"\0")
    with lab.director.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, 0x8946, name + struct.pack("P", value.buffer_info()[0]) + bytes(16))


def segment_is_good(seen):
    return packet.checksum(packet.pseudo(packet.addr(seen.src), packet.addr(seen.dst), seen.proto, seen.payload) +
                           seen.payload) == 0


@case("checksums are right where no device makes them, both ways")
def _():
    probes()
    tap = Tap(lab.servers[0], want=lambda seen: seen.dst in (VIP, VIP6))
    checksum_offload("eth0", 0)
    try:
        asked_vip("no offload")
        seen = tap.all(8)
        check(len(seen) >= 8, f"only {len(seen)} frames")
        same([s.proto for s in seen if not segment_is_good(s)], [], "frames with a wrong checksum")
        same({s.ip[0] >> 4 for s in seen}, {4, 6}, "versions seen")
        same([s for s in seen if s.ip[0] >> 4 == 4 and packet.checksum(s.ip[:20])], [], "wrong header checksums")
    finally:
        checksum_offload("eth0", 1)
    # An answer made by hand has a whole checksum, and the stack judges what became of it.
    sender = lab.servers[0].packet_socket()
    for vip, own, local, mark in (VIP, rip(1), DIRECTOR, MARK), (VIP6, rip6(1), DIRECTOR6, MARK6):
        with lab.director.socket(family(own), socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
            sock.settimeout(20)
            sock.connect((own, 9999))
            tap.drop()
            sock.send(b"ask")
            port = sock.getsockname()[1]
            data = packet.udp(vip, local, 9999, port, b"by hand")
            sender.send(packet.frame(lab.director.mac(), lab.servers[0].mac(), packet.ip(vip, local, UDP, data)))
            while True:
                try:
                    same(sock.recv(100), b"by hand", "answer")
                    break
                except ConnectionRefusedError:
                    continue
    none()


@case("packets that are no probe's pass byte for byte")
def _():
    probes()
    lab.director.ip(f"addr del {VIP}/32 dev eth0")
    tap = Tap(lab.servers[1], want=lambda seen: seen.proto == UDP and seen.dst.startswith("10."))
    first = Tap(lab.servers[0], want=lambda seen: seen.proto == UDP and seen.dst.startswith("10."))
    with lab.director.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        def sent(where, target, mark, port=9998):
            raw.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
            data = packet.ipv4(DIRECTOR, target, UDP, packet.udp(DIRECTOR, target, 5555, port, b"other"), ttl=17)
            raw.sendto(data, (target, 0))
            seen = where.get(20)
            same(seen and seen.ip, data, f"to {target} with mark {mark:#x}")
        sent(tap, rip(2), MARK)
        sent(first, rip(1), 0)
        sent(first, rip(1), MARK + 1)
        sent(first, rip(1), MARK6)
    # From the VIP, but nobody asked.
    sender = lab.servers[0].packet_socket()
    with lab.director.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((DIRECTOR, 0))
        sock.settimeout(20)
        data = packet.udp(VIP, DIRECTOR, PORT, sock.getsockname()[1], b"unasked")
        sender.send(packet.frame(lab.director.mac(), lab.servers[0].mac(), packet.ipv4(VIP, DIRECTOR, UDP, data)))
        same(sock.recvfrom(100), (b"unasked", (VIP, PORT)), "a datagram that answers nothing")
    lab.director.ip(f"addr add {VIP}/32 dev eth0")
    none()


@case("two sockets with one local port ask two servers, and each gets its own answer")
def _():
    probe(MARK, VIP, rip(1))
    probe(MARK + 1, VIP, rip(2))
    conns = []
    for number, mark in (1, MARK), (2, MARK + 1):
        sock = lab.director.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
        sock.bind((DIRECTOR, 33333))
        sock.settimeout(20)
        sock.connect((rip(number), PORT))
        conns.append(sock)
    for number, sock in enumerate(conns, 3):
        sock.sendall(bytes(number))
        sock.shutdown(socket.SHUT_WR)
        same(sock.recv(100), f"{VIP} {number}".encode(), "answer")
        sock.close()
    none()


HOLDER = """
import os, sys
sys.path.insert(0, {path!r})
from lib import dray
d = dray.Dray()
d.do("new_probe", dray.probe({mark}, {vip!r}, {server!r}))
os.write(1, b"ready")
os.read(0, 1)
"""


def nft_hooks():
    netlab.run("modprobe nfnetlink_hook", check_status=False)
    return lab.director.run("nft list hooks ip", check_status=False)


@case("all of it goes with the process that asked for it, killed outright")
def _():
    none()
    text = HOLDER.format(path=os.path.dirname(os.path.abspath(__file__)), mark=MARK, vip=VIP, server=rip(1))
    reader, writer = os.pipe()
    with lab.director:
        proc = subprocess.Popen(["/usr/bin/python3", "-Bc", text],  # pylint: disable=consider-using-with
                                stdin=subprocess.PIPE, stdout=writer)
    os.close(writer)
    same(os.read(reader, 5), b"ready", "the holder")
    same(ask(rip(1), MARK), f"{VIP} 5", "probe")
    listed = "dray" in nft_hooks()
    if listed:
        check("probe_out" in nft_hooks() and "probe_in" in nft_hooks(), "the hooks are not listed")
    proc.send_signal(signal.SIGKILL)
    proc.wait()
    wait_for(lambda: not holder.dump("get_probe"), "the probe goes")
    same(ask(rip(1), MARK), f"{rip(1)} 5", "a marked check without a probe")
    if listed:
        check("probe_" not in nft_hooks(), "hooks are left")
    os.close(reader)


@case("a mark belongs to one socket; the same socket may change it")
def _():
    none()
    with lab.director:
        other = Dray()
    with other:
        probe(MARK, VIP, rip(1))
        other.refuse("new_probe", [dray.probe(MARK, VIP, rip(2))], errno.EBUSY, "Mark is of another socket's probe")
        other.refuse("del_probe", [nest("probe", mark=MARK)], errno.ENOENT, "This socket has no such probe")
        other.refuse("del_probe", [nest("probe", mark=99)], errno.ENOENT, "This socket has no such probe")
        probe(MARK + 1, VIP6, rip6(2), other)
        probe(MARK, VIP, rip(2))
        same(ask(rip(2), MARK), f"{VIP} 5", "probe after the change")
        got = [(row["probe"]["mark"], state.text(row["probe"]["vip"]), state.text(row["probe"]["server"]))
               for row in holder.dump("get_probe")]
        same(got, [(MARK, VIP, rip(2)), (MARK + 1, VIP6, rip6(2))], "probes listed")
    wait_for(lambda: len(holder.dump("get_probe")) == 1, "the other socket's probe goes with it")
    none()


REFUSALS = [
    ("no probe", "new_probe", (), "Missing attribute probe", None, "probe"),
    ("no mark", "new_probe", (nest("probe", family=2),), "Missing attribute mark", None, "probe.mark"),
    ("no family", "new_probe", (nest("probe", mark=1),), "Missing attribute family", None, "probe.family"),
    ("no VIP", "new_probe", (nest("probe", mark=1, family=2),), "Missing attribute vip", None, "probe.vip"),
    ("no server", "new_probe", (nest("probe", mark=1, family=2, vip=dray.ip(VIP)),), "Missing attribute server", None,
     "probe.server"),
    ("a server of the other family", "new_probe",
     (nest("probe", mark=1, family=2, vip=dray.ip(VIP), server=dray.ip(rip6(1))),),
     "A server of the other family cannot be probed for the VIP", "probe.server", None),
    ("the VIP as its own server", "new_probe", (dray.probe(1, VIP, VIP),), "Address is that of the VIP",
     "probe.server", None),
    ("a multicast VIP", "new_probe", (dray.probe(1, "224.0.0.1", rip(1)),), "Address is multicast", "probe.vip", None),
    ("no server's address at all", "new_probe", (dray.probe(1, VIP, "0.0.0.0"),), "Address is unspecified",
     "probe.server", None),
    ("a VIP of another length", "new_probe", (nest("probe", mark=1, family=10, vip=bytes(4), server=bytes(4)),),
     "Length of the address does not fit its family", "probe.vip", None),
    ("deleting without a mark", "del_probe", (nest("probe"),), "Missing attribute mark", None, "probe.mark"),
]


def refusals():
    none()
    for what, cmd, attrs, text, bad, missing in REFUSALS:
        try:
            holder.refuse(cmd, attrs, errno.EINVAL, text, bad, missing)
        except Failed as failure:
            raise Failed(f"{what}: {failure}") from None
    holder.refuse("new_probe", [dray.probe(0)], errno.ERANGE, None, "probe.mark")
    same(holder.dump("get_probe"), [], "probes")


taptest.add_case("every bad probe is refused, and says why", refusals)


class Many(Burst):
    """Burst by a socket that is there already."""

    def __init__(self, sock):  # pylint: disable=super-init-not-called
        self.sock = sock
        self.libc = ctypes.CDLL(None, use_errno=True)


@case("what is remembered of probes is bounded; what is under way goes on")
def _():
    if taptest.DEBUG:
        raise taptest.Skip("65,536 packets by hand take too long here")
    probe(MARK, VIP, rip(1))
    with lab.director.socket(socket.AF_INET, socket.SOCK_DGRAM) as under_way:
        under_way.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
        under_way.settimeout(20)
        under_way.connect((rip(1), PORT))
        under_way.send(b"one")
        same(under_way.recv(100), f"{VIP} 3".encode(), "answer before")
        moved = state.Moved(lab)
        with lab.director.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            raw.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
            raw.connect((rip(1), 0))
            data = packet.ipv4(DIRECTOR, rip(1), UDP, packet.udp(DIRECTOR, rip(1), 1, 1, b""))
            many = [data[:20] + struct.pack("!HH", 1 + n % 65535, 20000 + n // 65535) + data[24:]
                    for n in range(70000)]
            try:
                Many(raw).send(many)
                raise Failed("70000 probes of different ports were taken")
            except OSError as error:
                same(error.errno, errno.EPERM, "error")
        got = moved.by()
        note(f"{got}")
        check(got.get("probe-limit") and 60000 < got["probe"] <= 65536, f"counters {got}")
        under_way.send(b"four")
        same(under_way.recv(100), f"{VIP} 4".encode(), "answer of one that was under way")
    none()
    probe(MARK, VIP, rip(1))
    same(ask(rip(1), MARK), f"{VIP} 5", "after all has gone and come again")
    none()


@case("a server out of reach is not asked by another way")
def _():
    probe(MARK, VIP, "10.77.0.1")
    lab.director.ip(f"route add 10.77.0.0/16 via {rip(1)}")
    moved = state.Moved(lab)
    same(ask("10.77.0.1", MARK, seconds=1), "silent", "a server behind a gateway")
    same(set(moved.by()), {"no-route"}, "counters that moved")
    lab.director.ip("route del 10.77.0.0/16")
    none()


@case("a netns with probes goes, and their socket stays open until the module has gone")
def _():
    space = netlab.Namespace("gone")
    with space:
        other = Dray()
    probe(MARK, VIP, rip(1), other)
    space.delete()
    other.close()
    # Left open on purpose: unloading the module takes it back.
    probes()


if __name__ == "__main__":
    taptest.main(setup)
