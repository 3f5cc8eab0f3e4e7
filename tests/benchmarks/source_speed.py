"""How long a text file takes as a source beside Polars' own scan, and whether its memory is flat.

``python tests/benchmarks/source_speed.py --plain 5000000 --exports 1000000 --repetitions 5``. All ways run by turns,
each in a fresh process. Opening counts: it is the pass that checks the whole file. The imports do not count, nor the
making of the files. *texts* is every column as text, folded to one row by the streaming engine; *typed* is a date and
an amount in their types: for Polars from its own plain spelling, for the export from ``1,234.50`` by the gate's cast.
Peak memory is told for the file and for one three times as long.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from measuring import medians, run

_BEGUN = """
import json, sys, time
import polars as pl
import pyarrow  # large blocks are looked at through it; a publication imports it in any case, to write its files
from pathlib import Path
from hansa.cast import casts
from hansa.contract.model import Column, Contract
from hansa.sources import Binding, built_in_readers, open_source
columns = [Column(name, "string", at) for at, name in enumerate("number payer shop kind memo".split(), 1)]
columns += [Column("booked_on", "date", 6), Column("amount", "number", 7, precision=18, scale=2)]
CONTRACT = Contract("bench.rows", "1.0.0", tuple(columns), Path("x.odcs.yaml"), digest="0")
RENAME = dict(number="订单号", payer="对方", shop="商户", kind="收/支", memo="备注", booked_on="日期", amount="金额")
EXPORT = dict(encoding="gb18030", header={"starts_with": "日期"}, grouping=",",
              control={"count": {"matches": r"^共(\\d+)笔记录", "where": "preamble"}})
path = Path(sys.argv[1])
def source(**words):
    binding = Binding(uri=path.name, mapping={"rename": RENAME}, **words)
    return open_source(binding, CONTRACT, path.parent, built_in_readers())
def told(frame):
    made = frame.select(pl.len().alias("rows"), pl.all().exclude("rows").hash().sum()).collect(engine="streaming")
    print(json.dumps({"rows": made["rows"][0], "seconds": time.perf_counter() - begun}))
begun = time.perf_counter()
"""
_TYPED = """
opened = source(**EXPORT)
made = casts(CONTRACT, opened.frame.collect_schema(), opened.reading, "UTC")
told(opened.frame.select(cast.value.alias(name) for name, cast in made.items()))
"""
_SCAN_TYPED = """
schema = {name: pl.String() for name in RENAME.values()} | {"日期": pl.Date(), "金额": pl.Decimal(18, 2)}
order = pl.scan_csv(path, infer_schema=False).collect_schema().names()
told(pl.scan_csv(path, schema={name: schema[name] for name in order}, try_parse_dates=True))
"""
WAYS = {
    "scan": _BEGUN + "told(pl.scan_csv(path, infer_schema=False))",
    "plain": _BEGUN + "told(source().frame)",
    "export": _BEGUN + "told(source(**EXPORT).frame)",
    "scan_typed": _BEGUN + _SCAN_TYPED,
    "export_typed": _BEGUN + _TYPED,
}


def make(plain: Path, export: Path | None, rows: int, block: int = 100_000) -> None:
    """The same rows as a plain file and as an export: GB18030, lines before the header, grouped amounts."""
    payers = ["王伟", "李娜", "张敏", "刘洋", "陈静", "杨帆", "赵磊"]
    shops = ["青禾便利店(东湖店)", "蓝鲸咖啡", "橘子洲超市", "晨光书店", "北辰水果"]
    header = "日期,对方,商户,收/支,金额,订单号,备注"
    with plain.open("w", encoding="utf-8", newline="") as straight:
        other = export.open("w", encoding="gb18030", newline="") if export else None
        straight.write(f"{header}\n")
        if other:
            other.write("".join(f"导出信息 第{at}行\r\n" for at in range(20)) + f"共{rows}笔记录\r\n{header}\r\n")
        for first in range(0, rows, block):
            lines = []
            for at in range(first, min(first + block, rows)):
                day, kind = f"2026-0{at % 9 + 1}-{at % 28 + 1:02d}", "收入" if at % 3 else "支出"
                before = f"{day},{payers[at % 7]},{shops[at % 5]},{kind}"
                lines.append((before, at * 7919 % 99999, f"{at % 100:02d},{100000000000 + at},备注{at % 7}"))
            straight.write("".join(f"{before},{whole}.{rest}\n" for before, whole, rest in lines))
            if other:
                # A grouped amount stands in quotation marks, as its mark is the separator too.
                other.write(
                    "".join(f'{b},"{w:,}.{r[:2]}"{r[2:]}\r\n' if w > 999 else f"{b},{w}.{r}\r\n" for b, w, r in lines)
                )
        if other:
            other.close()


def speed(folder: Path, rows: int, repetitions: int, pairs: dict[str, tuple[str, str]], export: bool) -> None:
    """Run the ways of the pairs by turns, and print each ratio."""
    files = {"plain": folder / "plain.csv", "export": folder / "export.csv"}
    make(files["plain"], files["export"] if export else None, rows)
    ways = list(dict.fromkeys(way for pair in pairs.values() for way in pair))
    spent: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(repetitions):
        for way in ways:
            spent[way].append(run(WAYS[way], str(files["export" if way.startswith("export") else "plain"])))
    assert {one["rows"] for found in spent.values() for one in found} == {rows}
    print(f"{rows} rows, plain {files['plain'].stat().st_size >> 20} MB")
    middle = medians({way: [one["seconds"] for one in found] for way, found in spent.items()})
    print("peak", ", ".join(f"{way} {max(one['peak'] for one in found):.0f} MB" for way, found in spent.items()))
    for name, (ours, polars) in pairs.items():
        print(f"{name}: {ours}/{polars} {middle[ours] / middle[polars]:.2f}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--plain", type=int, default=5_000_000)
    asked.add_argument("--exports", type=int, default=1_000_000)
    asked.add_argument("--repetitions", type=int, default=5)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        speed(place, given.plain, given.repetitions, {"plain file, texts": ("plain", "scan")}, export=False)
        pairs = {"export, texts": ("export", "scan"), "export, typed": ("export_typed", "scan_typed")}
        speed(place, given.exports, given.repetitions, pairs, export=True)
        speed(place, given.exports * 3, 1, pairs, export=True)


if __name__ == "__main__":
    main()
