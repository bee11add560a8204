# SPDX-License-Identifier: GPL-2.0-or-later
"""Many established TCP connections that carry data as long as they live.

Echo answers on servers. Talks are a client's connections: each says a byte and
waits for its answer, again and again. A connection that is reset or closed is
broken for good; one that is only held up goes on when its packets do.
"""

import contextlib
import resource
import selectors
import socket
import threading
import time


# Both ends of each connection are here.
FILES = 16384


def many_files():
    hard = max(FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))


def _family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Echo:
    """Sends back what it gets, on each of some hosts."""

    def __init__(self, hosts, address, port):
        many_files()
        self.selector = selectors.DefaultSelector()
        for host in hosts:
            sock = host.socket(_family(address), socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, port))
            sock.listen(1024)
            self.selector.register(sock, selectors.EVENT_READ, self._accept)
        threading.Thread(target=self._loop, daemon=True).start()

    def _accept(self, listener):
        conn, _ = listener.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(conn, selectors.EVENT_READ, self._answer)

    def _answer(self, conn):
        try:
            data = conn.recv(4096)
            conn.sendall(data)
        except OSError:
            data = b""
        if not data:
            self.selector.unregister(conn)
            conn.close()

    def _loop(self):
        while True:
            for key, _ in self.selector.select():
                key.data(key.fileobj)


class Talks:
    """So many connections from one host; each says a byte every so many seconds."""

    def __init__(self, client, address, port, count, every=0.5):
        self.every, self.broken, self.answers = every, [], {}
        self.ended = False
        for _ in range(count):
            sock = client.socket(_family(address), socket.SOCK_STREAM)
            sock.settimeout(20)
            sock.connect((address, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setblocking(False)
            self.answers[sock] = 0
        threading.Thread(target=self._loop, daemon=True).start()

    def _say(self, waiting, selector):
        for sock in self.answers.keys() - waiting:
            with self._breaks(sock, selector):
                sock.send(b".")
                waiting.add(sock)

    @contextlib.contextmanager
    def _breaks(self, sock, selector):
        try:
            yield
        except BlockingIOError:
            pass
        except OSError as error:
            self.broken.append(type(error).__name__)
            selector.unregister(sock)
            self.answers.pop(sock)

    def _hear(self, waiting, selector, until):
        while (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                with self._breaks(key.fileobj, selector):
                    if not key.fileobj.recv(100):
                        raise ConnectionError("closed")
                    self.answers[key.fileobj] += 1
                    waiting.discard(key.fileobj)

    def _loop(self):
        waiting = set()
        with selectors.DefaultSelector() as selector:
            for sock in self.answers:
                selector.register(sock, selectors.EVENT_READ)
            while not self.ended:
                self._say(waiting, selector)
                self._hear(waiting, selector, time.monotonic() + self.every)
        for sock in self.answers:
            sock.close()

    def alive(self):
        return len(self.answers)

    def least(self):
        """How many answers the one has had that has had the fewest."""
        return min(self.answers.values(), default=0)

    def stuck(self, since):
        """How many have had no answer since answers was like that."""
        return sum(count <= since.get(sock, 0) for sock, count in self.answers.items())

    def end(self):
        self.ended = True
