"""What the demo shop sells. Prices are pennies of the shop's currency."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One product as it is put into the catalogue."""

    slug: str
    name: str
    price_pennies: int
    description: str


STOCK = (
    Item(
        "olive-oil",
        "Olive oil, 500 ml",
        1450,
        "Cold pressed from one grove, this year's harvest, in a dark bottle.",
    ),
    Item(
        "sea-salt",
        "Flaked sea salt, 250 g",
        595,
        "Dried by sun and wind. Crunches, then melts.",
    ),
    Item(
        "linen-towel",
        "Linen tea towel",
        1200,
        "Washed linen, 50 × 70 cm. Dries glasses without a trace and gets better with age.",
    ),
    Item(
        "beeswax-candles",
        "Beeswax candles, pair",
        1850,
        "Dipped by hand. Each burns for about nine hours.",
    ),
    Item(
        "stoneware-mug",
        "Stoneware mug",
        2200,
        "Thrown and glazed in a small pottery; holds 350 ml. No two are quite alike.",
    ),
    Item(
        "oak-board",
        "Oak chopping board",
        4800,
        "End grain, oiled, 40 × 28 cm, with a groove for juice.",
    ),
    Item(
        "wool-blanket",
        "Wool blanket",
        11500,
        "Woven from undyed wool, 140 × 200 cm. Warm in winter, light enough for spring.",
    ),
    Item(
        "chestnut-honey",
        "Chestnut honey, 340 g",
        925,
        "Dark, strong and a little bitter; for cheese rather than for toast.",
    ),
)
