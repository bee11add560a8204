# SPDX-License-Identifier: GPL-2.0-or-later
"""FRR as a director of lib/vrrp.py: zebra, vrrpd, and the macvlans that they ask for.

FRR adds no address: one macvlan for each family has the virtual router's MAC and
its addresses from the start, and is kept without carrier (protodown) as backup.
What dies and comes back is vrrpd; zebra, which takes seconds to start, stays.
"""

import ipaddress
import json
import os
import shutil
import socket

from lib.netlab import VIP
from lib.taptest import wait_for
from lib.vrrp import ADVERT, Director

LIBEXEC = "/usr/lib/frr"
DEVICES = {4: ("vrrp4-{}", "00:00:5e:00:01:{:02x}"), 6: ("vrrp6-{}", "00:00:5e:00:02:{:02x}")}


class Frr(Director):
    """The same host with FRR."""

    names = ("vrrpd",)

    def __init__(self, lab, name, number):
        super().__init__(lab, name, number)
        # Else the host's own MAC answers for the address, whoever is master.
        self.space.sysctl(ipv4__conf__eth0__arp_ignore=1)
        shutil.chown(self.folder, "frr", "frr")
        self.devices = []
        self.zserv = os.path.join(self.folder, "zserv")

    def words(self, priority, vrid=51, version=3, advert=ADVERT, vips=(VIP + "/16",), more=""):
        """FRR's configuration; of what keepalived has besides, it has nopreempt only."""
        self.devices = []
        lines = [f"vrrp {vrid} version {version}", f"vrrp {vrid} priority {priority}",
                 f"vrrp {vrid} advertisement-interval {round(advert * 1000)}"]
        lines += [f"no vrrp {vrid} preempt"] * ("nopreempt" in more)
        for kind, (device, mac) in DEVICES.items():
            own = [vip for vip in vips if ipaddress.ip_interface(vip).version == kind]
            lines += [f"vrrp {vrid} {'ip' if kind == 4 else 'ipv6'} {vip.split('/')[0]}" for vip in own]
            if own:
                self.devices.append((device.format(vrid), mac.format(vrid), own))
        return "interface eth0\n " + "\n ".join(lines) + "\n"

    def _daemon(self, name, conf, log):
        path = os.path.join(self.folder, name)
        return self.space.start([f"{LIBEXEC}/{name}", "-f", conf, "-i", path + ".pid", "-P", "0", "--vty_socket",
                                 self.folder, "-z", self.zserv, "--log", "stdout"],
                                stdout=log, stderr=log)

    def start(self, *parts):
        if parts:
            self.configure(*parts)
        for device, mac, vips in self.devices:
            if f" {device}@" not in self.space.run("ip -o link"):
                self.space.ip(f"link add {device} link eth0 address {mac} type macvlan mode bridge",
                              f"link set {device} addrgenmode random",
                              *(f"addr add {vip} dev {device}{' nodad' if ':' in vip else ''}" for vip in vips),
                              f"link set {device} up")
        with open(self.log, "a", encoding="utf-8") as log:
            if not os.path.exists(self.zserv):
                self._daemon("zebra", "/dev/null", log)
                # vrrpd tries again in ten seconds only.
                wait_for(lambda: os.path.exists(self.zserv), "zebra is there", 30)
            self.proc = self._daemon("vrrpd", self.conf, log)
        return self

    def has(self, vip=VIP):
        """Whether the macvlan that has it has a carrier."""
        links = json.loads(self.space.run("ip -j addr show up"))
        return any("LOWER_UP" in link["flags"] and any(a["local"] == vip for a in link["addr_info"])
                   for link in links if link)

    def _ask(self, command):
        """What vtysh asks, and how: words that end with NUL, an answer that ends with NUL and a status."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(os.path.join(self.folder, "vrrpd.vty"))
            for line in "enable", command:
                sock.sendall(line.encode() + b"\0")
                data = b""
                while data[-4:-1] != bytes(3):
                    data += sock.recv(65536)
        return data[:-4].decode()

    def router(self):
        return json.loads(self._ask("show vrrp json"))[0]

    def state(self, name="VI_1"):
        """MASTER or BACKUP, of the one family that it has addresses of."""
        try:
            router = self.router()
        except (OSError, ValueError, IndexError):
            return None
        return router["v4" if self.devices[0][0].startswith("vrrp4") else "v6"]["status"].upper()
