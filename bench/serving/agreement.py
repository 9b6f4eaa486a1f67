"""Whether the servers give the same answers: a figure of one that does something else is worth nothing."""

import json

from measuring import ProgramFailed

from .protocols import encode

MOST_PROBABILITY = 1e-4


class Agreement:
    """What the first side that was asked said about each workload's rows; all later ones must say the same."""

    def __init__(self):
        self.said = {}  # (workload, scenario, family) -> (side, answers)
        self.away = {}  # (workload, side) -> largest difference of a probability

    def check(self, side, server, workload, scenario):
        """Asks about the first request of a scenario; fails when the answers are not those of the other sides."""
        rows = workload.requests(scenario)[0]
        if side == "echo":
            return self._check_echo(server, workload, rows)
        answers = server.predict(workload, rows)
        # Two libraries draw their trees differently: there, each must only agree with itself.
        family = side == "unseat" and workload.learner == "forest"
        first, expected = self.said.setdefault((workload.name, scenario, family), (side, answers))
        if len(answers) != len(rows):
            raise ProgramFailed(f"{workload.name}: {side} gave {len(answers)} answers for {len(rows)} rows")
        away = max(abs(ours[1] - theirs[1]) for ours, theirs in zip(answers, expected))
        others = sum(ours[0] != theirs[0] for ours, theirs in zip(answers, expected))
        if others or not away <= MOST_PROBABILITY:
            raise ProgramFailed(
                f"{workload.name}, {scenario}: {side} and {first} do not predict the same: {others} labels differ, "
                f"probabilities by up to {away:.1e}"
            )
        key = (workload.name, side)
        self.away[key] = max(away, self.away.get(key, 0.0))

    def _check_echo(self, server, workload, rows):
        body = server.protocol.body(workload, rows)
        if json.loads(server.ask(encode(body))) != body:
            raise ProgramFailed("the echo did not answer what it was sent")
