#!/usr/bin/env python3
"""How long `cargo check` takes with `#[orchestrate]`, and with the same fns called by hand.

    benches/orchestrate/measure.py                      10, 100 and 300 steps
    benches/orchestrate/measure.py --sizes 10 --rounds 3

Each step takes what the one before it gives, and something that is injected. Dependencies are built before. Each round checks
every program once, after a change of it, without incremental files; the figure is the median. What is told is the time for each
step above the program by hand.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
FOLDER = TARGET / "benches" / "orchestrate"

HEAD = """//! Generated.
use partitura::prelude::*;
partitura::app! { pub Bench { modules: [] } }
#[injectable]
pub struct Counter {
    #[init(1)]
    count: u64,
}
"""


def fns(size, attribute):
    lines = []
    for at in range(size):
        before = f"before: &G{at - 1}, " if at else ""
        value = "before.0 + " if at else ""
        lines.append(f"    pub struct G{at}(pub u64);")
        lines.append(f"    {attribute}")
        lines.append(f"    pub async fn s{at}({before}counter: &Counter) -> Result<G{at}> {{ Ok(G{at}({value}counter.count)) }}")
    return "\n".join(lines)


def orchestrated(size):
    return f"{HEAD}#[orchestrate]\npub mod plan {{\n    use super::*;\n{fns(size, '#[step]')}\n}}\nfn main() {{}}\n"


def by_hand(size):
    calls = "\n".join(f"    let g{at} = s{at}({f'&g{at - 1}, ' if at else ''}counter).await?;" for at in range(size))
    run = f"pub async fn run(counter: &Counter) -> Result<u64> {{\n{calls}\n    Ok(g{size - 1}.0)\n}}"
    return f"{HEAD}pub mod plan {{\n    use super::*;\n{fns(size, '')}\n{run}\n}}\nfn main() {{}}\n"


def write(name, source):
    crate = FOLDER / name
    (crate / "src").mkdir(parents=True, exist_ok=True)
    (crate / "Cargo.toml").write_text(
        f'[package]\nname = "{name}"\nedition = "2024"\n[dependencies]\npartitura.workspace = true\nschemars.workspace = true\n'
        "serde.workspace = true\n"
    )
    (crate / "src" / "main.rs").write_text(source)


def check(name):
    source = FOLDER / name / "src" / "main.rs"
    source.write_text(source.read_text() + "// again\n")
    start = time.perf_counter()
    done = subprocess.run(
        ["cargo", "check", "--offline", "--quiet", "-p", name],
        cwd=FOLDER,
        env={**os.environ, "CARGO_TARGET_DIR": str(FOLDER / "target"), "CARGO_INCREMENTAL": "0"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"{name} does not compile:\n{done.stderr[-3000:]}")
    return (time.perf_counter() - start) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 300])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    programs = {}
    for size in options.sizes:
        for kind, source in (("plan", orchestrated), ("hand", by_hand)):
            name = f"{kind}_{size}"
            write(name, source(size))
            programs[name] = []
    members = ", ".join(f'"{name}"' for name in programs)
    (FOLDER / "Cargo.toml").write_text(
        f'[workspace]\nresolver = "3"\nmembers = [{members}]\n[workspace.dependencies]\npartitura = {{ path = "{ROOT}/partitura" }}\n'
        'schemars = "1.2"\nserde = { version = "1.0", features = ["derive"] }\n[profile.dev]\ndebug = false\n'
    )
    (FOLDER / "Cargo.lock").write_text((ROOT / "Cargo.lock").read_text())
    for name in programs:
        check(name)
    for _ in range(options.rounds):
        for name, times in programs.items():
            times.append(check(name))
    print(f"{'steps':>6} {'plan ms':>9} {'by hand ms':>11} {'ms a step more':>15}")
    for size in options.sizes:
        plan, hand = (statistics.median(programs[f"{kind}_{size}"]) for kind in ("plan", "hand"))
        print(f"{size:>6} {plan:>9.0f} {hand:>11.0f} {(plan - hand) / size:>15.2f}")


if __name__ == "__main__":
    main()
