"""``python -m hansa_risk``: write out a model's report, or train a model again and say what differs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from hansa.errors import DataError, HansaError


def main(words: list[str] | None = None) -> int:
    """Do what the words ask; the exit code. An error is one sentence."""
    asked = _parser().parse_args(words)
    try:
        return _report(asked) if asked.command == "report" else _reproduce(asked)
    except HansaError as error:
        print(f"hansa_risk: {error.sentence()} [{error.code}]", file=sys.stderr)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hansa_risk", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    report = commands.add_parser("report", help="write the model card and validation report of a version as HTML")
    report.add_argument("--output", "-o", type=Path, help="file to write (else VERSION.html here)")
    again = commands.add_parser("reproduce", help="train a version again and say what differs; exit 1 if bytes do")
    again.add_argument("--json", action="store_true", help="print JSON")
    for command in (report, again):
        command.add_argument("version", help="model version, such as 2026-03-01-0123456789ab")
        command.add_argument("--mesh", type=Path, help="mesh file (else HANSA_MESH, else ./mesh.yaml)")
    return parser


def _report(asked: argparse.Namespace) -> int:
    from hansa.mesh import load_mesh

    from hansa_risk.lookup import PRODUCT, found
    from hansa_risk.report import with_receipt

    mesh = load_mesh(asked.mesh)
    one = found(mesh, asked.version)
    if not one.row.get("report"):
        raise DataError(
            "model.report",
            f"{asked.version} was registered before reports were kept",
            where=PRODUCT,
            next_step=f"train as of its day anew: hansa run {PRODUCT} --from {one.day} --to {one.day}",
        )
    publication = one.publication
    receipt = [
        ("institution 机构", mesh.file.name),
        ("owner 负责人", mesh.products[PRODUCT].contract.owner),
        ("run 运行", publication.run),
        ("published 发布时间", publication.made_at),
        ("receipt 凭证", publication.digest),
        ("report 报告 (SHA-256)", one.row["report"]),
    ]
    place = asked.output or Path(f"{asked.version}.html")
    _write(place, with_receipt(one.standing.warehouse.artefacts.get(one.row["report"]), receipt))
    print(place)
    return 0


def _write(place: Path, page: bytes) -> None:
    """Write the file. Errors: DataError if the disk refuses it."""
    try:
        place.write_bytes(page)
    except OSError as error:
        raise DataError(
            "report.file",
            f"the report cannot be written: {error.strerror or error}",
            where=str(place),
            next_step="name with --output a file in a folder that exists and that you may write to",
        ) from error


def _reproduce(asked: argparse.Namespace) -> int:
    from hansa.mesh import load_mesh

    from hansa_risk.reproduce import reproduce

    made = reproduce(load_mesh(asked.mesh), asked.version)
    if asked.json:
        print(json.dumps(made.as_json(), ensure_ascii=False, indent=2))
    else:
        print("\n".join(made.lines()))
    return 0 if made.same else 1


if __name__ == "__main__":
    sys.exit(main())
