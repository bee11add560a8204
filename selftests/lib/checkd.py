# SPDX-License-Identifier: GPL-2.0-or-later
"""draycheckd in a namespace: started with a file, asked, reloaded, killed."""

import json
import os
import signal
import socket
import tempfile

from lib import netlab, taptest
from lib.netlab import VIP, rip
from lib.taptest import check, wait_for


def service(servers, head="", checks="TCP_CHECK { connect_timeout 1\n retry 1\n delay_before_retry 0.2 }",
            vip=f"{VIP} 80", port=80, each=""):
    """A virtual_server with these servers (numbers or addresses), one check each."""
    text = f"virtual_server {vip} {{\n delay_loop 0.2\n lb_algo rr\n lb_kind DR\n protocol TCP\n{head}\n"
    for server in servers:
        address = rip(server) if isinstance(server, int) else server
        text += f" real_server {address} {port} {{\n  weight 1\n{each}\n  {checks}\n }}\n"
    return text + "}\n"


class Checkd:
    """One daemon; its log is a file that is read on demand."""

    def __init__(self, space, text=None, options=(), log=None):
        self.space = space
        self.folder = tempfile.mkdtemp(prefix="checkd-")
        os.chmod(self.folder, 0o755)
        self.conf = self.folder + "/dray.conf"
        self.socket = self.folder + "/check.sock"
        self.state = self.folder + "/check.json"
        self.log_file = log or self.folder + "/log"
        self.options = list(options)
        self.proc = None
        self.logged = 0
        if text is not None:
            self.write(text)
            self.start()

    def write(self, text):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(text)

    def text(self):
        with open(self.conf, encoding="utf-8") as file:
            return file.read()

    def start(self, ready=True):
        with open(self.log_file, "ab") as log:
            self.proc = self.space.start(["draycheckd", "-n", "-l", "-f", self.conf, "--socket", self.socket,
                                          "--state", self.state, *self.options], stderr=log)
        if ready:
            wait_for(self.answers, "draycheckd answers", 30)
        return self

    def answers(self):
        check(self.proc.poll() is None, f"draycheckd has ended: {self.log()[-1000:]}")
        return os.path.exists(self.socket) and self.health_or_none()

    def health_or_none(self):
        """As drayadm health --json has it; asked here, since to start a program takes longer than all the rest."""
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(30 * taptest.SLOWER)
                sock.connect(self.socket)
                sock.sendall(b'{"command": "health"}\n')
                return json.loads(b"".join(iter(lambda: sock.recv(1 << 16), b"")))["data"]
        except (OSError, ValueError):
            return None

    def health(self):
        found = self.health_or_none()
        check(found, "draycheckd gives no health")
        return found

    def servers(self, number=0):
        """{address: what is said of it} of one service."""
        return {s["address"]: s for s in self.health()["services"][number]["servers"]}

    def all_ran(self):
        return all(c["state"] not in ("not yet", "failing") for v in self.health()["services"] for s in v["servers"]
                   for c in s["checks"])

    def settled(self):
        wait_for(self.all_ran, "every check has run", 30)
        return self

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def new_log(self):
        """What was logged since the last call."""
        text = self.log()
        fresh, self.logged = text[self.logged:], len(text)
        return fresh

    def says(self, text, seconds=30):
        wait_for(lambda: text in self.log(), f"log: {text}", seconds)

    def reload(self, text):
        """Until the file is judged; whether it was taken."""
        before = self.log().count("Reloading")
        self.write(text)
        self.proc.send_signal(signal.SIGHUP)

        def judged():
            rest = self.log().split("Reloading")
            return len(rest) == before + 2 and (" checks of " in rest[-1] or "is kept" in rest[-1])
        wait_for(judged, "reload", 30)
        return "is kept" not in self.log().split("Reloading")[-1]

    def kill(self):
        self.proc.kill()
        self.proc.wait()

    def stop(self):
        self.proc.terminate()
        return self.proc.wait(timeout=60)


def fresh(lab, before, text, **kw):
    """Another daemon with this file, on an empty table, all of whose checks have run; the one before is killed."""
    if before and before.proc.poll() is None:
        before.kill()
    lab.clear()
    return Checkd(lab.director, text, **kw).settled()


def curl(lab, n=6):
    """Who answers n requests, each in a connection of its own."""
    words = ["curl"]
    for _ in range(n):
        words += ["-sS", "--max-time", "20", "-H", "Connection: close", f"http://{VIP}/", "--next"]
    return lab.client.run(words[:-1], check_status=False).split()


def table(lab):
    """The director's table, as save writes it, without its comments."""
    return [line for line in lab.adm("save -n").splitlines() if line.startswith("-")]


def state_of(lab, address):
    """up, drain, down, or None of what is not there."""
    for line in table(lab):
        if line.startswith("-a") and f"-r {address}" in line:
            return line.split("--state ")[1].split()[0] if "--state" in line else "up"
    return None


def wait_state(lab, address, state, seconds=60):
    wait_for(lambda: state_of(lab, address) == state, f"{address} is {state} in the table", seconds, 0.1)


def unload(module="dray"):
    netlab.run(["modprobe", "-r", module])


def load(module="dray"):
    netlab.run(["modprobe", module])
