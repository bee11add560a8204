#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 480
"""The dray table as a scheduler of IPVS, set up with ipvsadm.

    client --+-- br --+-- rs1, rs2, rs3 (no VIP: only look)
    director +        +-- 10.9.0.130 … (nobody: only in tables)

Most questions are datagrams of a service with --ops, of which IPVS remembers
nothing: each is scheduled anew. rs3 has further addresses, under which it comes
and goes.
"""

import ctypes
import errno
import os
import re
import threading
from collections import Counter

from lib import dray, netlab, state, taptest
from lib.netlab import VIP, VIP6, rip, rip6
from lib.packet import TCP, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import Skip, case, check, same, wait_for

lab = None
libc = ctypes.CDLL(None, use_errno=True)
SVC, SVC6, TCP_SVC = f"-u {VIP}:{PORT}", f"-u [{VIP6}]:{PORT}", f"-t {VIP}:{PORT}"
CONF = "/etc/modprobe.d/ip_vs_dray.conf"
KEY = bytes(range(0x40, 0x50))
OTHERS = [f"10.9.7.{n}" for n in range(1, 9)]
LOADS = 50 if taptest.FULL else 5 if taptest.DEBUG else 20
TURNS = 20 if taptest.FULL else 5 if taptest.DEBUG else 10
SOME = 100 if taptest.DEBUG else 1000


def setup():
    global lab
    netlab.module_setup()
    netlab.need_dray()
    if not loaded("ip_vs_dray"):
        raise Skip("no ip_vs_dray.ko, or no IPVS")
    lab = Quiet()
    lab.servers[2].ip(*(f"addr add {a}/16 dev eth0" for a in OTHERS))
    for address in OTHERS:
        netlab.reach(lab.director, address)
    taptest.cleanup(lambda: os.path.exists(CONF) and os.unlink(CONF))
    taptest.cleanup(lambda: ipvs("-C"))


def loaded(module):
    return os.path.isdir(f"/sys/module/{module}")


def unload(*modules):
    """Without waiting for users: there must be none."""
    for module in modules:
        if loaded(module) and libc.syscall(176, module.encode(), 0x800):
            raise OSError(ctypes.get_errno(), f"delete_module {module}")
    if "dray" in modules:
        if getattr(lab, "genl", None):
            lab.genl.close()
        lab.genl, dray.Dray.number = None, None


def reload(options=""):
    """The module anew, with these parameters."""
    ipvs("-C")
    unload("ip_vs_dray")
    netlab.run(f"modprobe ip_vs_dray {options}")


def ipvs(*commands, **kw):
    for command in commands:
        out = lab.director.run("ipvsadm " + command, **kw)
    return out


def batch(lines):
    with lab.director:
        out = netlab.run(["ipvsadm", "-R"], stdin="\n".join(lines) + "\n")
    check(not out.strip(), f"ipvsadm -R: {out}")


def lines(svc, weights, options="", **more):
    """A service with servers of these weights, by number or address; more: options of some."""
    yield f"-A {svc} -s dray {options}"
    for n, weight in weights.items():
        name = n if isinstance(n, str) else rip6(n) if "[" in svc else rip(n)
        shown = f"[{name}]:{PORT}" if ":" in name else name
        yield f"-a {svc} -r {shown} -g -w {weight} {more.get(f'rs{n}', '')}"


def tables(net=None):
    """{service: what /proc/net/ip_vs_dray says of it}"""
    with net or lab.director, open("/proc/thread-self/net/ip_vs_dray", encoding="ascii") as file:
        rows = [re.fullmatch(r"(.*) servers (\d+) rows (\d+) fingerprint (\w+)(?: \((.*)\))?\n", row) for row in file]
    return {row[1]: {"servers": int(row[2]), "rows": int(row[3]), "fingerprint": row[4], "note": row[5]}
            for row in rows}


def in_force(svc=SVC):
    """The table of a service, once it is that of its newest servers, or cannot be."""
    def there():
        found = tables()[svc.strip()]
        return found if found["note"] != "a newer one is being made" else None
    return wait_for(there, f"{svc}: the table is in force", 20)


def fresh(weights=None, svc=SVC, options="--ops", **more):
    ipvs("-C")
    batch(lines(svc, weights or {1: 1, 2: 1, 3: 1}, options, **more))
    return in_force(svc)["fingerprint"]


def edit(n, weight, svc=SVC, more=""):
    ipvs(f"-e {svc} -r {rip(n)} -g -w {weight} {more}")


def clients(count, network=60):
    return [f"10.9.{network + n // 200}.{1 + n % 200}" for n in range(count)]


def clients6(count):
    return [f"2001:db8:60::{n + 1:x}" for n in range(count)]


def where(who, sport=999, proto=UDP, dport=PORT):
    """{client: the server that a packet of it goes to}"""
    found = {}
    for n in range(0, len(who), 100):
        found |= lab.ask([lab.frame(client, sport=sport, proto=proto, dport=dport) for client in who[n:n + 100]])
    same(len(found), len(who), "frames that arrived")
    return {client: found[client, sport] for client in who}


def by_dray(service, weights, who, proto=UDP, key=b"dray table key 1", **params):
    """(fingerprint, where the clients go) by dray.ko, for the same servers."""
    sock = state.netlink(lab)
    sock.do("flush")
    state.set_config(lab, table_key=key)
    sock.do("new_service", service(scheduler="dray", load_limit=0, **params))
    for n, weight in weights.items():
        address = rip6(n) if ":" in who[0] else rip(n)
        sock.do("new_server", service(), dray.server(address, port=PORT, weight=weight))
    print_ = f"{state.service(lab, service())['table_fingerprint']:016x}"
    servers = where(who, proto=proto)
    sock.do("flush")
    return print_, servers


def dmesg_of(action):
    """What the kernel's log says while action() is done."""
    with open("/dev/kmsg", "w", encoding="ascii") as file:
        file.write("ip_vs_dray.py: here\n")
    action()
    return netlab.run("dmesg").rsplit("ip_vs_dray.py: here", 1)[1]


@case("ipvsadm -s dray loads the module by itself, and -Ln names the scheduler")
def _():
    unload("ip_vs_dray")
    ipvs(f"-A {SVC} -s dray")
    check(loaded("ip_vs_dray"), "not loaded")
    check(f"UDP  {VIP}:{PORT} dray" in ipvs("-Ln"), ipvs("-Ln"))
    ipvs("-C")


@case("modprobe dray brings it along; where IPVS is missing dray loads alone")
def _():
    unload("ip_vs_dray", "dray")
    netlab.run("modprobe dray")
    check(loaded("dray") and loaded("ip_vs_dray"), "not both are loaded")
    unload("ip_vs_dray", "dray")
    with open(CONF, "w", encoding="ascii") as file:
        file.write("install ip_vs_dray /bin/false\n")
    try:
        netlab.run("modprobe dray")
    finally:
        os.unlink(CONF)
    check(loaded("dray") and not loaded("ip_vs_dray"), "dray alone is not loaded")
    netlab.run("modprobe ip_vs_dray")


def agree(svc, service, weights, who, proto=UDP, options="--ops", key=b"dray table key 1", **params):
    print_, servers = by_dray(service, weights, who, proto, key, **params)
    same(fresh(weights, svc, options), print_, "fingerprint of the table")
    same(where(who, proto=proto), servers, "servers")
    check(len(set(servers.values())) == len(weights), "not all servers were used")


@case(f"{SOME} clients: the servers that dray.ko gives them, by TCP")
def _():
    agree(TCP_SVC, lambda **kw: dray.tcp(VIP, PORT, **kw), {1: 3, 2: 1, 3: 2}, clients(SOME, 10), TCP, "")


@case("the same by UDP, and by IPv6")
def _():
    agree(SVC, lambda **kw: dray.udp(VIP, PORT, **kw), {3: 1, 2: 4}, clients(SOME // 2))
    agree(SVC6, lambda **kw: dray.udp(VIP6, PORT, **kw), {1: 1, 2: 1, 3: 3}, clients6(SOME // 2))


@case("the same with a key, and persistent clients by the mask of -M")
def _():
    reload(f"key={KEY.hex()}")
    try:
        agree(SVC, lambda **kw: dray.udp(VIP, PORT, **kw), {1: 1, 2: 2, 3: 1}, clients(SOME // 2), key=KEY)
        who = [f"10.9.{n}.7" for n in range(20, 90)]
        agree(TCP_SVC, lambda **kw: dray.tcp(VIP, PORT, **kw), {1: 1, 2: 1, 3: 1}, who, TCP,
              "-p 600 -M 255.255.255.0", KEY, persist_timeout=600, persist_prefix=24)
        # The neighbour of each within its network, by IPVS's template.
        again = where([client[:-1] + "9" for client in who], proto=TCP)
        same({client[:-1] + "7": n for client, n in again.items()},
             by_dray(lambda **kw: dray.tcp(VIP, PORT, **kw), {1: 1, 2: 1, 3: 1}, who, TCP, KEY,
                     persist_timeout=600, persist_prefix=24)[1], "servers of the neighbours")
    finally:
        state.set_config(lab, table_key=b"dray table key 1")
        reload()


@case("weights: 1, 2 and 5 get their shares of 1600 clients", debug=False)
def _():
    fresh({1: 1, 2: 2, 3: 5})
    got = Counter(where(clients(1600)).values())
    for n, wanted in (1, 200), (2, 400), (3, 1000):
        check(abs(got[n] - wanted) < 5 * wanted ** 0.5, f"{got}, wanted for rs{n}: {wanted}")


@case("another order of commands, and a way with detours: the same table", debug=False)
def _():
    print_ = fresh({1: 3, 2: 1, 3: 2})
    check(fresh({3: 2, "10.9.0.130": 7, 1: 1}) != print_, "another set has the same fingerprint")
    ipvs(f"-a {SVC} -r {rip(2)} -g -w 5", f"-d {SVC} -r 10.9.0.130")
    edit(1, 3)
    edit(2, 1)
    same(in_force()["fingerprint"], print_, "fingerprint")


@case("a quiesced server's clients go to others, the others stay, and all come back")
def _():
    print_ = fresh()
    first = where(clients(300))
    edit(2, 0)
    then = where(clients(300))
    check(2 not in then.values(), "clients of the quiesced server")
    same({c for c in first if first[c] != then[c]}, {c for c in first if first[c] == 2}, "clients that moved")
    same(tables()[SVC], {"servers": 3, "rows": 16384, "fingerprint": print_, "note": None}, "table")
    edit(2, 1)
    same(where(clients(300)), first, "servers afterwards")


@case("where a server is quiesced by -w 0 the others' clients are as with dray.ko's drain", debug=False)
def _():
    service = dray.udp(VIP, PORT)
    sock = state.netlink(lab)
    sock.do("flush")
    sock.do("new_service", dray.udp(VIP, PORT, scheduler="dray", load_limit=0))
    for n in 1, 2, 3:
        sock.do("new_server", service, dray.server(rip(n), port=PORT, weight=1))
    sock.do("set_server", service, dray.server(rip(3), port=PORT, state=1))
    by_module = where(clients(300))
    sock.do("flush")
    fresh()
    edit(3, 0)
    same(where(clients(300)), by_module, "servers")


@case("a weight that flaps a hundred times makes no table and moves no client of the others")
def _():
    print_ = fresh()
    first = where(clients(100))
    for _ in range(5):
        batch(f"-e {SVC} -r {rip(2)} -g -w {n % 2}" for n in range(21))
        same((tables()[SVC]["fingerprint"], tables()[SVC]["note"]), (print_, None), "table")
        then = where(clients(100))
        same({c: n for c, n in then.items() if first[c] != 2}, {c: n for c, n in first.items() if n != 2}, "others")
    edit(2, 1)
    same(where(clients(100)), first, "servers at last")


@case("all quiesced: nobody is chosen; one is back: everybody goes there", debug=False)
def _():
    fresh()
    for n in 1, 2, 3:
        edit(n, 0)
    check(not lab.arrives("10.9.60.1", proto=UDP), "a packet at a quiesced server")
    edit(2, 1)
    same(set(where(clients(60)).values()), {2}, "servers")


@case("a server above its threshold is passed over, and is back below it")
def _():
    # A service of its own: servers that return have their connections again.
    svc = f"-t {VIP}:81"
    fresh(None, svc, "", rs1="-x 20")
    got = Counter(where(clients(300), proto=TCP, dport=81).values())
    # Each CPU may be in the middle of one more.
    check(20 <= got[1] <= 22, f"{got}")
    edit(1, 1, svc, "-x 100000")
    check(1 in where(clients(100), 998, TCP, 81).values(), "nobody is at the server below its threshold")
    edit(1, 1, svc, "-x 20")
    check(1 not in where(clients(100), 997, TCP, 81).values(), "a client at the server above its threshold")


@case("one of three servers taken out: the clients of the others stay, as good as all")
def _():
    fresh()
    first = where(clients(600))
    ipvs(f"-d {SVC} -r {rip(2)}")
    now = where(clients(200))
    check(2 not in now.values(), "a client at the server that is gone")
    in_force()
    then = where(clients(600))
    strays = [c for c in first if first[c] != 2 and first[c] != then[c]]
    check(2 not in then.values() and len(strays) <= 6, f"{len(strays)} clients of others have moved")


@case(f"a server that has just been taken out gets nothing, {TURNS} times over")
def _():
    fresh({1: 1, 2: 1})
    for turn in range(TURNS):
        gone = OTHERS[turn % len(OTHERS)]
        ipvs(f"-a {SVC} -r {gone} -g -w 1")
        in_force()
        check(3 in where(clients(40)).values(), f"turn {turn}: the new server gets nothing")
        lab.burst.send([lab.frame(c, proto=UDP) for c in clients(100)])
        ipvs(f"-d {SVC} -r {gone}")
        check(3 not in where(clients(60), 1000 + turn).values(), f"turn {turn}: a packet at a server that is gone")


def storm(count):
    """Commands that add, change and delete rs3's other addresses, at last all of them deleted."""
    there = set()
    for n in range(count):
        address = OTHERS[n * 5 % len(OTHERS)]
        if address not in there:
            yield f"-a {SVC} -r {address} -g -w {1 + n % 7}"
            there.add(address)
        elif n % 3:
            yield f"-e {SVC} -r {address} -g -w {n % 5}"
        else:
            yield f"-d {SVC} -r {address}"
            there.remove(address)
    for address in sorted(there):
        yield f"-d {SVC} -r {address}"


@case("a storm of changes under traffic: every packet arrives, and the last servers count")
def _():
    print_ = fresh({1: 1, 2: 2})
    first = where(clients(100))
    commands = list(storm(600 if taptest.DEBUG else 4000))
    failed = []

    def work():
        try:
            batch(commands)
        except Exception as error:  # pylint: disable=broad-except
            failed.append(error)
    thread = threading.Thread(target=work)
    thread.start()
    rounds = 0
    while thread.is_alive() or not rounds:
        where(clients(100))
        rounds += 1
    thread.join()
    same(failed, [], "refused")
    same(in_force(), {"servers": 2, "rows": 16384, "fingerprint": print_, "note": None}, "table")
    same(where(clients(100)), first, "servers")
    taptest.note(f"{len(commands)} changes, {rounds} rounds of 100 packets")


@case("more servers than the rows take: the table before stays, it is said, and there is always an answer")
def _():
    reload("rows=4096")
    nobody = [f"10.9.{200 + n // 200}.{1 + n % 200}" for n in range(256)]
    try:
        fresh({1: 1, 2: 2 ** 31 - 1})
        same(in_force()["rows"], 4096, "rows")
        batch(f"-a {SVC} -r {address} -g -w 1" for address in nobody[:254])
        print_ = in_force()["fingerprint"]
        said = dmesg_of(lambda: (ipvs(f"-a {SVC} -r {nobody[254]} -g -w 1"), in_force()))
        same((in_force()["fingerprint"], in_force()["servers"]), (print_, 256), "table")
        why = "too many servers for so few rows: 16 rows for each at least"
        same(in_force()["note"], f"not of the newest servers: {why}", "note")
        check(f"ip_vs_dray: {SVC}: {why}; the table before stays in force" in said, said)
        same(Counter(where(clients(50)).values())[2], 50, "clients at the server of nearly all weight")
        ipvs(f"-d {SVC} -r {nobody[254]}")
        same((in_force()["fingerprint"], in_force()["note"]), (print_, None), "table afterwards")
        # None was ever made: by rendezvous.
        ipvs(f"-a {SVC} -r {nobody[255]} -g -w 1", f"-E {SVC} -s rr --ops", f"-E {SVC} -s dray --ops")
        same((in_force()["fingerprint"], in_force()["servers"]), ("none", 0), "table")
        same(Counter(where(clients(50)).values())[2], 50, "clients at the server of nearly all weight")
    finally:
        reload()


@case("more servers than a table can have: it is said, and there is always an answer")
def _():
    nobody = [f"10.10.{n // 250}.{1 + n % 250}" for n in range(4096)]
    ipvs("-C")
    # By another scheduler first: ours would list them all anew for each that comes.
    batch([f"-A {SVC} -s rr --ops", f"-a {SVC} -r {rip(2)} -g -w {2 ** 31 - 1}",
           *(f"-a {SVC} -r {address} -g -w 1" for address in nobody)])
    said = dmesg_of(lambda: (ipvs(f"-E {SVC} -s dray --ops"), in_force()))
    check(f"ip_vs_dray: {SVC}: more than 4096 servers; there is no table until its servers change" in said, said)
    same(in_force()["note"], "not of the newest servers: more than 4096 servers", "note")
    same(Counter(where(clients(50)).values())[2], 50, "clients at the server of nearly all weight")


@case("another scheduler and back, under traffic: the same table again")
def _():
    print_ = fresh()
    first = where(clients(100))
    for _ in range(5):
        lab.burst.send([lab.frame(c, proto=UDP) for c in clients(100)])
        ipvs(f"-E {SVC} -s rr --ops")
        same(tables(), {}, "tables of a service by rr")
        same(set(where(clients(6)).values()), {1, 2, 3}, "servers by rr")
        lab.burst.send([lab.frame(c, proto=UDP) for c in clients(100)])
        ipvs(f"-E {SVC} -s dray --ops")
        same(in_force()["fingerprint"], print_, "fingerprint")
    same(where(clients(100)), first, "servers")


@case("services come and go while their tables are made")
def _():
    nobody = {f"10.9.{200 + n // 200}.{1 + n % 200}": 1 + n % 5 for n in range(60 if taptest.DEBUG else 300)}
    ipvs("-C")
    for turn in range(5):
        batch(lines(SVC, nobody, "--ops"))
        ipvs("-C" if turn % 2 else f"-D {SVC}")
        same(tables(), {}, "tables")


@case("each namespace has its own list, which only root may read")
def _():
    fresh()
    same(tables(lab.client), {}, "tables of another namespace")
    same(os.stat("/proc/net/ip_vs_dray").st_mode & 0o777, 0o400, "mode")


@case("rmmod is refused while a service has the scheduler, and works at once after -C")
def _():
    fresh()
    try:
        unload("ip_vs_dray")
        check(False, "unloaded in use")
    except OSError as error:
        same(errno.errorcode[error.errno], "EAGAIN", "error")
    same(set(where(clients(60)).values()), {1, 2, 3}, "servers")
    ipvs("-C")
    unload("ip_vs_dray")


@case(f"{LOADS} times loaded and unloaded, with traffic and tables being made")
def _():
    ipvs("-C")
    unload("ip_vs_dray")
    for turn in range(LOADS):
        batch(lines(SVC, {1: 1 + turn % 3, 2: 1, 3: 1}, "--ops"))
        lab.burst.send([lab.frame(c, proto=UDP) for c in clients(60)])
        ipvs("-C")
        unload("ip_vs_dray")
    fresh()
    same(set(where(clients(60)).values()), {1, 2, 3}, "servers at last")


def refused(options):
    """What the log says of parameters with which the module does not load."""
    ipvs("-C")
    unload("ip_vs_dray")
    said = dmesg_of(lambda: netlab.run(f"modprobe ip_vs_dray {options}", check_status=False))
    check(not loaded("ip_vs_dray"), f"loaded with {options}")
    return said


@case("a key of another length or of other characters is refused, and not told to the log", debug=False)
def _():
    for key in KEY.hex()[:-1], KEY.hex() + "0", KEY.hex()[:-1] + "g", "", "0x" + KEY.hex()[2:]:
        said = refused(f"key={key}")
        check("ip_vs_dray: key: exactly 32 hexadecimal digits (16 bytes) are wanted" in said, f"{key}: {said}")
        check(not key or key not in said, f"the log has the key: {said}")


@case("a number of rows that is no power of two or out of range is refused", debug=False)
def _():
    for rows in 5000, 2048, 524288, 0:
        said = refused(f"rows={rows}")
        check(f"ip_vs_dray: rows: a power of two from 4096 to 262144 is wanted, not {rows}" in said, said)


@case("the key of modprobe.d is taken by ipvsadm's loading; it is shown by its fingerprint, to root only")
def _():
    reload()
    with open("/sys/module/ip_vs_dray/parameters/key", encoding="ascii") as file:
        same(file.read(), "public\n", "without a key")
    public = fresh()
    ipvs("-C")
    unload("ip_vs_dray")
    with open(CONF, "w", encoding="ascii") as file:
        file.write(f"options ip_vs_dray key={KEY.hex()}\n")
    try:
        check(fresh() != public, "the table of another key is the same")
        path = "/sys/module/ip_vs_dray/parameters/key"
        same(os.stat(path).st_mode & 0o777, 0o400, "mode")
        same(netlab.run(f"setpriv --reuid 65534 --clear-groups cat {path}", check_status=False).strip(),
             f"cat: {path}: Permission denied", "what others read")
        state.set_config(lab, table_key=KEY)
        with open(path, encoding="ascii") as file:
            same(file.read(), f"fingerprint {state.config(lab)['table_key_fingerprint']:016x}\n", "what root reads")
    finally:
        state.set_config(lab, table_key=b"dray table key 1")
        os.unlink(CONF)
        reload()


if __name__ == "__main__":
    taptest.main(setup)
