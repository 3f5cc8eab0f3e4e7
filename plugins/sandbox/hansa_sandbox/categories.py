"""What is bought with a card: one category for each kind of shop, and the twelve personas that tilt them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Category:
    """``visits`` in 180 days of an average customer, ``yuan`` as median amount, ``spread`` as sigma of its logarithm.

    ``online`` is the share that an average customer orders online, ``shops`` the merchants in 1 000 customers' reach.
    """

    name: str
    mcc: str
    word: str
    visits: float
    yuan: float
    spread: float
    online: float
    days: str
    hours: str
    shops: float


CATEGORIES = (
    Category("groceries", "5411", "超市", 13.0, 85, 0.65, 0.12, "leisure", "shop", 40),
    Category("restaurants", "5812", "餐厅", 9.0, 120, 0.60, 0.05, "leisure", "meal", 60),
    Category("fast_food", "5814", "快餐", 8.0, 32, 0.45, 0.35, "work", "meal", 45),
    Category("transport", "4121", "出行", 6.0, 28, 0.55, 0.55, "work", "round", 8),
    Category("fuel", "5541", "加油站", 3.5, 280, 0.30, 0.02, "flat", "shop", 15),
    Category("pharmacy", "5912", "药房", 2.2, 65, 0.70, 0.20, "flat", "shop", 25),
    Category("clothing", "5651", "服饰", 3.2, 320, 0.70, 0.45, "shopping", "shop", 30),
    Category("electronics", "5732", "数码", 0.9, 1_500, 0.95, 0.50, "shopping", "shop", 10),
    Category("department", "5311", "百货", 2.6, 420, 0.80, 0.20, "shopping", "shop", 12),
    Category("entertainment", "7832", "影院", 1.8, 95, 0.50, 0.40, "leisure", "evening", 12),
    Category("beauty", "7230", "美容", 1.4, 240, 0.70, 0.10, "leisure", "shop", 20),
    Category("hotels", "7011", "酒店", 0.5, 480, 0.60, 0.50, "leisure", "evening", 15),
    Category("airlines", "4511", "航空", 0.6, 1_150, 0.60, 0.92, "flat", "round", 3),
    Category("jewellery", "5944", "珠宝", 0.2, 3_200, 0.90, 0.10, "shopping", "shop", 6),
    Category("education", "8299", "培训", 0.5, 1_400, 0.80, 0.50, "work", "office", 10),
    Category("marketplace", "5399", "商城", 7.0, 130, 0.95, 1.00, "flat", "evening", 12),
    Category("games", "5816", "游戏", 2.2, 30, 0.80, 1.00, "leisure", "evening", 8),
    Category("subscriptions", "5968", "会员", 2.5, 25, 0.50, 1.00, "flat", "round", 8),
    Category("digital_goods", "5815", "数字内容", 1.2, 45, 0.80, 1.00, "flat", "evening", 8),
)
NUMBER = {category.name: number for number, category in enumerate(CATEGORIES)}
MEDIANS = np.array([category.yuan for category in CATEGORIES])
SPREADS = np.array([category.spread for category in CATEGORIES])


def numbers(*names: str) -> np.ndarray:
    """The positions of named categories."""
    return np.array([NUMBER[name] for name in names], dtype=np.int64)


@dataclass(frozen=True)
class Persona:
    """A way of life. ``tilts`` are natural logarithms of factors on visits; ``journeys`` a factor on travelling."""

    name: str
    age: float
    width: float
    share: float
    tilts: Mapping[str, float] = field(default_factory=dict)
    journeys: float = 1.0


PERSONAS = (
    Persona("student", 21, 4, 0.9, {"fast_food": 0.7, "games": 1.0, "fuel": -3.0, "jewellery": -2.0}, 0.5),
    Persona("young_professional", 27, 5, 1.3, {"restaurants": 0.5, "transport": 0.6, "marketplace": 0.4}, 1.2),
    Persona("gamer", 25, 7, 0.7, {"games": 1.8, "digital_goods": 1.0, "subscriptions": 0.8}, 0.7),
    Persona("parent", 36, 7, 1.3, {"groceries": 0.6, "education": 1.5, "pharmacy": 0.5, "games": -0.8}, 0.8),
    Persona("driver", 40, 10, 0.9, {"fuel": 1.3, "transport": -1.0, "fast_food": 0.3}, 0.9),
    Persona("traveller", 38, 12, 0.6, {"hotels": 1.5, "airlines": 1.7, "restaurants": 0.4}, 3.0),
    Persona("online_shopper", 32, 9, 1.0, {"marketplace": 1.0, "clothing": 0.6, "department": -0.7}, 0.9),
    Persona("fashion", 30, 9, 0.6, {"clothing": 1.0, "beauty": 1.3, "jewellery": 0.9}, 1.3),
    Persona("home_owner", 45, 10, 1.0, {"department": 0.6, "electronics": 0.7, "groceries": 0.2}, 0.8),
    Persona("saver", 50, 14, 1.1, {"restaurants": -0.8, "clothing": -0.6, "games": -1.0, "hotels": -0.8}, 0.4),
    Persona("affluent", 48, 11, 0.5, {"restaurants": 0.7, "jewellery": 1.3, "department": 0.7, "hotels": 0.8}, 2.2),
    Persona("pensioner", 67, 8, 1.1, {"pharmacy": 1.0, "groceries": 0.3, "marketplace": -1.2, "games": -2.5}, 0.4),
)


def tilt_matrix() -> np.ndarray:
    """Tilts as a matrix of personas by categories."""
    return np.array([[persona.tilts.get(category.name, 0.0) for category in CATEGORIES] for persona in PERSONAS])
