"""Change proof files at random, and see that the verifier takes none and never crashes.

Mutation n of a seed is always the same: a run that was cut short goes on with --start, and one
case is looked at with --show.

Example: python -m scripts.mutate --count 1000000 --seed 1
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

from tests.mutation.running import Tally, mutation, run

PIECE = 2000


def _piece(task: tuple[int, range]) -> Tally:
    seed, numbers = task
    return run(seed, numbers)


def _pieces(start: int, stop: int) -> Iterator[range]:
    return (range(first, min(first + PIECE, stop)) for first in range(start, stop, PIECE))


def mutate(seed: int, start: int, stop: int, jobs: int) -> tuple[Tally, int]:
    """What came of the mutations from ``start``, and the number of the first not made."""
    total, done, began = Tally(), start, time.monotonic()
    pieces = _pieces(start, stop)
    # An interrupt is for this process; what the others have begun they finish.
    with ProcessPoolExecutor(jobs, None, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        try:
            while batch := list(islice(pieces, 4 * jobs)):
                tasks = [(seed, numbers) for numbers in batch]
                for numbers, tally in zip(batch, pool.map(_piece, tasks), strict=True):
                    total.add(tally)
                    done = numbers.stop
                rate = (done - start) / (time.monotonic() - began)
                print(f"{done - start:>9,} of {stop - start:,}  {rate:,.0f}/s", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            print(f"stopped; go on with --seed {seed} --start {done}")
    return total, done


def _print(total: Tally, seed: int) -> None:
    verdicts: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for (_, verdict, code), count in total.refused.items():
        verdicts[verdict] += count
        codes[code] += count
    print(f"\nmutations        {total.count:>9,}  (seed {seed})")
    for verdict, count in verdicts.most_common():
        print(f"refused          {count:>9,}  {verdict}")
    same = sum(total.same.values())
    print(f"same content     {same:>9,}  (spelling, hints, fewer disclosures, another good file)")
    print(f"wrongly accepted {len(total.accepted):>9,}  {total.accepted[:20] or ''}")
    print(f"crashed          {len(total.crashed):>9,}  {total.crashed[:5] or ''}")
    print(f"\n{len(codes)} codes: " + ", ".join(f"{code} {n:,}" for code, n in codes.most_common()))


def main() -> int:
    """Run and report; 1 if anything was wrongly accepted or crashed, 3 if stopped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first mutation")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, metavar="NUMBER", help="print this one's file and stop")
    given = parser.parse_args()
    if given.show is not None:
        made = mutation(given.seed, given.show)
        print(f"{made.edit}, anchored: {made.subject.anchored}", file=sys.stderr)
        sys.stdout.buffer.write(made.data)
        return 0
    stop = given.start + given.count
    total, done = mutate(given.seed, given.start, stop, given.jobs)
    _print(total, given.seed)
    return 1 if not total.good else 0 if done == stop else 3


if __name__ == "__main__":
    sys.exit(main())
