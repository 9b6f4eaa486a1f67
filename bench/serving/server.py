"""Starts a server, waits until it is ready, asks it once, watches its memory, stops it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from measuring import ProgramFailed

from .protocols import Protocol, encode

READY_WITHIN_S = 120
# Between two tries to reach a server that is starting; well below the 1 ms that a start is measured to.
POLL_S = 0.0003
STOP_WITHIN_S = 15
SAMPLE_S = 0.1
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20 if hasattr(os, "sysconf") else None


@dataclass
class Recipe:
    """How to start a server on a port, in which folder, and how to talk to it."""

    command: Callable  # port -> list
    environment: Callable  # port -> dict
    protocol: Protocol
    folder: Path


class Server:
    """A running server; `with` starts it, waits until it is ready, and stops it and all that it started."""

    def __init__(self, recipe):
        self.recipe, self.protocol = recipe, recipe.protocol
        self.port = free_port()

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        command = [str(word) for word in self.recipe.command(self.port)]
        start = time.perf_counter()
        # A session of its own: whatever it starts can be found and stopped together with it.
        self.process = subprocess.Popen(
            command,
            cwd=self.recipe.folder,
            env={**os.environ, **self.recipe.environment(self.port)},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not self._is_ready():
                if self.process.poll() is not None or time.perf_counter() - start > READY_WITHIN_S:
                    raise ProgramFailed(f"{' '.join(command)}\nwas not ready:\n{self._said()}")
                time.sleep(POLL_S)
            self.ready_ms = (time.perf_counter() - start) * 1000
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for kind in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, kind)
            except ProcessLookupError:
                break
            try:
                self.process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                continue
        self.log.close()

    def _is_ready(self):
        request = f"GET {self.protocol.ready} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(request)
                return connection.recv(64).split(b" ")[1:2] == [b"200"]
        except OSError:
            return False

    def _said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-4000:]

    def ask(self, body):
        """Posts one request; returns the answer's bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", self.protocol.post, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise ProgramFailed(f"{self.protocol.post} answered {answer.status}: {content[:500]}\n{self._said()}")
        return content

    def predict(self, workload, rows):
        """Asks about rows; returns a label and the probability of the positive class for each."""
        answer = self.ask(encode(self.protocol.body(workload, rows)))
        return self.protocol.read(workload, json.loads(answer))

    def settle(self):
        """Waits until the memory has stopped growing (a second worker may still be starting); returns it in MB."""
        sizes = []
        for _ in range(100):
            sizes.append(memory_mb(self.process.pid))
            if len(sizes) > 8 and max(sizes[-8:]) - min(sizes[-8:]) < 0.01 * sizes[-1]:
                break
            time.sleep(SAMPLE_S)
        return sizes[-1]


class MemoryWatch(threading.Thread):
    """Samples the memory of a server while its block runs; `peak_mb` is the most that was seen."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.pid, self.peak_mb, self.over = server.process.pid, 0.0, threading.Event()

    def run(self):
        while not self.over.wait(SAMPLE_S):
            self.peak_mb = max(self.peak_mb, memory_mb(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
        self.peak_mb = max(self.peak_mb, memory_mb(self.pid))


def memory_mb(pid):
    """Sums the resident memory of a process and all below it. Pages that several of them share count for each."""
    return sum(pages(process) for process in tree(pid)) * PAGE_MB


def pages(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def tree(pid):
    """Returns a process and all below it."""
    below = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                # The fields after the name in parentheses, which may hold anything.
                parent = int(Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            below.setdefault(parent, []).append(int(name))
    found = [pid]
    for process in found:
        found.extend(below.get(process, []))
    return found


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
