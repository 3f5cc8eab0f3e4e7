"""What is said of a column beside its type: facts as counts, never a value, and what its owner is asked."""

from __future__ import annotations

from hansa.contract_draft.evidence import Evidence
from hansa.contract_draft.figures import counted, grouped, percent
from hansa.contract_draft.header import is_name, names_person, shown
from hansa.contract_draft.proposal import Proposal


def remark(made: Proposal, seen: Evidence) -> None:
    """Complete the facts and questions of a proposal, and its class where its name is all that tells it."""
    facts, asked = made.comments, made.decide
    made.comments, made.decide = [], []
    _name(made)
    made.comments += facts
    _presence(made, seen)
    _form(made, seen)
    made.decide += asked
    if made.classification is None and made.logical_type == "string" and names_person(made.source_name):
        made.classification = "C2"
        made.comments.insert(0, "names of persons, a guess by the column's name")
        made.decide.insert(0, "If they are, add the customProperty tokenise: name. If not, remove classification: C2")


def _name(made: Proposal) -> None:
    if made.name == made.source_name:
        return
    if not made.source_name.strip():
        made.comments.append("the column has no name in the file")
        made.decide.append("Give it a name in the file")
        return
    why = "differs from another name by upper case only" if is_name(made.source_name) else "is no name for a column"
    made.comments.append(f"called {shown(made.source_name)} in the file, which {why}")
    made.decide.append("Rename it in the file, or bind it by the rename that stands at the head of this draft")


def _presence(made: Proposal, seen: Evidence) -> None:
    if not seen.rows:
        made.comments.append("no rows, nothing but the name")
        made.decide.append("Write the type: string is only a place holder")
        return
    if seen.nulls == seen.rows:
        made.comments.append(f"null in all {counted(seen.rows, 'row')}")
        made.decide.append("Write the type: string is only a place holder")
        return
    if seen.nulls:
        share = percent(seen.nulls, seen.rows)
        made.comments.append(f"{counted(seen.nulls, 'null')} in {counted(seen.rows, 'row')} ({share})")
    else:
        made.comments.append(f"no nulls in {counted(seen.rows, 'row')}")
    if seen.empty:
        made.comments.append(counted(seen.empty, "empty text"))
    if seen.null_words:
        made.comments.append(f"{counted(seen.null_words, 'word')} for no value, such as N/A or NULL")
    if seen.empty or seen.null_words:
        made.decide.append("If they mean that there is no value, list them as null_words of the source in mesh.yaml")


def _form(made: Proposal, seen: Evidence) -> None:
    said = made.comments
    if seen.distinct.settle() and seen.rows - seen.nulls > 1:
        said.append("all values differ")
        if not seen.nulls and not seen.empty and made.logical_type in ("string", "integer"):
            made.decide.append("If it names a row, write primaryKey: true")
    if seen.distinct.state is None:
        said.append("whether all values differ was not counted, since there are too many")
    if seen.shortest is not None and made.logical_type in ("string", "integer") and seen.longest:
        same = seen.shortest == seen.longest
        said.append(
            f"each {counted(seen.longest, 'character')} long"
            if same
            else f"{seen.shortest} to {grouped(seen.longest)} characters long"
        )
    if seen.padded:
        said.append(f"{counted(seen.padded, 'value')} with blanks before or behind")
        made.decide.append("If the blanks mean nothing, have them trimmed where the file is made")
    if made.logical_type == "integer" and seen.boolean and seen.boolean == seen.filled:
        said.append("nothing but 0 and 1")
        made.decide.append("If they mean no and yes, write logicalType: boolean")
    if seen.own_name:
        said.append(f"{counted(seen.own_name, 'value')} equal to the column's name")
        made.decide.append("Look whether the file repeats its header among the rows")
