"""The one SELECT that a source may be: parsed, checked, and written anew from what was parsed.

A server reads in a read-only transaction, where it has one; this stands before it, for a query may also do things that
no transaction takes back.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from hansa.errors import MeshError

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}
#: Functions that write, wait, read files or reach other servers, in one database or another.
_ACTS = re.compile(
    r"^(pg_|lo_|dblink|set_config|nextval|setval|currval|lastval|txid_|query_to_|table_to_|database_to_|cursor_to_"
    r"|xp_|sp_|dbms_|utl_|load_|sys_|sleep|benchmark|get_lock|release_|writefile|readfile|edit$|open(rowset|query)"
    r"|openxml|http|fts\d_)",
    re.I,
)
_MEND = "write one SELECT that only reads"
_LONGEST = 20_000


def one_select(text: str, dialect: str, entry: str) -> str:
    """The query as it will run. Errors: MeshError at ``entry`` for anything that is not one SELECT."""
    from sqlglot import exp

    where, name = f"{entry}.query", _DIALECTS.get(dialect, dialect)
    tree = _parsed(text, name, where)
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise _refused(f"the query is no SELECT but {_word(tree)}", where)
    acting = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Lock, exp.Copy, exp.Set, exp.Use)
    allowed = (exp.Query, exp.Table, exp.Values, exp.Subquery)
    for node in tree.walk():
        if isinstance(node, acting) and not isinstance(node, allowed):
            raise _refused(f"the query says {_word(node)}, and a source is only read", where)
        if isinstance(node, exp.Func) and _ACTS.search(_called(node)):
            raise _refused(f"the query calls {_called(node)[:60]}, which is no function of values", where)
        if isinstance(node, exp.Placeholder | exp.Parameter | exp.SessionParameter):
            raise _refused("the query has a parameter that nobody fills", where)
    return str(tree.sql(dialect=name, comments=False))


def _parsed(text: str, dialect: str, where: str) -> Expr:
    import sqlglot
    from sqlglot.errors import SqlglotError

    # What the parser finds strange it says to a log; here it is said by the refusal.
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    found: list[Expr] | None = None
    if len(text) <= _LONGEST:
        try:
            found = [one for one in sqlglot.parse(text, dialect=dialect) if one is not None]
        except (SqlglotError, RecursionError):
            found = None
    if found is None:
        raise _refused("the query cannot be understood", where)
    if len(found) != 1:
        raise _refused(f"there are {len(found)} statements, not one", where)
    return found[0]


def _word(node: Expr) -> str:
    return str(node.key).upper()


def _called(node: Expr) -> str:
    """What a function is called; one that the parser does not know keeps its own name."""
    from sqlglot import exp

    return str(node.name) if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc) else str(node.key)


def _refused(what: str, where: str) -> MeshError:
    return MeshError("database.query", what, where=where, next_step=_MEND)


def as_text(query: str) -> str:
    """The query for SQLAlchemy's ``text``, which takes a colon before a word for a parameter."""
    return query.replace(":", r"\:")
