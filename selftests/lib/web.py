# SPDX-License-Identifier: GPL-2.0-or-later
"""Web servers for tests, real nginx, which can be made to fail; and who asks them.

A Web answers with its name. Requests asks all the time and remembers when a request
that was lost began; Curls counts what curl says of very many.
"""

import collections
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
    its certificate is read for each handshake, and can go.
    """

    def __init__(self, space, name):
        self.space, self.name, self.proc = space, name, None
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
                root {self.folder};
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
            sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
            data = b""
            while part := sock.recv(4096):
                data += part
                sock.settimeout(max(0.001, end - time.monotonic()))
            sock.close()
        if b" 200 OK" not in data or len(data) < PAGE_SIZE:
            raise OSError("another answer")

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


class Curls(threading.Thread):
    """curl, eight requests at a time, each in a connection of its own, until told to stop."""

    BATCH = 100

    def __init__(self, space):
        super().__init__(daemon=True)
        self.space, self.enough, self.said = space, False, collections.Counter()
        self.start()

    def run(self):
        while not self.enough:
            text = self.space.run(["curl", "-sS", "--no-progress-meter", "--parallel", "--parallel-immediate", "--parallel-max", "8",
                                   "--max-time", str(30 * taptest.SLOWER), "-H", "Connection: close",
                                   "-w", "status %{exitcode} %{http_code}\n", f"http://{VIP}/?[1-{self.BATCH}]"],
                                  check_status=False, timeout=600)
            self.said.update(line.strip() for line in text.splitlines())

    @property
    def done(self):
        return sum(count for line, count in self.said.items() if line.startswith("status "))

    def by(self, name):
        """How many a server has answered."""
        return self.said[name]

    def lost(self):
        return self.done - self.said["status 0 200"]

    def complaints(self):
        """What is neither an answer nor a status."""
        return {line: count for line, count in self.said.items() if line and not line.startswith("rs")
                and line != "status 0 200"}

    def end(self):
        self.enough = True
        self.join()
        return self
