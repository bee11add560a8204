# SPDX-License-Identifier: GPL-2.0-or-later
"""Networks of namespaces for tests: one bridge, clients, director, servers.

    client, client2 …  --+
                         br  (a namespace of its own, one bridge)
    director          --+  +--  rs1, rs2 …

Every host's device is eth0. IPv4 10.9.0.0/16: clients .0.50 …, director .0.119,
servers .0.121 …, VIP .0.200; IPv6 2001:db8:9::/64 with the same last numbers.
Names are random, all of it goes at the end of the test. A Namespace is a context
manager: within it this thread, its sockets and its children are in there.
The admin tool is $ADM, default drayadm: with ADM=ipvsadm most tests run on IPVS.
"""

import ctypes
import fcntl
import os
import re
import shlex
import shutil
import socket
import struct
import subprocess
import threading

from lib import rtnl, taptest
from lib.taptest import Skip, check, wait_for

ADM = os.environ.get("ADM", "drayadm")
IPVS = "ipvsadm" in ADM
MODULE = "ip_vs" if IPVS else "dray"
VIP, VIP6 = "10.9.0.200", "2001:db8:9::200"
CLIENT, CLIENT6 = "10.9.0.50", "2001:db8:9::50"
DIRECTOR, DIRECTOR6 = "10.9.0.119", "2001:db8:9::119"

_libc = ctypes.CDLL(None, use_errno=True)
_home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
_depth = threading.local()


def _call(function, *args):
    if getattr(_libc, function)(*args):
        raise OSError(ctypes.get_errno(), function)


def setns(fd):
    _call("setns", fd, 0x40000000)


def rip(n):
    """IPv4 address of server n, from 1."""
    return f"10.9.0.{120 + n}"


def rip6(n):
    return f"2001:db8:9::{120 + n}"


def run(command, check_status=True, stdin=None, timeout=120):
    """Run a command here; its output as text. command is a string or a list."""
    words = shlex.split(command) if isinstance(command, str) else command
    done = subprocess.run(words, input=stdin, text=True, timeout=timeout * taptest.SLOWER,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          **({} if stdin is not None else {"stdin": subprocess.DEVNULL}))
    if check_status:
        check(done.returncode == 0, f"{shlex.join(words)}: status {done.returncode}: {done.stdout}")
    return done.stdout


class Namespace:
    """A network namespace."""

    def __init__(self, name):
        self.name = f"{name}-{os.urandom(3).hex()}"
        self.procs = []
        os.makedirs("/run/netns", exist_ok=True)
        path = f"/run/netns/{self.name}"
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o444))
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _call("unshare", 0x40000000)
        _call("mount", b"/proc/thread-self/ns/net", path.encode(), b"none", 0x1000, None)
        setns(here)
        os.close(here)
        self.fd = os.open(path, os.O_RDONLY)

    def __enter__(self):
        stack = _depth.__dict__.setdefault("stack", [_home])
        setns(self.fd)
        stack.append(self.fd)
        return self

    def __exit__(self, *_):
        _depth.stack.pop()
        setns(_depth.stack[-1])

    def run(self, command, **kw):
        with self:
            return run(command, **kw)

    def ip(self, *commands, check_status=True):
        """Each a command of ip(8) without the word ip, in one process."""
        with self:
            return run(["ip", "-batch", "-"], stdin="\n".join(commands) + "\n", check_status=check_status)

    def sysctl(self, **settings):
        """Keys below /proc/sys/net with __ for /, such as ipv4__ip_forward=0."""
        with self:
            for key, value in settings.items():
                with open("/proc/sys/net/" + key.replace("__", "/"), "w", encoding="ascii") as file:
                    file.write(str(value))

    def start(self, command, **kw):
        """Start a command that is ended with the namespace."""
        words = shlex.split(command) if isinstance(command, str) else command
        with self:
            # A kept handle: the end of a Popen object must not wait for it.
            proc = subprocess.Popen(words, stdin=subprocess.DEVNULL, **kw)  # pylint: disable=consider-using-with
        self.procs.append(proc)
        return proc

    def socket(self, *args):
        with self:
            return socket.socket(*args)

    def packet_socket(self, device="eth0", protocol=0x0003):
        """An AF_PACKET socket on a device, by default for every protocol."""
        with self:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            # SO_RCVBUFFORCE: bursts must not be lost by the test itself.
            sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
            sock.bind((device, protocol))
            return sock

    def mac(self, device="eth0"):
        with self.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            # SIOCGIFHWADDR
            return fcntl.ioctl(sock, 0x8927, struct.pack("16s16x", device.encode()))[18:24]

    def delete(self):
        for proc in self.procs:
            proc.kill()
            proc.wait()
        os.close(self.fd)
        _call("umount2", f"/run/netns/{self.name}".encode(), 2)
        os.unlink(f"/run/netns/{self.name}")


class Lab:
    """A topology; parts that a test does not like it changes with ip()."""

    def __init__(self, servers=2, clients=1, vip_local=True, vip_on_servers=True, mtu=1500):
        self.spaces = []
        taptest.cleanup(self.delete)
        self.bridge = self._space("br")
        self.bridge.ip("link add br0 type bridge mcast_snooping 0 forward_delay 0", "link set br0 up")
        director = [f"addr add {VIP}/32 dev eth0", f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0"]
        routes = [f"route add {VIP}/32 via {DIRECTOR}", f"route add {VIP6}/128 via {DIRECTOR6}"]
        self.director = self.host("director", 119, mtu, director if vip_local else [])
        self.clients = [self.host(f"client{n}", 50 + n, mtu, [] if vip_local else routes) for n in range(clients)]
        self.client = self.clients[0]
        self.servers = [self.host(f"rs{n}", 120 + n, mtu) for n in range(1, servers + 1)]
        self.director.sysctl(ipv4__ip_forward=0, ipv4__conf__all__send_redirects=1)
        for server in self.servers if vip_on_servers else []:
            self.give_vip_to_server(server)

    def _space(self, name):
        space = Namespace(name)
        self.spaces.append(space)
        return space

    def host(self, name, number, mtu=1500, more=()):
        """A further host on the bridge; more: commands for ip(8) in it."""
        space = self._space(name)
        space.sysctl(ipv6__conf__default__accept_dad=0, ipv6__conf__default__accept_ra=0,
                     ipv6__conf__default__router_solicitations=0)
        with self.bridge, rtnl.Links() as links:
            links.veth(f"p{number}", "eth0", space.fd, mtu)
            links.up(f"p{number}", "br0")
        with space, rtnl.Links() as links:
            links.up("lo")
            links.address("eth0", f"10.9.0.{number}/16")
            links.address("eth0", f"2001:db8:9::{number}/64")
            links.up("eth0")
        if more:
            space.ip(*more)
        return space

    @staticmethod
    def give_vip_to_server(server, vip=VIP, vip6=VIP6):
        server.sysctl(ipv4__conf__lo__arp_ignore=1, ipv4__conf__lo__arp_announce=2,
                      ipv4__conf__all__arp_ignore=1, ipv4__conf__all__arp_announce=2)
        with server, rtnl.Links() as links:
            links.address("lo", f"{vip}/32")
            links.address("lo", f"{vip6}/128", preferred=False)

    def adm(self, *commands, check_status=True):
        """Commands of the admin tool in the director; what the last one said."""
        out = ""
        for command in commands:
            out = self.director.run(ADM + " " + command, check_status=check_status)
        return out

    def batch(self, lines):
        """Many commands without the tool's name, in one process (-R)."""
        with self.director:
            done = run(ADM.split() + ["-R"], stdin="\n".join(lines) + "\n")
        check(not done.strip(), f"{ADM} -R: {done}")

    def balance(self, service, servers=None, options="-s rr", server_options=""):
        """A service, new, with all servers or those with these numbers."""
        self.batch(self.lines(service, servers, options, server_options))

    def lines(self, service, servers=None, options="-s rr", server_options=""):
        """The commands of balance(), for batch()."""
        port = re.search(r"\]:(\d+)$", service)
        yield f"-A {service} {options}"
        for n in servers or range(1, len(self.servers) + 1):
            address = f"[{rip6(n)}]:{port[1]}" if port else rip(n)
            yield f"-a {service} -r {address} -g {server_options}"

    def add_server(self, service, address, server_options=""):
        self.adm(f"-a {service} -r {address} -g {server_options}")

    def clear(self):
        self.adm("-C")

    def delete(self):
        for space in reversed(self.spaces):
            space.delete()
        self.spaces = []


def need_dray():
    """Skip a case that has no meaning with IPVS."""
    if IPVS:
        raise Skip("needs dray")


def module_setup():
    """Load the module and its tool, or skip the file with the reason."""
    if os.geteuid():
        raise Skip("needs root")
    with open("/proc/modules", encoding="ascii") as modules:
        loaded = any(line.split()[0] == MODULE for line in modules)
    if not loaded:
        done = subprocess.run(["modprobe", MODULE], stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise Skip(f"no {MODULE}: {done.stderr.strip()}")
    if not shutil.which(ADM.split()[0]):
        raise Skip(f"no {ADM}")


def stats(lab, service):
    """--stats of a service: {"": (conns, packets, bytes), "address:port": …}."""
    found = {}
    for line in lab.adm(f"-Ln --stats --exact {service}").splitlines():
        words = line.split()
        if len(words) < 7 or not words[-1].isdigit():
            continue
        numbers = tuple(int(w) for w in words[-5:])
        found["" if words[0] != "->" else words[1]] = (numbers[0], numbers[1], numbers[3])
    return found


def reach(space, address, seconds=10):
    """Resolve an address: a datagram to a closed port must be refused."""
    def refused():
        with space.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(1)
            try:
                sock.connect((address, 9))
                sock.send(b"")
                sock.recv(1)
            except ConnectionRefusedError:
                return True
            except OSError:
                return False
    wait_for(refused, f"{space.name}: {address} answers", seconds)


def warm(lab, client=None):
    """Resolve every neighbour that frames made by hand will need."""
    for n in range(1, len(lab.servers) + 1):
        reach(lab.director, rip(n))
        reach(lab.director, rip6(n))
    reach(client or lab.client, DIRECTOR)
    reach(client or lab.client, DIRECTOR6)
