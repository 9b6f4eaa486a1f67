"""Changes the champion every second while requests are served: none may fail, and none may wait for long."""

import json
import threading
import time

from . import project
from .load import put_under_load
from .protocols import encode

EVERY_S = 1.0
LOOK_EVERY_S = 0.05


def measure(server, workload, unseat, folder, versions, requests, seconds, connections):
    """Returns the figures of steady load, and of the same load while the champion changes."""
    steady = put_under_load(server, requests, seconds, connections)
    with Changes(server, workload, unseat, folder, versions) as changes:
        changing = put_under_load(server, requests, seconds, connections)
    return {
        "steady": steady,
        "changing": changing,
        "changes": changes.made,
        "changes_seen": changes.seen,
        "longest_until_seen_ms": max(changes.until_seen_ms, default=None),
    }


class Changes:
    """While its block runs: rolls back and promotes in turns, and asks the server which version answers."""

    def __init__(self, server, workload, unseat, folder, versions):
        self.server, self.unseat, self.folder, self.versions = server, unseat, folder, versions
        self.body = encode(server.protocol.body(workload, workload.requests("1 row")[0]))
        self.made, self.seen, self.until_seen_ms = 0, 0, []
        self.over, self.failure = threading.Event(), None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.thread.join()
        if self.failure and kind is None:
            raise self.failure

    def _run(self):
        try:
            while not self.over.wait(EVERY_S):
                self._change()
            # The second version is champion before and after, so that every round begins alike.
            if self.made % 2:
                self._change()
        except Exception as failure:
            self.failure = failure

    def _change(self):
        first, second = self.versions
        back = self.made % 2 == 0
        command = ["rollback"] if back else ["promote", str(second)]
        project.run(self.unseat, self.folder, *command, "--json")
        self.made += 1
        self._wait_for(first if back else second)

    def _wait_for(self, version):
        start = time.perf_counter()
        while time.perf_counter() - start < EVERY_S:
            if str(json.loads(self.server.ask(self.body))["version"]) == str(version):
                self.seen += 1
                self.until_seen_ms.append((time.perf_counter() - start) * 1000)
                return
            time.sleep(LOOK_EVERY_S)
