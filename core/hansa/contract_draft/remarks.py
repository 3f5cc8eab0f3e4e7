"""Comments on a column beside its type: how many values, how long, whether all differ. Counts only, never a value."""

from __future__ import annotations

from hansa.contract_draft.evidence import Evidence
from hansa.contract_draft.figures import counted, grouped, percent
from hansa.contract_draft.header import is_name, names_person, shown
from hansa.contract_draft.identities import TOKEN_OF, partly
from hansa.contract_draft.proposal import Proposal


def remark(made: Proposal, seen: Evidence) -> None:
    """Complete the comments of a proposal, and its class where its name is all that tells it."""
    made.comments = [*_name(made), *made.comments, *_identity_in_part(made, seen), *_presence(seen), *_form(made, seen)]
    if made.classification is None and made.logical_type == "string" and names_person(made.source_name):
        made.classification = "C2"
        made.comments.insert(0, "a guess by the column's name: names of persons; then add the customProperty tokenise")


def _name(made: Proposal) -> list[str]:
    if made.name == made.source_name:
        return []
    if not made.source_name.strip():
        return ["has no name in the file: give it one there"]
    why = "differs from another name by upper case only" if is_name(made.source_name) else "is no name for a column"
    return [f"{shown(made.source_name)} in the file {why}: rename it there, or bind it by rename"]


def _presence(seen: Evidence) -> list[str]:
    if not seen.rows:
        return ["no rows: nothing was seen but the name"]
    if seen.nulls == seen.rows:
        return [f"null in all {counted(seen.rows, 'row')}: what it holds, its owner says"]
    made = []
    if seen.nulls:
        made.append(f"{counted(seen.nulls, 'null')} in {counted(seen.rows, 'row')} ({percent(seen.nulls, seen.rows)})")
    else:
        made.append(f"no nulls in {counted(seen.rows, 'row')}")
    if seen.empty:
        made.append(f"{counted(seen.empty, 'empty text')}: a null by null_words of the source")
    if seen.null_words:
        made.append(
            f"{counted(seen.null_words, 'null word')} (a word for no value): name it by null_words of the source"
        )
    return made


def _form(made: Proposal, seen: Evidence) -> list[str]:
    said = []
    if seen.distinct.settle() and seen.rows - seen.nulls > 1:
        said.append("all values differ")
    if seen.distinct.state is None:
        said.append("whether all values differ was not counted: too many")
    if seen.shortest is not None and made.logical_type in ("string", "integer") and seen.longest:
        same = seen.shortest == seen.longest
        said.append(
            f"length {grouped(seen.longest)} throughout"
            if same
            else f"length {seen.shortest} to {grouped(seen.longest)}"
        )
    if seen.padded:
        said.append(f"{counted(seen.padded, 'value')} with blanks around")
    if made.logical_type == "integer" and seen.boolean and seen.boolean == seen.filled:
        said.append("casts to boolean as well")
    if seen.own_name:
        said.append(f"{counted(seen.own_name, 'value')} equal to the column's name: has the file a header?")
    return said


def _identity_in_part(made: Proposal, seen: Evidence) -> list[str]:
    if made.parts:
        return [f"{counted(seen.kinds[kind], 'value')} within: {kind}" for kind in TOKEN_OF if seen.kinds[kind]]
    said = [
        f"{percent(count, seen.filled)} ({counted(count, 'value')}) look like: {kind}"
        for kind, count in partly(seen.kinds, seen.filled).items()
        if made.recognised is None
    ]
    if seen.kinds["inside"]:
        said.append(
            f"{counted(seen.kinds['inside'], 'text')} with an identity number, mobile or address inside: personal data"
        )
    return said
