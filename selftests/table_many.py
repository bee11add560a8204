#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Many tables: what they cost, and what is refused; the way to a table that does not count.

Everything is by netlink and the admin tool, there is no packet.
"""

import errno
import os
import random
import subprocess
import tempfile
import threading

from lib import dray, genl, netlab, state, taptest
from lib.netlab import VIP, Lab
from lib.taptest import case, check, note, same, wait_for

lab = None
SERVICE, OTHER = dray.tcp(VIP), dray.tcp("10.9.5.1")
MANY = 50 if taptest.DEBUG else 1000
HISTORIES = 30 if taptest.DEBUG else 1000 if taptest.FULL else 300
POOL = 10


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    lab = Lab(servers=1, vip_on_servers=False)


def config():
    return state.config(lab)


def made():
    return config()["tables_made"]


def fingerprint(service=SERVICE):
    return state.service(lab, service).get("table_fingerprint")


def empty():
    sock = state.netlink(lab)
    sock.do("flush")
    wait_for(lambda: config()["tables"] == 0, "old tables are gone")
    return sock


def memory():
    """KB that the kernel has allocated for itself: what is free is others' doing too."""
    with open("/proc/meminfo", encoding="ascii") as file:
        found = dict(line.split(":") for line in file)
    return sum(int(found[name].split()[0]) for name in ("VmallocUsed", "Slab", "Percpu"))


def many(scheduler, pool):
    """So many services, each with the servers that pool(its number) names; by one transaction."""
    lines = []
    for n in range(MANY):
        name = f"-t 10.9.{8 + n // 250}.{1 + n % 250}:80"
        lines.append(f"-A {name} -s {scheduler}")
        lines += [f"-a {name} -r {server} -g" for server in pool(n)]
    with lab.director:
        out = netlab.run(["drayadm", "-R", "--atomic"], stdin="\n".join(lines) + "\n", timeout=240)
    same(out.strip(), "", "what drayadm says")


@case("%d services over one pool of %d cost one table" % (MANY, POOL))
def _():
    empty()
    before = made()
    many("dray", lambda n: [f"10.9.2.{1 + (n + m) % POOL}" for m in range(POOL)])
    found = config()
    same((found["services"], found["tables"], found["tables_made"] - before), (MANY, 1, 1), "services and tables")
    note(f"{found['table_bytes']} bytes")
    check(found["table_bytes"] <= 140000, f"{found['table_bytes']} bytes")


def other_pool(n):
    return [f"10.9.{16 + n // 250}.{1 + n % 250}"] + [f"10.9.2.{m + 1}" for m in range(POOL - 1)]


@case("%d services on different pools of %d: at most 140 KB for each, and no more beyond the limit" % (MANY, POOL))
def _():
    empty()
    many("rr", other_pool)
    before = memory()
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(lab.adm("save").replace("-s rr", "-s dray"))
        file.flush()
        lab.adm(f"apply {file.name}")
    found, used = config(), memory() - before
    same((found["services"], found["tables"]), (MANY, MANY), "services and tables")
    note(f"{found['table_bytes']} bytes as the module counts, the kernel has {used} KB more")
    check(found["table_bytes"] <= 140000 * MANY, f"{found['table_bytes']} bytes")
    if not taptest.DEBUG:   # whose memory comes back late
        check(used * 1024 <= found["table_bytes"] * 1.1, f"{used} KB more, {found['table_bytes']} bytes counted")
    limit = found["table_limit"]
    state.set_config(lab, table_limit=found["table_bytes"] + 100000)
    try:
        sock = state.netlink(lab)
        sock.do("new_service", SERVICE)
        sock.refuse("new_server", [SERVICE, dray.server("10.9.2.1", weight=7)], errno.ENOSPC,
                    "The tables would take more than table-limit")
        same(config()["tables"], MANY, "tables")
        sock.do("set_service", dray.tcp(VIP, rows=8192))    # half as many bytes
        sock.do("new_server", SERVICE, dray.server("10.9.2.1", weight=7))
        same(config()["tables"], MANY + 1, "tables")
    finally:
        state.set_config(lab, table_limit=limit)
    empty()
    same(config()["table_bytes"], 0, "bytes without services")


def final_set():
    return {f"10.9.2.{n + 1}": 1 + n * n for n in range(6)}


def set_weight(sock, has, address, weight):
    sock.do("set_server" if address in has else "new_server", SERVICE, dray.server(address, weight=weight))
    has[address] = weight


def history(sock):
    """From whatever is there to the final set, with detours, in steps or transactions."""
    has = {state.text(row["server"]["address"]): row["server"]["weight"] for row in sock.dump("get_server", SERVICE)}
    final = final_set()
    together = random.random() < 0.3
    if together:
        sock.do("begin")
    for _ in range(random.randrange(6)):
        address = random.choice(list(final) + ["10.9.2.77", "10.9.2.78"])
        if address in has and random.random() < 0.5:
            sock.do("del_server", SERVICE, dray.server(address))
            del has[address]
        else:
            set_weight(sock, has, address, random.randrange(4))
    steps = [address for address in set(has) | set(final) if has.get(address) != final.get(address)]
    random.shuffle(steps)
    for address in steps:
        if address in final:
            set_weight(sock, has, address, final[address])
        else:
            sock.do("del_server", SERVICE, dray.server(address))
    if together:
        sock.do("commit")


@case("%d random histories that end in the same servers: the same table, made again each time" % HISTORIES, again=False)
def _():
    sock = empty()
    sock.do("new_service", dray.tcp(VIP, rows=4096))
    for address, weight in final_set().items():
        sock.do("new_server", SERVICE, dray.server(address, weight=weight))
    print_, before = fingerprint(), made()
    check(print_, "no fingerprint")
    for n in range(HISTORIES):
        if n % 3 == 2:      # from nothing
            empty().do("new_service", dray.tcp(VIP, rows=4096))
        history(sock)
        same(fingerprint(), print_, f"fingerprint after history {n}")
    count = made() - before
    note(f"{count} tables were made")
    check(count >= HISTORIES, f"only {count} tables were made")


@case("a hundred flaps, drains and moves of a threshold make no table")
def _():
    sock = empty()
    sock.do("new_service", SERVICE)
    for n in range(4):
        sock.do("new_server", SERVICE, dray.server(f"10.9.2.{n + 1}", weight=1))
    before, print_ = made(), fingerprint()
    for n in range(100):
        sock.do("set_server", SERVICE, dray.server("10.9.2.2", state=(2, 0, 1, 0)[n % 4], u_threshold=n))
    same((made(), fingerprint()), (before, print_), "tables made, and the fingerprint")
    sock.do("set_server", SERVICE, dray.server("10.9.2.2", weight=2))
    same(made(), before + 1, "tables made after a change of weight")


def in_threads(functions):
    """Run each with a socket of its own; what they returned, in order."""
    found = [None] * len(functions)

    def call(n):
        with lab.director:
            with dray.Dray() as sock:
                sock.sock.settimeout(60 * taptest.SLOWER)
                try:
                    found[n] = functions[n](sock)
                except Exception as error:
                    found[n] = error
    threads = [threading.Thread(target=call, args=(n,)) for n in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@case("eight at once change one service: a table for each change, not one for each attempt")
def _():
    sock = empty()
    sock.do("new_service", SERVICE)
    before = made()

    def add(base):
        def go(own):
            for n in range(10):
                own.do("new_server", SERVICE, dray.server(f"10.9.3.{base + n}", weight=1))
        return go
    same(in_threads([add(1 + 10 * n) for n in range(8)]), [None] * 8, "refused")
    count = made() - before
    note(f"{count} tables for 80 changes")
    check(80 <= count <= 100, f"{count} tables for 80 changes")


def key_and_service(sock):
    """Set a key, which makes a large table anew; meanwhile a service comes that needs none made. What both said."""
    sock.do("new_service", dray.tcp(VIP, rows=262144))
    for n in range(3):
        sock.do("new_server", SERVICE, dray.server(f"10.9.2.{n + 1}", weight=1))
    begun = threading.Event()

    def set_key(own):
        begun.set()
        own.do("set_config", dray.nest("config", table_key=os.urandom(16)))

    def come_by(own):
        begun.wait()
        own.do("begin")
        own.do("new_service", dray.tcp("10.9.5.1", rows=262144))
        for n in range(3):
            own.do("new_server", OTHER, dray.server(f"10.9.2.{n + 1}", weight=1))
        own.do("commit")
        return fingerprint(OTHER)
    return in_threads([set_key, come_by])


@case("a key that is set while another service comes by holds for that one too")
def _():
    for _ in range(20):
        sock = empty()
        sock.do("set_config", dray.nest("config", table_key=b"dray table key 1"))
        said = key_and_service(sock)
        # If the key was faster than the whole other transaction: once more.
        if not isinstance(said[1], genl.Refused):
            break
    try:
        same(said[0], None, "answer to the key")
        check("table_key_fingerprint" in config(), "the key is not set")
        check(said[1] != fingerprint(), "the new service did not have the old key first: nothing was tried")
        same((fingerprint(OTHER), config()["tables"]), (fingerprint(), 1), "the other service's table, and tables")
    finally:
        state.set_config(lab, table_key=b"dray table key 1")


BUSY = """
import errno, time
from lib import genl
from lib.dray import *
d = Dray()
d.do('new_service', tcp(rows=65536))
d.do('new_server', tcp(), server(weight=1))
d.do('new_server', tcp(), server('10.9.2.1', weight=1))
print_ = lambda: d.one('get_service', tcp())['service']['table_fingerprint']
for n in range(2, 5000):
    was = print_()
    try:
        d.do('set_server', tcp(), server(weight=n))
    except genl.Refused as error:
        assert print_() == was, 'the table in force is another one'
        d.do('set_server', tcp(), server(state=2))   # which needs no table
        print(errno.errorcode[error.errno], error.message, flush=True)
        break
end = time.monotonic() + 120
while time.monotonic() < end:
    try:
        d.do('set_server', tcp(), server(weight=n))
        print('later', print_() != was)
        break
    except genl.Refused:
        time.sleep(0.2)
"""


@case("tables of a user namespace take a tenth of the time: then they are refused, and later they are not")
def _():
    done = subprocess.run(["unshare", "-Urn", "/usr/bin/python3", "-Bc", BUSY], text=True, check=False,
                          cwd=os.path.dirname(os.path.abspath(__file__)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240 * taptest.SLOWER)
    if "unshare failed" in done.stdout:
        raise taptest.Skip(done.stdout.strip())
    same(done.stdout.splitlines(), ["EBUSY Tables of this user namespace took too much time; try again in some seconds",
                                    "later True"], "what was said in the namespace")


if __name__ == "__main__":
    taptest.main(setup)
