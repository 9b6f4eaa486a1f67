"""Holds the build that only serves (`--no-default-features --features serve`) against the full program.

    python tests/serve/serve_only.py FULL SMALL

FULL is the full program, SMALL the other. FULL trains models of several kinds in a temporary folder; both serve each bundle, and
every answer must be the same to the byte: status, content type, body, `X-Model…`. Then SMALL says what it leaves out, answers an event
of AWS Lambda, and rejects a bundle that needs more than it has. Needs nothing but Python.
"""

import hashlib
import http.client
import http.server
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from serve_only_models import MODELS, csv_of, make, rows_of, run

JSON, CSV, NDJSON = "application/json", "text/csv", "application/x-ndjson"
ARROW = "application/vnd.apache.arrow.stream"
# What differs by process or build, not by what is answered.
OWN = {"/metrics", "/openapi.json", "/diagnostics", "/diagnose", "/docs"}
# Where the full program shows pages, and the other says that it has none.
PAGES = ("/ui",)

# Ids of requests: time, instance and count in hexadecimal digits, also at the end of a text of Arrow.
UNIQUE = re.compile(rb"1[0-9a-f]{24}(?![0-9a-f])")


def without_ids(body):
    return UNIQUE.sub(b"1" + b"0" * 24, body)


failures = []


def check(what, is_so, said=""):
    if not is_so:
        failures.append(what)
        print(f"FAILED {what}\n{said}".rstrip())


# Requests


class Server:
    def __init__(self, program, *flags):
        self.process = subprocess.Popen(
            [program, "serve", *map(str, flags), "--listen", "127.0.0.1:0", "--json", "--quiet"],
            stdout=subprocess.PIPE,
            text=True,
        )
        said = json.loads(self.process.stdout.readline())
        if "listening" not in said:
            sys.exit(f"{program} does not serve: {said}")
        self.address, self.ready_ms = urllib.parse.urlparse(said["listening"]).netloc, said["ready_ms"]

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        kept = ("content-type", "x-model", "x-model-version", "allow", "location", "www-authenticate", "retry-after")
        found = {name.lower(): value for name, value in answer.getheaders() if name.lower() in kept}
        done = (answer.status, found, without_ids(answer.read()))
        connection.close()
        return done

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def requests(name):
    """Method, path, body, headers: the forms of requests for predictions, and what is asked of a server besides."""
    columns, _, _ = MODELS[name]
    rows = [{column: row[column] for column in columns} for row in rows_of(60, 3)]
    odd = [dict(rows[0]), dict(rows[1]), dict(rows[2])]
    odd[0][columns[0]], odd[1]["surplus"] = "what?", 1
    odd[2].pop(columns[-1])
    kind = {"content-type": JSON}

    def post(path, value, accept=None):
        return "POST", path, json.dumps(value), {**kind, **({"accept": accept} if accept else {})}

    yield post("/prediction", {"rows": rows})
    yield post("/prediction", {"rows": rows[:1], "probabilities": True, "explain": True})
    yield post("/prediction", {"rows": rows[:3], "top_n": 2})
    yield post("/prediction", {"rows": rows[:5], "threshold": 0.9})
    yield post("/prediction", {"rows": rows[:2], "flips": True})
    yield post("/prediction", {"rows": rows * 30})
    yield post("/prediction", {"rows": rows}, ARROW)
    yield post("/prediction", {"rows": odd})
    yield post("/prediction", {"tables": {"x": rows[:1]}})
    yield post("/prediction", {"rows": rows[:1], "version": 7})
    yield post("/prediction", {"rows": rows[:1], "model": "none"})
    yield "POST", "/prediction", "{", kind
    yield "POST", "/prediction", "x", {"content-type": "text/x"}
    yield "POST", "/prediction", csv_of(rows, columns), {"content-type": CSV}
    yield "POST", "/prediction?probabilities=true", csv_of(rows, columns), {"content-type": CSV}
    yield "POST", "/prediction", "".join(json.dumps(row) + "\n" for row in rows), {"content-type": NDJSON}
    yield "GET", "/prediction?" + urllib.parse.urlencode({k: "" if v is None else v for k, v in rows[0].items()}), None, None
    yield post("/invocations", {"dataframe_records": rows})
    yield post("/invocations", {"dataframe_split": {"columns": columns, "data": [[r[c] for c in columns] for r in rows]}})
    yield "POST", "/invocations", csv_of(rows, columns), {"content-type": CSV}
    yield post(f"/v1/models/{name}:predict", {"instances": rows})
    kinds = {"age": "INT64", "income": "FP64", "member": "BOOL"}
    whole = [{**row, "income": row.get("income") or 1.5, "shop": row.get("shop") or "north"} for row in rows]
    tensors = [
        {"name": c, "datatype": kinds.get(c, "BYTES"), "shape": [len(rows)], "data": [row[c] for row in whole]}
        for c in columns
    ]
    yield post(f"/v2/models/{name}/infer", {"inputs": tensors})
    yield post(f"/v2/models/{name}/versions/1/infer", {"id": "a", "inputs": tensors})
    yield post("/predict", rows[0])
    yield post("/v1/predict", {"id": 7, **rows[0]})
    yield post("/score", {"data": rows})
    yield post("/v2/repository/index", {"ready": True})
    yield post(f"/v2/repository/models/{name}/load", {})
    for path in ("/livez", "/readyz", "/readyz?verbose", "/healthz", "/health", "/ping", "/version", "/champion/healthcheck"):
        yield "GET", path, None, None
    yield "GET", "/", None, {"accept": JSON}
    yield "HEAD", "/prediction", None, None
    yield "DELETE", "/prediction", None, None
    yield "GET", "/nothing/here", None, None


def paths(document, name):
    """Every documented path that can be asked without a body."""
    for path, item in document["paths"].items():
        for method in item:
            filled = path.replace("{model}", name).replace("{version}", "1").replace("{run}", "latest")
            filled = filled.replace("{file}", "score.json").replace("{job}", "x").replace("{action}", "run")
            yield method.upper(), filled


def compared(full, small, name):
    n = 0
    for method, path, body, headers in requests(name):
        one, other = full.ask(method, path, body, headers), small.ask(method, path, body, headers)
        check(f"{name}: {method} {path} {str(body)[:80]}", one == other, f"full  {one}\nsmall {other}")
        n += 1
    # An Arrow stream as a body: that of an answer, whose columns the model does not have.
    rows = json.dumps({"rows": [{c: row[c] for c in MODELS[name][0]} for row in rows_of(3, 3)]})
    stream = full.ask("POST", "/prediction", rows, {"content-type": JSON, "accept": ARROW})[2]
    one, other = (server.ask("POST", "/prediction", stream, {"content-type": ARROW}) for server in (full, small))
    check(f"{name}: an Arrow stream", one == other and one[0] == 422 and b"prediction" in one[2], f"full  {one}\nsmall {other}")
    document = json.loads(full.ask("GET", "/openapi.json")[2])
    own = json.loads(small.ask("GET", "/openapi.json")[2])
    check(f"{name}: the document", "post" in own["paths"]["/prediction"] and "/runs" not in own["paths"])
    check(f"{name}: the schemas of rows", own["paths"]["/prediction"] == document["paths"]["/prediction"])
    for method, path in paths(document, name):
        if path in OWN or path.startswith(PAGES) or path.startswith("/docs"):
            continue
        if method not in ("GET", "POST", "DELETE"):
            continue
        body, headers = ("{}", {"content-type": JSON}) if method == "POST" else (None, {"accept": JSON})
        one, other = full.ask(method, path, body, headers), small.ask(method, path, body, headers)
        # The full program looks at the body before it says that there is no project.
        is_rejected = method == "POST" and other[0] == 409 and one[0] == 400
        check(f"{name}: {method} {path}", one == other or is_rejected, f"full  {one}\nsmall {other}")
        n += 1
    one, other = (json.loads(it.ask("GET", "/diagnostics")[2]) for it in (full, small))
    check(f"{name}: GET /diagnostics", one == other, f"{one}\n{other}")
    metrics = [set(line.split(" ")[2] for line in it.ask("GET", "/metrics")[2].decode().splitlines() if line.startswith("# TYPE")) for it in (full, small)]
    check(f"{name}: the metrics", metrics[0] == metrics[1], f"{metrics[0] ^ metrics[1]}")
    status, _, said = small.ask("GET", "/ui")
    check(f"{name}: pages", status == 404 and b"no pages" in said, said)
    return n


# What is left out, tokens, Lambda


def left_out(small, folder):
    for flags in (["run"], ["up", "--listen", "127.0.0.1:0"], ["-C", folder, "status", "--json"]):
        done = run(small, *flags, code=2)
        said = done.stdout + done.stderr
        check(f"small {flags}", "only serves" in said and "cargo build --release" in said, said)
    said = run(small, "--help").stdout
    named = [line.split()[0] for line in said.splitlines() if line.startswith("  ") and line[2:3].isalpha()]
    check("small --help", named == ["serve", "ready", "token", "help"], said)
    check("small --version", "serves only" in run(small, "--version").stdout)
    said = run(small, "serve", code=2).stderr
    check("small serve without a bundle", "--bundle" in said, said)
    said = run(small, "nonsense", code=2).stderr
    check("an unknown command", "unrecognized" in said and "only serves" not in said, said)


def related(small, bundle, folder):
    """A bundle of related tables is rejected when it is loaded, in words."""
    text = (bundle / "trainedmodel.json").read_text(encoding="utf-8")
    begin = text.index('"bundle":') + len('"bundle":')
    inner = text[begin : text.rstrip().rindex("}")]
    plan = {"settings": {"base": "a", "key": "id", "tables": {}}, "tables": {}}
    inner = inner.replace("{", '{"related":' + json.dumps(plan) + ",", 1)
    sha256 = hashlib.sha256(inner.encode()).hexdigest()
    changed = re.sub(r'"sha256":"[0-9a-f]*"', f'"sha256":"{sha256}"', text[:begin]) + inner + "}"
    file = pathlib.Path(folder, "related.json")
    file.write_text(changed, encoding="utf-8")
    done = run(small, "serve", "--bundle", file, "--listen", "127.0.0.1:0", code=None)
    said = done.stdout + done.stderr
    check("a bundle of related tables", done.returncode != 0 and "related tables" in said and "full program" in said, said)


def tokens(full, small, bundle):
    made = json.loads(run(small, "token", "me", "predict", "--json").stdout)
    os.environ["UNSEAT_SERVER__TOKENS"] = json.dumps([made["entry"]])
    servers = [Server(program, "--bundle", bundle) for program in (full, small)]
    del os.environ["UNSEAT_SERVER__TOKENS"]
    body = json.dumps({"rows": [{"age": 30, "income": 1.0, "member": True, "shop": "north"}]})
    for token, status in ((made["token"], 200), ("unseat_wrong", 401), (None, 401)):
        headers = {"content-type": JSON, **({"authorization": f"Bearer {token}"} if token else {})}
        one, other = (server.ask("POST", "/prediction", body, headers) for server in servers)
        check(f"with {'a' if token else 'no'} token: {status}", one == other and one[0] == status, f"{one}\n{other}")
    one, other = (server.ask("POST", "/runs", None, {"authorization": f"Bearer {made['token']}"}) for server in servers)
    check("a role too low", one == other and one[0] == 403, f"{one}\n{other}")
    for server in servers:
        server.end()


def followed(small, bundles, folder):
    """A bundle that is replaced is served without a restart."""
    served = pathlib.Path(folder, "served")
    served.mkdir()
    first, second = ((bundle / "trainedmodel.json").read_bytes() for bundle in bundles)
    (served / "trainedmodel.json").write_bytes(first)
    server = Server(small, "--bundle", served)
    for bundle in (first, second):
        (served / "new").write_bytes(bundle)
        (served / "new").rename(served / "trainedmodel.json")
        wanted = without_ids(hashlib.sha256(bundle).hexdigest().encode()).decode()
        until = time.monotonic() + 60
        found = None
        while found != wanted and time.monotonic() < until:
            found = json.loads(server.ask("GET", "/models/model/versions/1")[2])["bundle_sha256"]
        check("a bundle that is replaced", found == wanted)
    server.end()


def on_lambda(program, bundle):
    """What the program answers to one event of an HTTP API."""
    told, events = queue.Queue(), queue.Queue()
    body = json.dumps({"rows": [{"age": 30, "income": 1.0, "member": True, "shop": "north"}]})
    events.put(
        {
            "version": "2.0",
            "rawPath": "/prediction",
            "rawQueryString": "",
            "headers": {"content-type": JSON},
            "requestContext": {"http": {"method": "POST", "path": "/prediction", "sourceIp": "10.0.0.1"}, "stage": "$default"},
            "body": body,
            "isBase64Encoded": False,
        }
    )

    class Interface(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            text = json.dumps(events.get()).encode()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", "one")
            self.send_header("Lambda-Runtime-Deadline-Ms", "9999999999999")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self):
            told.put((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    interface = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Interface)
    interface.daemon_threads = True
    threading.Thread(target=interface.serve_forever, daemon=True).start()
    environment = {**os.environ, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{interface.server_port}"}
    command = [program, "serve", "--bundle", str(bundle), "--insecure"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    path, said = told.get(timeout=60)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    interface.shutdown()
    return path, said["statusCode"], without_ids(said["body"].encode())


def main():
    full, small = (str(pathlib.Path(program).resolve()) for program in sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix="unseat-serve-only-") as folder:
        left_out(small, folder)
        bundles = []
        for name in MODELS:
            bundle = make(full, folder, name)
            bundles.append(bundle)
            servers = [Server(program, "--bundle", bundle) for program in (full, small)]
            n = compared(*servers, name)
            ready = servers[1].ready_ms
            for server in servers:
                check(f"{name}: the end", server.end() == 0)
            print(f"{name}: {n} answers compared; ready after {ready:.0f} ms")
            if name == "logistic":
                tokens(full, small, bundle)
                one, other = on_lambda(full, bundle), on_lambda(small, bundle)
                check("an event of AWS Lambda", one == other and one[1] == 200, f"{one}\n{other}")
                related(small, bundle, folder)
        followed(small, bundles[:2], folder)
    print(f"{len(failures)} failures" if failures else "the build that only serves answers as the full program does")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
