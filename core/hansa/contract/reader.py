"""An ODCS file becomes a Contract, or is refused with file, line and the mend.

YAML with lines, the standard's own JSON Schema, then what Hansa needs beyond the standard: one product a schema object,
typed bounds, columns that a table can have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hansa.contract.document import ContractDocument, SchemaObject, read_document
from hansa.contract.model import Contract
from hansa.contract.remembered import recall, remember
from hansa.errors import ContractError, HansaError
from hansa.near import or_near

_FILES = "*.odcs.yaml"


def read_contract(path: Path | str, *, object: str | None = None) -> Contract:
    """Read the contract of one product; ``object`` or ``path#object`` names one of several schema objects of a file.

    Errors: ContractError, one sentence with ``file:line`` and the mend.
    """
    file, named = split_path(path)
    document = read_document(file)
    one = _chosen(document, object or named)
    if one.contract is None:
        raise one.fault or _no_object(document)
    return one.contract


def split_path(path: Path | str) -> tuple[Path, str | None]:
    """The file and the schema object of ``orders.odcs.yaml#lines``; a file whose own name holds a # is that file."""
    whole = str(path)
    file, sign, name = whole.rpartition("#")
    if not sign or not file.casefold().endswith((".yaml", ".yml")) or _exists(Path(whole)):
        return Path(path), None
    return Path(file), name


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _chosen(document: ContractDocument, name: str | None) -> SchemaObject:
    """The object that is meant: the one of that name or product id, else the only one."""
    if not document.objects:
        raise _no_object(document)
    if name:
        return _named(document, name)
    if len(document.objects) > 1:
        names = ", ".join(one.name for one in document.objects)
        what = f"the contract has {len(document.objects)} schema objects, and one contract is one product"
        mend = f"name one as {document.path.name}#{document.objects[0].name}; there are {names}"
        raise document.objects[1].place.fault("schema", what, mend)
    return document.objects[0]


def _named(document: ContractDocument, name: str) -> SchemaObject:
    for one in document.objects:
        if name == one.name or (one.contract is not None and name == one.contract.id):
            return one
    names = [one.name for one in document.objects]
    mend = or_near(name, names, f"there are {', '.join(names)}")
    raise document.root["schema"].fault("object", f"the contract has no schema object '{name}'", mend)


def _no_object(document: ContractDocument) -> HansaError:
    return document.fault or document.root.fault("schema", "the contract has no product", "write a schema object")


def contract_files(folder: Path) -> Iterator[Path]:
    """The contract files (``**/*.odcs.yaml``) under a folder, sorted; what lies in hidden folders is nobody's contract.

    Errors: ContractError for a folder that does not exist, and a link that leads out of the folder.
    """
    if not folder.is_dir():
        raise ContractError(
            "contract.folder",
            "the folder of contracts does not exist",
            where=str(folder),
            next_step="check the path",
        )
    home = folder.resolve()
    for path in sorted(folder.rglob(_FILES)):
        if any(part.startswith(".") for part in path.relative_to(folder).parts[:-1]):
            continue
        if not path.resolve().is_relative_to(home):
            raise ContractError(
                "contract.outside",
                "the link leads out of the folder of contracts",
                where=str(path),
                next_step="copy the file, or name its own folder",
            )
        yield path


def find_contracts(folders: Sequence[Path]) -> dict[tuple[str, int], Contract]:
    """The contracts of all schema objects under ``folders`` by id and major version, in that order.

    A file that is met twice counts once. Errors: ContractError for a folder that does not exist, a contract that
    cannot be read or published, and two of one id and major version, naming both files.
    """
    found: dict[tuple[str, int], Contract] = {}
    met: set[Path] = set()
    for folder in folders:
        for path in contract_files(folder):
            if path.resolve() in met:
                continue
            met.add(path.resolve())
            for contract in _all_of(path):
                other = found.setdefault((contract.id, contract.major), contract)
                if other is not contract:
                    raise double_claim(contract, other)
    return dict(sorted(found.items()))


def double_claim(contract: Contract, other: Contract) -> ContractError:
    """The error for two contracts of one id and major version."""
    return ContractError(
        "contract.double",
        f"{contract.id}@{contract.major} is claimed by {other.path} too",
        where=str(contract.path),
        next_step="remove one of the files, or raise the major version of one",
    )


def _all_of(path: Path) -> tuple[Contract, ...]:
    """The contracts of one file; of one that was read before without fault as they were then."""
    if (known := recall(path)) is not None:
        return known
    document = read_document(path)
    if document.fault is not None:
        raise document.fault
    for one in document.objects:
        if one.contract is None:
            raise one.fault or _no_object(document)
    remember(document.contracts)
    return document.contracts
