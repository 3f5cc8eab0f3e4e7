"""Where people live, travel and pay. Cities carry an income level, foreign places a pull on travellers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Kilometres in one degree of latitude.
KILOMETRES_A_DEGREE = 111.2


@dataclass(frozen=True)
class Place:
    """A city: ``share`` of customers who live there, or of foreign journeys that go there; ``income`` as a factor."""

    name: str
    country: str
    latitude: float
    longitude: float
    share: float
    income: float = 1.0


HOME = (
    Place("上海", "CN", 31.23, 121.47, 0.16, 1.45),
    Place("北京", "CN", 39.90, 116.41, 0.14, 1.42),
    Place("深圳", "CN", 22.54, 114.06, 0.11, 1.40),
    Place("广州", "CN", 23.13, 113.26, 0.11, 1.20),
    Place("杭州", "CN", 30.27, 120.16, 0.09, 1.22),
    Place("成都", "CN", 30.57, 104.07, 0.09, 0.95),
    Place("武汉", "CN", 30.59, 114.31, 0.08, 0.92),
    Place("西安", "CN", 34.34, 108.94, 0.07, 0.85),
    Place("青岛", "CN", 36.07, 120.38, 0.06, 0.92),
    Place("长沙", "CN", 28.23, 112.94, 0.05, 0.88),
    Place("昆明", "CN", 24.88, 102.83, 0.02, 0.80),
    Place("哈尔滨", "CN", 45.80, 126.53, 0.02, 0.74),
)
ABROAD = (
    Place("香港", "HK", 22.32, 114.17, 0.26),
    Place("东京", "JP", 35.68, 139.69, 0.16),
    Place("曼谷", "TH", 13.76, 100.50, 0.18),
    Place("新加坡", "SG", 1.35, 103.82, 0.12),
    Place("首尔", "KR", 37.57, 126.98, 0.10),
    Place("吉隆坡", "MY", 3.14, 101.69, 0.07),
    Place("巴黎", "FR", 48.86, 2.35, 0.05),
    Place("伦敦", "GB", 51.51, -0.13, 0.03),
    Place("纽约", "US", 40.71, -74.01, 0.03),
)
PLACES = HOME + ABROAD

#: The place of merchants that are reached online only, beside the positions in PLACES.
ONLINE = len(PLACES)

HOME_SHARES = np.array([place.share for place in HOME])
ABROAD_SHARES = np.array([place.share for place in ABROAD])
INCOMES = np.array([place.income for place in HOME])
LATITUDES = np.array([place.latitude for place in PLACES])
LONGITUDES = np.array([place.longitude for place in PLACES])
