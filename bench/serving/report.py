"""Prints the figures as tables in Markdown, each with the budgets that it must meet."""

from .peers import PEERS

# (scenario, other sides, at least so many times their requests a second)
RATIOS = [
    ("1 row", ["echo"], 0.85),
    ("1 row", PEERS, 30),
    ("1000 rows", PEERS, 20),
]
READY_MS = 50
P99_WHILE_CHANGING = 2
# Above this many running programs per core, before we began, the machine has other things to do.
IDLE_LOAD = 0.3


def print_machine(machine):
    print(
        f"{machine['cores']} cores shared by server and load, {machine['connections']} connections kept open, "
        f"medians of {machine['rounds']} rounds of {machine['seconds']} s, access logs off"
    )
    if machine["load_before"] > IDLE_LOAD * machine["cores_here"]:
        print(f"the machine was NOT idle (load {machine['load_before']:.2f}): do not quote these figures")


def print_workload(name, scenarios):
    for scenario, sides in scenarios.items():
        print(f"\n{name}, {scenario}\n")
        print("| side | mode | requests/s | least to most | rows/s | p50 ms | p99 ms | idle MB | peak MB | ready ms | failed | times |")
        print("|---|---|---|---|---|---|---|---|---|---|---|---|")
        for side, figures in sides.items():
            print(side_line(side, figures, sides.get("unseat")))
        print_tried(sides)
    print()
    for scenario, others, bound in RATIOS:
        for other in others:
            print_ratio(name, scenario, scenarios[scenario], other, bound)
    print_ready(name, scenarios)


def print_tried(sides):
    """Says what the modes that were not chosen reached in their trial."""
    for side, figures in sides.items():
        if figures and figures["tried"]:
            modes = "; ".join(f"{mode}: {speed:,.0f}" for mode, speed in figures["tried"].items())
            print(f"\ntried {side}, requests/s: {modes}")


def side_line(side, figures, ours):
    if figures is None:
        return f"| {side} | missing |" + " |" * 10
    taken = figures["median"]
    if figures["failed"]:
        # What is answered with an error is answered fast; such a figure says nothing.
        return f"| {side} | {figures['mode']} | refused |" + " |" * 7 + f" {figures['failed']} | |"
    speeds = [each["requests_s"] for each in figures["rounds"]]
    times = f"{ratio(ours, figures):.3g}" if side != "unseat" and counts(ours) else ""
    cells = [
        side,
        figures["mode"],
        f"{taken['requests_s']:,.0f}",
        f"{min(speeds):,.0f} to {max(speeds):,.0f}",
        f"{taken['rows_s']:,.0f}",
        f"{taken['p50_ms']:.2f}",
        f"{taken['p99_ms']:.2f}",
        f"{taken['idle_mb']:.0f}",
        f"{taken['peak_mb']:.0f}",
        f"{taken['ready_ms']:,.0f}" if taken["ready_ms"] >= 100 else f"{taken['ready_ms']:.1f}",
        "0",
        times,
    ]
    return f"| {' | '.join(cells)} |"


def print_ratio(name, scenario, sides, other, bound):
    if other not in sides or "unseat" not in sides:
        return
    what = f"{name}, {scenario}: times the requests/s of {other}"
    if not (counts(sides["unseat"]) and counts(sides[other])):
        print(f"  missing {what} (at least {bound})")
        return
    figure = ratio(sides["unseat"], sides[other])
    print(f"  {verdict(figure >= bound)} {what}: {figure:.3g} (at least {bound})")


def print_ready(name, scenarios):
    ours = scenarios["1 row"].get("unseat")
    if ours:
        figure = ours["median"]["ready_ms"]
        print(f"  {verdict(figure <= READY_MS)} {name}: start to ready, ms: {figure:.1f} (at most {READY_MS})")


def print_reload(figures):
    steady, changing = figures["steady"]["p99_ms"], figures["changing"]["p99_ms"]
    print("\nchampion changed every second under load of 1 row\n")
    print("| | requests/s | p50 ms | p99 ms |\n|---|---|---|---|")
    for what in ("steady", "changing"):
        taken = figures[what]
        print(f"| {what} | {taken['requests_s']:,.0f} | {taken['p50_ms']:.2f} | {taken['p99_ms']:.2f} |")
    print(f"\n  {figures['changes']} changes, of which the server was seen to follow {figures['changes_seen']}")
    print(f"  {verdict(figures['failed'] == 0)} failed requests: {figures['failed']} (at most 0)")
    if figures["changes_seen"] < figures["changes"]:
        print("  MISSED p99 while changing: refused, since the server did not follow every change within a second")
        return
    figure = changing / steady
    bound = P99_WHILE_CHANGING
    print(f"  {verdict(figure <= bound)} p99 while changing over p99 before: {figure:.2f} (at most {bound})")


def counts(figures):
    """Whether a side was measured and all its requests were answered."""
    return bool(figures) and figures["failed"] == 0


def ratio(ours, theirs):
    return ours["median"]["requests_s"] / theirs["median"]["requests_s"]


def verdict(met):
    return "met   " if met else "MISSED"
