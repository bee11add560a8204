# SPDX-License-Identifier: GPL-2.0-or-later
"""Directors that run drayvrrpd, for tests: configurations, life and death.

    a .11, b .12 …, directors, on the bridge of netlab; VIP 10.9.0.200 and its
    IPv6 fellow are given by VRRP. A sniffer on the bridge sees every advert.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from lib import neigh, packet, taptest
from lib.netlab import Lab, VIP
from lib.taptest import Skip, check, wait_for

KEEPALIVED = os.environ.get("KEEPALIVED", "keepalived")
DAEMON = os.environ.get("DRAYVRRPD", "drayvrrpd")
ADVERT = 0.1
PROTOCOL = 112
GROUP, GROUP6 = "224.0.0.18", "ff02::12"
OTHER, OTHER6 = "10.9.0.66", "fe80::66"
LIKE_VIP = r"inet6? ((?:10\.9\.0\.20\d|10\.9\.7\.\d+|2001:db8:9::20\d|fe80::200)/\d+) "

INSTANCE = """
vrrp_instance {name} {{
    state BACKUP
    interface eth0
    virtual_router_id {vrid}
    version {version}
    priority {priority}
    advert_int {advert}
    {more}
    virtual_ipaddress {{
        {vips}
    }}
}}
"""


def instance(priority, name="VI_1", vrid=51, version=3, advert=ADVERT, vips=(VIP + "/16",), more=""):
    """One vrrp_instance in keepalived's words."""
    return INSTANCE.format(name=name, vrid=vrid, version=version, priority=priority, advert=advert, more=more,
                           vips="\n        ".join(vips))


def summed(head, body, over=b"", off=0):
    """A VRRP message with its checksum, which is between these two."""
    total = packet.checksum(over + head + bytes(2) + body)
    return head + struct.pack("!H", (total + off) & 0xffff) + body


def version3(first=0x31, vrid=51, priority=250, vips=(VIP,), interval=10, count=None, plain=False, off=0, to=GROUP,
             source=OTHER):
    """An advert of version 3; first: version and type, plain: summed without a pseudo-header, off: by how much wrongly."""
    head = struct.pack("!BBBBH", first, vrid, priority, len(vips) if count is None else count, interval)
    body = b"".join(map(packet.addr, vips))
    over = b"" if plain else packet.pseudo(packet.addr(source), packet.addr(to), PROTOCOL, head + bytes(2) + body)
    return summed(head, body, over, off)


def say(space, data, to=GROUP, mac=None, ttl=255, source=OTHER, padding=0, device="eth0"):
    """Send a VRRP message from a host's device as a neighbour would that has this source; mac: not the group's."""
    if ":" in to:
        message, group = packet.ipv6(source, to, PROTOCOL, data, hops=ttl), b"\x33\x33\0\0\0\x12"
    else:
        message, group = packet.ipv4(source, to, PROTOCOL, data, ttl=ttl), b"\1\0\x5e\0\0\x12"
    with space.packet_socket(device, protocol=0) as sock:
        sock.send(packet.frame(mac or group, b"\2\0\0\0\0\x66", message) + bytes(padding))


def need(*programs):
    """Skip a test that cannot be made here."""
    if os.geteuid():
        raise Skip("needs root")
    for program in programs or (DAEMON,):
        if not shutil.which(program):
            raise Skip(f"no {program}")


def arp_answers(client, vip=VIP):
    """The MAC addresses that answer a client for an address."""
    if not shutil.which("arping"):
        raise Skip("no arping")
    out = client.run(["arping", "-b", "-c", "1", "-w", str(2 * taptest.SLOWER), "-I", "eth0", vip], check_status=False)
    return {word.strip("[]").lower() for word in out.split() if word.startswith("[")}


def signal_all(pids, number):
    """One may go with another."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Director:
    """A host of the lab with a configuration and at times a running daemon."""

    program = [DAEMON, "-n", "-l", "-D"]
    names = ("drayvrrpd",)
    words = staticmethod(instance)

    def __init__(self, lab, name, number):
        self.space = lab.host(name, number)
        self.lab, self.name, self.port = lab, name, f"p{number}"
        self.address = f"10.9.0.{number}"
        self.folder = tempfile.mkdtemp(prefix=f"vrrp-{name}-")
        os.chmod(self.folder, 0o755)
        self.conf = os.path.join(self.folder, "conf")
        self.log = os.path.join(self.folder, "log")
        self.proc = None

    def configure(self, *parts):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write("\n".join(parts))

    def script(self, name, text):
        """A program of this director's own; its path."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)
        return path

    def command(self):
        return self.program + ["-f", self.conf, "--run-dir", self.folder]

    def start(self, *parts):
        if parts:
            self.configure(*parts)
        with open(self.log, "a", encoding="utf-8") as log:
            self.proc = self.space.start(self.command(), stdout=log, stderr=log)
        return self

    def reload(self, *parts):
        self.configure(*parts)
        self.signal(signal.SIGHUP)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def pids(self):
        """Every process of this director, by its name."""
        found = {}
        for pid in self.space.run(["ip", "netns", "pids", self.space.name]).split():
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as comm:
                    name = comm.read().strip()
            except FileNotFoundError:
                continue
            if name.startswith(self.names):
                found.setdefault(name, []).append(int(pid))
        return found

    def worker(self):
        return wait_for(lambda: self.pids().get("drayvrrpd-vrrp"), f"{self.name} has a worker")[0]

    def signal(self, number):
        os.kill(self.proc.pid, number)

    def everyone(self, number):
        """A signal to all of its processes."""
        signal_all([pid for pids in self.pids().values() for pid in pids], number)

    def stop(self, seconds=20):
        if not self.proc:
            return
        self.signal(signal.SIGTERM)
        self.ended(seconds)

    def ended(self, seconds=20):
        try:
            self.proc.wait(seconds * taptest.SLOWER)
        except subprocess.TimeoutExpired:
            check(False, f"{self.name} does not end:\n{self.said()[-2000:]}")
        status, self.proc = self.proc.returncode, None
        return status

    def kill(self):
        """SIGKILL to all of it at once: stopped before, none can act on another's end."""
        self.everyone(signal.SIGSTOP)
        self.everyone(signal.SIGKILL)
        self.proc.wait()
        self.proc = None

    def power_off(self):
        """The host is gone: no link, no process, nothing in its kernel."""
        self.lab.bridge.ip(f"link set {self.port} nomaster")
        self.kill()

    def power_on(self):
        shown = self.space.run("ip addr show dev eth0")
        # Ours by their protocol, if iproute2 tells; keepalived's by what they are.
        vips = set(re.findall(r"inet6? (\S+) .*proto (?:0x)?(?:70|112)", shown)) | set(re.findall(LIKE_VIP, shown))
        self.space.ip(*[f"addr del {vip} dev eth0" for vip in vips])
        for device in re.findall(r"^\d+: (vrrp[-.\w]*)@", self.space.run("ip -o link"), re.M):
            self.space.ip(f"link del {device}")
        for name in "vrrp.state", "vrrp.sock":
            if os.path.exists(os.path.join(self.folder, name)):
                os.unlink(os.path.join(self.folder, name))
        self.lab.bridge.ip(f"link set {self.port} master br0")

    def has(self, vip=VIP):
        return f" {vip}/" in self.space.run("ip -o addr show up")

    def status(self):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10 * taptest.SLOWER)
            sock.connect(os.path.join(self.folder, "vrrp.sock"))
            data = b""
            while piece := sock.recv(65536):
                data += piece
        return json.loads(data)["data"]

    def instance(self, name="VI_1"):
        return next(i for i in self.status()["instances"] if i["name"] == name)

    def state(self, name="VI_1"):
        try:
            return self.instance(name)["state"]
        except (OSError, StopIteration, ValueError):
            return None

    def becomes(self, state, seconds=20, name="VI_1"):
        def is_so():
            return self.state(name) == state
        try:
            wait_for(is_so, f"{self.name} becomes {state}", seconds)
        except taptest.Failed as failure:
            raise taptest.Failed(f"{failure}, is {self.state(name)}:\n{self.said()[-3000:]}") from failure


class Keepalived(Director):
    """The same host with keepalived: what is asked of it is read off its log."""

    names = ("keepalived",)

    def command(self):
        return [KEEPALIVED, "-n", "-l", "-D", "-P", "-f", self.conf] + [
            word for option, name in (("-p", "pid"), ("-r", "vrrp.pid")) for word in
            (option, os.path.join(self.folder, name))]

    def state(self, name="VI_1"):
        found = re.findall(rf"\({name}\) [Ee]ntering (\w+) (?:STATE|state)", self.said())
        return found[-1] if found else None

    def start(self, *parts):
        for name in "log", "pid", "vrrp.pid":
            if os.path.exists(os.path.join(self.folder, name)):
                os.unlink(os.path.join(self.folder, name))
        return super().start(*parts)


class Sniffer:
    """Adverts, gratuitous ARP and NA as they pass the bridge, with times."""

    def __init__(self, lab):
        self.sock = lab.bridge.packet_socket("br0")
        self.sock.setblocking(False)
        # SO_TIMESTAMPNS
        self.sock.setsockopt(socket.SOL_SOCKET, 35, 1)

    def forget(self):
        self.frames()

    def frames(self):
        found = []
        while True:
            try:
                data, ancillary, _, _ = self.sock.recvmsg(65536, 256)
            except BlockingIOError:
                return found
            at = time.time()
            for level, kind, value in ancillary:
                if level == socket.SOL_SOCKET and kind == 35:
                    seconds, nanos = struct.unpack("qq", value)
                    at = seconds + nanos / 1e9
            found.append((at, data))

    def adverts(self):
        """(time, source, VRID, priority, whole frame) of each advert since."""
        return [advert for advert in map(parse_advert, self.frames()) if advert]

    def announcements(self):
        """(time, address, whole frame) of each gratuitous ARP and neighbour advertisement to all since."""
        found = [(at, neigh.Said(frame), frame) for at, frame in self.frames()]
        return [(at, said.address, frame) for at, said, frame in found
                if said.kind and said.address == said.target and frame[0] & 1]


def parse_advert(stamped):
    at, frame = stamped
    kind, = struct.unpack("!H", frame[12:14])
    if kind == 0x0800 and frame[23] == 112:
        vrrp = frame[14 + (frame[14] & 15) * 4:]
        return at, socket.inet_ntop(socket.AF_INET, frame[26:30]), vrrp[1], vrrp[2], frame
    if kind == 0x86dd and frame[20] == 112:
        return at, socket.inet_ntop(socket.AF_INET6, frame[22:38]), frame[55], frame[56], frame
    return None


class VrrpLab(Lab):
    """The lab with directors a and b; its own director is only a host."""

    def __init__(self, servers=0, names="ab", others=None):
        super().__init__(servers=servers, vip_local=False, vip_on_servers=servers > 0)
        for client in self.clients:
            client.ip(f"route del {VIP}/32", "route del 2001:db8:9::200/128", check_status=False)
        kinds = others or {}
        self.directors = {name: kinds.get(name, Director)(self, name, 11 + n) for n, name in enumerate(names)}
        self.a, self.b, self.c = (list(self.directors.values()) + [None, None])[:3]
        self.sniffer = Sniffer(self)

    def owners(self, vip=VIP):
        return [d.name for d in self.directors.values() if d.has(vip)]

    def settle(self):
        """Everything of the last case ended, nobody has the address."""
        for director in self.directors.values():
            if director.proc:
                director.everyone(signal.SIGCONT)
                director.kill()
            director.power_on()
        self.sniffer.forget()
