# SPDX-License-Identifier: GPL-2.0-or-later
"""Web servers for tests, real nginx, which can be made to fail; and who asks them.

A Web answers with its name. Requests asks all the time and remembers when a request
that was lost began; a Crowd makes very many.
"""

import collections
import contextlib
import mmap
import os
import signal
import socket
import ssl
import tempfile
import threading
import time

from lib import taptest
from lib.netlab import VIP, run
from lib.taptest import wait_for

PAGE_SIZE = 2000
SLOW = 400	# bytes a second: a page takes longer than anybody waits


class Web:
    """nginx of one server, by HTTP and HTTPS. The files broken and slow are switches;
    its certificate is read for each handshake, and can go. more: lines for its server.
    """

    def __init__(self, space, name, more=""):
        self.space, self.name, self.more, self.proc = space, name, more, None
        self.folder = tempfile.mkdtemp(prefix="web-")
        os.chmod(self.folder, 0o755)
        self.certificate = self.folder + "/web.example.pem"
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", self.folder + "/key", "-out", self.certificate, "-subj", "/CN=web.example"])
        with open(self.folder + "/index.html", "w", encoding="ascii") as file:
            file.write(f"{name}\n".ljust(PAGE_SIZE))
        with open(self.folder + "/conf", "w", encoding="ascii") as file:
            file.write(self.configuration())
        self.start()

    def configuration(self):
        return f"""daemon off; master_process off; error_log stderr crit; pid {self.folder}/pid;
            events {{ worker_connections 1024; }}
            http {{ access_log off; client_body_temp_path {self.folder}/body; keepalive_timeout 0;
            server {{
                listen 80 backlog=1024;
                listen 443 ssl backlog=1024;
                ssl_certificate {self.folder}/$ssl_server_name.pem;
                ssl_certificate_key {self.folder}/key;
                root {self.folder}; {self.more}
                if (-f {self.folder}/broken) {{ return 503; }}
                if (-f {self.folder}/slow) {{ set $limit_rate {SLOW}; }} }} }}"""

    def start(self):
        # what it complains of is the test's doing
        self.proc = self.space.start(["nginx", "-p", self.folder, "-c", self.folder + "/conf"],
                                     stderr=open(self.folder + "/errors", "ab"))
        wait_for(lambda: self.space.run("ss -ltnpH sport = :80").count("nginx"), f"nginx in {self.name}", 30)

    def end(self, number=signal.SIGKILL):
        """SIGQUIT: after all requests are answered."""
        self.proc.send_signal(number)
        self.proc.wait(120)

    def signal(self, number):
        self.proc.send_signal(number)

    def switch(self, name, on):
        path = f"{self.folder}/{name}"
        if on:
            open(path, "wb").close()
        else:
            os.unlink(path)

    def lose_certificate(self):
        os.rename(self.certificate, self.certificate + ".away")

    def find_certificate(self):
        os.rename(self.certificate + ".away", self.certificate)


def fetch(sock, patience):
    """A page, whole, within so many seconds; the name of the server that gave it. The socket is closed."""
    end = time.monotonic() + patience
    with sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        data = b""
        while part := sock.recv(4096):
            data += part
            sock.settimeout(max(0.001, end - time.monotonic()))
    head, _, body = data.partition(b"\r\n\r\n")
    if b" 200 OK" not in head or len(body) != PAGE_SIZE:
        raise OSError(f"another answer: {data[:60]}")
    return body.split()[0].decode()


class Requests:
    """A few clients in threads, each with one request after the other, each request in a connection of its own."""

    PAUSE = 0.02

    def __init__(self, space, port=80, clients=4, patience=5):
        self.space, self.port, self.patience = space, port, patience * taptest.SLOWER
        self.good, self.lost, self.enough = 0, [], False
        self.lock = threading.Lock()
        self.tls = ssl.create_default_context()
        self.tls.check_hostname, self.tls.verify_mode = False, ssl.CERT_NONE
        self.threads = [threading.Thread(target=self.loop, daemon=True) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def one(self):
        with self.space.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            end = time.monotonic() + self.patience
            sock.settimeout(self.patience)
            sock.connect((VIP, self.port))
            if self.port == 443:
                sock = self.tls.wrap_socket(sock, server_hostname="web.example")
            fetch(sock, end - time.monotonic())

    def loop(self):
        while not self.enough:
            begin = time.monotonic()
            try:
                self.one()
            except OSError as error:
                with self.lock:
                    self.lost.append((begin, repr(error)))
            else:
                with self.lock:
                    self.good += 1
            time.sleep(self.PAUSE)

    def go_on(self, more, seconds=60):
        """Until so many more are answered."""
        least = self.good + more
        wait_for(lambda: self.good >= least, f"{more} more requests are answered", seconds)

    def end(self):
        self.enough = True
        for thread in self.threads:
            thread.join()
        return self


class Crowd:
    """Processes, each with one request after the other, each request in a connection of its own, until told to
    stop. They count in memory that is shared, each in a row of its own, so that 100,000 are no matter.
    """

    CLIENTS = 4
    BATCH = 100	# when there are so many more, all of them have begun another one
    FIELDS = ("done", "rs1", "rs2", "lost")

    def __init__(self, space, port=80):
        self.space, self.port = space, port
        self.memory = mmap.mmap(-1, 8 * (1 + len(self.FIELDS) * self.CLIENTS))
        self.cells = memoryview(self.memory).cast("Q")
        self.said, said = os.pipe()
        self.children = [self.child(n, said) for n in range(self.CLIENTS)]
        os.close(said)
        taptest.cleanup(self.end)

    def child(self, number, said):
        test = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        os.set_blocking(said, False)
        row = self.cells[1 + len(self.FIELDS) * number:][:len(self.FIELDS)]
        # Whatever happens, no second copy of the test goes on.
        try:
            with self.space:
                while not self.cells[0] and os.getppid() == test:
                    self.count(row, said)
        finally:
            os._exit(0)

    def count(self, row, said):
        try:
            name = fetch(socket.create_connection((VIP, self.port), 30 * taptest.SLOWER), 30 * taptest.SLOWER)
            row[self.FIELDS.index(name)] += 1
        except (OSError, ValueError) as error:
            row[self.FIELDS.index("lost")] += 1
            with contextlib.suppress(BlockingIOError):
                os.write(said, (repr(error) + "\n").encode())
        row[0] += 1

    def by(self, field):
        """How many a server has answered; how many are done, or lost."""
        return sum(self.cells[1 + self.FIELDS.index(field)::len(self.FIELDS)])

    @property
    def done(self):
        return self.by("done")

    def complaints(self):
        """Why those were lost that were."""
        with open(self.said, encoding="utf-8", closefd=False) as file:
            return collections.Counter(file.read().splitlines())

    def end(self):
        self.cells[0] = 1
        while self.children:
            os.waitpid(self.children.pop(), 0)
        return self
