#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
"""draycheckd: the table is configuration times health, and what people do by hand.

    client --------+-- br --+-- rs1 (nginx; VIP on lo)
    director ------+        +-- rs2
    gateway -------+        +-- rs3

Servers are stopped, refuse, are cut off; the daemon is killed, reloaded, left
without its module. The kinds of checks have a file of their own, check_kinds.py; so have
what misbehaves, check_bad.py, and what clients lose, check_faults.py and check_traffic.py.
"""

import json
import os
import re
import signal
import tempfile
import time

from lib import checkd, netlab, taptest
from lib.checkd import Checkd, curl, service, state_of, table, wait_state
from lib.netlab import VIP, Lab, rip
from lib.taptest import case, check, holds, note, same, wait_for
from lib.web import Web

HERE = os.path.dirname(os.path.abspath(__file__))
GATEWAY = "10.9.0.1"
SLOWLY = 200 << 10	# 24 s
lab = None
gateway = None
daemon = None
web = {}


def setup():
    global lab, gateway
    netlab.module_setup()
    lab = Lab(servers=3)
    gateway = lab.host("gateway", 1)
    lab.director.ip(f"route add default via {GATEWAY}")
    for n in (1, 2, 3):
        web[n] = Web(lab.servers[n - 1], f"rs{n}", "location /slowly { limit_rate 8k; }")
    with open(web[1].folder + "/slowly", "wb") as file:
        file.write(b"x" * SLOWLY)


def nginx(n):
    web[n].start()


def nginx_stop(n):
    web[n].end()


def fresh(text, **kw):
    global daemon
    daemon = checkd.fresh(lab, daemon, text, **kw)
    return daemon


def generation():
    return json.loads(lab.adm("list --json"))["generation"]


@case("the table is made from the file")
def _():
    fresh(service([1, 2], " persistence_timeout 5"))
    same(table(lab), [f"-A -t {VIP}:80 -s rr -p 5", f"-a -t {VIP}:80 -r {rip(1)}:80 -g -w 1",
                      f"-a -t {VIP}:80 -r {rip(2)}:80 -g -w 1"], "table")


WORDS = f"""virtual_server_group names {{
 {VIP} 80\n 10.9.1.1-3 80\n fwmark 7\n}}
virtual_server group names {{
 lvs_sched wlc\n lvs_method DR\n protocol TCP\n persistence_timeout 50\n persistence_granularity 255.255.255.0
 dray_down_hold 5
 real_server {rip(1)} 80 {{\n weight 7\n uthreshold 100\n lthreshold 80\n }}
 real_server {rip(2)} 80 {{\n weight 0\n }}\n}}
virtual_server {VIP} 53 {{
 lb_algo rr\n lb_kind DR\n protocol UDP\n ops\n real_server {rip(1)} 53 {{\n }}\n}}
virtual_server {VIP} 81 {{
 lb_algo sh\n sh-port\n lb_kind DR\n protocol TCP\n dray_rows 8192\n dray_load_limit 150\n dray_slow_start 45
 real_server {rip(1)} 81 {{\n }}\n}}
"""


@case("what the file says of services and servers is in the table: groups and ranges, marks, ops, thresholds")
def _():
    fresh(WORDS)
    common = "-s wlc -p 50 -M 255.255.255.0 --down-hold 5000"
    lines = []
    for key, port in [(f"-t {VIP}:80", ":80")] + [(f"-t 10.9.1.{n}:80", ":80") for n in (1, 2, 3)] + [("-f 7", ":80")]:
        lines += [f"-A {key} {common}", f"-a {key} -r {rip(1)}{port} -g -w 7 -x 100 -y 80", f"-a {key} -r {rip(2)}{port} -g -w 0"]
    lines += [f"-A -t {VIP}:81 -s sh -b sh-port --rows 8192 --load-limit 150 --slow-start 45", f"-a -t {VIP}:81 -r {rip(1)}:81 -g -w 1",
              f"-A -u {VIP}:53 -s rr -o", f"-a -u {VIP}:53 -r {rip(1)}:53 -g -w 1"]
    same(sorted(table(lab)), sorted(lines), "table")


@case("a server that is stopped gets nothing, and something again when it is back")
def _():
    fresh(service([1, 2]))
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    same(set(curl(lab)), {"rs2"}, "who answers")
    nginx(1)
    wait_state(lab, rip(1), "up")
    same(set(curl(lab)), {"rs1", "rs2"}, "who answers")


@case("the log has the lines that alerts match")
def _():
    fresh(service([1, 2]))
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    nginx(1)
    wait_state(lab, rip(1), "up")
    lines = [re.sub(r"^.*draycheckd: ", "", line) for line in daemon.log().splitlines()]
    lines = [re.sub(r" (took|why)=.*", "", line) for line in lines if f"[{rip(1)}]:tcp:80" in line]
    place, vip = f"[{rip(1)}]:tcp:80", f"[{VIP}]:tcp:80"
    same(lines, [f"TCP connection to {place} success.", f"TCP_CHECK on service {place} failed after 1 retries.",
                 f"Removing service {place} from VS {vip}", f"TCP connection to {place} success.",
                 f"Adding service {place} to VS {vip}"], "log")


@case("the how-to's file as it is: a stopped server is out after three retries three seconds apart")
def _():
    with open(HERE + "/seed/keepalived.conf", encoding="utf-8") as file:
        text = file.read()
    for old, new in (("192.168.0.200", VIP), ("192.168.0.121", rip(1)), ("192.168.0.122", rip(2))):
        text = text.replace(old, new)
    fresh(text)
    same(table(lab)[0], f"-A -t {VIP}:80 -s rr -p 5", "service")
    begin = time.monotonic()
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    took = time.monotonic() - begin
    note(f"out after {took:.1f} s")
    check(took >= 9, f"out after {took} s already")
    nginx(1)
    wait_state(lab, rip(1), "up")


@case("a server that rejects is down")
def _():
    fresh(service([1, 2]))
    lab.servers[0].run("nft add table ip t")
    lab.servers[0].run("nft add chain ip t c { type filter hook input priority 0 ; }")
    lab.servers[0].run("nft add rule ip t c tcp dport 80 reject with tcp reset")
    wait_state(lab, rip(1), "down")
    lab.servers[0].run("nft delete table ip t")
    wait_state(lab, rip(1), "up")


@case("a server whose cable is pulled is down, and says why")
def _():
    fresh(service([1, 2]))
    lab.bridge.ip("link set p121 down")
    wait_state(lab, rip(1), "down")
    why = daemon.servers()[rip(1)]["checks"][0]["why"]
    check("timed out" in why or "No route" in why, f"why: {why}")
    lab.bridge.ip("link set p121 up")
    wait_state(lab, rip(1), "up")


@case("with inhibit_on_failure it is drained instead")
def _():
    fresh(service([1, 2], each="  inhibit_on_failure"))
    nginx_stop(1)
    wait_state(lab, rip(1), "drain")
    nginx(1)
    wait_state(lab, rip(1), "up")


@case("without enough servers the sorry server answers, until there are enough again, with hysteresis more than that")
def _():
    # of weight 3: lost below 1, back at 3, so one of the two is enough to stay and not enough to come back
    text = service([1, 2], f" sorry_server {rip(3)} 80\n quorum 2\n hysteresis 1")
    fresh(text.replace("weight 1", "weight 2", 1))
    same(state_of(lab, rip(3)), None, "sorry server at first")
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    same(set(curl(lab)), {"rs2"}, "who answers")
    nginx_stop(2)
    wait_state(lab, rip(3), "up")
    same(set(curl(lab)), {"rs3"}, "who answers")
    nginx(1)
    wait_for(lambda: daemon.servers()[rip(1)]["alive"], "one is well", 30)
    holds(lambda: state_of(lab, rip(3)) == "up", "the sorry server stays", 2)
    same(set(curl(lab)), {"rs3"}, "who answers")
    nginx(2)
    wait_for(lambda: state_of(lab, rip(3)) is None, "the sorry server goes", 30)
    wait_state(lab, rip(1), "up")
    wait_state(lab, rip(2), "up")
    same(set(curl(lab)), {"rs1", "rs2"}, "who answers")


@case("a restart with nothing changed writes nothing, after kill -9 too")
def _():
    fresh(service([1, 2, 3]))
    nginx_stop(2)
    wait_state(lab, rip(2), "down")
    before, at = table(lab), generation()
    daemon.kill()
    daemon.start()
    daemon.settled()
    holds(lambda: table(lab) == before, "the table stays", 2)
    same(generation(), at, "generation")
    same(daemon.health()["transactions"], 0, "transactions")
    same(daemon.stop(), 0, "exit status")
    same(table(lab), before, "table after a stop")
    daemon.start()
    daemon.settled()
    same(generation(), at, "generation after a stop and a start")
    nginx(2)
    wait_state(lab, rip(2), "up")


@case("what went down while no daemon ran is seen by the next")
def _():
    fresh(service([1, 2]))
    daemon.kill()
    nginx_stop(1)
    daemon.start()
    wait_state(lab, rip(1), "down")
    daemon.kill()
    nginx(1)
    daemon.start()
    wait_state(lab, rip(1), "up")


@case("a reload applies the difference and keeps what is known")
def _():
    fresh(service([1, 2]))
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    since = daemon.servers()[rip(1)]["checks"][0]["for"]
    check(daemon.reload(service([1, 2, 3])), "the file is taken")
    wait_state(lab, rip(3), "up")
    same(state_of(lab, rip(1)), "down", "the one that is down")
    check(daemon.servers()[rip(1)]["checks"][0]["for"] > since, "its check goes on")
    check(daemon.reload(service([1, 3], " persistence_timeout 7")), "the file is taken")
    wait_for(lambda: table(lab) == [f"-A -t {VIP}:80 -s rr -p 7", f"-a -t {VIP}:80 -r {rip(1)}:80 -g -w 1 --state down",
                                    f"-a -t {VIP}:80 -r {rip(3)}:80 -g -w 1"], "the table follows", 30)
    nginx(1)
    wait_state(lab, rip(1), "up")


@case("a reload of the same file writes nothing")
def _():
    fresh(service([1, 2]))
    at = generation()
    check(daemon.reload(service([1, 2]) + "# the same\n"), "the file is taken")
    holds(lambda: generation() == at, "nothing is written", 1)


@case("a file with an error is not taken, that of before stays in force")
def _():
    fresh(service([1, 2]))
    before = table(lab)
    check(not daemon.reload(service([1]).replace("lb_kind DR", "lb_kind NAT")), "the file is not taken")
    same(table(lab), before, "table")
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    nginx(1)
    wait_state(lab, rip(1), "up")


BROKEN = """vrrp_instance VI {
 interface lo\n virtual_router_id 1\n prioritty 5\n virtual_ipaddress {\n 10.0.0.1\n }\n}
virtual_server 10.0.0.1 80 {
 lb_kind NAT\n protocol TCP\n lb_algo rr\n}
virtual_server 10.0.0.1 81 {
 lb_kind DR\n protocol TCP\n lb_algo rr\n}
"""


@case("--check judges the whole of a file, with line, column and caret, and does nothing")
def _():
    path = tempfile.mktemp(prefix="conf-")
    with open(path, "w", encoding="ascii") as file:
        file.write(BROKEN)
    before = table(lab)
    said = lab.director.run(["draycheckd", "--check", path], check_status=False).splitlines()
    same(said[0], f"{path}:4:2: error: unknown keyword 'prioritty'; did you mean 'priority'? the line is left out", "error")
    same(said[1:3], [" prioritty 5", " ^~~~~~~~~"], "the line and the caret")
    check(f"{path}:10:10: error: NAT is not done by dray" in said[3] and "IPVS does NAT" in said[3], f"NAT: {said[3]}")
    check(any(":14:16: warning: virtual_server 10.0.0.1 81 has no real_server" in line for line in said), f"lint: {said}")
    check("2 errors, 1 warning," in said[-1], f"sum: {said[-1]}")
    same(table(lab), before, "table")
    with open(path, "w", encoding="ascii") as file:
        file.write(service([1]))
    lab.director.run(["draycheckd", "--check", path])
    lab.director.run(["draycheckd", "--check", HERE + "/seed/keepalived.conf"])


@case("services that the file does not have are left alone, those it has no more go")
def _():
    fresh(service([1]) + service([2], vip=f"{VIP} 81", port=81))
    lab.adm(f"-A -t {VIP}:99 -s wlc", f"-a -t {VIP}:99 -r {rip(3)} -g")
    wait_for(lambda: len(table(lab)) == 6, "three services", 30)
    check(daemon.reload(service([1])), "the file is taken")
    wait_for(lambda: len(table(lab)) == 4, "two services", 30)
    check(any(":99" in line for line in table(lab)), "the one made by hand is there")
    # and so does one that the file loses while no daemon runs
    check(daemon.reload(service([1]) + service([2], vip=f"{VIP} 81", port=81)), "the file is taken")
    wait_for(lambda: len(table(lab)) == 6, "three services", 30)
    daemon.kill()
    daemon.write(service([1]))
    daemon.start()
    wait_for(lambda: len(table(lab)) == 4, "two services", 30)


@case("a server drained by hand stays drained over checks, reload and restart, until lifted")
def _():
    fresh(service([1, 2]))
    lab.adm(f"drain -t {VIP}:80 -r {rip(1)}")
    wait_for(lambda: daemon.servers()[rip(1)].get("override") == "drain", "shown as by hand", 30)
    nginx_stop(1)
    wait_for(lambda: not daemon.servers()[rip(1)]["alive"], "dead", 30)
    nginx(1)
    wait_for(lambda: daemon.servers()[rip(1)]["alive"], "alive", 30)
    same(state_of(lab, rip(1)), "drain", "state")
    check(daemon.reload(service([1, 2]) + "#\n"), "the file is taken")
    same(state_of(lab, rip(1)), "drain", "state after a reload")
    daemon.kill()
    daemon.start()
    daemon.settled()
    holds(lambda: state_of(lab, rip(1)) == "drain", "drained after a restart", 1)
    check("BY HAND: drain" in lab.adm(f"health --socket {daemon.socket}"), "health says it")
    lab.adm(f"lift -t {VIP}:80 -r {rip(1)} --socket {daemon.socket}")
    wait_state(lab, rip(1), "up")
    same(lab.adm(f"lift -t {VIP}:80 -r {rip(1)} --socket {daemon.socket}", check_status=False),
         "nothing of it was changed by hand\n", "a second lift")


@case("up by hand lifts a drain by hand")
def _():
    fresh(service([1, 2]))
    lab.adm(f"drain -t {VIP}:80 -r {rip(1)}")
    wait_for(lambda: "override" in daemon.servers()[rip(1)], "by hand", 30)
    lab.adm(f"up -t {VIP}:80 -r {rip(1)}")
    wait_for(lambda: "override" not in daemon.servers()[rip(1)], "lifted", 30)
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    nginx(1)
    wait_state(lab, rip(1), "up")


@case("a weight given by hand is kept, a server deleted by hand stays out")
def _():
    fresh(service([1, 2, 3]))
    lab.adm(f"-e -t {VIP}:80 -r {rip(1)} -g -w 7", f"-d -t {VIP}:80 -r {rip(2)}")
    wait_for(lambda: "override" in daemon.servers()[rip(2)], "by hand", 30)
    nginx_stop(3)
    wait_state(lab, rip(3), "down")
    same(table(lab)[1:], [f"-a -t {VIP}:80 -r {rip(1)}:80 -g -w 7",
                          f"-a -t {VIP}:80 -r {rip(3)}:80 -g -w 1 --state down"], "servers")
    nginx(3)
    lab.adm(f"lift -t {VIP}:80 --socket {daemon.socket}")
    wait_for(lambda: len(table(lab)) == 4 and "-w 7" not in str(table(lab)), "as configured", 30)


@case("a service deleted by hand is put back as configured")
def _():
    fresh(service([1, 2]))
    before = table(lab)
    lab.adm(f"-D -t {VIP}:80")
    wait_for(lambda: table(lab) == before, "back", 30)
    lab.adm("-C")
    wait_for(lambda: table(lab) == before, "back after -C", 30)


@case("all servers fail while the gateway answers: they are down")
def _():
    fresh(service([1, 2, 3], " quorum 2"))
    for n in (1, 2, 3):
        nginx_stop(n)
    for n in (1, 2, 3):
        wait_state(lab, rip(n), "down")
    daemon.says("Lost quorum 2-0=2 > ")
    for n in (1, 2, 3):
        nginx(n)
    for n in (1, 2, 3):
        wait_state(lab, rip(n), "up")
    daemon.says("Gained quorum 2+0=2 <= 2 for VS")


@case("all servers fail and the gateway too: the last good set is kept, and that is said")
def _():
    fresh(service([1, 2, 3]))
    lab.bridge.ip("link set p119 down")
    daemon.says("it is this host that is cut off")
    check("cut off" in daemon.health()["blame"], "health says it")
    holds(lambda: [state_of(lab, rip(n)) for n in (1, 2, 3)] == ["up"] * 3, "all are in", 3)
    lab.bridge.ip("link set p119 up")
    daemon.says("connected again", 60)
    same(daemon.health()["blame"], "", "what health says")
    check("Removing" not in daemon.log(), "no server was taken out")
    holds(lambda: [state_of(lab, rip(n)) for n in (1, 2, 3)] == ["up"] * 3, "all are in", 1)
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    nginx(1)
    wait_state(lab, rip(1), "up")


def teller(before="", after=""):
    """A folder with a script, tell, that adds its first word to told."""
    folder = tempfile.mkdtemp(prefix="notify-")
    os.chmod(folder, 0o777)
    with open(folder + "/tell", "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\n{before}\necho $1 >>{folder}/told\n{after}\n")
    os.chmod(folder + "/tell", 0o755)
    return folder


@case("scripts and the FIFO are told in order")
def _():
    folder = teller("[ $1 = down ] && sleep 0.5")
    each = f'  notify_up "{folder}/tell up"\n  notify_down "{folder}/tell down"'
    head = f'global_defs {{\n lvs_notify_fifo {folder}/fifo\n script_user root\n}}\n'
    fresh(head + service([1], each=each))
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    nginx(1)
    wait_state(lab, rip(1), "up")

    def told():
        with open(folder + "/told", encoding="ascii") as file:
            return file.read().split()
    wait_for(lambda: os.path.exists(folder + "/told") and told() == ["down", "up"], "scripts, in order", 30)
    fifo = os.open(folder + "/fifo", os.O_RDONLY | os.O_NONBLOCK)
    lines = os.read(fifo, 4096).decode().splitlines()
    os.close(fifo)
    rs, vs = f"RS [{rip(1)}]:tcp:80 [{VIP}]:tcp:80", f"VS [{VIP}]:tcp:80"
    same(lines, [rs + " DOWN", vs + " DOWN", rs + " UP", vs + " UP"], "FIFO")


def quorum_told(seconds):
    """The last "up" still runs when the daemon ends, for so long."""
    folder = teller(after=f"[ $1 = up ] && [ $(grep -c up ${{0%/*}}/told) = 2 ] && sleep {seconds}")
    words = "".join(f' quorum_{way} "{folder}/tell {way}"\n' for way in ("up", "down"))
    fresh("global_defs {\n script_user root\n}\n" +
          service([1], words + " alpha\n omega", each=f'  notify_down "{folder}/tell server"'))

    def told(*wanted):
        """Those of one server, or of one service, come in order; not the one after the other."""
        def lines():
            with open(folder + "/told", encoding="ascii") as file:
                return sorted(file.read().split())
        wait_for(lambda: os.path.exists(folder + "/told") and lines() == sorted(wanted), f"told {wanted}", 30)
    told("up")
    nginx_stop(1)
    told("up", "server", "down")
    nginx(1)
    told("up", "server", "down", "up")
    same(daemon.stop(), 0, "exit status")
    told("up", "server", "down", "up", "server", "down")


@case("quorum_up and quorum_down are told, at the end too with omega")
def _():
    quorum_told(0)


@case("the last word is told when the one before it is still being told")
def _():
    quorum_told(2)


@case("the last word is told when the one before it hangs: that one is ended")
def _():
    quorum_told(600)
    daemon.says("took too long and was ended")


@case("the program that reads the FIFO is started again when it has ended")
def _():
    folder = tempfile.mkdtemp(prefix="reader-")
    with open(folder + "/read", "w", encoding="ascii") as file:
        # head would take more out of the FIFO than the line that it prints
        file.write(f"#!/bin/sh\nread line <$1\necho $line >>{folder}/told\n")
    os.chmod(folder + "/read", 0o755)
    fresh(f"global_defs {{\n lvs_notify_fifo {folder}/fifo\n lvs_notify_fifo_script {folder}/read\n"
          " script_user root\n}\n" + service([1]))

    def told():
        with open(folder + "/told", encoding="ascii") as file:
            return [line.split()[-1] for line in file]
    nginx_stop(1)
    wait_state(lab, rip(1), "down")
    daemon.says("it is started again")
    nginx(1)
    wait_state(lab, rip(1), "up")
    wait_for(lambda: told()[:1] == ["DOWN"] and "UP" in told(), "both are read", 60)


@case("a check that is blocked for five seconds ends no transfer that runs")
def _():
    fresh(service([1], " dray_down_hold 60"))
    got = tempfile.mktemp(prefix="slowly-")
    curl_ = lab.client.start(["curl", "-sS", "-o", got, f"http://{VIP}/slowly"])
    wait_for(lambda: os.path.exists(got) and os.path.getsize(got) > 0, "the transfer begins", 30)
    lab.servers[0].run("nft add table ip t")
    lab.servers[0].run("nft add chain ip t c { type filter hook input priority 0 ; }")
    lab.servers[0].run(f"nft add rule ip t c ip saddr {netlab.DIRECTOR} tcp dport 80 drop")
    wait_state(lab, rip(1), "down")
    down = time.monotonic()
    check(curl_.poll() is None, "it was over before")
    holds(lambda: curl_.poll() is None, "the transfer goes on", 5)
    lab.servers[0].run("nft delete table ip t")
    wait_state(lab, rip(1), "up")
    note(f"down for {time.monotonic() - down:.1f} s")
    same(curl_.wait(120), 0, "curl")
    same(os.path.getsize(got), SLOWLY, "bytes")


@case("a check that several services want runs once")
def _():
    fresh(service([1, 2], " dray_probe off") +
          service([1, 2], vip=f"{VIP} 81", checks="TCP_CHECK { connect_timeout 1\n retry 1\n"
                  " delay_before_retry 0.2\n connect_port 80 }", port=81))
    same(daemon.health()["checks"], 2, "checks")
    said = json.loads(lab.adm(f"health --json --socket {daemon.socket}"))["data"]
    same((said["checks"], said.keys()), (2, daemon.health().keys()), "what the tool says")
    nginx_stop(1)
    wait_for(lambda: str(table(lab)).count("--state down") == 2, "down in both services", 30)
    nginx(1)
    wait_for(lambda: "--state" not in str(table(lab)), "up in both services", 30)
    # the loop, the one that talks to the kernel, the one that looks up names
    same(len(os.listdir(f"/proc/{daemon.proc.pid}/task")), 3, "threads")


@case("the module may go and come: the table is made again")
def _():
    fresh(service([1, 2]))
    before = table(lab)
    lab.adm(f"drain -t {VIP}:80 -r {rip(2)}")
    wait_for(lambda: "override" in daemon.servers()[rip(2)], "by hand", 30)
    checkd.unload()
    daemon.says("dray.ko was unloaded")
    check(not daemon.health()["module"], "health says that there is no module")
    nginx_stop(1)
    wait_for(lambda: not daemon.servers()[rip(1)]["alive"], "checks go on", 30)
    checkd.load()
    wait_for(lambda: table(lab) == [before[0], before[1] + " --state down", before[2] + " --state drain"],
             "the table is back", 30)
    nginx(1)
    wait_state(lab, rip(1), "up")


@case("without the module it runs and says so")
def _():
    daemon.kill()
    checkd.unload()
    lab.director.run("mount -t tmpfs none /lib/modules", check_status=False)
    try:
        other = Checkd(lab.director, service([1, 2]), options=["-D"])
        other.settled()
        found = other.health()
        check(found["services"][0]["servers"][0]["alive"], "checks run")
        same(other.stop(), 0, "exit status")
    finally:
        lab.director.run("umount /lib/modules", check_status=False)
        checkd.load()


@case("a full disk takes nothing away but the memory of changes by hand")
def _():
    full = tempfile.mkdtemp(prefix="full-")
    netlab.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", full])
    try:
        netlab.run(["dd", "if=/dev/zero", f"of={full}/fill", "bs=4k", "count=2"], check_status=False)
        fresh(service([1, 2]), options=["--state", full + "/check.json"])
        lab.adm(f"drain -t {VIP}:80 -r {rip(1)}")
        daemon.says("cannot be written")
        wait_for(lambda: "override" in daemon.servers()[rip(1)], "by hand", 30)
        daemon.kill()
    finally:
        netlab.run(["umount", full])


@case("a kernel that refuses one service has all others")
def _():
    # an address of the service itself cannot be its server
    fresh(service([VIP]) + service([1], vip=f"{VIP} 81", port=81))
    wait_for(lambda: any(":81" in line for line in table(lab)), "the other service", 30)
    check(daemon.health()["services"][0]["refused"], "health says which is refused")


@case("SIGTERM leaves the table, with lvs_flush_on_stop it goes")
def _():
    fresh(service([1, 2]))
    daemon.proc.send_signal(signal.SIGTERM)
    same(daemon.proc.wait(60), 0, "exit status")
    same(len(table(lab)), 3, "lines of the table")
    fresh("global_defs {\n lvs_flush_on_stop\n}\n" + service([1, 2]))
    daemon.stop()
    same(table(lab), [], "table")


if __name__ == "__main__":
    taptest.main(setup)
