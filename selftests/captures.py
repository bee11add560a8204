#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
"""The recordings of ipvsadm 1.31 in captures/, replayed with drayadm as ipvsadm.

Every recorded command is run again in the recorded order; output and exit status
must be the recorded ones to the byte, or those that ipvsadm-differences.txt puts
in their place. Each command is a case, each difference that no longer occurs a
failed one. With --self-check the real ipvsadm is run on IPVS, and nothing may
differ: that proves the recordings, and this file.

The recordings are lines. "@ network NAME" begins anew in a fresh network, "$" is
a command, followed by its input ("<", and "<-" for a line without end), its output
and "[rc=STATUS]"; "!" is traffic of the client's and what came of it; "~" says
what of the original recording is left out, and why; "#" is a heading.
"""

import ctypes
import difflib
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import time

from lib import netlab, taptest

HERE = pathlib.Path(__file__).resolve().parent
SELF_CHECK = "--self-check" in sys.argv
VIP, VIP6, CLIENT, CLIENT6 = "192.168.0.200", "2001:db8::200", "192.168.0.50", "2001:db8::50"
NAMES = {"localhost": "127.0.0.1", "www.vip.example": "10.9.9.9"}
HTTP = b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nI-am-%s\n"


# ---- recordings and differences as data

class Step:
    """A command or an action with what was recorded of it."""

    def __init__(self, where, kind, text):
        self.where, self.kind, self.text = where, kind, text
        self.stdin, self.output, self.status = "", [], 0


def read_recording(path):
    steps, step = [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if step and step.kind == "$":
            if line.startswith("[rc="):
                step.status, step = int(line[4:-1]), None
            elif line.startswith("<") and not step.output:
                step.stdin += line[3:] if line.startswith("<-") else line[2:] + "\n"
            else:
                step.output.append(line)
        elif line[:2] in ("$ ", "! ", "@ ", "~ "):
            step = Step(f"{path.stem}:{number}", line[0], line[2:])
            steps.append(step)
        elif line and not line.startswith("#"):
            step.output.append(line)
    return steps


class Difference:
    """A record of ipvsadm-differences.txt; its head says what the fields mean."""

    def __init__(self, number, fields):
        self.number, self.fields, self.used = number, fields, False
        self.command = fields["command"][0]
        self.recorded = fields.get("recorded", [])
        self.ours = fields.get("ours", [])
        taptest.check(fields.get("reason"), f"line {number}: no reason")

    def fits(self, step):
        rc, stdin = self.fields.get("recorded-rc"), self.fields.get("input")
        return (re.fullmatch(pattern(self.command), step.text) and (not rc or int(rc[0]) == step.status)
                and (not stdin or stdin[0] in step.stdin.splitlines()))

    def apply(self, lines):
        """The lines with every occurrence replaced, or None if there is none."""
        if not self.recorded:
            return lines + self.ours
        if self.recorded == ["*"]:
            return list(self.ours) if lines else None
        out, at, found = [], 0, False
        wanted = re.compile("\n".join(map(pattern, self.recorded)))
        while at < len(lines):
            match = wanted.fullmatch("\n".join(lines[at:at + len(self.recorded)]))
            if match:
                out += self._filled(match.groups())
                at += len(self.recorded)
                found = True
            else:
                out.append(lines[at])
                at += 1
        return out if found else None

    def _filled(self, texts):
        """Our lines, their stars filled in order with what the recorded stars were."""
        left = list(texts)
        return [re.sub(r"\*", lambda star: left.pop(0) if left else star[0], line) for line in self.ours]


def read_differences(path):
    found, fields, begin = [], {}, 0
    for number, line in enumerate(path.read_text().splitlines() + [""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            key, _, value = line.partition(":")
            begin = begin if fields else number
            fields.setdefault(key, []).append(value[1:])
        elif fields:
            found.append(Difference(begin, fields))
            fields = {}
    return found


def pattern(line):
    return re.escape(line).replace(r"\*", "(.*)")


# ---- what two runs cannot have in common

def number_mask(match):
    return "N".rjust(len(match[0])) if match[0].strip() != "0" else match[0]


def any_number_mask(match):
    return "N".rjust(len(match[0]))


def comparable(command, lines):
    """The lines without times left, packet counts, rates and hash order.

    Nor, with the real ipvsadm, with the order of a long listing: its comparison of
    addresses overflows, and what comes of that depends on the hash order.
    """
    if SELF_CHECK and len(lines) > 15 and re.match(r"ipvsadm -[LRS]", command):
        lines = sorted(lines)
    if "--nosort" in command:
        return sorted(lines)
    if re.search(r" -[Ll]n?cn?( |$)", command):
        masked = [re.sub(r"^(\S+ +)\d+:\d\d ", r"\1MM:SS ", line) for line in lines]
        return masked[:2] + sorted(masked[2:])
    columns = re.compile(r"((?: +\d+){5})$")
    if "--stats" in command:
        return [columns.sub(lambda m: re.sub(r"(?<=\d) +\d+", number_mask, m[0]), line) for line in lines]
    if "--rate" in command:
        return [columns.sub(lambda m: re.sub(r" +\d+", any_number_mask, m[0]), line) for line in lines]
    return lines


def agree(expected, got):
    """Line by line; a star of a difference's own stands for any text."""
    if expected == ["*"]:
        return bool(got)
    return len(expected) == len(got) and all(
        want == line or ("*" in want and re.fullmatch(pattern(want), line))
        for want, line in zip(expected, got))


# ---- the networks they were recorded in

class Network:
    """One fresh namespace with d0, or a director on a bridge with its hosts."""

    def __init__(self):
        self.spaces, self.sockets = [], []
        self.asked = float("inf")
        self.director = self.space("director")

    def set_up(self, name):
        if name == "balanced":
            self.balanced()
        else:
            self.director.ip("link add d0 type dummy", "addr add 192.168.10.254/24 dev d0", "addr add 192.168.0.119/24 dev d0",
                             "addr add 10.9.9.9/32 dev d0", "addr add 2001:db8:1::254/64 dev d0 nodad",
                             "link set d0 up")

    def space(self, name):
        space = netlab.Namespace(name)
        space.sysctl(ipv6__conf__default__accept_dad=0, ipv6__conf__default__router_solicitations=0)
        self.spaces.append(space)
        return space

    def balanced(self):
        self.director.ip("link add br0 type bridge mcast_snooping 0 forward_delay 0", "link set br0 up")
        self.director.ip("addr add 192.168.0.119/24 dev br0", f"addr add {VIP}/32 dev br0",
                         "addr add 2001:db8::119/64 dev br0 nodad",
                         f"addr add {VIP6}/128 dev br0 nodad preferred_lft 0")
        self.client = self.host("client", 50)
        for address in ("2001:db8::119", "192.168.0.119"):
            self.resolve(self.client, address)
        for number in (1, 2):
            server = self.host(f"rs{number}", 120 + number)
            netlab.Lab.give_vip_to_server(server, VIP, VIP6)
            for space, addresses in ((server, ("2001:db8::50", "192.168.0.50")),
                                     (self.director, (f"2001:db8::{120 + number}", f"192.168.0.{120 + number}"))):
                for address in addresses:
                    self.resolve(space, address)
            for family, address in ((socket.AF_INET, VIP), (socket.AF_INET6, VIP6)):
                self.serve(server, family, address, 80, HTTP % f"rs{number}".encode())
                self.serve(server, family, address, 5000, None)

    def host(self, name, number):
        space = self.space(name)
        self.director.ip(f"link add p{number} type veth peer name eth0 netns {space.name}",
                         f"link set p{number} master br0 up")
        space.ip(f"addr add 192.168.0.{number}/24 dev eth0", f"addr add 2001:db8::{number}/64 dev eth0 nodad",
                 "link set eth0 up")
        return space

    @staticmethod
    def resolve(space, address):
        """A neighbour that is looked for in the middle makes segments late.

        Not by ping: its time stamps make the kernel patch its receive path, and an
        emulated machine with two processors has been seen to trip over that.
        """
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with space.socket(family, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", (address, 9))
        taptest.wait_for(lambda: "lladdr" in space.run(f"ip neigh show to {address}"), f"neighbour {address}")

    def serve(self, server, family, address, port, answer):
        listener = server.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
        self.sockets.append(listener)
        threading.Thread(target=self.loop, args=(listener, answer), daemon=True).start()

    def loop(self, listener, answer):
        while True:
            try:
                sock, _ = listener.accept()
                if answer:
                    sock.recv(1000)
                    sock.sendall(answer)
                    sock.close()
                else:
                    self.sockets.append(sock)
            except OSError:
                return

    def connect(self, vip, source, port):
        family = socket.AF_INET6 if ":" in vip else socket.AF_INET
        sock = self.client.socket(family, socket.SOCK_STREAM)
        sock.settimeout(10 * taptest.SLOWER)
        sock.bind(source)
        sock.connect((vip, port))
        return sock

    def get(self, vip, source):
        """What the server says, or what nc said where the recording used it."""
        try:
            sock = self.connect(vip, source, 80)
        except ConnectionRefusedError:
            return [f"can't connect to remote host ({vip}): Connection refused"]
        except OSError as error:
            return [str(error)]
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while more := sock.recv(4096):
            answer += more
        sock.close()
        return answer.decode().splitlines()[-1:]

    def act(self, action):
        verb, *words = action.split()
        if verb == "get":
            self.asked = time.monotonic()
            return self.get(VIP, (CLIENT, int(words[0])))
        if verb == "get6":
            return self.get(VIP6, (CLIENT6, int(words[0])))
        if verb == "hold":
            self.sockets.append(self.connect(VIP, (CLIENT, int(words[0])), 5000))
        if verb == "counted" and SELF_CHECK:
            # IPVS adds up what its listing shows every two seconds.
            time.sleep(3)
        return []

    def delete(self):
        for sock in self.sockets:
            sock.close()
        for space in reversed(self.spaces):
            space.delete()


# ---- the replay

class Replay:
    """The cases, in order; they share the network that the last "@" made."""

    def __init__(self):
        self.network = None
        self.differences = [] if SELF_CHECK else read_differences(HERE / "ipvsadm-differences.txt")
        self.folder = tempfile.TemporaryDirectory()

    def surroundings(self):
        """Names and services as when it was recorded, for this process only."""
        tool, module = ("ipvsadm", "ip_vs") if SELF_CHECK else ("drayadm", "dray")
        netlab.MODULE, netlab.ADM = module, tool
        netlab.module_setup()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x00020000):
            raise OSError(ctypes.get_errno(), "unshare")
        netlab.run("mount --make-rprivate /")
        folder = pathlib.Path(self.folder.name)
        (folder / "hosts").write_text("".join(f"{address} {name}\n" for name, address in NAMES.items()))
        (folder / "resolv.conf").write_text("")
        for name in ("hosts", "resolv.conf"):
            netlab.run(f"mount --bind {folder / name} /etc/{name}")
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        real = subprocess.run(["sh", "-c", f"command -v {tool}"], stdout=subprocess.PIPE, check=True, text=True)
        (bin_folder / "ipvsadm").symlink_to(real.stdout.strip())
        os.environ["PATH"] = f"{bin_folder}:{os.environ['PATH']}"
        os.environ["LC_ALL"] = "C"
        taptest.cleanup(self.end)

    def begin(self, name):
        self.end()
        self.network = Network()
        self.network.set_up(name)

    def end(self):
        if self.network:
            self.network.delete()
        self.network = None

    def run(self, step):
        taptest.check(self.network, "there is no network")
        with self.network.director:
            done = subprocess.run(shlex.split(step.text), input=step.stdin.encode(), check=False, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout.decode(errors="replace").splitlines(), done.returncode

    def expected(self, step):
        lines, status = step.output, step.status
        for difference in self.differences:
            changed = difference.apply(lines) if difference.fits(step) else None
            if changed is not None:
                difference.used = True
                lines = changed
                status = int(difference.fields.get("rc", [status])[0])
        return lines, status

    def command(self, step):
        want, status = self.expected(step)
        got, rc = self.run(step)
        want, got = comparable(step.text, want), comparable(step.text, got)
        if not agree(want, got):
            # The recorded service has -p 5, and these list persistent clients.
            late = not SELF_CHECK and time.monotonic() - self.network.asked > 4.5
            if late and re.search(r"--persistent-conn| -Ln?c", step.text):
                raise taptest.Skip("it took so long here that the client is forgotten")
            for line in difflib.unified_diff(want, got, "wanted", "got", lineterm="", n=1):
                taptest.note(line)
            raise taptest.Failed("the output differs")
        taptest.same(rc, status, "exit status")

    def action(self, step):
        taptest.check(self.network, "there is no network")
        taptest.same(self.network.act(step.text), self.expected(step)[0], step.text)

    def left_out(self, step):
        raise taptest.Skip(step.text.split(": ", 1)[1])

    def cases(self):
        for path in sorted((HERE / "captures").glob("*.txt")):
            for step in read_recording(path):
                kind = {"$": self.command, "!": self.action, "@": lambda s: self.begin(s.text.split()[1]),
                        "~": self.left_out}[step.kind]
                text = step.text.split(": ")[0] if step.kind == "~" else step.text
                yield f"{step.where} {text}", lambda kind=kind, step=step: kind(step)
        for difference in self.differences:
            yield (f"difference of line {difference.number} occurs: {difference.command}",
                   lambda d=difference: taptest.check(d.used, "it does not: take it out"))


def main():
    if SELF_CHECK:
        sys.argv.remove("--self-check")
    replay = Replay()
    for name, function in replay.cases():
        taptest.add_case(name.replace("#", "No."), function)
    taptest.main(replay.surroundings)


if __name__ == "__main__":
    main()
