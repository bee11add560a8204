#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 420
"""draycheckd: every kind of check against real servers; against bad ones: check_bad.py.

    director (draycheckd) --+-- br --+-- rs1: nginx (HTTP, TLS with SNI), dnsmasq,
                                     |        opensmtpd, a UDP service
                                     +-- rs2: a server that never answers

Needs no module: what counts is what the daemon says of each server, asked at its own
address (for the VIP: check_vip.py).
"""

import glob
import hashlib
import os
import random
import signal
import socket
import tempfile
import threading

from lib import bad, taptest
from lib.bad import Bad
from lib.checkd import Checkd, service
from lib.netlab import VIP, Lab, rip
from lib.taptest import case, check, same, wait_for

PAGE = "a page\n"
lab = None
good = None
folder = None
nginx = None
daemon = None


def certificate(name, *options):
    good.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
              "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", "-subj", f"/CN={name}", *options])


def start_nginx():
    global nginx
    certificate("one.example")
    with open(folder + "/index.html", "w", encoding="ascii") as file:
        file.write(PAGE)
    with open(folder + "/nginx.conf", "w", encoding="ascii") as file:
        file.write(f"""daemon off; master_process off; error_log stderr crit; pid {folder}/pid;
            events {{}}
            http {{ access_log {folder}/access.log; client_body_temp_path {folder}/body;
            server {{ listen 80 default_server; root {folder};
                location /teapot {{ return 418; }}
                location /moved {{ return 301 /index.html; }}
                location /loop {{ return 302 /loop; }} }}
            server {{ listen 80; server_name two.example; location / {{ return 404; }} }}
            server {{ listen 443 ssl default_server; ssl_reject_handshake on; }}
            server {{ listen 443 ssl; server_name one.example; root {folder};
                ssl_certificate {folder}/one.example.pem; ssl_certificate_key {folder}/one.example.key; }}
            }}""")
    nginx = good.start(["nginx", "-p", folder, "-c", folder + "/nginx.conf"])
    wait_for(lambda: ":443" in good.run("ss -ltnH"), "nginx", 30)


def udp_service():
    """Answers ping with pong, anything else with as much."""
    sock = good.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((rip(1), 7000))

    def serve():
        while True:
            data, peer = sock.recvfrom(2048)
            sock.sendto(b"pong" if data == b"ping" else data, peer)
    threading.Thread(target=serve, daemon=True).start()


def setup():
    global lab, good, folder
    lab = Lab(servers=2)
    good = lab.servers[0]
    folder = tempfile.mkdtemp(prefix="kinds-")
    os.chmod(folder, 0o755)
    start_nginx()
    udp_service()


def run(checks, port=80, server=1, head="", timers="  retry 1\n  delay_before_retry 0.2\n"):
    """A daemon with one server and one check, which has run."""
    global daemon
    if daemon and daemon.proc.poll() is None:
        daemon.kill()
    kind, rest = checks.split("{", 1)
    text = head + service([server], " dray_probe off", checks=f"{kind}{{\n{timers}{rest}", vip=f"{VIP} {port}",
                          port=port)
    daemon = Checkd(lab.director, text).settled()
    return daemon


def server():
    return next(iter(daemon.servers().values()))


def up(checks, **kw):
    run(checks, **kw)
    check(server()["alive"], f"{checks.strip()}: {server()['checks']}")


def down(checks, why, **kw):
    run(checks, **kw)
    # A first failure may be tried again.
    wait_for(lambda: not server()["alive"], f"{checks.strip()} fails", 30)
    found = server()
    check(why in found["checks"][0]["why"], f"why: {found['checks'][0]['why']}")


def goes(alive, seconds=30):
    wait_for(lambda: server()["alive"] == alive, "up" if alive else "down", seconds)


def url(path="/index.html", more=""):
    return f"url {{\n path {path}\n {more}\n }}\n"


def http(*urls, more="", kind="HTTP_GET"):
    return kind + " {\n connect_timeout 2\n" + more + "".join(urls) + "}\n"


@case("HTTP_GET: any 2xx is well, another status is not, and is named")
def _():
    up(http(url()))
    down(http(url("/teapot")), "status 418")
    down(http(url("/none")), "status 404")


@case("HTTP_GET: status codes and ranges of the file")
def _():
    up(http(url("/teapot", "status_code 418")))
    up(http(url("/teapot", "status_code 200 400-499")))
    down(http(url("/index.html", "status_code 400-499")), "status 200")


@case("HTTP_GET: a redirect is an answer and is not followed")
def _():
    down(http(url("/moved")), "status 301")
    up(http(url("/moved", "status_code 301")))
    down(http(url("/loop")), "status 302")


@case("HTTP_GET: the body's digest")
def _():
    digest = hashlib.md5(PAGE.encode()).hexdigest()
    up(http(url("/index.html", f"digest {digest}")))
    down(http(url("/index.html", f"digest {digest[:-1]}{'0' if digest[-1] != '0' else '1'}")), "another digest")


@case("HTTP_GET: the body and a regex, which has to match, or must not")
def _():
    up(http(url("/index.html", 'regex "^a \\\\w+$"')))
    down(http(url("/index.html", "regex ^page")), "/index.html: its regex does not match")
    up(http(url("/index.html", "regex ^page\n regex_min_offset 2\n regex_no_match")))
    down(http(url("/index.html", "regex PAGE\n regex_options caseless extended\n regex_no_match")), "its regex matches")
    check(daemon.reload(daemon.text().replace("PAGE", "PAGES")), "the file is taken")
    goes(True)


@case("HTTP_GET: several urls, of which one fails")
def _():
    up(http(url(), url("/teapot", "status_code 418")))
    down(http(url(), url("/teapot"), url()), "/teapot: status 418")


@case("HTTP_GET: the virtual host, and keepalived's request")
def _():
    down(http(url("/index.html", "virtualhost two.example")), "status 404")
    up(http(url("/index.html", "virtualhost two.example\n status_code 404")))
    with open(folder + "/access.log", encoding="ascii") as file:
        check('"GET /index.html HTTP/1.0" 200' in file.read(), "the request is HTTP/1.0")


@case("HTTP_GET: a server that hangs is down, and up when it goes on")
def _():
    up(http(url()))
    nginx.send_signal(signal.SIGSTOP)
    try:
        goes(False, 60)
        check("imed out" in server()["checks"][0]["why"], f"why: {server()['checks'][0]['why']}")
    finally:
        nginx.send_signal(signal.SIGCONT)
    goes(True, 60)


@case("HTTP_GET: nothing listens")
def _():
    down(http(url(), more=" connect_port 9\n"), "refused")


@case("SSL_GET: the name is asked for with enable_sni only")
def _():
    vhost = "virtualhost one.example"
    up(http(url("/index.html", vhost), more=" enable_sni\n", kind="SSL_GET"), port=443)
    down(http(url("/index.html", vhost), kind="SSL_GET"), "/index.html: ", port=443)


@case("SSL_GET: a server that speaks no TLS")
def _():
    down(http(url(), kind="SSL_GET"), "/index.html: ", port=80)


@case("UDP_CHECK: a closed port is refused, an open one need not answer")
def _():
    up("UDP_CHECK {\n connect_timeout 1\n }", port=7000)
    down("UDP_CHECK {\n connect_timeout 1\n }", "refused", port=7001)


@case("UDP_CHECK: an answer is required, and which")
def _():
    up("UDP_CHECK {\n connect_timeout 2\n payload 70696e67\n require_reply 706f6e67\n }", port=7000)
    down("UDP_CHECK {\n connect_timeout 2\n payload 7069\n require_reply 706f6e67\n }", "another answer", port=7000)


@case("DNS_CHECK: an answer, a refusal, and silence")
def _():
    proc = good.start(["dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--bind-interfaces",
                       f"--listen-address={rip(1)}", "--address=/known.example/192.0.2.1",
                       f"--pid-file={folder}/dnsmasq.pid"])
    wait_for(lambda: f"{rip(1)}:53" in good.run("ss -lunH"), "dnsmasq", 30)
    up("DNS_CHECK {\n connect_timeout 2\n type A\n name known.example\n }", port=53)
    proc.send_signal(signal.SIGSTOP)
    goes(False, 60)
    same(server()["checks"][0]["why"], "no answer", "why")
    proc.send_signal(signal.SIGCONT)
    goes(True, 60)
    down("DNS_CHECK {\n connect_timeout 2\n type A\n name unknown.example\n }", "refused", port=53)
    proc.kill()


@case("PING_CHECK: a server that answers no echo")
def _():
    up("PING_CHECK {\n connect_timeout 1\n }")
    good.sysctl(ipv4__icmp_echo_ignore_all=1)
    try:
        goes(False)
    finally:
        good.sysctl(ipv4__icmp_echo_ignore_all=0)
    goes(True)


def start_smtpd():
    os.makedirs(folder + "/mail", exist_ok=True)
    os.chmod(folder + "/mail", 0o777)	# mail is brought by its reader
    with open(folder + "/smtpd.conf", "w", encoding="ascii") as file:
        file.write(f'listen on {rip(1)} port 25\naction "local" maildir "{folder}/mail"\n'
                   'match from any for any action "local"\n')
    proc = good.start(["smtpd", "-d", "-f", folder + "/smtpd.conf"])
    wait_for(lambda: f"{rip(1)}:25" in good.run("ss -ltnH"), "smtpd", 60)
    return proc


@case("SMTP_CHECK: a mail server, and one that is none")
def _():
    proc = start_smtpd()
    try:
        up("SMTP_CHECK {\n connect_timeout 5\n helo_name director.example\n }", port=25)
        down("SMTP_CHECK {\n connect_timeout 1\n connect_port 80\n }", "", port=25)
    finally:
        proc.terminate()
        proc.wait()


def mails():
    """What a real mail server has brought to nobody."""
    texts = []
    for path in glob.glob(folder + "/mail/new/*"):
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    return texts


@case("mail goes to those whom the file names, by a mail server")
def _():
    head = ("global_defs {\n notification_email {\n  nobody@example.org\n }\n notification_email_from dray@example.org\n"
            f" smtp_server {rip(1)} 25\n router_id LAB\n}}\n")
    proc, there = start_smtpd(), Bad(good, rip(1), 8300, bad.nothing)
    try:
        run("TCP_CHECK {\n connect_timeout 1\n connect_port 8300\n }", port=81, head=head)
        there.close()
        wait_for(mails, "a mail", 60)
        wanted = f"Subject: [LAB] Realserver [{rip(1)}]:tcp:81 of virtual server [{VIP}]:tcp:81 - DOWN"
        check(wanted in mails()[0], mails()[0])
        check("To: <nobody@example.org>" in mails()[0], mails()[0])
        there = Bad(good, rip(1), 8300, bad.nothing)
        wait_for(lambda: any("- UP" in mail for mail in mails()), "the mail of its return", 60)
    finally:
        there.close()
        proc.terminate()
        proc.wait()


def script(name, text):
    path = f"{folder}/{name}"
    with open(path, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def misc(path, more="", user="root"):
    return f'MISC_CHECK {{\n misc_path "{path}"\n misc_timeout 2\n user {user}\n{more}\n }}'


@case("MISC_CHECK: exit codes, and a weight that leaves nothing behind")
def _():
    path = script("code", f"exit $(cat {folder}/exit)\n")

    def says(code):
        with open(folder + "/exit", "w", encoding="ascii") as file:
            file.write(str(code))
    says(0)
    up(misc(path))
    says(1)
    goes(False)
    same(server()["checks"][0]["why"], "exited with status 1", "why")
    says(0)
    goes(True)
    for code, weight in ((42, 40), (2, 0), (255, 253), (0, 1)):
        says(code)
        if code == 42:
            run(misc(path, " misc_dynamic"))
        wait_for(lambda wanted=weight: server()["weight"] == wanted, f"weight {weight}", 30)
        check(server()["alive"], "alive")


@case("MISC_CHECK: as an unprivileged user")
def _():
    path = script("who", f"[ $(id -un) = nobody ] && [ ! -w {folder} ]\n")
    up(misc(path, user="nobody"))
    down(misc(path, user="root"), "exited with status 1")


@case("MISC_CHECK: a script that ignores SIGTERM is ended with its children")
def _():
    path = script("stubborn", f"trap '' TERM\nsleep 1000 &\necho $! >{folder}/child\nwhile :; do sleep 1; done\n")
    run(misc(path))
    goes(False)
    check("did not end in 2 s" in server()["checks"][0]["why"], server()["checks"][0]["why"])
    with open(folder + "/child", encoding="ascii") as file:
        child = file.read().strip()

    def gone():
        try:
            with open(f"/proc/{child}/stat", encoding="ascii") as stat:
                return stat.read().split()[2] == "Z"
        except FileNotFoundError:
            return True
    wait_for(gone, "the script's child is gone", 30)
    daemon.kill()


@case("FILE_CHECK: a number in a file is added to the weight, and can be death")
def _():
    path = folder + "/number"

    def says(text):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    says("3\n")
    head = f"track_file f {{\n file {path}\n}}\n"
    run("FILE_CHECK {\n track_file f\n weight 2\n }", head=head, timers="")
    wait_for(lambda: server()["weight"] == 7, "weight 7", 30)
    says("-300\n")
    goes(False)
    says("0\n")
    goes(True)
    same(server()["weight"], 1, "weight")


@case("thirty reloads of changing files while checks of all kinds run")
def _():
    slow = Bad(lab.servers[1], rip(2), 8200, bad.nothing)
    parts = [service([1, 2], checks="TCP_CHECK {\n connect_timeout 1\n }"),
             service([1], checks=http(url(), url("/teapot", "status_code 418"), more=" connect_port 80\n"),
                     vip=f"{VIP} 81", port=81),
             service([2], checks=http(url("/")), vip=f"{VIP} 8200", port=8200),
             service([1], checks="PING_CHECK {\n connect_timeout 1\n }", vip=f"{VIP} 82", port=82),
             service([1], checks="DNS_CHECK {\n connect_timeout 1\n name x.example\n }", vip=f"{VIP} 83", port=83),
             service([1], checks=misc(script("naps", "sleep 0.3\n")), vip=f"{VIP} 84", port=84),
             service([1], checks="SMTP_CHECK {\n connect_timeout 1\n }", vip=f"{VIP} 85", port=85)]
    run("TCP_CHECK {\n connect_timeout 1\n }")
    for turn in range(30):
        chosen = random.sample(parts, random.randrange(1, len(parts) + 1))
        check(daemon.reload("".join(chosen) + f"# {turn}\n"), f"reload {turn}: {daemon.log()[-500:]}")
        same(len(daemon.health()["services"]), len(chosen), "services")
    slow.close()
    same(daemon.stop(), 0, "exit status")


if __name__ == "__main__":
    taptest.main(setup)
