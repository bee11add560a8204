#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
"""What clients lose from a fault of a server on, for each kind of fault: measured and printed.

    client (four at a time) --+-- br --+-- rs1, rs2 (nginx, HTTP and HTTPS; VIP on lo)
    director (draycheckd) ----+        +-- rs3: the sorry server

A request is lost if it is not answered with the whole page within two seconds. How long
it took is not judged. What is: that the server is taken out and put back, and that
nothing is lost of what begins after it was seen to be out.
"""

import contextlib
import signal
import time

from lib import checkd, netlab, taptest
from lib.checkd import service, state_of, table, wait_state
from lib.netlab import VIP, Lab, rip
from lib.taptest import check, note, wait_for
from lib.web import Requests, Web

TIMERS = "  connect_timeout 2\n  retry 1\n  delay_before_retry 0.2\n"
HTTP = "HTTP_GET {\n" + TIMERS + "  url {\n path /\n }\n }"
HTTPS = "SSL_GET {\n" + TIMERS + "  enable_sni\n  url {\n path /\n virtualhost web.example\n }\n }"
lab = daemon = None
web = {}


def setup():
    global lab
    netlab.module_setup()
    lab = Lab(servers=3)
    for n in (1, 2, 3):
        web[n] = Web(lab.servers[n - 1], f"rs{n}")


def reject(n):
    for rule in ("add table ip t", "add chain ip t c { type filter hook input priority 0 ; }",
                 "add rule ip t c tcp dport 80 reject with tcp reset"):
        lab.servers[n - 1].run("nft " + rule)


def accept(n):
    lab.servers[n - 1].run("nft delete table ip t")


def cable(n, way):
    lab.bridge.ip(f"link set p{120 + n} {way}")


FAULTS = {
    "is stopped": (80, lambda n: web[n].end(), lambda n: web[n].start()),
    "hangs (SIGSTOP)": (80, lambda n: web[n].signal(signal.SIGSTOP), lambda n: web[n].signal(signal.SIGCONT)),
    "rejects": (80, reject, accept),
    "answers slowly": (80, lambda n: web[n].switch("slow", True), lambda n: web[n].switch("slow", False)),
    "gives a wrong status": (80, lambda n: web[n].switch("broken", True), lambda n: web[n].switch("broken", False)),
    "has no certificate": (443, lambda n: web[n].lose_certificate(), lambda n: web[n].find_certificate()),
    "loses its VIP": (80, lambda n: lab.servers[n - 1].ip(f"addr del {VIP}/32 dev lo"),
                      lambda n: lab.servers[n - 1].ip(f"addr add {VIP}/32 dev lo")),
    "has its cable pulled": (80, lambda n: cable(n, "down"), lambda n: cable(n, "up")),
}


def all_in():
    """Both servers are used, and the sorry server is not."""
    wait_for(lambda: [state_of(lab, rip(n)) for n in (1, 2, 3)] == ["up", "up", None], "both are in", 60)


def fresh(port):
    global daemon
    text = service([1, 2], f" sorry_server {rip(3)} {port}", HTTP if port == 80 else HTTPS, f"{VIP} {port}", port)
    daemon = checkd.fresh(lab, daemon, text.replace("delay_loop 0.2", "delay_loop 0.5"))
    all_in()


def tell(what, begin, out, requests):
    lost = [when for when, _ in requests.lost]
    last = f"the last lost began after {max(lost) - begin:.1f} s" if lost else "none"
    note(f"{what}: out after {out - begin:.1f} s; {len(lost)} lost of {len(lost) + requests.good}, {last}")


def break_and_wait(requests, fault, servers):
    """When the fault began, and when all of them were out; both once requests are answered again."""
    requests.go_on(20)
    check(not requests.lost, f"lost before: {requests.lost[:3]} {table(lab)} {daemon.log()}")
    begin = time.monotonic()
    fault()
    for n in servers:
        wait_state(lab, rip(n), "down")
    if len(servers) == 2:
        wait_state(lab, rip(3), "up")
    out = time.monotonic()
    requests.go_on(40)
    return begin, out


def fall(what, port, fault, servers):
    """From the fault until all of them are out and requests are answered again."""
    requests = Requests(lab.client, port)
    try:
        begin, out = break_and_wait(requests, fault, servers)
    finally:
        requests.end()
    tell(what, begin, out, requests)
    check(requests.lost, "nothing was lost: there was no fault")
    late = [error for when, error in requests.lost if when > out]
    check(not late, f"lost of what began after it was out: {late[:5]}")


def rise(port):
    begin = time.monotonic()
    all_in()
    note(f"back after {time.monotonic() - begin:.1f} s")
    requests = Requests(lab.client, port, patience=15)
    requests.go_on(20)
    check(not requests.end().lost, f"lost afterwards: {requests.lost[:3]}")


def add_fault(what, port, fault, heal):
    def function():
        fresh(port)
        try:
            fall(what, port, lambda: fault(1), [1])
        except Exception:
            with contextlib.suppress(Exception):
                heal(1)
            raise
        heal(1)
        rise(port)
    taptest.add_case(f"a server that {what}: it is taken out, nothing is lost of what comes after", function)


def all_at_once():
    """One hangs while the other one's cable is pulled."""
    fresh(80)

    def fault():
        web[1].signal(signal.SIGSTOP)
        cable(2, "down")
    try:
        fall("all at once", 80, fault, [1, 2])
    finally:
        web[1].signal(signal.SIGCONT)
        cable(2, "up")
    rise(80)


for _what, (_port, _fault, _heal) in FAULTS.items():
    add_fault(_what, _port, _fault, _heal)
taptest.add_case("all servers at once, each in another way: the sorry server answers, until they do", all_at_once)

if __name__ == "__main__":
    taptest.main(setup)
