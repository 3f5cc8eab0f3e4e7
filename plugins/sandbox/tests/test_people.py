import numpy as np
from hansa_sandbox import people
from hansa_sandbox.identifiers import RESERVED_DOMAINS, RESERVED_MOBILE, RESERVED_REGION


def test_no_customer_is_of_one_persona_alone():
    folk = people.settle(2_000, 3)
    assert np.allclose(folk.personas.sum(axis=1), 1)
    assert folk.personas.max() < 0.95
    assert folk.personas.min() > 0.005


def test_income_is_higher_in_a_richer_city():
    folk = people.settle(5_000, 3)
    works = folk.status == 0
    rich, poor = (np.median(folk.income[works & (folk.city == city)]) for city in (0, 7))
    assert rich > 1.3 * poor


def test_traits_lie_between_zero_and_one_and_digital_affinity_falls_with_age():
    folk = people.settle(2_000, 3)
    assert 0 < folk.traits.min() < folk.traits.max() < 1
    assert np.corrcoef(folk.age, folk.trait("digital_affinity"))[0, 1] < -0.3


def test_the_register_is_marked_synthetic(books):
    persons = books.persons
    assert persons["identity"].str.starts_with(RESERVED_REGION).all()
    assert persons["mobile"].str.starts_with(RESERVED_MOBILE).all()
    assert set(persons["email"].drop_nulls().str.split("@").list.last()) <= set(RESERVED_DOMAINS)
