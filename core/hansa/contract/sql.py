"""Quality rules of type ``sql``: one SELECT over the product's own rows that gives one number.

The query is parsed, checked and written anew from what was parsed, so that nothing runs that was not understood. It is
refused at its line if it is anything else than one SELECT, reads another table or a file, or gives no single number.
The dialect is that of Polars, which is close to PostgreSQL, but ``/`` divides exactly; what Polars cannot run is shown
as not enforced. ``${table}``, ``{object}`` and ``{model}`` stand for the table, ``${column}`` and ``{property}`` for
the column at which the rule stands.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from hansa.contract.model import Column, Rule, Unenforced
from hansa.contract.operators import OPERATORS
from hansa.contract.place import Place
from hansa.contract.query import TABLE, answered
from hansa.contract.query import number_of as single_number
from hansa.contract.rule_words import GivenRule, is_number, number_of, operator_of
from hansa.near import near

if TYPE_CHECKING:
    import polars as pl
    from sqlglot.expressions import Expr

_OF_TABLE = ("table", "object", "model")
_OF_COLUMN = ("column", "property")
#: A placeholder, with the quotes that its author may have put around it. Without ``$`` only a known word is one, since
#: a regular expression in a query may hold ``{3}`` and ``{L}``.
_PLACEHOLDER = re.compile(
    r"""(?P<quote>["`]?)(?:\$\{\s*(?P<word>[^{}]*?)\s*\}|\{\s*(?P<bare>table|object|model|column|property)\s*\})(?P=quote)"""
)
_TABLE_MARK, _COLUMN_MARK = "hansa_mark_of_the_table", "hansa_mark_of_the_column"
#: Functions that would read a file or a network in one engine or another.
_READERS = re.compile(
    r"(read|load|scan|copy|http|url|file|glob|pg_|lo_|dblink|sqlite|parquet|csv|iceberg|system)", re.I
)
_DIALECTS = ("", "postgres", "bigquery", "tsql", "snowflake", "mysql", "oracle", "duckdb")
_LONGEST = 20_000


def resolve_sql(given: GivenRule, table: Place, columns: tuple[Column, ...]) -> Rule | Unenforced:
    """The rule, or why it cannot be enforced. Errors: ContractError at the line of a query that is not let in."""
    place = given.place["query"]
    if given.column is not None and given.listed and _PLACEHOLDER.search(place.text or ""):
        return given.unenforced("sql", "it speaks of the entries of an array, which are no column")
    tree = _parsed(place, _marked(given, place))
    _check_form(tree, place)
    reads = _check_tables(tree, place, _names(table))
    _check_functions(tree, place)
    if not reads:
        return given.unenforced("sql", "its query reads no row of the product")
    if (reason := _beyond_the_gate(given, tree)) is not None:
        return given.unenforced("sql", reason)
    paths = tuple([given.owner] if given.column is not None and not given.listed else [])
    return _tried(given, _rewritten(tree, given), paths, columns)


def _marked(given: GivenRule, place: Place) -> str:
    """The query with marks in the place of its placeholders: names that nobody has, so that no text runs as SQL."""
    text = place.text or ""
    if len(text) > _LONGEST:
        raise place.fault("sql", f"the query has more than {_LONGEST} characters", "write a shorter one")
    known = (*_OF_TABLE, *(_OF_COLUMN if given.column is not None else ()))
    for found in _PLACEHOLDER.finditer(text):
        word = found["word"] or found["bare"] or ""
        if word not in known:
            close = near(word, known)
            mend = f"did you mean '${{{close}}}'?" if close else f"known here are {', '.join(known)}"
            raise place.fault("sql", f"'{_short(word)}' is no placeholder of a query here", mend)
    return _PLACEHOLDER.sub(
        lambda found: _TABLE_MARK if (found["word"] or found["bare"]) in _OF_TABLE else _COLUMN_MARK, text
    )


def _parsed(place: Place, text: str) -> Expr:
    """The one statement, by the first dialect that reads it."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    # What the parser finds strange it says to a log; here it is said by the refusal.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    for dialect in _DIALECTS:
        try:
            statements = [one for one in sqlglot.parse(text, dialect=dialect) if one is not None]
        except (SqlglotError, RecursionError):
            continue
        if len(statements) != 1:
            what = f"the query holds {len(statements) or 'no'} statements"
            raise place.fault("sql", what, "write one SELECT that gives one number")
        return statements[0]
    raise place.fault("sql", "the query cannot be read as SQL", "write one SELECT that gives one number")


def _check_form(tree: Expr, place: Place) -> None:
    """One SELECT of one value, with nothing in it that could change anything."""
    from sqlglot import exp

    mend = "write one SELECT that gives one number, such as SELECT COUNT(*) FROM ${table} WHERE ..."
    allowed = (exp.Query, exp.Table, exp.Values)
    for node in tree.walk():
        if isinstance(node, exp.DML | exp.DDL | exp.Command | exp.Into | exp.Lock | exp.Copy | exp.Set | exp.Use) and (
            not isinstance(node, allowed)
        ):
            raise place.fault("sql", f"the query says {node.key.upper()}, and a rule only reads", mend)
        if isinstance(node, exp.Join) and not (node.args.get("on") or node.args.get("using")):
            raise place.fault("sql", "the query joins without a condition", "write JOIN ... ON ...")
    if not isinstance(tree, exp.Select):
        raise place.fault("sql", f"the query is no single SELECT but {tree.key.upper()}", mend)
    if len(tree.expressions) != 1 or tree.is_star:
        raise place.fault("sql", f"the query gives {'all' if tree.is_star else len(tree.expressions)} columns", mend)
    if tree.args.get("group"):
        raise place.fault("sql", "the query groups, and so gives a row for each group", mend)
    inner = [node for node in tree.expressions[0].walk() if isinstance(node, exp.AggFunc | exp.Subquery)]
    if not inner and tree.args.get("from_") is not None:
        raise place.fault("sql", "the query gives a row for each row of the table", mend)


def _names(table: Place) -> set[str]:
    """What an author may call the product's table, in small letters."""
    root = Place(table.document)
    identity = root["id"].text or ""
    named = [table["name"].text, table["physicalName"].text, root["name"].text, identity, identity.rpartition(".")[2]]
    return {name.casefold() for name in named if name} | {_TABLE_MARK, TABLE}


def _check_tables(tree: Expr, place: Place, names: set[str]) -> bool:
    """Refuse every other table; the own one is called ``self`` from here on. True if it is read at all."""
    from sqlglot import exp

    made = {cte.alias_or_name.casefold() for cte in tree.find_all(exp.CTE)}
    reads = False
    for found in list(tree.find_all(exp.Table)):
        if not isinstance(found.this, exp.Identifier) or found.args.get("sample") or found.args.get("version"):
            what = "the query reads from a function, a sample or another version, and not from the product's table"
            raise place.fault("sql", what, "write FROM ${table}")
        name = ".".join(part.name for part in found.parts)
        if name.casefold() in made and name.casefold() not in names:
            continue
        if name.casefold() not in names or name.casefold() in made:
            what = f"the query reads '{_short(name)}', which is not this product's table"
            raise place.fault("sql", what, "write FROM ${table}; a rule sees its own product alone")
        alias = found.args.get("alias") or exp.TableAlias(this=exp.to_identifier(found.name, quoted=True))
        if found.name.casefold() == _TABLE_MARK and found.args.get("alias") is None:
            alias = exp.TableAlias(this=exp.to_identifier(_TABLE_MARK))
        found.replace(exp.Table(this=exp.to_identifier(TABLE), alias=alias, joins=found.args.get("joins")))
        reads = True
    return reads


def _check_functions(tree: Expr, place: Place) -> None:
    """Refuse what could read a file or the network, or would be filled by somebody else."""
    from sqlglot import exp

    for node in tree.walk():
        if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc) and _READERS.search(str(node.name)):
            raise place.fault("sql", f"the query calls {_short(str(node.name))}", "use functions of values alone")
        if isinstance(node, exp.Placeholder | exp.Parameter | exp.SessionParameter):
            raise place.fault("sql", "the query has a parameter that nobody fills", "write the value itself")
        if isinstance(node, exp.Literal) and node.is_string and "hansa_mark_of_the_" in str(node.this):
            raise place.fault("sql", "a placeholder stands within a text", "write it without quotes")


def _beyond_the_gate(given: GivenRule, tree: Expr) -> str | None:
    """Why a query that is let in cannot be judged, or None."""
    from sqlglot import exp

    clocks = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime, exp.Rand, exp.Uuid)
    called = {str(node.name).casefold() for node in tree.find_all(exp.Anonymous)}
    if tree.find(*clocks) or called & {"now", "today", "getdate", "sysdate", "random", "newid"}:
        return "its result depends on when it runs, or on chance"
    operators = [word for word in OPERATORS if word in given.place.value]
    if not operators:
        return "it has no operator"
    if len(operators) == 1 and not operators[0].endswith("Between") and not is_number(given.place[operators[0]]):
        return "its result is compared with something else than a number"
    return None


def _rewritten(tree: Expr, given: GivenRule) -> str:
    """The query as it will run: the placeholder of the column is its quoted name."""
    from sqlglot import exp

    for found in list(tree.find_all(exp.Identifier)):
        if found.name == _COLUMN_MARK:
            found.replace(exp.to_identifier(given.owner, quoted=True))
        elif found.name == _TABLE_MARK:
            found.replace(exp.to_identifier(TABLE))
    return str(tree.sql(comments=False))


def _tried(given: GivenRule, query: str, paths: tuple[str, ...], columns: tuple[Column, ...]) -> Rule | Unenforced:
    """Run the query over no rows: what Polars does not know is not enforced, what is no number is refused."""
    import polars as pl

    from hansa.contract.frame import no_rows

    place = given.place["query"]
    try:
        answer = answered(query, no_rows(columns), paths)
    except pl.exceptions.ColumnNotFoundError as error:
        name = re.search(r'"([^"]+)"', str(error))
        what = f"the query names '{_short(name[1])}', which is no column" if name else "the query names no column"
        close = near(name[1], [column.name for column in columns]) if name else None
        mend = f"did you mean '{close}'?" if close else "mend the name; a text stands in single quotes"
        raise place.fault("sql", what, mend) from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, ValueError) as error:
        return given.unenforced("sql", f"Polars cannot run it: {_short(str(error).splitlines()[0], 120)}")
    _check_answer(answer, place)
    operator, operands = operator_of(given.place)
    return Rule(
        name=given.name("sql"),
        metric="sql",
        columns=paths,
        operator=operator,
        operands=tuple(number_of(one, operator) for one in operands),
        line=given.place.line,
        unit="percent" if given.place["unit"].text == "percent" else "rows",
        severity=given.severity,
        description=given.place["description"].text or "",
        query=query,
        empty=single_number(answer),
        hidden=any(column.sealed for column in columns),
    )


def _check_answer(answer: pl.DataFrame, place: Place) -> None:
    kind: Any = answer.dtypes[0]
    mend = "aggregate: COUNT(*), SUM(...), MAX(...)"
    if answer.width != 1 or not kind.is_numeric():
        told = "a truth value" if str(kind) == "Boolean" else str(kind)
        raise place.fault("sql", f"the query gives no number but {told}", mend)
    if answer.height != 1:
        raise place.fault("sql", f"the query gives {answer.height} rows where there is no data, not one", mend)


def _short(text: str, longest: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[:longest]}..."
