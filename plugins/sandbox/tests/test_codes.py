"""Each error code of the sandbox, raised by what it cannot make."""

import pytest
from hansa.errors import MeshError
from hansa_sandbox.demo import found


@pytest.mark.parametrize(("customers", "seed", "code"), [(1, 7, "demo.customers"), (200, -1, "demo.seed")])
def test_a_bank_that_cannot_be_made(customers, seed, code, tmp_path):
    with pytest.raises(MeshError) as caught:
        found(tmp_path, customers, seed)
    assert caught.value.code == code
