#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1800
"""draycheckd while clients ask: what is planned, and what befalls the daemon, loses no request.

    clients (four) --+-- br --+-- rs1, rs2, rs3 (nginx; VIP on lo)
    director -------+

VOLUME=full: 100,000 requests in the rolling restart instead of 1,000.
"""

import signal
import time

from lib import checkd, dray, netlab, taptest
from lib.checkd import service, state_of, table, wait_state
from lib.netlab import VIP, Lab, rip
from lib.taptest import case, check, note, same, wait_for
from lib.web import Crowd, Web

REQUESTS = 100000 if taptest.FULL else 1000
SECONDS = 1200
lab = daemon = None
web = {}


def setup():
    global lab
    netlab.module_setup()
    lab = Lab(servers=3)
    for n in (1, 2, 3):
        web[n] = Web(lab.servers[n - 1], f"rs{n}")


def fresh(text):
    global daemon
    daemon = checkd.fresh(lab, daemon, text)


def go_on(crowd, more, server=None):
    """Until so many more requests are done, or answered by this server."""
    def count():
        return crowd.by(server) if server else crowd.done
    least = count() + more
    wait_for(lambda: count() >= least, f"{more} more requests of {server or 'all'}", SECONDS)


def nothing_lost(crowd):
    note(f"{crowd.done} requests, {crowd.by('rs1')} by rs1, {crowd.by('rs2')} by rs2, {crowd.by('lost')} lost")
    same(crowd.complaints(), {}, "why requests were lost")
    same((crowd.by("lost"), crowd.by("rs1") + crowd.by("rs2")), (0, crowd.done), "lost, and answered")


def restart(crowd, n):
    """As a person would: drained, its last requests answered, ended, started, put back."""
    lab.adm(f"drain -t {VIP}:80 -r {rip(n)}")
    go_on(crowd, crowd.BATCH)
    web[n].end(signal.SIGQUIT)
    wait_for(lambda: not daemon.servers()[rip(n)]["alive"], "dead", 60)
    same(state_of(lab, rip(n)), "drain", "state of who is drained and ended")
    web[n].start()
    wait_for(lambda: daemon.servers()[rip(n)]["alive"], "alive", 60)
    lab.adm(f"up -t {VIP}:80 -r {rip(n)}")
    go_on(crowd, crowd.BATCH, f"rs{n}")


@case(f"a rolling restart of all servers, each drained before: of {REQUESTS} requests none is lost")
def _():
    fresh(service([1, 2]))
    crowd, begin, restarts = Crowd(lab.client), time.monotonic(), 0
    while restarts < 2 or crowd.done < REQUESTS:
        restart(crowd, restarts % 2 + 1)
        restarts += 1
    crowd.end()
    note(f"{restarts} restarts in {time.monotonic() - begin:.0f} s")
    nothing_lost(crowd)
    check(crowd.done >= REQUESTS, "all requests were made")
    check("override" not in str(daemon.servers()), "nothing is left by hand")


@case("kill -9 and restart, three times: no request is lost, nothing is written, no server is forgotten")
def _():
    fresh(service([1, 2, netlab.CLIENT]))	# the client serves nothing: one that is down all the time
    wait_state(lab, netlab.CLIENT, "down")
    before, crowd = table(lab), Crowd(lab.client)
    with lab.director, dray.Dray() as told:
        told.join(dray.Dray.groups["config"])
        told.join(dray.Dray.groups["servers"])
        for _ in range(3):
            go_on(crowd, crowd.BATCH)
            daemon.kill()
            go_on(crowd, crowd.BATCH)
            daemon.start()
            daemon.settled()
            same(daemon.health()["transactions"], 0, "transactions")
        same(told.told(), [], "what the module told")
    nothing_lost(crowd.end())
    same(table(lab), before, "table")


def names(told):
    """The servers that the module's notifications are about, with the command each."""
    return sorted((name, ".".join(map(str, more["server"]["address"]))) for name, more in told if "server" in more)


@case("a reload applies the difference and nothing else, in one transaction; verdicts stay; no request is lost")
def _():
    services = [service([1, 2, netlab.CLIENT]), service([1, 2], vip=f"{VIP} 81", checks="TCP_CHECK {\n connect_port 80\n }")]
    fresh("".join(services))
    wait_state(lab, netlab.CLIENT, "down")
    since = daemon.servers()[netlab.CLIENT]["checks"][0]["for"]
    runs, transactions, crowd = daemon.health()["runs"], daemon.health()["transactions"], Crowd(lab.client)
    go_on(crowd, crowd.BATCH)
    with lab.director, dray.Dray() as told:
        told.join(dray.Dray.groups["config"])
        told.join(dray.Dray.groups["servers"])
        services[1] = service([1, 3], vip=f"{VIP} 81", checks="TCP_CHECK {\n connect_port 80\n }")
        check(daemon.reload("".join(services)), "the file is taken")
        wait_for(lambda: daemon.health()["transactions"] > transactions, "it is written", 30)
        same(names(told.told()), [("server_del_ntf", rip(2)), ("server_ntf", rip(3))], "what the module told")
    same(daemon.health()["transactions"], transactions + 1, "transactions")
    same(state_of(lab, netlab.CLIENT), "down", "who was down")
    found = daemon.servers()[netlab.CLIENT]["checks"][0]
    check(found["state"] == "down" and found["for"] > since, f"its check goes on: {found}")
    check(daemon.health()["runs"] >= runs, "the checks go on")
    go_on(crowd, crowd.BATCH)
    nothing_lost(crowd.end())


if __name__ == "__main__":
    taptest.main(setup)
