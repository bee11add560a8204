#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""Out of memory at any allocation of any netlink command: an error, never half a change.

    client --+-- br --+-- rs1, rs2 (no VIP: only look)
    director +

Each command is repeated with its first, second, third … allocation made to fail,
until there is none left to fail. What is refused has changed nothing, what is not
has changed all of it, and a listener has heard of it or was told that it missed
something. What is lost on the way is found by kmemleak after the run.
"""

import errno

from lib import dray, fault, genl, netlab, state, taptest
from lib.dray import mark, nest, server, tcp, udp, vip
from lib.netlab import VIP, VIP6, rip, rip6
from lib.packet import ACK, UDP
from lib.quiet import PORT, Quiet
from lib.taptest import add_case, case, check, same, wait_for

lab = None
judge = None
ears = None
asked = set()
MEMORY = (errno.ENOMEM, errno.ENOBUFS)
MANY = 400
SERVICE, SERVICE6 = tcp(VIP, PORT), udp(VIP6, PORT)
SERVER, SERVER6 = server(rip(1), port=PORT), server(rip6(1), port=PORT)
PASSING = ("stats", "id", "reach", "mtu", "ifindex", "lease_left", "expires", "active", "inactive", "persistent")


def setup():
    global lab, judge, ears
    fault.setup()
    netlab.module_setup()
    netlab.need_dray()
    lab = Quiet(servers=2)
    with lab.director:
        judge, ears = dray.Dray(), dray.Dray()
    ears.join(dray.Dray.groups["config"])


def base():
    """A service with a server, a persistent one over IPv6, a role; the settings as they were."""
    judge.fresh()
    judge.do("new_service", tcp(VIP, PORT, scheduler="rr"))
    judge.do("new_server", SERVICE, server(rip(1), port=PORT, weight=1))
    judge.do("new_service", udp(VIP6, PORT, scheduler="wlc", persist_timeout=600))
    judge.do("new_server", SERVICE6, server(rip6(1), port=PORT, weight=1))
    judge.do("new_vip", vip(VIP, role=1))
    judge.do("set_config", nest("config", timeout_udp=300, unassured_limit=1 << 12))


def tabled():
    """A service with a server, both by the table."""
    judge.fresh()
    judge.do("new_service", tcp(VIP, PORT, scheduler="dray", rows=4096))
    judge.do("new_server", SERVICE, server(rip(1), port=PORT, weight=1))


def flows():
    """base(), with flows of both services and persistent clients."""
    base()
    clients = [f"10.9.60.{n}" for n in range(1, 4)], [f"2001:db8:9::6:{n}" for n in range(1, 4)]
    lab.burst.send([lab.frame(client, sport=5000) for client in clients[0]] +
                   [lab.frame(client, sport=5000, proto=UDP) for client in clients[1]])
    wait_for(lambda: len(judge.dump("get_flow")) == 6 and len(judge.dump("get_persist")) == 3, "flows")


def probed():
    """base(), with a probe that another socket holds."""
    base()
    judge.do("new_probe", dray.probe(0x71))


def nothing():
    """No service: the next one is the first of the namespace."""
    judge.fresh()


def configuration():
    """Generation, and what there is without what changes by itself."""
    found = []
    for cmd in "get_service", "get_server", "get_vip", "get_flow", "get_persist":
        for row in judge.dump(cmd):
            for noun in row.values():
                if isinstance(noun, dict):
                    for passing in PASSING:
                        noun.pop(passing, None)
            row.pop("generation", None)
            found.append(repr(row))
    generation, settings = judge.settings()
    # The walk of a hash table that is just being resized may meet an entry twice.
    return generation, sorted(set(found)) + [repr(settings)]


def heard():
    """The names of the notifications since the last call; None if some were lost."""
    try:
        return [name for name, _ in ears.told()]
    except OSError as error:
        same(error.errno, errno.ENOBUFS, "error of a listener")
        ears.pending()
        return None


class Request:
    """What is asked for in one case, and what each of its attempts comes to.

    says: texts that have to be among those of its refusals.
    """

    def __init__(self, ask, prepare=base, changes=True, says=()):
        self.ask = ask
        self.prepare = prepare
        self.changes = changes
        self.says = says
        self.said = set()
        self.counts = dict.fromkeys(("refused", "unanswered", "done", "not heard of"), 0)

    def attempt(self, n):
        """Ask with the n-th allocation failing; the outcome and whether one failed."""
        with dray.Dray() as sock:
            sock.sock.settimeout(20 * taptest.SLOWER)
            armed = sock.sock = fault.Socket(sock.sock, n)
            try:
                self.ask(sock)
            except genl.Refused as error:
                check(error.errno in MEMORY, f"allocation {n}: {error}")
                self.said.add(error.message)
                return "refused", True
            except OSError as error:
                # Carried out or not: what is lost may be the request or its answer.
                check(error.errno in MEMORY, f"allocation {n}: {error!r}")
                return "unanswered", True
            return "done", not armed.left

    def ready(self):
        """Everything as it was before the request."""
        self.prepare()
        heard()
        return configuration()

    def judged(self, n, outcome, before):
        """Is what an attempt has left behind right?  Whether it has changed something."""
        now, news = configuration(), heard()
        self.counts["not heard of"] += news is None
        if outcome == "refused":
            same(now, before, f"configuration after allocation {n} failed")
            same(news, [], f"notifications after allocation {n} failed")
            return False
        done = now[1] == self.after if self.changes else True
        if outcome == "done":
            same(now[1], self.after, f"configuration, when allocation {n} failed without a word")
        elif not done:
            same(now, before, f"configuration, when request or answer was lost with allocation {n}")
        check(news in ((self.news, None) if done else ([],)) or not self.changes,
              f"allocation {n}: a listener hears {news}, not {self.news}")
        return self.changes and done

    def learn(self):
        """What the request does, if all goes well."""
        before = self.ready()
        same(self.attempt(fault.LARGE), ("done", False), "the request undisturbed")
        self.after, self.news = configuration()[1], heard()
        same(before[1] != self.after, self.changes, "whether the request changes something")

    def everywhere(self):
        with lab.director:
            self.learn()
            before = self.ready()
            for n in range(1, MANY):
                outcome, failed = self.attempt(n)
                if self.judged(n, outcome, before) and failed:
                    before = self.ready()
                if not failed:
                    break
                self.counts[outcome] += 1
        check(n < MANY - 1, "no end of allocations")
        check(self.counts["refused"] > 0, f"nothing was refused: {self.counts}")
        check(self.said.issuperset(self.says), f"texts of the refusals: {self.said}")
        taptest.note(f"{n - 1} allocations failed: " + ", ".join(f"{v} {k}" for k, v in self.counts.items()))


def do(cmd, *attrs):
    """A request of one message that wants an ack, and one reply if it is a question."""
    asked.add((cmd, False))
    return lambda sock: sock.do(cmd, *attrs)


def get(cmd, *attrs):
    asked.add((cmd, False))
    return lambda sock: sock.one(cmd, *attrs)


def dump(cmd, *attrs):
    """A dump has to be whole if it says so."""
    asked.add((cmd, True))

    def ask(sock):
        same(len(sock.dump(cmd, *attrs)), len(judge.dump(cmd, *attrs)), f"what {cmd} lists")
    return ask


def steps(*asks):
    return lambda sock: [ask(sock) for ask in asks]


def transaction(*asks, end="commit"):
    asked.update({("begin", False), (end, False)})
    return steps(get("begin"), *asks, do(end) if end == "abort" else get(end))


def quiet(ask, prepare=base):
    return Request(ask, prepare, changes=False)


NEW = do("new_service", tcp(VIP, 81, scheduler="wrr"))
CASES = [
    ("new-service", Request(NEW)),
    ("new-service, the first one, which registers hooks", Request(NEW, nothing, says=("Registering the hooks failed", "Out of memory"))),
    ("new-service by mark, the first one of IPv6",
     Request(do("new_service", mark(5, family=10, scheduler="sed")), nothing)),
    ("set-service", Request(do("set_service", tcp(VIP, PORT, scheduler="lc")))),
    ("del-service", Request(do("del_service", SERVICE), flows)),
    ("get-service", quiet(get("get_service", SERVICE))),
    ("the dump of services", quiet(dump("get_service"))),
    ("new-server", Request(do("new_server", SERVICE, server(rip(2), port=PORT, weight=2)))),
    ("new-server of the other family", Request(do("new_server", SERVICE, server(rip6(2), port=PORT, weight=2)))),
    ("new-server, which makes a table",
     Request(do("new_server", SERVICE, server(rip(2), port=PORT, weight=2)), tabled,
             says=("Making the table failed", "Out of memory"))),
    ("set-server", Request(do("set_server", SERVICE, server(rip(1), port=PORT, weight=7)))),
    ("del-server", Request(do("del_server", SERVICE, SERVER))),
    ("get-server", quiet(get("get_server", SERVICE, SERVER))),
    ("the dump of servers", quiet(dump("get_server"))),
    ("the dump of a service's servers", quiet(dump("get_server", SERVICE))),
    ("flush", Request(do("flush"), flows)),
    ("zero", quiet(do("zero"))),
    ("zero of a service", quiet(do("zero", SERVICE))),
    ("new-vip", Request(do("new_vip", vip(VIP6, role=0, peer=[b"\2\0\0\0\0\1"])))),
    ("set-vip", Request(do("set_vip", vip(VIP, role=1, lease=100000, peer=[b"\2\0\0\0\0\1"])))),
    ("del-vip", Request(do("del_vip", vip(VIP)))),
    ("get-vip", quiet(get("get_vip", vip(VIP)))),
    ("the dump of roles", quiet(dump("get_vip"))),
    ("get-config", quiet(get("get_config"))),
    ("the dump of settings", quiet(dump("get_config"))),
    ("set-config", Request(do("set_config", nest("config", timeout_udp=77, unassured_limit=1 << 11)))),
    ("the dump of flows", quiet(dump("get_flow", SERVICE), flows)),
    ("the dump of persistent clients", quiet(dump("get_persist", SERVICE6), flows)),
    ("the dump of reasons", quiet(dump("get_reason"))),
    ("explain", quiet(get("explain", dray.packet(port=PORT)))),
    ("del-flow", Request(get("del_flow", SERVICE), flows)),
    ("del-persist", Request(get("del_persist", SERVICE6), flows)),
    ("set-flow", Request(do("set_flow", SERVICE, SERVER, nest(
        "flow", protocol=6, client=dray.ip("10.9.60.9"), client_port=7, vip=dray.ip(VIP), vip_port=PORT,
        state=dray.CONSTANTS["DRAY_FLOW_STATE_ESTABLISHED"], flags=1, expires=600000)))),
    ("set-persist", Request(do("set_persist", SERVICE6, SERVER6, nest(
        "persist", client=dray.ip("2001:db8:9::6:9"), flags=1, expires=600000)))),
    ("set-told", Request(do("set_told", SERVICE, server(rip(1), port=PORT, told_active=5, told_inactive=6)))),
    ("new-probe", quiet(do("new_probe", dray.probe()))),
    ("new-probe and del-probe", quiet(steps(do("new_probe", dray.probe()),
                                            do("del_probe", nest("probe", mark=0x70))))),
    ("the dump of probes", quiet(dump("get_probe"), probed)),
    ("begin … commit of everything", Request(transaction(
        do("new_service", tcp(VIP, 90, scheduler="rr")),
        do("new_server", tcp(VIP, 90), server(rip(2), port=90, weight=3)),
        do("set_server", SERVICE, server(rip(1), port=PORT, weight=9)),
        do("del_service", SERVICE6),
        do("new_service", mark(6)),
        do("set_vip", vip(VIP, role=0)),
        do("set_config", nest("config", timeout_udp=78))))),
    ("begin … commit of a flush and what replaces it", Request(transaction(
        do("flush"), do("new_service", tcp(VIP, PORT, scheduler="lc")), do("new_server", SERVICE, SERVER)))),
    ("begin … commit of the first services of both families", Request(transaction(
        do("new_service", SERVICE), do("new_service", mark(5, family=10))), nothing)),
    ("begin … commit of five servers, for which a configuration grows", Request(transaction(
        *(do("new_server", SERVICE, server(f"10.9.1.{n}")) for n in range(1, 6))))),
    ("begin … abort", quiet(transaction(
        do("del_service", SERVICE), do("new_service", tcp(VIP, 91)), do("new_vip", vip(VIP6)), end="abort"))),
]
for name, request in CASES:
    add_case(f"each allocation of {name} fails once", request.everywhere)


@case("no operation of the family was left out")
def _():
    every = {(name, False) for name in dray.COMMANDS
             if not name.endswith("_ntf") and name not in dray.ONLY_DUMPS} | {(name, True) for name in dray.DUMPS}
    # Without a change that waits it can only be refused; sync.py asks it.
    same(sorted(every - asked), [("sync_done", False)], "operations not asked for")


@case("after all that packets flow, and one flow keeps one server")
def _():
    with lab.director:
        judge.fresh()
    lab.batch([*lab.lines(f"-t {VIP}:{PORT}"), *lab.lines(f"-u [{VIP6}]:{PORT}")])
    # Entries that were refused for want of memory: for a minute not rr but the hash decides.
    same({lab.server_of("10.9.61.1") for _ in range(16)}, {1, 2}, "servers")
    number = lab.server_of("10.9.61.2", sport=6000)
    same({lab.server_of("10.9.61.2", sport=6000, flags=ACK) for _ in range(3)}, {number}, "servers of a flow")
    same(len(state.flows(lab)), 17, "flows")
    fault.watched()


if __name__ == "__main__":
    taptest.main(setup)
