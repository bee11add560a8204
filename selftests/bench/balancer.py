# SPDX-License-Identifier: GPL-2.0-or-later
"""The two directors that are compared, behind the same few methods.

setup() loads and makes a service with both servers, counters() are the flows and
packets that it has seen, bytes() is the memory of its entries and their table. Both
get a hash table and limits that fit the number of flows.
"""

import json
import pathlib
import time

from lab import PORT, RIPS, VIP, modprobe, rmmod

IPVS_TAB_BITS = 17


def slab_bytes(cache):
    """Memory that a slab cache has taken, what lies idle in its pages included."""
    folder = pathlib.Path("/sys/kernel/slab") / cache
    slabs = int((folder / "slabs").read_text().split()[0])
    return slabs * (4096 << int((folder / "order").read_text()))


class Balancer:
    """What ipvsadm and drayadm have in common."""
    adm = modules = cache = None
    restore = "-R"
    delay = 0	# seconds that counters may be late

    def __init__(self, lab):
        self.lab = lab
        self.before = 0

    def load(self):
        """Load the modules and set limits."""

    def setup(self, scheduler="rr", servers=RIPS, protocol="-u"):
        """Both with options behind them, if any."""
        self.load()
        # A cache may be shared with others of its size.
        self.before = slab_bytes(self.cache)
        lines = [f"-A {protocol} {VIP}:{PORT} -s {scheduler}", *(f"-a {protocol} {VIP}:{PORT} -r {server} -g" for server in servers)]
        self.lab.adm(f"{self.adm} {self.restore}", stdin="\n".join(lines) + "\n")

    def counters(self):
        """Flows and packets, of the service first, then of each server."""
        time.sleep(self.delay)
        shown = self.lab.adm(f"{self.adm} -Ln --stats --exact")
        rows = [line.split() for line in shown.splitlines() if f":{PORT} " in line]
        return [tuple(map(int, row[2:4])) for row in rows]

    def table_bytes(self):
        """Memory beside the entries."""

    def bytes(self):
        return slab_bytes(self.cache) - self.before + self.table_bytes()

    def remove(self):
        self.lab.adm(f"{self.adm} -C")
        rmmod(*self.modules)


class Ipvs(Balancer):
    """IPVS, its hash table made for an entry a chain instead of the default's 4096 chains."""
    adm, modules, cache = "ipvsadm", ("ip_vs_rr", "ip_vs_mh", "ip_vs"), "ip_vs_conn"
    delay = 5

    def load(self):
        modprobe("ip_vs", f"conn_tab_bits={IPVS_TAB_BITS}")

    def table_bytes(self):
        return 8 << IPVS_TAB_BITS


class Dray(Balancer):
    """dray, with limits above everything that is sent here."""
    adm, modules, cache = "drayadm", ("dray",), "dray_flow4"
    restore = "-R --atomic"

    def load(self):
        modprobe("dray")
        self.lab.adm("drayadm config --flow-limit 1000000 --persist-limit 1000000 --unassured-limit 1000000")

    def hook(self, mode):
        self.lab.adm(f"drayadm config --hook {mode}")

    def table_bytes(self):
        """What dray counts beside its entries: hash table and queue."""
        shown = json.loads(self.lab.adm("drayadm config --json"))["data"]
        size = int(pathlib.Path(f"/sys/kernel/slab/{self.cache}/object_size").read_text())
        return shown["flow_bytes"] - (shown["flows"] + shown["persists"]) * size
