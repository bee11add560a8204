#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
"""drayvrrpd: who is master, who has the address, and what happens when one goes.

    a .11 (priority 200) --+-- br --+-- client .50
    b .12 (priority 100) --+        +-- the sniffer of lib/vrrp.py

Order and outcome are judged here, by waiting for conditions; how long a failover
takes is measured elsewhere. Adverts are every 100 ms unless it says otherwise.
"""

import os
import re
import signal
import socket
import struct
import subprocess
import time

from lib import netlab, taptest, vrrp
from lib.netlab import VIP
from lib.taptest import Skip, case, check, holds, same, wait_for
from lib.vrrp import instance

lab = None
module = False


def setup():
    global lab, module
    vrrp.need()
    if taptest.FLAVOUR:
        netlab.module_setup()
        module = True
    lab = vrrp.VrrpLab()


def pair(more_a="", more_b="", before="", **kw):
    """Both started, a master, b backup."""
    lab.settle()
    lab.a.start(before, instance(200, more=more_a, **kw))
    lab.b.start(before, instance(100, more=more_b, **kw))
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")
    wait_for(lambda: lab.owners() == ["a"], "only a has the address")


def moved(to, by):
    """The address goes to one director and to no other."""
    lab.directors[to].becomes("MASTER")
    wait_for(lambda: lab.owners() == [to], f"only {to} has the address after {by}: {lab.owners()}")


def arp_answers(vip=VIP):
    return vrrp.arp_answers(lab.client, vip)


@case("the better of two becomes master, adds the address and announces it")
def elected():
    pair()
    check(lab.a.instance()["gratuitous"] > 0, "no gratuitous ARP was sent")
    same(lab.a.instance()["addresses"], [VIP], "addresses in the status")
    check(f"{VIP}/16" in lab.a.space.run("ip addr show dev eth0"), "the prefix is not the file's")
    holds(lambda: lab.owners() == ["a"], "the address stays where it is")


@case("only the master answers ARP for the address")
def one_answers():
    mac = ":".join(f"{byte:02x}" for byte in lab.a.space.mac())
    same(arp_answers(), {mac}, "who answers")


@case("adverts have TTL 255, the class of internetwork control, and go to the group")
def adverts():
    lab.sniffer.forget()
    frame = wait_for(lab.sniffer.adverts, "an advert")[0][4]
    same(frame[:6].hex(), "01005e000012", "destination MAC")
    same((frame[15], frame[22], frame[23]), (0xc0, 255, 112), "TOS, TTL, protocol")
    same(frame[30:34], b"\xe0\0\0\x12", "destination")


@case("a backup says that it lives far less often than a master adverts")
def hello():
    pair()
    wait_for(lambda: lab.b.address in [p["address"] for p in lab.a.instance()["peers"]], "a knows b")
    lab.sniffer.forget()
    frames = []
    wait_for(lambda: frames.extend(lab.sniffer.frames()) or len([f for f in frames if is_hello(f[1])]) > 2, "three of them")
    adverts = len([f for f in frames if vrrp.parse_advert(f)])
    check(adverts > 10, f"{adverts} adverts while b said it three times")


def is_hello(frame):
    return frame[12:14] == b"\x08\0" and frame[23] == 17 and frame[36:38] == (8112).to_bytes(2, "big")


@case("a polite stop: one advert of priority 0, the other has the address")
def polite():
    pair()
    lab.sniffer.forget()
    lab.a.stop()
    moved("b", "SIGTERM")
    resigns = [a for a in lab.sniffer.adverts() if a[3] == 0]
    same([(a[1], a[3]) for a in resigns], [(lab.a.address, 0)], "resignations")


@case("the better one comes back: it has the address again")
def comes_back():
    lab.a.start()
    moved("a", "return")
    lab.b.becomes("BACKUP")


@case("the backup stops: nobody resigns, nothing moves")
def backup_stops():
    pair()
    lab.sniffer.forget()
    lab.b.stop()
    check(not [a for a in lab.sniffer.adverts() if a[3] == 0], "a backup has resigned")
    same(lab.owners(), ["a"], "owners")


@case("power off: the other takes over")
def power_off():
    pair()
    lab.a.power_off()
    lab.b.becomes("MASTER")
    check(lab.b.has(), "b has not the address")
    lab.a.power_on()


@case("SIGKILL of the worker: the next one goes on, nothing moves, adverts go on")
def worker_killed():
    # An interval that another process can be started in on any machine.
    pair(advert=1)
    lab.sniffer.forget()
    old = lab.a.worker()
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: lab.a.pids().get("drayvrrpd-vrrp", [old]) != [old], "another worker")
    lab.a.becomes("MASTER")
    holds(lambda: lab.owners() == ["a"], "the address stays", seconds=1.5)
    same(lab.b.state(), "BACKUP", "state of b")
    same([a for a in lab.sniffer.adverts() if a[1] != lab.a.address or a[3] != 200], [], "other adverts")
    same(lab.a.instance()["transitions"][-1]["reason"], "restarted in time as the master", "reason")


@case("the supervisor is killed, and the worker a moment later: it has not resigned, as it had no time to let go")
def orphan_killed():
    pair(advert=1)
    worker = lab.a.worker()
    lab.sniffer.forget()
    began = time.monotonic()
    lab.a.signal(signal.SIGKILL)
    time.sleep(0.03)
    os.kill(worker, signal.SIGKILL)
    took = time.monotonic() - began
    lab.b.becomes("MASTER")
    resigned = [advert for advert in lab.sniffer.adverts() if advert[3] == 0]
    # It does after 0.2 s, in which a slow host may have done nothing.
    check(took > 0.15 or not resigned, f"killed after {took:.3f} s it had resigned")
    lab.a.everyone(signal.SIGKILL)


@case("who sends adverts and who replaces it have real-time priority, and none of the others")
def priorities():
    pair()
    found = {name: os.sched_getscheduler(pid) for name, pids in lab.a.pids().items() for pid in pids}
    same(found.pop("drayvrrpd"), os.SCHED_RR, "the supervisor")
    same(found.pop("drayvrrpd-vrrp"), os.SCHED_RR, "the worker")
    check("drayvrrpd-run" in found, f"others: {found}")
    same(set(found.values()), {os.SCHED_OTHER}, f"the others, {found}")


@case("the worker's memory is locked, all of it")
def locked():
    pair()
    with open(f"/proc/{lab.a.worker()}/smaps", encoding="ascii") as file:
        found = re.findall(r"^[0-9a-f]+-\S+(.*)\n(?:\w+: .*\n)*?Rss: +(\d+) kB\n(?:\w+: .*\n)*?VmFlags:(.*)$", file.read(), re.M)
    # The kernel's own are [vdso] and the like.
    loose = [name.split()[-1] for name, pages, flags in found if int(pages) and " lo" not in flags and "[v" not in name]
    check(found and not loose, f"not locked: {loose}")


@case("a worker that cannot be kept running: the supervisor resigns and takes the address away")
def worker_dies_again_and_again():
    # An interval that ten of them can be started in on any machine.
    pair(advert=1)
    lab.sniffer.forget()
    end = time.monotonic() + 60 * taptest.SLOWER
    while lab.a.proc.poll() is None and time.monotonic() < end:
        for pid in lab.a.pids().get("drayvrrpd-vrrp", []):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    check(lab.a.ended(), "exit status 0")
    moved("b", "resignation")
    check([a for a in lab.sniffer.adverts() if a[3] == 0], "nobody has resigned")


@case("SIGKILL of the supervisor: the worker stops politely, the other takes over")
def supervisor_killed():
    pair()
    lab.sniffer.forget()
    lab.a.signal(signal.SIGKILL)
    moved("b", "SIGKILL of the supervisor")
    check([a for a in lab.sniffer.adverts() if a[3] == 0], "nobody has resigned")
    wait_for(lambda: not lab.a.pids(), "all of it has ended")
    lab.a.ended()


@case("a second daemon with the same folder is refused, and disturbs nothing")
def second_daemon():
    pair()
    with lab.a.space:
        done = subprocess.run(lab.a.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    same(done.returncode, 3, "exit status")
    check("another drayvrrpd" in done.stdout, f"it says: {done.stdout}")
    same((lab.a.state(), lab.owners()), ("MASTER", ["a"]), "state and owners")


@case("a hung worker is replaced")
def worker_hangs():
    pair()
    old = lab.a.worker()
    os.kill(old, signal.SIGSTOP)
    wait_for(lambda: lab.a.pids().get("drayvrrpd-vrrp", [old]) != [old], "another worker", 20)
    moved("a", "a hang")


@case("a director started again after SIGKILL of all of it owns what it left, or lets go")
def leftovers():
    pair()
    lab.a.kill()
    lab.b.becomes("MASTER")
    check(lab.a.has(), "the kernel has removed the address by itself")
    lab.a.start()
    moved("a", "restart")


@case("an address that something removes is put back at once, and announced")
def put_back():
    pair()
    before = lab.a.instance()["gratuitous"]
    lab.a.space.ip(f"addr del {VIP}/16 dev eth0")
    wait_for(lambda: lab.a.has(), "the address is back")
    wait_for(lambda: lab.a.instance()["gratuitous"] > before, "it is announced")
    same(lab.a.instance()["put_back"], 1, "counted")
    same(lab.b.state(), "BACKUP", "state of b")


@case("an address that cannot be held: it resigns")
def cannot_hold():
    for _ in range(200):
        if lab.b.state() == "MASTER":
            break
        lab.a.space.ip(f"addr del {VIP}/16 dev eth0", check_status=False)
        time.sleep(0.02)
    lab.b.becomes("MASTER")
    check("cannot be" in lab.a.said() or "removed by something" in lab.a.said(), "nothing is said")


@case("while another holds the kernel's lock of all network settings, adverts go on")
def lock_held():
    # The lock is one for the whole kernel: it is held in a kernel of our own only.
    if not taptest.FLAVOUR:
        raise Skip("only in the laboratory")
    seen = []
    lab.settle()
    lab.b.start(instance(100))
    lab.b.becomes("MASTER")
    lab.a.start(instance(90))
    lab.a.becomes("BACKUP")
    batch = os.path.join(lab.a.folder, "batch")
    with open(batch, "w", encoding="ascii") as file:
        file.writelines(f"link add busy{n} group 77 type dummy\n" for n in range(1500))
    lab.client.run(["ip", "-batch", batch])
    started = time.monotonic()
    with lab.client.start(["ip", "link", "del", "group", "77"]) as busy:
        time.sleep(0.1)
        # what would take it off the link waits for the lock, too
        lab.b.kill()
        lab.sniffer.forget()
        wait_for(lambda: seen.extend(a for a in lab.sniffer.adverts() if a[1] == lab.a.address) or len(seen) > 4,
                 "five adverts")
        over = busy.poll() is not None or lab.a.has()
        busy.wait()
    taptest.note(f"the lock was held for up to {time.monotonic() - started:.2f} s")
    lab.b.power_on()
    moved("a", "the lock")
    if over:
        raise Skip("the lock was not held for long enough")


@case("the interface goes down: FAULT, the other takes over; it comes back: master again")
def link_down():
    pair()
    lab.a.space.ip("link set eth0 down")
    lab.a.becomes("FAULT")
    moved("b", "link down")
    lab.a.space.ip("link set eth0 up")
    moved("a", "link up")


@case("an interface that is not there yet: FAULT until it comes")
def no_interface():
    lab.settle()
    lab.a.start(instance(200).replace("interface eth0", "interface vr0"))
    lab.a.becomes("FAULT")
    lab.a.space.ip("link add vr0 type veth peer name vr1", "link set vr1 up", "addr add 10.77.0.1/24 dev vr0", "link set vr0 up")
    lab.a.becomes("MASTER")
    lab.a.space.ip("link del vr0")
    lab.a.becomes("FAULT")


@case("IPv6: elected, and moved")
def ipv6():
    kw = {"vips": ("fe80::200/64", netlab.VIP6 + "/64")}
    lab.settle()
    lab.a.start(instance(200, **kw))
    lab.b.start(instance(100, **kw))
    lab.a.becomes("MASTER")
    wait_for(lambda: lab.owners(netlab.VIP6) == ["a"], "a has the address")
    check("tentative" not in lab.a.space.run("ip -6 addr show dev eth0"), "duplicates are looked for")
    lab.a.stop()
    lab.b.becomes("MASTER")
    wait_for(lambda: lab.owners(netlab.VIP6) == ["b"], "b has the address")


@case("unicast: elected, and moved; nothing goes to the group")
def unicast():
    def conf(priority, me, peer):
        return instance(priority, more=f"unicast_src_ip {me.address}\n    unicast_peer {{\n        {peer.address}\n    }}")
    lab.settle()
    lab.a.start(conf(200, lab.a, lab.b))
    lab.b.start(conf(100, lab.b, lab.a))
    lab.a.becomes("MASTER")
    lab.b.becomes("BACKUP")
    holds(lambda: lab.owners() == ["a"], "only a has the address")
    check(not [a for a in lab.sniffer.adverts() if a[4][30:34] == b"\xe0\0\0\x12"], "multicast adverts")
    lab.a.stop()
    moved("b", "SIGTERM")


def link_mac(director, device):
    words = director.space.run(f"ip link show dev {device}", check_status=False).split()
    return words[words.index("link/ether") + 1] if "link/ether" in words else None


@case("v3_checksum_as_v2: sent without a pseudo-header, and taken by one that sends with it")
def plain_checksum():
    pair(more_a="v3_checksum_as_v2")
    wait_for(lambda: [p["checksum"] for p in lab.b.instance()["peers"]] == ["plain"], "what b hears")


@case("use_vmac: the virtual MAC address is the master's, on an interface that is down elsewhere")
def virtual_mac():
    pair(more_a="use_vmac", more_b="use_vmac")
    same([link_mac(d, "vrrp.51") for d in (lab.a, lab.b)], ["00:00:5e:00:01:33"] * 2, "MAC addresses")
    check(VIP in lab.a.space.run("ip addr show dev vrrp.51"), "the address is elsewhere")
    check("state DOWN" in lab.b.space.run("ip link show dev vrrp.51"), "the backup's is up")
    lab.sniffer.forget()
    frame = wait_for(lab.sniffer.adverts, "an advert")[0][4]
    same(frame[6:12].hex(), "00005e000133", "source MAC of adverts")
    lab.a.stop()
    moved("b", "SIGTERM")
    check("vrrp.51" not in lab.a.space.run("ip link"), "the interface stays")
    lab.a.start()
    moved("a", "return")


@case("57: a wrong password changes a counter and nothing else, and is one line in the log")
def wrong_password():
    lab.settle()
    auth = "authentication {{\n        auth_type PASS\n        auth_pass {}\n    }}"
    lab.a.start(instance(200, version=2, advert=1, more=auth.format("1111")))
    lab.a.becomes("MASTER")
    mark = len(lab.a.said())
    lab.b.start(instance(250, version=2, advert=1, more=auth.format("2222")))
    lab.b.becomes("MASTER")
    wait_for(lambda: lab.a.instance()["rejected"]["auth"] > 3, "a counts what it ignores")
    same(lab.a.state(), "MASTER", "state of a")
    same(lab.a.said()[mark:].count("password is not ours"), 1, "lines in the log")


def advert_v2(priority, password, vip=VIP, interval=1):
    """A version 2 advert as a peer with this password would send it."""
    def build(checksum):
        return struct.pack("!BBBBBBH4s8s", 0x21, 51, priority, 1, 1, interval, checksum, socket.inet_aton(vip), password)
    return build(internet_sum(build(0)))


def internet_sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def group_socket(space):
    """Sends to VRRP's group as a neighbour does."""
    sock = space.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    return sock


@case("wrong passwords make the master send no advert more and none less")
def wrong_passwords():
    auth = "authentication {\n        auth_type PASS\n        auth_pass 1111\n    }"
    pair(version=2, advert=1, more_a=auth, more_b=auth)
    sock, bad = group_socket(lab.client), advert_v2(250, b"2222\0\0\0\0")
    marks = {d: len(d.said()) for d in (lab.a, lab.b)}
    before, began, sent = lab.a.instance()["counters"]["sent"], time.monotonic(), 0
    while time.monotonic() - began < 6:
        sock.sendto(bad, ("224.0.0.18", 0))
        sent += 1
        time.sleep(0.2)
    adverts, took = lab.a.instance()["counters"]["sent"] - before, time.monotonic() - began
    check(took - 2 < adverts < took + 2, f"{adverts} adverts in {took:.1f} s")
    for director, state in (lab.a, "MASTER"), (lab.b, "BACKUP"):
        same(director.state(), state, f"state of {director.name}")
        wait_for(lambda d=director: d.instance()["rejected"]["auth"] == sent, "each is counted")
        same(director.said()[marks[director]:].count("password is not ours"), 1, "lines in the log")


@case("a flood of packets of every bad kind: counted, said once, nothing moves, and adverts are heard in it")
def flood():
    pair()
    good = [a for a in wait_for(lab.sniffer.adverts, "an advert") if a[1] == lab.a.address][0][4][34:]
    bad = {"version": b"\x41" + good[1:], "type": b"\x32" + good[1:], "length": good[:3] + b"\x02" + good[4:],
           "checksum": good[:6] + b"\xde\xad" + good[8:], "truncated": good[:5]}
    sock, each = group_socket(lab.client), 200000 if taptest.FULL else 1000
    marks = {d: len(d.said()) for d in (lab.a, lab.b)}
    moves = [len(d.instance()["transitions"]) for d in (lab.a, lab.b)]
    heard = lab.b.instance()["counters"]["received"]
    for packet in bad.values():
        for _ in range(each):
            try:
                sock.sendto(packet, ("224.0.0.18", 0))
            except OSError:
                pass
    for director in lab.a, lab.b:
        # Not all of it has been read yet.
        wait_for(lambda d=director: all(d.instance()["rejected"][kind] for kind in bad), f"{director.name} counts each kind", 30)
    # A fast host has sent all of it between two adverts.
    wait_for(lambda: lab.b.instance()["counters"]["received"] > heard, "an advert is heard")
    same([d.state() for d in (lab.a, lab.b)], ["MASTER", "BACKUP"], "states")
    same([len(d.instance()["transitions"]) for d in (lab.a, lab.b)], moves, "transitions")
    same([d.said()[marks[d]:].count("ignored") for d in (lab.a, lab.b)], [len(bad)] * 2, "lines in the log")


@case("promote_secondaries: an address of the same network outlives the one before it")
def promote_secondaries():
    kw = {"vips": ("10.44.0.1/24",), "more": "promote_secondaries"}
    lab.settle()
    lab.a.space.run("sysctl -qw net.ipv4.conf.eth0.promote_secondaries=0 net.ipv4.conf.all.promote_secondaries=0")
    lab.a.start(instance(200, **kw))
    wait_for(lambda: lab.a.has("10.44.0.1"), "the address")
    lab.a.space.ip("addr add 10.44.0.2/24 dev eth0")
    lab.a.stop()
    check(not lab.a.has("10.44.0.1"), "it stays")
    check(lab.a.has("10.44.0.2"), "the other one has gone with it")
    lab.a.space.ip("addr del 10.44.0.2/24 dev eth0")


@case("reload: nothing changed, nothing moves, adverts go on")
def reload_same():
    pair()
    lab.sniffer.forget()
    for _ in range(5):
        count = lab.a.status()["workers_started"]
        lab.a.signal(signal.SIGHUP)
        wait_for(lambda before=count: lab.a.status()["workers_started"] > before, "a new worker")
        lab.a.becomes("MASTER")
    same(lab.owners(), ["a"], "owners")
    same([a for a in lab.sniffer.adverts() if a[1] != lab.a.address or a[3] != 200], [], "other adverts")


@case("reload: another priority, an address more, an address less: the same master")
def reload_changes():
    more = "10.9.0.201/16"
    lab.a.reload(instance(210, vips=(VIP + "/16", more)))
    wait_for(lambda: lab.a.has(more[:-3]), "the new address")
    wait_for(lambda: lab.a.instance()["priority"]["effective"] == 210, "the new priority")
    lab.a.reload(instance(210, vips=(VIP + "/16",)))
    wait_for(lambda: not lab.a.has(more[:-3]), "the address is gone")
    same((lab.a.state(), lab.b.state(), lab.owners()), ("MASTER", "BACKUP", ["a"]), "states and owners")


@case("reload: another advert_int, by which the peers do not wait yet: the same master, whatever the time")
def reload_interval():
    pair(advert=1)
    lab.sniffer.forget()
    for advert in 0.1, 1, 0.1, 1:
        count = lab.a.status()["workers_started"]
        lab.a.reload(instance(200, advert=advert))
        wait_for(lambda before=count: lab.a.status()["workers_started"] > before, "a new worker")
        lab.a.becomes("MASTER")
        same(lab.a.instance()["transitions"][-1]["reason"], "restarted in time as the master", f"reason, to {advert} s")
        # somewhere in the interval
        time.sleep(0.7)
    same((lab.b.state(), lab.owners()), ("BACKUP", ["a"]), "the other, and owners")
    same([a for a in lab.sniffer.adverts() if a[1] != lab.a.address or a[3] != 200], [], "other adverts")


@case("reload of a backup: told to nobody, and no takeover is put off by it")
def reload_backup():
    pair()
    lab.a.power_off()

    def reads_again():
        lab.b.signal(signal.SIGHUP)
        return lab.b.state() == "MASTER"
    wait_for(reads_again, "it takes over, though it reads its file again and again", every=0.05)


@case("reload: a group that is master goes on unheard, and a member that comes later does not end it")
def reload_group():
    log = os.path.join(lab.a.folder, "group")
    program = lab.a.script("group-notify", f'echo "$*" >>{log}')
    members = "VI_1", "VI_2", "VI_3"
    # The third has no result for a while, and is nothing until then.
    slow = ("global_defs {\n    script_user root\n}\n"
            'vrrp_script slow {\n    script "/bin/sleep 2"\n    interval 10\n    timeout 9\n    weight -10\n}\n')

    def conf(n):
        names = "\n        ".join(members[:n])
        tracks = "track_script {\n        slow\n    }"
        return [slow, f'vrrp_sync_group G {{\n    group {{\n        {names}\n    }}\n    notify_master "{program} group"\n}}\n',
                *[instance(200, name=name, vrid=51 + i, vips=(f"10.9.0.{200 + i}/16",), more=tracks * (i == 2))
                  for i, name in enumerate(members[:n])]]
    lab.settle()
    lab.a.start(*conf(2))
    wait_for(lambda: os.path.exists(log), "the group is master, and told")
    lab.a.reload(*conf(3))
    lab.a.becomes("MASTER", name="VI_3")
    check(not [t for t in lab.a.instance()["transitions"] if t["to"] == "BACKUP"][1:], "the group went down")
    with open(log, encoding="ascii") as file:
        same(file.read(), "group\n", "what was told")


@case("static addresses are there from start to stop")
def static():
    lab.settle()
    address = "10.77.0.9"
    lab.a.start("static_ipaddress {\n    %s/24 dev eth0\n}\n" % address, instance(200))
    lab.a.becomes("MASTER")
    check(lab.a.has(address), "it is not there")
    lab.a.stop()
    check(not lab.a.has(address), "it stays")


@case("reload: a virtual router that is gone resigns, and its address goes")
def reload_gone():
    pair()
    lab.a.reload(instance(200, vrid=52, vips=("10.9.0.202/16",)))
    moved("b", "reload")


@case("started with errors: said with file and line, and what is good works")
def started_with_error():
    lab.settle()
    lab.a.start("vvrp_script x {\n}\n", instance(200))
    lab.a.becomes("MASTER")
    check(f"{lab.a.conf}:1" in lab.a.said(), "file and line are not said")


@case("a sync group moves together")
def sync_group():
    lab.settle()
    group = "vrrp_sync_group G {\n    group {\n        VI_1\n        VI_2\n    }\n}\n"
    second = {"name": "VI_2", "vrid": 52, "vips": ("10.9.0.202/16",)}
    lab.a.start(group, instance(200), instance(200, **second).replace("interface eth0", "interface vr1"))
    lab.b.start(group, instance(100), instance(100, **second))
    moved("b", "a fault of one of the group")
    same(lab.a.state(), "FAULT", "state of the other member")


def vip_role(director):
    words = director.space.run([netlab.ADM, "vip"]).split()
    return words[words.index(VIP) + 1].rstrip(",") if VIP in words else None


def vip_line(director, vip=VIP):
    """What drayadm vip says of an address."""
    lines = [line.split(None, 1) for line in director.space.run([netlab.ADM, "vip"]).splitlines()]
    return next((text for address, text in (line for line in lines if len(line) == 2) if address == vip), "")


def need_module():
    if not module:
        raise Skip("needs the module")


@case("the module's role is active only on the master, standby on the other")
def roles():
    need_module()
    pair()
    wait_for(lambda: (vip_role(lab.a), vip_role(lab.b)) == ("active", "standby"), "roles")
    lab.a.stop()
    moved("b", "SIGTERM")
    wait_for(lambda: (vip_role(lab.a), vip_role(lab.b)) == (None, "active"), "roles after the move")


@case("the role of an address that a reload takes away goes with it")
def role_reloaded():
    need_module()
    pair()
    more = "10.9.0.203"
    lab.a.reload(instance(200, vips=(VIP + "/16", more + "/16")))
    wait_for(lambda: vip_line(lab.a, more).startswith("active"), "a role of the new address")
    lab.a.reload(instance(200))
    wait_for(lambda: not vip_line(lab.a, more), "no role of the address that is gone")
    check(vip_line(lab.a).startswith("active"), "the other address's role")


@case("on a backup, too, the role of an address that a reload takes away goes")
def role_reloaded_backup():
    need_module()
    more = "10.9.0.203"
    pair(vips=(VIP + "/16", more + "/16"))
    wait_for(lambda: vip_line(lab.b, more).startswith("standby"), "a role of the second address")
    lab.b.reload(instance(100))
    wait_for(lambda: not vip_line(lab.b, more), "no role of the address that is gone")
    check(vip_line(lab.b).startswith("standby"), "the other address's role")


@case("every master has a lease, since a backup may say nothing, and knows the other's MAC address once it is heard")
def lease_armed():
    need_module()
    lab.settle()
    lab.a.start(instance(200))
    lab.a.becomes("MASTER")
    wait_for(lambda: vip_line(lab.a).startswith("active, lease ends"), "a lease while alone")
    same(lab.a.instance()["lease_ms"], 500, "its length")
    lab.b.start(instance(100))
    mac = ":".join(f"{byte:02x}" for byte in lab.b.space.mac())
    wait_for(lambda: mac in lab.a.space.run([netlab.ADM, "vip"]).lower(), "the peer's MAC address")


@case("SIGKILL of all of a director that never heard another: its address lets go")
def killed_alone():
    need_module()
    lab.settle()
    lab.a.start(instance(200))
    wait_for(lambda: vip_line(lab.a).startswith("active, lease ends"), "a lease")
    lab.a.kill()
    wait_for(lambda: "run out" in vip_line(lab.a), "the lease has run out")
    same(arp_answers(), set(), "who answers")


@case("a director that hangs has let go when the other has taken over")
def hangs():
    need_module()
    pair()
    wait_for(lambda: lab.a.instance()["lease_ms"], "a lease")
    wait_for(lambda: "lease ends" in lab.a.space.run([netlab.ADM, "vip"]), "in the kernel")
    lab.a.everyone(signal.SIGSTOP)
    wait_for(lambda: lab.b.has(), "b takes over")
    wait_for(lambda: "run out" in lab.a.space.run([netlab.ADM, "vip"]), "the lease has run out")
    mac = ":".join(f"{byte:02x}" for byte in lab.b.space.mac())
    same(arp_answers(), {mac}, "who answers while a hangs")
    lab.a.everyone(signal.SIGCONT)
    moved("a", "waking up")
    wait_for(lambda: vip_line(lab.a).startswith("active, lease ends"), "a forwards again")


@case("SIGKILL of everything: the other has the address alone within the lease")
def killed_outright():
    need_module()
    pair()
    wait_for(lambda: "lease ends" in lab.a.space.run([netlab.ADM, "vip"]), "in the kernel")
    lab.a.kill()
    lab.b.becomes("MASTER")
    wait_for(lambda: "run out" in lab.a.space.run([netlab.ADM, "vip"]), "the lease has run out")
    mac = ":".join(f"{byte:02x}" for byte in lab.b.space.mac())
    same(arp_answers(), {mac}, "who answers")


@case("without dray.ko it is said, and everything else works")
def without_module():
    if module:
        raise Skip("the module is loaded: the other cases have it")
    pair()
    check("dray.ko is not loaded" in lab.a.said(), "not said")
    same(lab.a.status()["module"], False, "in the status")


taptest.main(setup)
