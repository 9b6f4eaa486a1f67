"""Starts each side of a workload anew in every round, checks its answers, puts it under load, takes the medians."""

import statistics
import sys

from . import load, peers, project, reload, workloads
from .agreement import Agreement
from .server import Server

# Sent before each load that counts: for what is not warm yet, and for a second worker that is still starting.
WARM_UP_S = 1


class Comparison:
    """One workload, laid out for all sides."""

    def __init__(self, arguments, programs, name, folder):
        self.arguments, self.programs, self.name, self.folder = arguments, programs, name, folder
        folder.mkdir()
        self.workload = make_workload(name, arguments, folder)
        folders = {"project": folder / "project", "peers": folder / "peers"}
        self.progress("training")
        peers.train(self.workload, programs["bin"] / "python", folders["peers"])
        self.recipes = {side: peers.recipes(side, self.workload, folders, programs) for side in arguments.sides}
        if self.recipes.get("unseat"):
            self.versions = project.make_project(arguments.unseat, self.workload, folders["project"])
        self.agreement = Agreement()
        self.tried = {}  # side -> mode -> figures by scenario

    def compare(self):
        """Runs all sides in turns; returns for each scenario and side the medians, and the rounds that they are of."""
        chosen = self.choose()
        rounds = {scenario: {side: [] for side in self.recipes} for scenario in workloads.SCENARIOS}
        for turn in range(1, self.arguments.rounds + 1):
            for side, modes in chosen.items():
                # A mode that is the best in both scenarios is started once and serves both.
                for mode in dict.fromkeys(modes.values()):
                    self.progress(f"round {turn} of {self.arguments.rounds}, {side} {mode}")
                    scenarios = [scenario for scenario in modes if modes[scenario] == mode]
                    for scenario, taken in self.run_once(side, mode, scenarios, self.arguments.seconds).items():
                        rounds[scenario][side].append(taken)
        self.progress("")
        return {scenario: self.summary(scenario, rounds[scenario], chosen) for scenario in rounds}

    def choose(self):
        """Tries each mode of each side for a short time; returns the fastest one per side and scenario."""
        chosen = {}
        for side, modes in self.recipes.items():
            if len(modes) < 2:
                chosen[side] = {scenario: mode for mode in modes for scenario in workloads.SCENARIOS}
                continue
            tried = self.tried[side] = {}
            for mode in modes:
                self.progress(f"trying {side} {mode}")
                tried[mode] = self.run_once(side, mode, list(workloads.SCENARIOS), max(2, self.arguments.seconds // 2))
            chosen[side] = {
                scenario: max(modes, key=lambda mode: tried[mode][scenario]["requests_s"])
                for scenario in workloads.SCENARIOS
            }
        return chosen

    def run_once(self, side, mode, scenarios, seconds):
        """Starts a side, checks what it says, and puts it under each load; returns the figures by scenario."""
        taken = {}
        with Server(self.recipes[side][mode]) as server:
            idle_mb = server.settle()
            for scenario in workloads.SCENARIOS:
                self.agreement.check(side, server, self.workload, scenario)
            for scenario in scenarios:
                requests = self.requests(scenario, server.protocol)
                load.wrk(server, requests, WARM_UP_S, self.arguments.connections)
                figures = load.put_under_load(server, requests, seconds, self.arguments.connections)
                rows_s = figures["requests_s"] * workloads.SCENARIOS[scenario]
                taken[scenario] = {"ready_ms": server.ready_ms, "idle_mb": idle_mb, **figures, "rows_s": rows_s}
        return taken

    def requests(self, scenario, protocol):
        path = self.folder / f"{protocol.post.strip('/').replace('/', '_')}_{scenario.replace(' ', '_')}"
        return path if path.exists() else load.write_requests(self.workload, scenario, protocol, path)

    def summary(self, scenario, rounds, chosen):
        return {
            side: {
                "mode": chosen[side][scenario],
                "tried": {mode: figures[scenario]["requests_s"] for mode, figures in self.tried.get(side, {}).items()},
                "median": median(taken),
                "failed": sum(figures["failed"] for figures in taken),
                "probabilities_within": self.agreement.away.get((self.name, side)),
                "rounds": taken,
            }
            if taken
            else None
            for side, taken in rounds.items()
        }

    def reload(self):
        """Changes the champion under load in as many rounds; returns their medians, and the sums of what must be 0."""
        arguments, rounds = self.arguments, []
        [recipe] = self.recipes["unseat"].values()
        with Server(recipe) as server:
            requests = self.requests("1 row", server.protocol)
            load.wrk(server, requests, WARM_UP_S, arguments.connections)
            for turn in range(1, arguments.rounds + 1):
                self.progress(f"champion changes under load, round {turn}")
                rounds.append(
                    reload.measure(
                        server,
                        self.workload,
                        arguments.unseat,
                        recipe.folder,
                        self.versions,
                        requests,
                        arguments.seconds,
                        arguments.connections,
                    )
                )
        self.progress("")
        return {
            "steady": median([taken["steady"] for taken in rounds]),
            "changing": median([taken["changing"] for taken in rounds]),
            "failed": sum(taken["steady"]["failed"] + taken["changing"]["failed"] for taken in rounds),
            "changes": sum(taken["changes"] for taken in rounds),
            "changes_seen": sum(taken["changes_seen"] for taken in rounds),
            "rounds": rounds,
        }

    def progress(self, text):
        """Replaces the line of progress, where somebody is looking."""
        if sys.stderr.isatty():
            print(f"\r{f'{self.name}: {text}' if text else '':70}\r", end="", file=sys.stderr, flush=True)


def make_workload(name, arguments, folder):
    if name == "numeric":
        return workloads.numeric(arguments.unseat, folder / "generated")
    return workloads.mixed(arguments.data, "forest" if name == "trees" else "logistic", name)


def median(rounds):
    """Returns the median of every figure."""
    return {key: statistics.median(taken[key] for taken in rounds) for key in rounds[0]}
