"""Makes the shipped head from a SOFA file: ``python -m engine.audio.hrtf.prepare MIT_KEMAR_normal_pinna.sofa assets/hrtf/kemar.npz``."""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from engine.audio.hrtf.shipped import pack
from engine.audio.hrtf.sofa import read_sofa


def main() -> None:
    """Read, cut, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sofa")
    parser.add_argument("out")
    parser.add_argument("--name", default="MIT KEMAR, normal pinna (Gardner and Martin 1994)")
    parser.add_argument(
        "--licence", default="free with no restrictions on use, provided the authors are cited"
    )
    args = parser.parse_args()
    head = replace(read_sofa(args.sofa), name=args.name, licence=args.licence)
    np.savez_compressed(args.out, allow_pickle=False, **pack(head))


if __name__ == "__main__":
    main()
