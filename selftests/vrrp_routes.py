#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""drayvrrpd's routes and rules: the master's, put back, gone with it; static ones.

    a .11 (priority 200) --+-- br --+-- client .50
    b .12 (priority 100) --+

Tables 77 of both families are ours; nothing in them leads anywhere.
"""

import json
import os
import signal

from lib import taptest, vrrp
from lib.netlab import CLIENT, CLIENT6
from lib.taptest import case, check, holds, same, wait_for
from lib.vrrp import instance

lab = None
OTHER = "10.9.0.51"	# a gateway
ROUTES = [f"10.50.0.0/16 via {CLIENT} dev eth0 table 77 metric 5",
          "blackhole 10.51.0.0/16 table 77",
          f"2001:db8:50::/48 via {CLIENT6} table 77",
          f"10.52.0.0/16 via {CLIENT}"]
RULES = ["from 10.9.77.0/24 table 77 priority 1000",
         "from 10.9.78.0/24 to 10.50.0.0/16 table 77",
         "to 2001:db8:50::/48 table 77 priority 1001"]
# As the kernel shows them: destination and table, selector and priority.
ROUTES_THERE = {("10.50.0.0/16", "77"), ("10.51.0.0/16", "77"), ("2001:db8:50::/48", "77"), ("10.52.0.0/16", "254")}
RULES_THERE = [("10.9.77.0", 1000), ("10.9.78.0", 16384), ("2001:db8:50::", 1001)]
REMOVE = ["route del 10.50.0.0/16 table 77", "route del blackhole 10.51.0.0/16 table 77",
          "route del 2001:db8:50::/48 table 77", "route del 10.52.0.0/16",
          "rule del from 10.9.77.0/24 priority 1000", "rule del priority 16384", "-6 rule del priority 1001"]
UNREACHABLE = "10.53.0.0/16 via 192.0.2.1"


def setup():
    global lab
    vrrp.need()
    lab = vrrp.VrrpLab()


def settle():
    """Nothing of a case before: what a killed daemon left and what it said."""
    lab.settle()
    for director in lab.a, lab.b:
        for family in "-4", "-6":
            for table in "77", "main":
                director.space.run(f"ip {family} route flush table {table} proto 112", check_status=False)
            for rule in ip(director, f"{family} rule show"):
                if rule.get("protocol") == "112":
                    director.space.run(f"ip {family} rule del priority {rule['priority']}")
        with open(director.log, "w", encoding="utf-8"):
            pass


def block(name, lines):
    return f"{name} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def held(routes=(), rules=()):
    return block("virtual_routes", routes) + block("virtual_rules", rules)


def ip(director, words):
    return json.loads(director.space.run(f"ip -N -j {words}") or "[]")


def routes(director):
    """What is there with our protocol, or what has another in its place."""
    return [(r["dst"], r.get("table", "254")) for family in ("-4", "-6")
            for r in ip(director, f"{family} route show table all proto 112")]


def rules(director):
    return [(r["src"] if r["src"] != "all" else r["dst"], r["priority"]) for family in ("-4", "-6")
            for r in ip(director, f"{family} rule show") if r.get("protocol") == "112"]


def has_all(director):
    found = routes(director)
    return set(found) == ROUTES_THERE and len(found) == len(ROUTES_THERE) and rules(director) == RULES_THERE


def has_none(director):
    return not routes(director) and not rules(director)


def await_all(director, why):
    try:
        wait_for(lambda: has_all(director), why)
    except taptest.Failed as failure:
        raise taptest.Failed(f"{failure}: {routes(director)} {rules(director)}\n{director.said()[-1500:]}") from failure


def await_none(director, why):
    wait_for(lambda: has_none(director), f"{why}: {director.name} has {routes(director)} {rules(director)}")


def alone(more, before=""):
    settle()
    lab.a.start(before, instance(200, more=more))
    lab.a.becomes("MASTER")


@case("the master has its routes and rules with protocol 112, the backup has none")
def elected():
    settle()
    for director, priority in (lab.a, 200), (lab.b, 100):
        director.start(instance(priority, more=held(ROUTES, RULES)))
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")
    await_all(lab.a, "the master has them")
    await_none(lab.b, "the backup")


@case("each that somebody removes is put back at once, and said")
def removed():
    for command in REMOVE:
        before = lab.a.instance()["put_back"]
        lab.a.space.run("ip " + command)
        wait_for(lambda b=before: lab.a.instance()["put_back"] > b, f"noticed after {command}")
        await_all(lab.a, f"back after {command}")
    said = lab.a.said()
    for what in "route", "rule":
        check(f"(VI_1) the virtual {what} of line" in said, f"nothing is said of a {what}:\n{said}")
    same(lab.a.state(), "MASTER", "what a is")


@case("a route that another one takes the place of is put back")
def replaced():
    lab.a.space.ip("route replace 10.50.0.0/16 dev eth0 table 77 metric 5 proto static",
                   "route replace 2001:db8:50::/48 dev eth0 table 77 proto static")
    await_all(lab.a, "both are ours again")
    check("was replaced by something else" in lab.a.said(), "not said")
    check(f'"gateway":"{CLIENT}"' in json.dumps(ip(lab.a, "route show table 77"), separators=(",", ":")), "another gateway")


@case("what other daemons do to routes of their own is not looked at")
def others():
    before = lab.a.instance()["put_back"]
    lab.a.space.ip(*[f"route {verb} 10.60.{n}.0/24 dev eth0 proto bgp table {table}" for verb in ("add", "replace", "del")
                     for n in range(100) for table in (77, 78)])
    holds(lambda: has_all(lab.a), "ours stay", 0.3)
    same(lab.a.instance()["put_back"], before, "put back")


@case("SIGKILL of the worker: the next one has each of them once")
def killed():
    old = lab.a.worker()
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: lab.a.pids().get("drayvrrpd-vrrp", [old]) != [old], "another worker")
    lab.a.becomes("MASTER")
    lab.a.space.ip(REMOVE[0])
    await_all(lab.a, "the next one puts back as well")


@case("they go with the master, and come with it")
def moved():
    lab.a.stop()
    await_none(lab.a, "after a stop")
    lab.b.becomes("MASTER")
    await_all(lab.b, "the next master has them")
    lab.a.start()
    lab.a.becomes("MASTER")
    await_all(lab.a, "a has them again")
    await_none(lab.b, "on the way down")


@case("one that is taken away again and again cannot be held: the router resigns")
def again_and_again():
    def there():
        return ("10.50.0.0/16", "77") in routes(lab.a)

    removed_times = 0
    while "cannot be held" not in lab.a.said() and removed_times < 50:
        wait_for(lambda: there() or "cannot be held" in lab.a.said(), "it is back")
        lab.a.space.ip(REMOVE[0], check_status=False)
        removed_times += 1
    check(removed_times < 50, f"not said:\n{lab.a.said()[-2000:]}")
    check(removed_times > 10, f"said after {removed_times} times already")
    lab.b.becomes("MASTER")
    await_all(lab.b, "the other has them")


@case("a route that cannot be set: the router resigns and says why, the other takes over")
def cannot():
    settle()
    lab.a.start(instance(200, more=held([UNREACHABLE])))
    lab.b.start(instance(100, more=held()))
    lab.b.becomes("MASTER")
    wait_for(lambda: "Network is unreachable" in lab.a.said(), "the reason is said")
    check("(VI_1) cannot add the virtual route of line" in lab.a.said(), "not the route's")
    check("(VI_1) fault: " in lab.a.said(), "no fault")


@case("with no_track it stays master without the route")
def no_track():
    alone(held([UNREACHABLE + " no_track"] + ROUTES, RULES))
    await_all(lab.a, "the others are there")
    check("(VI_1) cannot add the virtual route of line" in lab.a.said(), "not said")
    check("fault" not in lab.a.said(), "a fault")
    same(lab.a.state(), "MASTER", "what a is")


@case("a route over an interface that is not there is none over another: the router resigns")
def no_device():
    settle()
    lab.a.start(instance(200, more=held([f"10.50.0.0/16 via {CLIENT} dev later0 table 77"])))
    wait_for(lambda: "No such device" in lab.a.said(), "said")
    same(routes(lab.a), [], "routes")


@case("static ones are there on a backup too, are put back, and gone after a stop")
def static():
    settle()
    lab.b.start(instance(200))
    lab.b.becomes("MASTER")
    lab.a.start(block("static_routes", ROUTES) + block("static_rules", RULES), instance(100))
    lab.a.becomes("BACKUP")
    await_all(lab.a, "a backup has them")
    for command in REMOVE:
        lab.a.space.run("ip " + command)
        await_all(lab.a, f"back after {command}")
    check("the static route of line" in lab.a.said() and "the static rule of line" in lab.a.said(), "not said")
    lab.a.stop()
    await_none(lab.a, "after a stop")


@case("a reload takes out what the file names no more, of the static ones too, and nothing else")
def reloaded():
    alone(held(ROUTES, RULES), block("static_routes", [f"10.55.0.0/16 via {CLIENT}", f"10.56.0.0/16 via {CLIENT}"]))
    wait_for(lambda: set(routes(lab.a)) == ROUTES_THERE | {("10.55.0.0/16", "254"), ("10.56.0.0/16", "254")}, "all")
    lab.a.reload(block("static_routes", [f"10.56.0.0/16 via {CLIENT}"]),
                 instance(200, more=held([ROUTES[0].replace(CLIENT, OTHER), ROUTES[3]],
                                         # the second one's priority goes by its place, which is the first's now
                                         [RULES[0], "from 10.9.79.0/24 table 77", RULES[1]])))
    wait_for(lambda: "configuration is in force" in lab.a.said(), "reloaded")
    wait_for(lambda: routes(lab.a) == [("10.50.0.0/16", "77"), ("10.52.0.0/16", "254"), ("10.56.0.0/16", "254")] and
             rules(lab.a) == [("10.9.77.0", 1000), ("10.9.78.0", 16383), ("10.9.79.0", 16384)],
             "what is left")
    same([r["gateway"] for r in ip(lab.a, "route show table 77")], [OTHER], "gateway")
    check("put back" not in lab.a.said(), "nothing was gone")
    lab.a.stop()
    await_none(lab.a, "after a stop")


@case("a reload that spells a route otherwise, or gives it another metric, keeps one of it")
def spelled():
    alone(held([ROUTES[2], f"default via {CLIENT} table 77"], ["from any to 10.50.0.0/16 table 77 priority 1000"]))
    wait_for(lambda: len(routes(lab.a)) == 2 and len(rules(lab.a)) == 1, "all")
    lab.a.reload(instance(200, more=held([ROUTES[2] + " metric 5", f"0.0.0.0/0 via {CLIENT} table 77"],
                                         ["from 0.0.0.0/0 to 10.50.0.0/16 table 77 priority 1000"])))
    wait_for(lambda: "configuration is in force" in lab.a.said(), "reloaded")
    wait_for(lambda: [r["metric"] for r in ip(lab.a, "-6 route show table 77")] == [5], "the metric is 5")
    holds(lambda: routes(lab.a) == [("default", "77"), ("2001:db8:50::/48", "77")] and len(rules(lab.a)) == 1, "one of each")
    check("put back" not in lab.a.said(), f"nothing was gone: {lab.a.said()[-1000:]}")


@case("a reload gives a route a gateway that cannot be: the router resigns, and the one before is gone too")
def another_gateway():
    alone(held(ROUTES[:1]))
    wait_for(lambda: routes(lab.a), "it is there")
    lab.a.reload(instance(200, more=held([ROUTES[0].replace(CLIENT, "192.0.2.1")])))
    wait_for(lambda: "cannot add the virtual route" in lab.a.said(), "said")
    await_none(lab.a, "without the new one")


@case("a static route comes and goes with its interface")
def static_device():
    settle()
    lab.a.start(block("static_routes", ["10.54.0.0/16 dev later0"]), instance(200))
    lab.a.becomes("MASTER")
    wait_for(lambda: "cannot add the static route" in lab.a.said(), "said")
    lab.a.space.ip("link add later0 type veth peer name later1", "link set later1 up", "link set later0 up")
    try:
        wait_for(lambda: routes(lab.a) == [("10.54.0.0/16", "254")], "it comes with the interface")
        lab.a.space.ip("link set later0 down")
        same(routes(lab.a), [], "without the interface")
        lab.a.space.ip("link set later0 up")
        wait_for(lambda: routes(lab.a) == [("10.54.0.0/16", "254")], "it is back")
    finally:
        lab.a.space.ip("link del later0")
    same(lab.a.state(), "MASTER", "what a is")


taptest.main(setup)
