"""`python -m tests.soak --minutes 30`: a server under all that may be asked of it, at random."""

import argparse
import random
import sys
import tempfile
import traceback
from pathlib import Path

from tests.soak.soak import soak


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            soak(Path(folder), 60 * options.minutes, options.seed)
        except Exception:  # noqa: BLE001 - whatever it is, it is told, and is a fault
            traceback.print_exc()
            print(f"WRONG, with --minutes {options.minutes} --seed {options.seed}")
            sys.exit(1)
    print("nothing wrong")


if __name__ == "__main__":
    main()
