"""What has to be there before anything is measured: the peers' environment and the bare handler. Both are made once."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
REQUIREMENTS = BENCH / "serve-requirements.txt"


def peers_programs(cache, given):
    """Returns the folder of the peers' programs; makes the environment where it is absent and none is given."""
    if given:
        return given.absolute() / "bin"
    # Named after what is in it: other pins make another environment.
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = cache / f"serve-{digest}"
    complete = folder / "complete"
    if not complete.exists():
        print(f"installing the peers into {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
        complete.touch()
    return folder / "bin"


def build_echo(cache):
    """Builds the bare handler in release; returns the program."""
    target = Path(os.environ.get("CARGO_TARGET_DIR") or cache / "target").absolute()
    command = ["cargo", "build", "--quiet", "--release", "--locked"]
    subprocess.run(command, cwd=BENCH / "echo", env={**os.environ, "CARGO_TARGET_DIR": str(target)}, check=True)
    return target / "release" / "unseat-bench-echo"
