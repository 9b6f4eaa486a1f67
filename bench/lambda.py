"""What an invocation on AWS Lambda costs: a runtime interface hands out events, one after the other, and clocks the answers.

Own time is from the last byte of the event to the first of its answer, so it includes a connection of the machine itself, as there.
Start is from the process to its first question for an event.

    python bench/lambda.py --unseat target/release/unseat --bundle production_deployment
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import time

ROW = {"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}


def event(rows):
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/prediction",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "example"},
        "requestContext": {"stage": "$default", "http": {"method": "POST", "sourceIp": "127.0.0.1"}},
        "body": json.dumps({"rows": [ROW] * rows}),
        "isBase64Encoded": False,
    }


class Connection:
    def __init__(self, listener):
        self.socket, _ = listener.accept()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.kept = b""

    def request(self):
        """Head, body, and when its first bytes came."""
        at = None
        while b"\r\n\r\n" not in self.kept:
            piece = self.socket.recv(1 << 16)
            at = at or time.perf_counter()
            if not piece:
                raise EOFError
            self.kept += piece
        head, self.kept = self.kept.split(b"\r\n\r\n", 1)
        lines = head.decode().lower().split("\r\n")
        length = next((int(it.split(":")[1]) for it in lines if it.startswith("content-length:")), 0)
        while len(self.kept) < length:
            self.kept += self.socket.recv(1 << 20)
        body, self.kept = self.kept[:length], self.kept[length:]
        return lines[0], body, at

    def answer(self, text, body=b""):
        self.socket.sendall(f"HTTP/1.1 {text}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def measure(arguments, rows):
    listener = socket.create_server(("127.0.0.1", 0))
    address = "127.0.0.1:%d" % listener.getsockname()[1]
    began = time.perf_counter()
    command = [arguments.unseat, "serve", "--bundle", arguments.bundle, "--insecure"]
    environment = {**os.environ, "AWS_LAMBDA_RUNTIME_API": address}
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        connection = Connection(listener)
        connection.request()
        start = time.perf_counter() - began
        body = json.dumps(event(rows)).encode()
        times = []
        for count in range(arguments.invocations):
            connection.answer(f"200 OK\r\nLambda-Runtime-Aws-Request-Id: {count}\r\nLambda-Runtime-Deadline-Ms: 9999999999999", body)
            asked = time.perf_counter()
            line, said, at = connection.request()
            times.append((at or time.perf_counter()) - asked)
            assert "/response " in line and json.loads(said)["statusCode"] == 200, (line, said[:200])
            connection.answer("202 Accepted")
            connection.request()
    finally:
        child.terminate()
        child.wait()
    first, warm = times[0], sorted(times[1:])
    return {
        "rows": rows,
        "start_ms": round(start * 1e3, 1),
        "first_ms": round(first * 1e3, 2),
        "p50_ms": round(statistics.median(warm) * 1e3, 3),
        "p99_ms": round(warm[int(len(warm) * 0.99)] * 1e3, 3),
        "max_ms": round(warm[-1] * 1e3, 3),
        "invocations": len(times),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseat", required=True)
    parser.add_argument("--bundle", required=True)
    parser.add_argument("--invocations", type=int, default=2000)
    arguments = parser.parse_args()
    for rows in (1, 100):
        print(json.dumps(measure(arguments, rows)))


if __name__ == "__main__":
    main()
