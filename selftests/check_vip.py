#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400
"""draycheckd asks servers for the VIP, the way that clients' packets go.

    client --------+-- br --+-- rs1 (nginx, HTTP and TLS; VIP on lo)
    director ------+        +-- rs2 (the same, until its VIP is taken away)
                            +-- rs3
"""

import errno
import os
import tempfile

from lib import checkd, dray, netlab, state, taptest
from lib.checkd import curl, service, state_of, table, wait_state
from lib.dray import Dray
from lib.netlab import VIP, VIP6, Lab, rip, rip6
from lib.taptest import case, check, holds, same, wait_for
from lib.web import Web

TIMES = " connect_timeout 1\n retry 1\n delay_before_retry 0.2\n"
TCP = f"TCP_CHECK {{ {TIMES} }}"
HTTP = f"HTTP_GET {{ {TIMES} url {{\n path /\n }}\n }}"
SSL = f"SSL_GET {{ {TIMES} enable_sni\n url {{\n path /\n virtualhost web.example\n }}\n }}"
MARK = 0x44520000
lab = daemon = None


def setup():
    global lab
    netlab.module_setup()
    lab = Lab(servers=3)
    for n in (1, 2, 3):
        Web(lab.servers[n - 1], f"rs{n}", f"listen [::]:80; listen {rip(n)}:81;")


def fresh(text, **kw):
    global daemon
    daemon = checkd.fresh(lab, daemon, text, **kw)
    return daemon


def take_vip(n):
    lab.servers[n - 1].ip(f"addr del {VIP}/32 dev lo", f"addr del {VIP6}/128 dev lo")


def give_vip(n):
    lab.give_vip_to_server(lab.servers[n - 1])


def checks(address, number=0):
    return daemon.servers(number)[address]["checks"]


def wait_check(address, wanted, number=0):
    wait_for(lambda: {c["state"] for c in checks(address, number)} == {wanted}, f"{address} is {wanted}", 60)


def through_vip(number=0, vip=VIP):
    for server in daemon.servers(number).values():
        for one in server["checks"]:
            same((one.get("vip"), one.get("own_address_only")), (vip, None), f"how {server['address']} is asked")


@case("a server that loses its VIP is vip-missing and gets nothing, until it has it again")
def _():
    folder = tempfile.mkdtemp(prefix="notify-")
    with open(folder + "/tell", "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\necho \"$DRAY_WHY\" >{folder}/new\nmv {folder}/new {folder}/told\n")
    os.chmod(folder + "/tell", 0o755)
    fresh("global_defs {\n script_user root\n}\n" + service([1, 2, 3], each=f'  notify_down "{folder}/tell"'))
    through_vip()
    take_vip(1)
    wait_state(lab, rip(1), "down")
    wait_for(lambda: os.path.exists(folder + "/told"), "the script", 30)
    with open(folder + "/told", encoding="ascii") as file:
        check(file.read().startswith("vip-missing: "), "the script knows why")
    one = checks(rip(1))[0]
    same(one["state"], "vip-missing", "state")
    check(one["why"].startswith(f"vip-missing: it answers on its own address, not for {VIP}"), f"why: {one['why']}")
    same(set(curl(lab)), {"rs2", "rs3"}, "who answers")
    text = lab.adm(f"health --socket {daemon.socket}")
    check(f"[{rip(1)}]:tcp:80 as {VIP} vip-missing" in text, f"health: {text}")
    check(f'TCP_CHECK on service [{rip(1)}]:tcp:80 failed after 1 retries. why="vip-missing: ' in daemon.log(), "log")
    check("vip-missing" not in str(checks(rip(2))), "the others are well")
    give_vip(1)
    wait_state(lab, rip(1), "up")
    same(set(curl(lab)), {"rs1", "rs2", "rs3"}, "who answers")


@case("the same on a standby, and on a director that has not the VIP")
def _():
    fresh(service([1, 2]))
    lab.adm(f"vip add {VIP} --role standby")
    take_vip(1)
    wait_state(lab, rip(1), "down")
    wait_check(rip(1), "vip-missing")
    lab.director.ip(f"addr del {VIP}/32 dev eth0")
    give_vip(1)
    wait_state(lab, rip(1), "up")
    take_vip(2)
    wait_state(lab, rip(2), "down")
    wait_check(rip(2), "vip-missing")
    give_vip(2)
    wait_state(lab, rip(2), "up")
    lab.director.ip(f"addr add {VIP}/32 dev eth0")
    lab.adm(f"vip del {VIP}")


@case("HTTP_GET and SSL_GET go that way too")
def _():
    fresh(service([1, 2], checks=HTTP) + service([1, 2], checks=SSL, vip=f"{VIP} 443", port=443))
    through_vip()
    through_vip(1)
    take_vip(1)
    wait_check(rip(1), "vip-missing")
    wait_check(rip(1), "vip-missing", 1)
    give_vip(1)
    wait_check(rip(1), "up")
    wait_check(rip(1), "up", 1)


@case("a service of IPv6")
def _():
    fresh(service([rip6(1), rip6(2)], vip=f"{VIP6} 80"))
    through_vip(vip=VIP6)
    take_vip(1)
    wait_check(rip6(1), "vip-missing")
    give_vip(1)
    wait_check(rip6(1), "up")


@case("a server that is not there at all is down, and then vip-missing if it comes back without")
def _():
    fresh(service([1, 2]))
    lab.bridge.ip("link set p121 down")
    wait_check(rip(1), "down")
    take_vip(1)
    lab.bridge.ip("link set p121 up")
    wait_check(rip(1), "vip-missing")
    daemon.says("still fails. why=\"vip-missing")
    same(state_of(lab, rip(1)), "down", "state in the table")
    give_vip(1)
    wait_check(rip(1), "up")


@case("what listens on the server's own address only is no server of the VIP")
def _():
    fresh(service([1], vip=f"{VIP} 81", port=81))
    wait_check(rip(1), "vip-missing")
    check("refused" in checks(rip(1))[0]["why"], f"why: {checks(rip(1))[0]['why']}")
    same(state_of(lab, rip(1)), "down", "state in the table")


@case("kill -9 and a new start: who lacks the VIP is never up in between")
def _():
    fresh(service([1, 2]))
    take_vip(1)
    wait_state(lab, rip(1), "down")
    for _ in range(2):
        before = lab.adm("list --json")
        daemon.kill()
        daemon.start()
        daemon.settled()
        wait_check(rip(1), "vip-missing")
        same(lab.adm("list --json"), before, "table")
    give_vip(1)
    wait_state(lab, rip(1), "up")


@case("dray_probe off: only the server's own address is asked")
def _():
    fresh(service([1, 2], " dray_probe off"))
    take_vip(1)
    holds(lambda: state_of(lab, rip(1)) == "up", "it is up", 3)
    same({(c.get("vip"), c.get("own_address_only")) for c in checks(rip(1))}, {(None, None)}, "how it is asked")
    check(daemon.reload(service([1, 2])), "the file is taken")
    wait_state(lab, rip(1), "down")
    wait_check(rip(1), "vip-missing")
    check(daemon.reload(service([1, 2], " dray_probe off")), "the file is taken")
    wait_state(lab, rip(1), "up")
    wait_for(lambda: not rows(), "no probe is left", 30)
    give_vip(1)


def rows():
    with lab.director, Dray() as own:
        return [(r["probe"]["mark"], state.text(r["probe"]["vip"]), state.text(r["probe"]["server"]))
                for r in own.dump("get_probe")]


CANNOT = [
    ("fwmark 7", 0, [1], TCP, "a firewall mark names no virtual address"),
    (f"{VIP6} 80", 80, [1], TCP, "the server is of the other family"),
    (f"{VIP} 443", 443, [1], f"TCP_CHECK {{ connect_port 80\n {TIMES} }}",
     "the check has a connect_ip or connect_port of its own"),
    (f"{VIP} 80", 80, [1], f"TCP_CHECK {{ fwmark 9\n {TIMES} }}", "the check has a fwmark of its own"),
    (f"{VIP} 81", 81, [1], f"TCP_CHECK {{ bindto {VIP}\n {TIMES} }}", "bindto is the virtual address"),
]


@case("what cannot go that way gets the plain check, and that is said once")
def _():
    fresh("".join(service(servers, vip=vip, port=port or 80, checks=kind) for vip, port, servers, kind, _ in CANNOT))
    for number, (_, _, _, _, why) in enumerate(CANNOT):
        same({c.get("own_address_only") for c in checks(rip(1), number)}, {why}, "health")
        same(daemon.log().count(f"not the VIP on them, since {why}"), 1, f"lines in the log: {why}")
    check("own address only: the server is of the other family" in lab.adm(f"health --socket {daemon.socket}"), "text")


@case("a mark that somebody else has is left to him; marks begin where the file says")
def _():
    with lab.director:
        other = Dray()
    with other:
        other.do("new_probe", dray.probe(MARK, VIP, rip(3)))
        other.refuse("new_probe", [dray.probe(0)], errno.ERANGE, None, "probe.mark")
        fresh(service([1, 2]))
        through_vip()
        same(rows(), [(MARK, VIP, rip(3)), (MARK + 1, VIP, rip(2)), (MARK + 2, VIP, rip(1))], "probes")
    check(daemon.reload("global_defs {\n dray_probe_mark 28672\n}\n" + service([1, 2])), "the file is taken")
    wait_for(lambda: [r[0] for r in rows()] in ([0x7001, 0x7002], [0x7000, 0x7001]), "other marks", 30)
    take_vip(1)
    wait_check(rip(1), "vip-missing")
    give_vip(1)
    wait_check(rip(1), "up")


@case("ha_suspend: checks run while the director has the VIP, and what they said holds meanwhile")
def _():
    fresh(service([1, 2], " ha_suspend"))
    lab.director.ip(f"addr del {VIP}/32 dev eth0")
    wait_check(rip(1), "suspended")
    take_vip(1)
    check(daemon.reload(service([1, 2], " ha_suspend") + "#\n"), "the file is taken")
    runs = daemon.health()["runs"]
    holds(lambda: daemon.health()["runs"] == runs, "no check runs", 2)
    same(state_of(lab, rip(1)), "up", "state in the table")
    lab.director.ip(f"addr add {VIP}/32 dev eth0")
    wait_check(rip(1), "vip-missing")
    same(state_of(lab, rip(1)), "down", "state in the table")
    give_vip(1)
    wait_check(rip(1), "up")
    daemon.says(f"Activating the checks of VS [{VIP}]:tcp:80")


@case("the module may go and come: plain checks meanwhile, and that is said")
def _():
    fresh(service([1, 2]))
    take_vip(1)
    wait_check(rip(1), "vip-missing")
    checkd.unload()
    wait_check(rip(1), "up")
    same({c["own_address_only"] for c in checks(rip(1))}, {"dray.ko is not loaded"}, "health")
    same(daemon.log().count("checked at their own addresses only"), 1, "lines in the log")
    checkd.load()
    wait_state(lab, rip(1), "down")
    wait_check(rip(1), "vip-missing")
    through_vip()
    give_vip(1)
    wait_state(lab, rip(1), "up")
    same(len(table(lab)), 3, "lines of the table")


if __name__ == "__main__":
    taptest.main(setup)
