#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 360
"""What directors tell each other: entries that the other one cannot know.

    client --- br --- director (VIP), other (VIP), rs1 ... rs4

Both directors have the same services. What the first tells its group sync is
carried to the second by the test itself, as drayvrrpd does. Clients send to one
director or the other by its MAC address.
"""

import errno
import socket
import threading

from lib import dray, netlab, packet, taptest, traffic
from lib.dray import CONSTANTS, Dray, nest, server, tcp, udp
from lib.netlab import CLIENT, VIP, VIP6, Lab, rip, rip6
from lib.taptest import Skip, case, check, same, wait_for

OTHER, OTHER6 = "10.9.0.118", "2001:db8:9::118"
ASSURED, DIVERGENT = 1, 2
SYN, ACK, FIN, RST = packet.SYN, packet.ACK, packet.FIN, packet.RST
ESTABLISHED = CONSTANTS["DRAY_FLOW_STATE_ESTABLISHED"]
lab = other = here = there = group = None


def setup():
    global lab, other, here, there, group
    netlab.module_setup()
    lab = Lab(servers=4, clients=1)
    other = lab.host("other", 118, more=(f"addr add {VIP}/32 dev eth0",
                                         f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0"))
    other.sysctl(ipv4__ip_forward=0, ipv4__conf__all__arp_ignore=1)
    with lab.director:
        here, group = Dray(), Dray(rcvbuf=1 << 22)
    with other:
        there = Dray()
    group.join(Dray.groups["sync"])
    netlab.warm(lab)
    for n in range(1, 5):
        netlab.reach(other, rip(n))
        netlab.reach(other, rip6(n))


def key_of(service):
    wanted = [dray.NUMBERS["service"][n] for n in ("family", "protocol", "address", "port", "fwmark")]
    return service[0], [a for a in service[1] if a[0] in wanted]


def balance(service, servers=(1, 2, 3, 4), directors=None):
    """The service on both directors, new, with these servers."""
    address = rip6 if len(dict(service[1])[dray.NUMBERS["service"]["address"]]) == 16 else rip
    for sock in directors or (here, there):
        sock.fresh()
        sock.do("new_service", service)
        for n in servers:
            sock.do("new_server", key_of(service), server(address(n)))
    told()


def told():
    return [(cmd, found) for cmd, found in group.told() if cmd in ("flow_ntf", "persist_ntf")]


def carry(messages):
    """What a director was told, written to the other."""
    for cmd, found in messages:
        service = nest("service", **{n: v for n, v in found["service"].items()})
        there.do("set_flow" if cmd == "flow_ntf" else "set_persist", service, nest("server", **found["server"]),
                 nest("flow", **found["flow"]) if cmd == "flow_ntf" else nest("persist", **found["persist"]))


def send(space, port, flags, source=CLIENT, data=b"", seq=1000):
    """One segment of a client to the VIP, to this director."""
    with lab.client.packet_socket() as sock:
        sock.send(packet.frame(space.mac(), lab.client.mac(), packet.ip(
            source, VIP, socket.IPPROTO_TCP, packet.tcp(source, VIP, port, 80, flags, seq, 1, data))))


def open_flow(port, source=CLIENT):
    send(lab.director, port, SYN, source)
    send(lab.director, port, ACK, source, seq=1001)
    send(lab.director, port, ACK, source, b"x", seq=1001)


def flows(sock=None):
    return {m["flow"]["client_port"]: (m["server"]["address"], m["flow"]["state"], m["flow"]["flags"])
            for m in (sock or here).dump("get_flow")}


def wait_told(count, what="messages"):
    found = []

    def enough():
        found.extend(told())
        return len(found) >= count
    wait_for(enough, f"{count} {what}")
    return found


@case("a flow of a tracking scheduler is told at the end of its handshake, not before")
def tracked():
    balance(tcp(scheduler="rr"))
    send(lab.director, 4001, SYN)
    wait_for(lambda: len(flows()) == 1, "the flow")
    taptest.holds(lambda: not told(), "nothing is told of a SYN", 0.3)
    send(lab.director, 4001, ACK, seq=1001)
    (cmd, found), = wait_told(1)
    same((cmd, found["flow"]["client_port"], found["flow"]["state"]), ("flow_ntf", 4001, ESTABLISHED), "message")
    same(found["server"]["address"], flows()[4001][0], "server")
    send(lab.director, 4001, ACK | FIN, seq=1001)
    (_, found), = wait_told(1)
    same(found["flow"]["state"], CONSTANTS["DRAY_FLOW_STATE_FIN_WAIT"], "state after FIN")


@case("another director that has been told sends the flow to the same server")
def taken_over():
    balance(tcp(scheduler="rr"))
    for port in range(4001, 4009):
        open_flow(port)
    carry(wait_told(8))
    mine = flows()
    same({p: v[0] for p, v in flows(there).items()}, {p: v[0] for p, v in mine.items()}, "servers")
    taps = {dray.ip(rip(n)): packet.Tap(s, want=lambda seen: seen.proto == 6 and seen.dst == VIP)
            for n, s in enumerate(lab.servers, 1)}
    for port in mine:
        send(other, port, ACK, data=b"y", seq=1002)
    got = {}

    def all_there():
        for address, tap in taps.items():
            got.update({seen.ports()[0]: address for seen in tap.all()})
        return len(got) == 8
    wait_for(all_there, "frames of all flows at the servers")
    same(got, {p: v[0] for p, v in mine.items()}, "servers that got the frames")


@case("of a table's flows only those that diverge are told")
def divergent():
    balance(tcp(scheduler="dray"))
    for port in range(4001, 4041):
        open_flow(port)
    wait_for(lambda: len(flows()) == 40, "flows")
    taptest.holds(lambda: not told(), "nothing is told", 0.3)
    held = {p for p, v in flows().items() if v[0] == dray.ip(rip(1))}
    here.do("set_server", tcp(), server(rip(1), state=CONSTANTS["DRAY_SERVER_STATE_DOWN"]))
    same({m["flow"]["client_port"] for _, m in wait_told(len(held))}, held, "flows that the server keeps for now")
    for port in range(4101, 4141):
        open_flow(port)
    wait_for(lambda: len(flows()) == 80, "flows")
    away = {p for p, (_, _, flags) in flows().items() if p > 4100 and flags & DIVERGENT}
    check(3 < len(away) < 20, f"{len(away)} of 40 flows had the server that is down")
    found = wait_told(len(away))
    same({m["flow"]["client_port"] for _, m in found}, away, "flows told")
    carry(found)
    mine = flows()
    same({p: v[0] for p, v in flows(there).items()}, {p: mine[p][0] for p in away}, "servers there")
    check(all(v[2] & DIVERGENT for v in flows(there).values()), "they diverge there too")


def left(state):
    """rip(2) leaves at the other director only; a flow of each kind goes there after."""
    balance(tcp(scheduler="dray", down_hold=600000))
    for port in range(4001, 4041):
        open_flow(port)
    wait_for(lambda: len(flows()) == 40, "flows")
    held = {p for p, v in flows().items() if v[0] == dray.ip(rip(2))}
    there.do("set_server", tcp(), server(rip(2), state=CONSTANTS[f"DRAY_SERVER_STATE_{state}"]))
    for port in range(5001, 5041):
        send(other, port, SYN)
        send(other, port, ACK, seq=1001)
    for port in range(4001, 4041):
        send(other, port, ACK, data=b"y", seq=1002)
    wait_for(lambda: len(flows(there)) == 80, "flows there")
    check(3 < len(held) < 30, f"{len(held)} of 40 flows are the server's")
    same({p for p, v in flows(there).items() if v[0] == dray.ip(rip(2))}, held, "flows that the server has there")
    same(told(), [], "told")


@case("flows of a server that only the other director has down stay with it, and new ones go elsewhere")
def left_down():
    left("DOWN")


@case("flows of a server that only the other director drains stay with it, and new ones go elsewhere")
def left_drain():
    left("DRAIN")


@case("flows are sent to a server that has left for down-hold, whatever became of it since, and no longer")
def left_over():
    balance(tcp(scheduler="dray", down_hold=0))
    for port in range(4001, 4041):
        open_flow(port)
    wait_for(lambda: len(flows()) == 40, "flows")
    held = {p for p, v in flows().items() if v[0] == dray.ip(rip(2))}

    def went():
        for port in held:
            send(other, port, ACK, data=b"y", seq=1002)
        wait_for(lambda: set(flows(there)) == held, "flows there")
        return {v[0] for v in flows(there).values()}
    there.do("set_server", tcp(), server(rip(2), state=CONSTANTS["DRAY_SERVER_STATE_DOWN"]))
    check(dray.ip(rip(2)) not in went(), "a flow went to the server after its time")
    there.do("set_service", tcp(down_hold=600000))
    there.do("del_flow", tcp())
    there.do("set_server", tcp(), server(rip(2), state=CONSTANTS["DRAY_SERVER_STATE_DRAIN"]))
    same(went(), {dray.ip(rip(2))}, "servers within down-hold")


@case("a flow that moves away from a server is told again")
def moved():
    balance(tcp(scheduler="rr", down_hold=0))
    open_flow(4001)
    wait_told(1)
    address = flows()[4001][0]
    here.do("set_server", tcp(), server(socket.inet_ntoa(address), state=CONSTANTS["DRAY_SERVER_STATE_DOWN"]))
    send(lab.director, 4001, ACK, data=b"z", seq=1002)
    # Once, or again since it is assured now, if a second has passed meanwhile.
    found = {m["server"]["address"] for _, m in wait_told(1)}
    check(found.isdisjoint((address, None)), "another server")
    same(found, {flows()[4001][0]}, "server")


@case("a change of the table tells what will diverge before it is in force")
def change():
    balance(tcp(scheduler="dray"), (1, 2, 3))
    for port in range(4001, 4061):
        open_flow(port)
    wait_for(lambda: len(flows()) == 60, "flows")
    before = flows()
    result = []

    def add():
        with lab.director, Dray() as own:
            own.do("new_server", tcp(), server(rip(4)))
            result.append(own.generation())
    start = here.generation()
    thread = threading.Thread(target=add)
    thread.start()
    messages, waits = [], []

    def waiting():
        for cmd, found in group.told():
            (waits if cmd == "sync_wait_ntf" else messages).append((cmd, found))
        return waits
    wait_for(waiting, "the wait of the change")
    # Whether it waits for us or its time is over meanwhile: it was told before.
    carry(messages)
    try:
        here.do("sync_done", (dray.NUMBERS["top"]["wait"], waits[0][1]["wait"].to_bytes(4, "little")))
    except dray.genl.Refused as error:
        same(error.errno, errno.ENOENT, "error of a wait that is over")
    thread.join()
    check(result and result[0] > start, "the change is in force")
    there.do("new_server", tcp(), server(rip(4)))
    told_ports = {m["flow"]["client_port"] for _, m in messages}
    check(3 < len(told_ports) < 40, f"{len(told_ports)} of 60 flows diverge")
    same({p for p, v in flows().items() if v[2] & DIVERGENT}, told_ports, "flows that diverge")
    same({p: v[0] for p, v in flows(there).items()}, {p: before[p][0] for p in told_ports}, "servers there")


def first_there(port):
    """The server that the other director's table names."""
    return there.one("explain", dray.packet(CLIENT, VIP, 80, port))["explain"]["first"]["address"]


def began_meanwhile(ports):
    """Flows begin between what a change tells and its being in force: what is told, or None if it was in force too early."""
    balance(tcp(scheduler="dray"), (1, 2, 3), (here,))
    for port in range(4001, 4031):
        open_flow(port)
    wait_for(lambda: len(flows()) == 30, "flows")
    frames = [packet.frame(lab.director.mac(), lab.client.mac(), packet.ip(
        CLIENT, VIP, socket.IPPROTO_TCP, packet.tcp(CLIENT, VIP, port, 80, ACK, 1001, 1, b""))) for port in ports]
    waits = []

    def waiting():
        waits.extend(m["wait"] for cmd, m in group.told() if cmd == "sync_wait_ntf")
        return waits

    def add():
        with lab.director, Dray() as own:
            own.do("new_server", tcp(), server(rip(4)))
    start = here.generation()
    thread = threading.Thread(target=add)
    with lab.client.packet_socket() as sock:
        thread.start()
        wait_for(waiting, "the wait of the change", every=0)
        for frame in frames:
            sock.send(frame)
    before = here.generation() == start
    thread.join()
    return {m["flow"]["client_port"] for _, m in wait_told(len(ports))} if before else None


@case("flows that begin while a change is being told are told when it is in force")
def meanwhile():
    balance(tcp(scheduler="dray"), directors=(there,))
    ports = [p for p in range(5001, 5060) if first_there(p) == dray.ip(rip(4))][:3]
    same(len(ports), 3, "ports that the table gives to the new server")
    for _ in range(10):
        got = began_meanwhile(ports)
        if got:
            break
    if not got:
        raise Skip("this machine is too slow: of ten changes none waited until the flows had begun")
    same(got, set(ports), "flows told")


@case("without a listener an entry is judged when it is asked for")
def judged():
    balance(tcp(scheduler="dray"))
    for port in range(4001, 4031):
        send(other, port, ACK, seq=1001)
    wait_for(lambda: len(flows(there)) == 30, "flows there")
    held = {p for p, v in flows(there).items() if v[0] == dray.ip(rip(2))}
    for state, wanted in (("DRAIN", held), ("UP", set())):
        there.do("set_server", tcp(), server(rip(2), state=CONSTANTS[f"DRAY_SERVER_STATE_{state}"]))
        same({p for p, v in flows(there).items() if v[2] & DIVERGENT}, wanted, f"flows that diverge: {state}")


@case("what is deleted is told, and deleted there")
def deleted():
    balance(tcp(scheduler="rr", persist_timeout=60))
    for port in range(4001, 4005):
        open_flow(port)
    carry(wait_told(5))
    same((len(flows(there)), len(there.dump("get_persist"))), (4, 1), "entries there")
    here.do("del_flow", nest("flow", client_port=4002))
    carry(wait_told(1))
    same(set(flows(there)), {4001, 4003, 4004}, "flows there")
    here.do("del_persist", tcp())
    carry(wait_told(1))
    same((len(flows(there)), there.dump("get_persist")), (3, []), "entries there")
    here.do("del_flow", nest("flow"))
    found = wait_told(3)
    same({m["flow"]["expires"] for _, m in found}, {0}, "time that they have")
    carry(found)
    same(flows(there), {}, "flows there")


@case("a server that drains, or is up again: what only its flows' entries tell is told before, and once")
def drain():
    balance(tcp(scheduler="dray"), (1, 2, 3))
    for port in range(4001, 4041):
        open_flow(port)
    wait_for(lambda: len(flows()) == 40, "flows")
    held = {p for p, v in flows().items() if v[0] == dray.ip(rip(2))}
    here.do("set_server", tcp(), server(rip(2), state=CONSTANTS["DRAY_SERVER_STATE_DRAIN"]))
    messages = group.told()
    at = [cmd for cmd, _ in messages].index("sync_wait_ntf")
    same({m["flow"]["client_port"] for _, m in messages[:at]}, held, "flows told before the wait")
    check(3 < len(held) < 30, f"{len(held)} of 40 flows are the server's")
    same({p for p, v in flows().items() if v[2] & DIVERGENT}, held, "flows that diverge")
    carry(messages[:at])
    there.do("set_server", tcp(), server(rip(2), state=CONSTANTS["DRAY_SERVER_STATE_DRAIN"]))
    same({p: v[0] for p, v in flows(there).items()}, dict.fromkeys(held, dray.ip(rip(2))), "servers there")
    here.do("set_server", tcp(), server(rip(2), state=CONSTANTS["DRAY_SERVER_STATE_UP"]))
    same({p for p, v in flows().items() if v[2] & DIVERGENT}, set(), "flows that diverge when it is up")
    same(told(), [], "told when it is up")


@case("a change that makes nothing diverge waits for nobody")
def no_wait():
    balance(tcp(scheduler="dray"), (1, 2, 3))
    here.do("new_server", tcp(), server(rip(4)))
    same([cmd for cmd, _ in group.told() if cmd == "sync_wait_ntf"], [], "waits")


@case("a persist entry of a tracking scheduler is told once its client is real, and taken over")
def persist():
    balance(tcp(scheduler="rr", persist_timeout=60))
    open_flow(4001)
    found = wait_told(2)
    # The flow once, or again since it is assured now, if a second has passed meanwhile.
    same({cmd for cmd, _ in found}, {"flow_ntf", "persist_ntf"}, "messages")
    carry(found)
    mine, theirs = here.dump("get_persist"), there.dump("get_persist")
    same([(m["persist"]["client"], m["server"]["address"]) for m in theirs],
         [(m["persist"]["client"], m["server"]["address"]) for m in mine], "entries")
    check(0 < theirs[0]["persist"]["expires"] <= 61000, "its time")
    for port in range(5001, 5005):
        send(other, port, SYN)
    wait_for(lambda: len(flows(there)) == 5, "flows there")
    same({v[0] for v in flows(there).values()}, {mine[0]["server"]["address"]}, "servers of the client")


@case("UDP flows are told when their client is real")
def datagrams():
    balance(udp(VIP, 53, scheduler="rr"))
    with lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((VIP, 53))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        with lab.client.packet_socket() as raw:
            def datagram():
                raw.send(packet.frame(lab.director.mac(), lab.client.mac(), packet.ip(
                    CLIENT, VIP, socket.IPPROTO_UDP, packet.udp(CLIENT, VIP, 7001, 53))))
                return told()
            datagram()
            taptest.holds(lambda: not told(), "nothing is told of one datagram", 0.3)
            found = wait_for(datagram, "a message", 10, 0.4)
    same(found[0][1]["flow"]["client_port"], 7001, "flow")


@case("an entry in use is told again before its time is over")
def again():
    balance(tcp(scheduler="rr"))
    here.do("set_config", nest("config", timeout_tcp=6))
    open_flow(4001)
    wait_told(1)

    def use():
        send(lab.director, 4001, ACK, data=b"k", seq=1002)
        return told()
    wait_for(use, "a message", 10, 0.3)
    here.do("set_config", nest("config", timeout_tcp=900))


@case("without a listener nothing is queued, and nobody waits")
def nobody():
    balance(tcp(scheduler="rr"), directors=(there,))
    with lab.client.packet_socket() as raw:
        raw.send(packet.frame(other.mac(), lab.client.mac(), packet.ip(
            CLIENT, VIP, socket.IPPROTO_TCP, packet.tcp(CLIENT, VIP, 4001, 80, SYN, 1, 0))))
        raw.send(packet.frame(other.mac(), lab.client.mac(), packet.ip(
            CLIENT, VIP, socket.IPPROTO_TCP, packet.tcp(CLIENT, VIP, 4001, 80, ACK, 2, 1))))
    wait_for(lambda: flows(there).get(4001, (0, 0))[1] == ESTABLISHED, "the flow")
    there.do("set_service", tcp(scheduler="dray"))
    there.refuse("sync_done", [(dray.NUMBERS["top"]["wait"], bytes(4))], errno.ENOENT, "Nobody waits for that", "wait")


FLOW = {"protocol": 6, "client": dray.ip(CLIENT), "client_port": 9, "vip": dray.ip(VIP), "vip_port": 80,
        "state": ESTABLISHED, "flags": ASSURED, "expires": 5000}


@case("what another director says is refused where it cannot be")
def refused():
    balance(tcp(scheduler="rr"))

    def no(number, message, bad=None, service=None, srv=None, missing=None, **flow):
        values = {n: v for n, v in {**FLOW, **flow}.items() if v is not None}
        there.refuse("set_flow", [service or tcp(), srv or server(rip(1), port=80), nest("flow", **values)],
                     number, message, bad, missing)
    there.do("set_flow", tcp(), server(rip(1), port=80), nest("flow", **FLOW))
    same(flows(there), {9: (dray.ip(rip(1)), ESTABLISHED, ASSURED)}, "the flow")
    expires = there.dump("get_flow")[0]["flow"]["expires"]
    check(0 < expires <= 5000, f"expires in {expires} ms")
    no(errno.ESRCH, "No such service", service=tcp(port=81))
    no(errno.ENOENT, "No such server", srv=server(rip(9), port=80))
    no(errno.EINVAL, "Missing attribute port", "server", srv=server(rip(1)))
    no(errno.EPROTONOSUPPORT, "Protocol is not TCP, UDP or SCTP", "flow.protocol", protocol=1)
    no(errno.EINVAL, "Protocol is not that of the service", protocol=17,
       state=CONSTANTS["DRAY_FLOW_STATE_UDP"])
    no(errno.EINVAL, "State is none of a flow of this protocol", "flow.state",
       state=CONSTANTS["DRAY_FLOW_STATE_UDP"])
    no(errno.EINVAL, "Length of the address does not fit its family", "flow.client", client=bytes(16))
    no(errno.EINVAL, "Missing attribute of the entry", state=None, missing="flow.state")
    there.refuse("set_persist", [tcp(), server(rip(1), port=80),
                                 nest("persist", client=dray.ip(CLIENT), flags=ASSURED, expires=1000)],
                 errno.EINVAL, "The service has no persistence")
    same(len(flows(there)), 1, "flows")


@case("a director that is told more than it has room for says so")
def no_room():
    balance(tcp(scheduler="rr"))
    # Those of the cases before, whose services are gone, are the sweeper's.
    wait_for(lambda: there.one("get_config")["config"]["flows"] == 0, "no flow is counted", 30)
    there.do("set_config", nest("config", flow_limit=1024, unassured_limit=64))
    try:
        for port in range(1, 1025):
            there.do("set_flow", tcp(), server(rip(1), port=80),
                     nest("flow", **{**FLOW, "client_port": port, "expires": 600000}))
        there.refuse("set_flow", [tcp(), server(rip(1), port=80), nest("flow", **{**FLOW, "client_port": 2000})],
                     errno.ENOSPC, "No room for an entry")
    finally:
        there.do("flush")


if __name__ == "__main__":
    taptest.main(setup)
