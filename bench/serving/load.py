"""Sends requests with `wrk` for some seconds and says what came back."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from measuring import ProgramFailed

from .protocols import encode
from .server import MemoryWatch

SCRIPT = Path(__file__).resolve().parent / "post.lua"
# A slow peer may take long for a request; only what never comes is an error.
TIMEOUT_S = 30


def need_wrk():
    if not shutil.which("wrk"):
        sys.exit("error: the load generator `wrk` is not installed; on Debian: apt-get install wrk")


def write_requests(workload, scenario, protocol, path):
    """Writes the requests of a scenario in a server's form."""
    return write_bodies([encode(protocol.body(workload, rows)) for rows in workload.requests(scenario)], path)


def write_bodies(bodies, path):
    """Writes bodies as `post.lua` reads them."""
    path.write_bytes(b"".join(b"%d\n%b" % (len(body), body) for body in bodies))
    return path


def put_under_load(server, requests, seconds, connections):
    """Returns the figures of `seconds` of load: requests a second, latency, failures, the peak of the memory."""
    with MemoryWatch(server) as memory:
        figures = wrk(server, requests, seconds, connections)
    return {**figures, "peak_mb": memory.peak_mb}


def wrk(server, requests, seconds, connections, path=None, headers=()):
    """Each connection sends its next request when the answer to the last one has come, and is kept.

    `headers`: the content type, and what is accepted, where that is not JSON."""
    url = f"http://127.0.0.1:{server.port}{path or server.protocol.post}"
    options = ["-t", "1", "-c", connections, "-d", f"{seconds}s", "--timeout", f"{TIMEOUT_S}s", "-s", SCRIPT]
    command = ["wrk", *map(str, options), url, "--", str(requests), *headers]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise ProgramFailed(f"{' '.join(command)}\nleft with {done.returncode}:\n{done.stdout}{done.stderr}")
    figures = json.loads(lines[-1])
    return {**figures, "requests_s": figures["requests"] / figures["seconds"]}
