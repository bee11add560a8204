# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that misbehave: what they say is a function of the connection."""

import socket
import threading
import time

OK = b"HTTP/1.0 200 OK\r\n"


class Bad:
    """Says what it wants to whoever connects; self.talk may be changed."""

    def __init__(self, space, address, port, talk):
        self.sock = space.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        self.sock.listen(64)
        self.talk = talk
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(peer,), daemon=True).start()

    def one(self, peer):
        try:
            self.talk(peer)
        except OSError:
            pass
        peer.close()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class BadUdp:
    """Sends, for a datagram, all that self.talk(datagram) gives."""

    def __init__(self, space, address, port, talk):
        self.sock = space.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, port))
        self.sock.settimeout(0.5)
        self.talk, self.enough = talk, False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.enough:
            try:
                data, peer = self.sock.recvfrom(2048)
                for answer in self.talk(data):
                    self.sock.sendto(answer, peer)
            except OSError:
                pass

    def close(self):
        self.enough = True
        self.thread.join()
        self.sock.close()


def http(peer):
    """The one that is as it should be."""
    peer.recv(4096)
    peer.sendall(OK + b"\r\n")


def page(text):
    def talk(peer):
        peer.recv(4096)
        peer.sendall(OK + b"\r\n" + text.encode())
    return talk


def gigabytes(peer):
    peer.sendall(OK + b"\r\n")
    while True:
        peer.sendall(b"x" * 65536)


def drip(peer):
    for byte in OK + b"\r\n" + b"x" * 1000:
        peer.sendall(bytes([byte]))
        time.sleep(1)


def headers(peer):
    peer.sendall(OK)
    while True:
        peer.sendall(b"X-More: and more\r\n" * 100)


def header(peer):
    """One, without an end."""
    peer.sendall(OK + b"X-More: ")
    while True:
        peer.sendall(b"more" * 1000)


def rubbish(peer):
    peer.sendall(bytes(range(256)) * 64)


def rubbish_for_ever(peer):
    while True:
        peer.sendall(bytes(range(256)) * 64)


def nothing(_):
    time.sleep(1000)


def end(_):
    pass


def redirect(peer):
    """To itself."""
    peer.recv(4096)
    peer.sendall(b"HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n")


def smtp(peer):
    """As it should be."""
    peer.sendall(b"220 here\r\n")
    while data := peer.recv(4096):
        peer.sendall(b"221 bye\r\n" if data.startswith(b"QUIT") else b"250 well\r\n")


def greetings(peer):
    """Lines of a greeting without a last one."""
    while True:
        peer.sendall(b"220-and another line\r\n" * 100)


def line(peer):
    peer.sendall(b"220 ")
    while True:
        peer.sendall(b"x" * 4000)


def noops(peer):
    """Well until NOOP, the answer to which does not end."""
    peer.sendall(b"220 here\r\n")
    while not peer.recv(4096).startswith(b"NOOP"):
        peer.sendall(b"250 well\r\n")
    while True:
        peer.sendall(b"250-and another line\r\n" * 100)
