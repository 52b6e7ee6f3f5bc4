#!/usr/bin/env python3
"""How long `cargo check` takes with the attributes, and with the same program written by hand.

    benches/build/measure.py                    10 and 100 handlers, in one crate and in ten
    benches/build/measure.py --sizes 10 100 1000 --rounds 5
    benches/build/measure.py --ci               fewer rounds, and fails beyond generous limits
    benches/build/measure.py --profile 100      where the time goes, in the compiler's own words
    benches/build/measure.py --instructions     in one crate, by valgrind: slow, and blind to whatever else the machine does

Dependencies are built before. Each round measures every program once, so that whatever else the machine does meets all
of them alike; the figure is the median. Writes `results/build.csv`, `results/build.svg` and `results/lines.csv`.
"""

import argparse
import csv
import glob
import os
import pathlib
import re
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from generate import CRATES, ROOT, Program, workspace  # noqa: E402

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
FOLDER = TARGET / "benches" / "build"
OUT = TARGET / "benches" / "build-target"
RESULTS = ROOT / "benches" / "build" / "results"
EDITS = ["clean", "body", "signature"]
# Milliseconds for each handler (of the edited crate, for an edit) above the same program by hand.
TARGETS = {"clean": 5.0, "body": 1.0, "signature": 1.0}
# On a machine that others use: what only a mistake exceeds.
CI_FACTOR = 3.0


def cargo(*arguments, **options):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(OUT), "CARGO_TERM_COLOR": "never"}
    # The lock of the project is cut down to what the generated programs need, without a look at the registry.
    return subprocess.run(
        ["cargo", *arguments, "--offline"], cwd=FOLDER, env=environment, capture_output=True, text=True, **options
    )


def check(program, *more):
    """Wall time and processor time of one `cargo check`, in ms."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = cargo("check", "-p", program.name, *more)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{program.name} does not compile:\n{done.stderr[-4000:]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall * 1000, processor * 1000


def forget(program):
    """What `cargo clean -p` does, without reading the whole folder first."""
    for package in program.packages():
        for pattern in [f".fingerprint/{package}-*", f"incremental/{package}-*", f"deps/*{package}-*"]:
            for path in glob.glob(str(OUT / "debug" / pattern)):
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def measure(programs, rounds):
    """{(program, edit): [(wall, processor)]}"""
    times = {}
    for program in programs:
        check(program)
    for turn in range(rounds):
        for edit in EDITS:
            # The order turns, so that none is always the one after a large build.
            for program in programs if turn % 2 == 0 else reversed(programs):
                if edit == "clean":
                    forget(program)
                else:
                    program.edit(edit)
                times.setdefault((program, edit), []).append(check(program))
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
    return times


def table(programs, times):
    rows = []
    find = {(program.style, program.crates, program.handlers): program for program in programs}
    for (style, crates, handlers), program in find.items():
        if style == "hand":
            continue
        by_hand = find["hand", crates, handlers]
        for edit in EDITS:
            per = handlers if edit == "clean" else handlers // crates
            wall, processor = (statistics.median(values) for values in zip(*times[program, edit]))
            hand_wall, hand_processor = (statistics.median(values) for values in zip(*times[by_hand, edit]))
            rows.append(
                {
                    "crates": crates,
                    "handlers": handlers,
                    "edit": edit,
                    "partitura_ms": round(wall, 1),
                    "by_hand_ms": round(hand_wall, 1),
                    "over_per_handler_ms": round((wall - hand_wall) / per, 3),
                    "partitura_processor_ms": round(processor, 1),
                    "by_hand_processor_ms": round(hand_processor, 1),
                    "over_per_handler_processor_ms": round((processor - hand_processor) / per, 3),
                    "target_ms": TARGETS[edit],
                }
            )
    for row in rows:
        row["marginal_ms"] = marginal(row, rows)
    return rows


def marginal(row, rows):
    """Milliseconds of each handler beyond the next smaller program: without what each crate costs once, which is
    reading the metadata of the framework and loading its macros. Of processor time, which others disturb less; one
    crate is checked by one thread, so that on a quiet machine it is the time that a person waits."""
    smaller = [
        other
        for other in rows
        if all(other[key] == row[key] for key in ["crates", "edit"]) and other["handlers"] < row["handlers"]
    ]
    if not smaller:
        return ""
    other = max(smaller, key=lambda other: other["handlers"])
    per = row["handlers"] - other["handlers"]
    if row["edit"] != "clean":
        per //= row["crates"]
    over, over_other = (each["partitura_processor_ms"] - each["by_hand_processor_ms"] for each in (row, other))
    return round((over - over_other) / per, 3)


def command_line(program):
    """How cargo calls rustc for the package that holds handlers."""
    package = program.modules()[0]
    forget(program)
    done = cargo("check", "-vv", "-p", program.name)
    for line in done.stderr.splitlines():
        if f"--crate-name {package} " in line and "Running `" in line:
            line = line.split("Running `", 1)[1].rsplit("`", 1)[0]
            # Before the compiler's name stand the variables that cargo sets for it.
            return re.sub(r"--error-format=\S+|--json=\S+", "", line)
    sys.exit(f"cargo did not say how it checks {package}:\n{done.stderr[-2000:]}")


def compile_with(line, *flags, under=()):
    environment = {**os.environ, "RUSTC_BOOTSTRAP": "1"}
    words = shlex.split(line)
    while "=" in words[0] and not words[0].startswith("/"):
        name, value = words.pop(0).split("=", 1)
        environment[name] = value
    folder = environment.get("CARGO_MANIFEST_DIR", FOLDER)
    if under:
        # What cargo calls may be rustup's, which executes another program: valgrind would count the first only.
        found = subprocess.run([words[0], "--print", "sysroot"], cwd=FOLDER, capture_output=True, text=True, check=True)
        words[0] = str(pathlib.Path(found.stdout.strip()) / "bin" / "rustc")
    done = subprocess.run([*under, *words, *flags], cwd=FOLDER, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"rustc failed in {folder}:\n{done.stderr[-2000:]}")
    return done.stderr + done.stdout


def instructions(program, edit):
    """Millions of instructions of the compiler, its macros among them, at one check of the package with the handlers."""
    line = command_line(program)
    incremental = re.search(r"incremental=(\S+)", line)
    if incremental is None:
        sys.exit("without incremental files an edit is a clean check: unset CARGO_INCREMENTAL")
    if edit == "clean":
        shutil.rmtree(incremental.group(1), ignore_errors=True)
    else:
        compile_with(line)
        program.edit(edit)
    under = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    count = re.search(r"I\s+refs:\s+([\d,]+)", compile_with(line, under=under))
    return int(count.group(1).replace(",", "")) / 1e6


def count(programs):
    """Prints millions of instructions for each handler above by hand, of all and of each beyond the next smaller program."""
    counts = {}
    for program in programs:
        for edit in EDITS:
            counts[program.style, program.handlers, edit] = instructions(program, edit)
            print(f"{program.name} {edit}: {counts[program.style, program.handlers, edit]:.1f} M", file=sys.stderr)
    sizes = sorted({program.handlers for program in programs})
    for edit in EDITS:
        over = {size: counts["partitura", size, edit] - counts["hand", size, edit] for size in sizes}
        for smaller, size in zip([None, *sizes], sizes):
            further = (over[size] - over[smaller]) / (size - smaller) if smaller else None
            text = f", {further:.2f} M for each further one" if smaller else ""
            print(f"{size} handlers, {edit}: {over[size] / size:.2f} M for each above by hand{text}")


def lines_per_attribute(program):
    """[(macro, uses, lines, lines per use)] by rustc's own count."""
    report = compile_with(command_line(program), "-Zmacro-stats")
    rows, name = [], ""
    for line in report.splitlines():
        words = line.replace("macro-stats", "").split()
        # A long name stands on a line of its own, before its figures.
        if len(words) == 1 and words[0][-1] in "!]":
            name = words[0]
        figures = [word.replace("_", "") for word in words[-5:]]
        if len(words) in (5, 6) and all(figure.replace(".", "").isdigit() for figure in figures):
            name = words[0] if len(words) == 6 else name
            uses, lines, average = int(figures[0]), int(figures[1]), float(figures[2])
            rows.append({"macro": name, "uses": uses, "lines": lines, "lines_per_use": average})
    return rows


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def picture(rows):
    """Bars: milliseconds for each handler above the program by hand, with the target as a line."""
    width, left, bar, gap = 900, 250, 18, 8
    top = 50
    # Ten handlers say what a crate costs once, not what a handler costs.
    rows = [row for row in rows if row["handlers"] >= 100] or rows
    most = max(6.0, max(row["over_per_handler_processor_ms"] for row in rows) * 1.1)
    scale, height = (width - left - 90) / most, top + len(rows) * (bar + gap) + 40
    text = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        '<text x="12" y="22" font-size="15">cargo check: ms of processor time for each handler above the same program by hand</text>',
        '<text x="12" y="40" fill="#666">an edit: for each handler of the edited crate; the dark line is the target</text>',
    ]
    for index, row in enumerate(rows):
        y = top + 10 + index * (bar + gap)
        where = "one crate" if row["crates"] == 1 else f"{row['crates']} crates"
        value = max(row["over_per_handler_processor_ms"], 0)
        good = value <= row["target_ms"]
        text.append(f'<text x="12" y="{y + 13}">{row["handlers"]} handlers, {where}, {row["edit"]}</text>')
        text.append(f'<rect x="{left}" y="{y}" width="{value * scale:.1f}" height="{bar}" fill="{"#4c8c6b" if good else "#c0583f"}"/>')
        text.append(f'<text x="{left + value * scale + 6:.1f}" y="{y + 13}">{value:.2f}</text>')
        x = left + row["target_ms"] * scale
        text.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 3}" y2="{y + bar + 3}" stroke="#222" stroke-width="2"/>')
    text.append("</svg>")
    return "\n".join(text) + "\n"


def beyond(rows, factor):
    # Of each further handler: what a crate costs once is in the table, and no promise speaks of it.
    return [
        f"{row['handlers']} handlers in {row['crates']}, {row['edit']}: {row['marginal_ms']} ms for each further handler "
        f"above by hand; at most {row['target_ms'] * factor}"
        for row in rows
        if row["marginal_ms"] != "" and row["marginal_ms"] > row["target_ms"] * factor
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--shapes", type=int, nargs="+", default=[1, CRATES], help="how many module crates")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ci", action="store_true")
    parser.add_argument("--profile", type=int, metavar="HANDLERS")
    parser.add_argument("--instructions", action="store_true", help="only print, of one crate")
    parser.add_argument("--no-write", action="store_true", help="only print")
    options = parser.parse_args()
    sizes = [options.profile] if options.profile else options.sizes
    shapes = [1] if options.profile or options.instructions else options.shapes
    programs = [
        Program(FOLDER, style, crates, handlers)
        for handlers in sizes
        for crates in shapes
        for style in ["partitura", "hand"]
    ]
    workspace(FOLDER, programs)
    if options.profile:
        for program in programs:
            check(program)
            print(f"== {program.name}")
            print(compile_with(command_line(program), "-Ztime-passes", "-Zmacro-stats"))
        return
    if options.instructions:
        return count(programs)
    rows = table(programs, measure(programs, 3 if options.ci else options.rounds))
    largest = max((p for p in programs if p.style == "partitura" and p.crates == min(shapes)), key=lambda p: p.handlers)
    lines = lines_per_attribute(largest)
    for row in rows:
        print(", ".join(f"{key} {value}" for key, value in row.items()))
    for row in lines:
        print(f"{row['macro']}: {row['uses']} uses, {row['lines_per_use']} lines each")
    if not options.no_write:
        RESULTS.mkdir(exist_ok=True)
        write_csv(RESULTS / "build.csv", rows)
        if lines:
            write_csv(RESULTS / "lines.csv", lines)
        (RESULTS / "build.svg").write_text(picture(rows))
    errors = beyond(rows, CI_FACTOR if options.ci else 1.0)
    if errors:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    main()
