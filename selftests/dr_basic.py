#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
"""Direct routing as its users know it: real programs at both ends.

    client, client2 --+-- br --+-- rs1 (nginx, sockets; VIP on lo)
    director (VIP) ---+        +-- rs2
    director2 --------+

TCP with nginx and curl, UDP, SCTP, IPv6, firewall marks, port 0, a VIP that is
only routed to the director, servers of the other family and the director itself
as server; what has no server, what is no service, and two namespaces.
"""

import socket
import subprocess
import tempfile

from lib import netlab, taptest
from lib.netlab import CLIENT, CLIENT6, DIRECTOR, VIP, VIP6, Lab, need_dray, rip, rip6
from lib.taptest import Skip, case, check, same, wait_for
from lib.traffic import EchoServers, tcp_ask, tcp_open, udp_ask

lab = None
PORT = 7000


def nginx(space, name):
    folder = tempfile.mkdtemp(prefix="nginx-")
    with open(folder + "/conf", "w", encoding="ascii") as conf:
        conf.write(f"""daemon off; master_process off; error_log stderr; pid {folder}/pid;
            events {{}}
            http {{ access_log off; client_body_temp_path {folder}; server {{
                listen 80; listen [::]:80; client_max_body_size 0;
                location / {{ default_type text/plain; return 200 "{name}\\n"; }} }} }}""")
    space.start(["nginx", "-p", folder, "-c", folder + "/conf"])
    wait_for(lambda: "nginx" in space.run("ss -ltnpH sport = 80"), f"nginx in {name}")


def setup():
    global lab
    netlab.module_setup()
    lab = Lab(servers=2, clients=2)
    EchoServers(lab, PORT)
    for n in range(2, 14):
        lab.client.ip(f"addr add 10.9.2.{n}/16 dev eth0")


def curl(*requests):
    """One curl, a connection for each (URL's host, further options); the answers."""
    words = ["curl"]
    for where, *options in requests:
        words += ["-sS", "--max-time", "20", "-H", "Connection: close", *options, f"http://{where}/", "--next"]
    return lab.client.run(words[:-1], check_status=False).split()


def in_turn(got):
    """Both servers, strictly in turn."""
    same(set(got[:2]), {"rs1", "rs2"}, f"servers that answered ({got})")
    same(got, got[:2] * (len(got) // 2), "order of answers")


def turns(asks, count=6):
    in_turn([asks() for _ in range(count)])


def udp_name(address, port=PORT):
    return (udp_ask(lab.client, address, port) or "none").split()[0]


def fresh():
    lab.clear()
    lab.director.run("nft flush ruleset")


@case("TCP: curl gets pages from two nginx in turn (rr)")
def _():
    for number, server in enumerate(lab.servers, 1):
        nginx(server, f"rs{number}")
    fresh()
    lab.balance(f"-t {VIP}:80")
    in_turn(curl(*[[VIP]] * 6))


@case("TCP over IPv6: curl gets pages from two nginx in turn")
def _():
    fresh()
    lab.balance(f"-t [{VIP6}]:80")
    in_turn(curl(*[[f"[{VIP6}]"]] * 6))


@case("TCP: twelve clients, six for each server")
def _():
    fresh()
    lab.balance(f"-t {VIP}:80")
    got = curl(*[[VIP, "--interface", f"10.9.2.{n}"] for n in range(2, 14)])
    same((got.count("rs1"), got.count("rs2")), (6, 6), f"answers {got}")


@case("TCP: one connection stays with its server while others come and go")
def _():
    fresh()
    lab.balance(f"-t {VIP}:{PORT}")
    sock, name = tcp_open(lab.client, VIP, PORT)
    for _ in range(3):
        tcp_ask(lab.clients[1], VIP, PORT)
    sock.sendall(b"x" * 1000)
    sock.shutdown(socket.SHUT_WR)
    same(sock.recv(100).decode().split(), [name, "1000"], "answer at the end")
    sock.close()


@case("UDP: datagrams of new sockets go in turn, those of one socket to one server")
def _():
    fresh()
    lab.balance(f"-u {VIP}:{PORT}")
    turns(lambda: udp_name(VIP))
    sock = lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
    got = {udp_ask(lab.client, VIP, PORT, sock=sock) for _ in range(5)}
    same(len(got), 1, f"servers of one socket {got}")
    sock.close()


@case("UDP over IPv6")
def _():
    fresh()
    lab.balance(f"-u [{VIP6}]:{PORT}")
    turns(lambda: udp_name(VIP6))


@case("UDP with -o: every datagram is scheduled on its own")
def _():
    fresh()
    lab.balance(f"-u {VIP}:{PORT}", options="-s rr -o")
    sock = lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
    got = [(udp_ask(lab.client, VIP, PORT, sock=sock) or "none").split()[0] for _ in range(6)]
    sock.close()
    same((got.count("rs1"), got.count("rs2")), (3, 3), f"answers {got}")
    if not netlab.IPVS:
        check(f":{PORT} " not in lab.adm("-Lnc"), "a flow was made")


@case("SCTP: an association is served, the next one by the other server")
def _():
    if subprocess.run(["modprobe", "sctp"], stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("this kernel has no SCTP")
    fresh()
    lab.balance(f"--sctp-service {VIP}:{PORT}")
    for server in lab.servers:
        sock = server.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
        sock.bind((VIP, PORT))
        sock.listen(5)
        taptest.cleanup(sock.close)
        sock.setblocking(False)
        server.sctp = sock
    seen = []
    for _ in range(2):
        sock = lab.client.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
        sock.settimeout(10 * taptest.SLOWER)
        sock.connect((VIP, PORT))
        sock.send(b"sctp")
        taken = wait_for(lambda: [s for s in lab.servers if accepted(s)], "association accepted")
        seen.append(taken[0].name)
        sock.close()
    check(seen[0] != seen[1], f"both associations went to {seen}")


def accepted(server):
    try:
        conn, _ = server.sctp.accept()
    except BlockingIOError:
        return False
    conn.settimeout(5)
    good = conn.recv(10) == b"sctp"
    conn.close()
    return good


def marks(family, table, priority, address, options):
    """A mark set by a rule of the director is what the service is found by."""
    fresh()
    suffix = " -6" if family == "ip6" else ""
    lab.adm(f"-A -f 77{suffix} -s rr")
    for n in (1, 2):
        server = rip6(n) if family == "ip6" else rip(n)
        lab.adm(f"-a -f 77{suffix} -r {server} {options}")
    lab.director.run(["nft", f"add table {family} {table}; add chain {family} {table} pre "
                      f"{{ type filter hook prerouting priority {priority}; }};"
                      f"add rule {family} {table} pre {family} daddr {address} meta mark set 77"])
    turns(lambda: tcp_ask(lab.client, address, PORT))
    turns(lambda: udp_name(address))


@case("firewall mark set in raw PREROUTING")
def _():
    marks("ip", "raw", -300, VIP, "-g")


@case("firewall mark set in mangle PREROUTING")
def _():
    marks("ip", "mangle", -150, VIP, "-g")


@case("IPv6 firewall mark set in raw PREROUTING")
def _():
    marks("ip6", "raw", -300, VIP6, "-g")


@case("IPv6 firewall mark set in mangle PREROUTING")
def _():
    marks("ip6", "mangle", -150, VIP6, "-g")


@case("firewall mark set by iptables -t mangle, as in ipvsadm's manual")
def _():
    fresh()
    lab.adm("-A -f 9 -s rr", f"-a -f 9 -r {rip(1)} -g", f"-a -f 9 -r {rip(2)} -g")
    rule = f"PREROUTING -d {VIP}/32 -p tcp --dport {PORT} -j MARK --set-mark 9"
    lab.director.run(f"iptables -t mangle -A {rule}")
    try:
        turns(lambda: tcp_ask(lab.client, VIP, PORT))
    finally:
        lab.director.run(f"iptables -t mangle -D {rule}")


@case("port 0 with persistence: every port of a client to one server")
def _():
    fresh()
    lab.balance(f"-t {VIP}:0", options="-s rr -p 60")
    got = {*curl([VIP]), tcp_ask(lab.client, VIP, PORT), *curl([VIP])}
    same(len(got), 1, f"servers of one client {got}")
    check(got <= {"rs1", "rs2"}, f"answers {got}")


@case("port 0: a service of its own goes before it")
def _():
    fresh()
    lab.balance(f"-t {VIP}:0", options="-s rr -p 60", servers=[1])
    lab.balance(f"-t {VIP}:{PORT}", servers=[2])
    same(curl([VIP]), ["rs1"], "port 80")
    same(tcp_ask(lab.client, VIP, PORT), "rs2", f"port {PORT}")


def routed(forward):
    need_dray()
    fresh()
    lab.director.ip(f"addr del {VIP}/32 dev eth0", f"addr del {VIP6}/128 dev eth0")
    lab.director.sysctl(ipv4__ip_forward=forward, ipv6__conf__all__forwarding=forward)
    lab.client.ip(f"route add {VIP}/32 via {DIRECTOR}", f"route add {VIP6}/128 via {netlab.DIRECTOR6}")
    try:
        lab.balance(f"-t {VIP}:{PORT}")
        lab.balance(f"-t [{VIP6}]:{PORT}")
        turns(lambda: tcp_ask(lab.client, VIP, PORT))
        turns(lambda: tcp_ask(lab.client, VIP6, PORT))
    finally:
        lab.client.ip(f"route del {VIP}/32", f"route del {VIP6}/128")
        lab.director.sysctl(ipv4__ip_forward=0, ipv6__conf__all__forwarding=0)
        lab.director.ip(f"addr add {VIP}/32 dev eth0", f"addr add {VIP6}/128 dev eth0 nodad preferred_lft 0")


@case("VIP not local but routed to the director, ip_forward 0")
def _():
    routed(0)


@case("VIP not local but routed to the director, ip_forward 1")
def _():
    routed(1)


@case("IPv4 service with an IPv6 server next to an IPv4 one")
def _():
    need_dray()
    fresh()
    lab.adm(f"-A -t {VIP}:{PORT} -s rr")
    lab.add_server(f"-t {VIP}:{PORT}", f"[{rip6(1)}]:{PORT}")
    lab.add_server(f"-t {VIP}:{PORT}", f"{rip(2)}:{PORT}")
    turns(lambda: tcp_ask(lab.client, VIP, PORT))


@case("IPv6 service with an IPv4 server next to an IPv6 one")
def _():
    need_dray()
    fresh()
    lab.adm(f"-A -u [{VIP6}]:{PORT} -s rr")
    lab.add_server(f"-u [{VIP6}]:{PORT}", f"[{rip6(1)}]:{PORT}")
    lab.add_server(f"-u [{VIP6}]:{PORT}", f"{rip(2)}:{PORT}")
    turns(lambda: udp_name(VIP6))


@case("the director itself as a server is served by its local stack")
def _():
    fresh()
    sock = lab.director.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((VIP, PORT))
    sock.listen(8)
    lab.adm(f"-A -t {VIP}:{PORT} -s rr")
    lab.add_server(f"-t {VIP}:{PORT}", DIRECTOR)
    client = lab.client.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.settimeout(10)
    client.connect((VIP, PORT))
    sock.settimeout(5)
    conn, peer = sock.accept()
    client.sendall(b"to the director")
    conn.settimeout(5)
    same(conn.recv(100), b"to the director", "what the local socket reads")
    same(peer[0], CLIENT, "the peer's address")
    for each in (conn, client, sock):
        each.close()


@case("no server: a TCP client sees connection refused at once")
def _():
    fresh()
    lab.adm(f"-A -t {VIP}:{PORT} -s rr")
    same(tcp_ask(lab.client, VIP, PORT), "ConnectionRefusedError", "connect")


@case("no server: over IPv6 too")
def _():
    fresh()
    lab.adm(f"-A -t [{VIP6}]:{PORT} -s rr")
    same(tcp_ask(lab.client, VIP6, PORT), "ConnectionRefusedError", "connect")


@case("no server: a UDP client sees connection refused")
def _():
    fresh()
    lab.adm(f"-A -u {VIP}:{PORT} -s rr")
    sock = lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(5)
    sock.connect((VIP, PORT))
    sock.send(b"anyone")
    try:
        sock.recv(10)
    except ConnectionRefusedError:
        return
    finally:
        sock.close()
    check(False, "no error")


@case("a server with weight 0 gets nothing new")
def _():
    fresh()
    lab.balance(f"-t {VIP}:{PORT}")
    lab.adm(f"-e -t {VIP}:{PORT} -r {rip(1)}:{PORT} -g -w 0")
    same({tcp_ask(lab.client, VIP, PORT) for _ in range(4)}, {"rs2"}, "servers")


@case("a server that was removed and put back")
def _():
    fresh()
    lab.balance(f"-t {VIP}:{PORT}")
    lab.adm(f"-d -t {VIP}:{PORT} -r {rip(2)}:{PORT}")
    same({tcp_ask(lab.client, VIP, PORT) for _ in range(4)}, {"rs1"}, "servers while one is out")
    lab.add_server(f"-t {VIP}:{PORT}", rip(2))
    turns(lambda: tcp_ask(lab.client, VIP, PORT))


@case("an echo request to the VIP is answered by the director")
def _():
    fresh()
    lab.balance(f"-t {VIP}:{PORT}")
    check(" 0% packet loss" in lab.client.run(f"ping -c 2 -W 3 {VIP}"), "no answer")
    check(" 0% packet loss" in lab.client.run(f"ping -c 2 -W 3 {VIP6}"), "no answer over IPv6")


@case("what is no service reaches the director: its own address and other ports")
def _():
    fresh()
    lab.balance(f"-t {VIP}:{PORT}")
    lab.balance(f"-t [{VIP6}]:{PORT}")
    for address in (DIRECTOR, VIP, netlab.DIRECTOR6):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with lab.director.socket(family, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, 22))
            sock.listen(1)
            with lab.client.socket(family, socket.SOCK_STREAM) as client:
                client.settimeout(5)
                client.connect((address, 22))
    same(tcp_ask(lab.client, VIP, PORT + 1), "ConnectionRefusedError", "port without service or socket")


@case("a service of one protocol leaves the other protocol alone")
def _():
    fresh()
    lab.balance(f"-t {VIP}:{PORT}")
    with lab.director.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((VIP, PORT))
        sock.settimeout(5)
        with lab.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"mine", (VIP, PORT))
        same(sock.recv(10), b"mine", "datagram at the director")


@case("a deleted service is the local stack's again")
def _():
    fresh()
    lab.balance(f"-t {VIP}:{PORT}")
    check(tcp_ask(lab.client, VIP, PORT) in ("rs1", "rs2"), "not served at first")
    lab.adm(f"-D -t {VIP}:{PORT}")
    same(tcp_ask(lab.client, VIP, PORT), "ConnectionRefusedError", "after -D")


@case("two namespaces, each its own configuration")
def _():
    fresh()
    second = lab.host("director2", 118)
    second.ip("addr add 10.9.0.201/32 dev eth0")
    for server in lab.servers:
        server.ip("addr add 10.9.0.201/32 dev lo")
    lab.balance(f"-t {VIP}:{PORT}", servers=[1])
    servers = EchoServers(lab, PORT + 1, udp=False, addresses=("10.9.0.201",))
    second.run(f"{netlab.ADM} -A -t 10.9.0.201:{PORT + 1} -s rr")
    second.run(f"{netlab.ADM} -a -t 10.9.0.201:{PORT + 1} -r {rip(2)} -g")
    try:
        same(tcp_ask(lab.client, VIP, PORT), "rs1", "first director")
        same(tcp_ask(lab.client, "10.9.0.201", PORT + 1), "rs2", "second director")
        check("10.9.0.201" not in lab.adm("-Ln"), "the first lists the second's service")
        lab.clear()
        same(tcp_ask(lab.client, VIP, PORT), "ConnectionRefusedError", "first director, cleared")
        same(tcp_ask(lab.client, "10.9.0.201", PORT + 1), "rs2", "second after the first was cleared")
    finally:
        servers.close()


@case("a request made on the director to its own VIP is left to its local stack")
def _():
    need_dray()
    fresh()
    lab.balance(f"-t {VIP}:{PORT}")
    lab.balance(f"-t [{VIP6}]:{PORT}")
    same(tcp_ask(lab.director, VIP, PORT, seconds=2), "ConnectionRefusedError", "connect")
    same(tcp_ask(lab.director, VIP6, PORT, seconds=2), "ConnectionRefusedError", "connect over IPv6")


@case("clients of both families at once, IPv6 source addresses kept")
def _():
    fresh()
    lab.balance(f"-u [{VIP6}]:{PORT}", servers=[1])
    sock = lab.client.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind((CLIENT6, 0))
    same(udp_ask(lab.client, VIP6, PORT, data=b"1234", sock=sock), "rs1 4", "answer")
    sock.close()


if __name__ == "__main__":
    taptest.main(setup)
