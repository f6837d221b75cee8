"""Every colour of the street in one place."""

from __future__ import annotations

from .mesh import Vec3, paint

TILE = paint("#3A4654", "tile")
TILE_RIB = paint("#465262", "tile")
RIDGE = paint("#2F3843", "tile")
LACQUER = paint("#7A2C22", "lacquer")
LACQUER_DARK = paint("#4A1C18", "lacquer")
PLASTER = paint("#C9B795", "plaster")
STONE = paint("#8B8880", "stone")
STONE_DARK = paint("#5E5F5E", "stone")
STONE_PALE = paint("#A6A196", "stone")
MORTAR = paint("#3B3C3D", "stone")
VERDIGRIS = paint("#3F6B68", "lacquer")
MALACHITE = paint("#2F5D4A", "lacquer")
GOLD = paint("#C69A45", "metal")
BRONZE = paint("#6F6A45", "metal")
IRON = paint("#3A3B40", "metal")
PLANK = paint("#54402F", "wood")
PLANK_PALE = paint("#7B5C3E", "wood")
PLANK_DARK = paint("#35271D", "wood")
BAMBOO = paint("#8C7A48", "wood")
ROPE = paint("#9A825A", "cloth")
REED_MAT = paint("#8A7650", "cloth")
EARTH = paint("#5E5644", "earth")
GRASS = paint("#56694C", "earth")
HILL = paint("#1D2739", "earth")
HILL_FAR = paint("#2B3850", "earth")
INK = paint("#15161C", "cloth")

WINDOW = paint("#FFB765", "paper", 0.62)
INTERIOR = paint("#C98A4E", "plaster")

# Bodies of lanterns: albedo, and the colour of their halo.
RED = paint("#FF3A16", "paper", 0.72)
ORANGE = paint("#FF6A1C", "paper", 0.78)
AMBER = paint("#FF8A2C", "paper", 0.82)
CREAM = paint("#FFC680", "paper", 0.78)
ROSE = paint("#FF7A86", "paper", 0.70)
FLAME = paint("#FFC25A", "paper", 1.0)
TASSEL = paint("#B8241C", "cloth")

GLOW_ORANGE: Vec3 = (1.0, 0.58, 0.30)
GLOW_RED: Vec3 = (1.0, 0.36, 0.18)
GLOW_AMBER: Vec3 = (1.0, 0.66, 0.34)
GLOW_WINDOW: Vec3 = (1.0, 0.72, 0.42)
GLOW_LOTUS: Vec3 = (1.0, 0.62, 0.44)

ROBES = (
    "#8E2B2B",
    "#2E4A63",
    "#6B7A4A",
    "#A9713A",
    "#5B3A5E",
    "#B99A6A",
    "#355E58",
    "#7A4034",
    "#3D3F58",
    "#A55A5E",
)
SKIRTS = ("#B8452F", "#3C6A5C", "#C28A3C", "#6A3350", "#C9B08A", "#37507A", "#8C3A3A", "#D0785A")
SHAWLS = ("#E0C080", "#C8564A", "#7FA08A", "#D9A0A0", "#8AA0C0")
SKIN = paint("#D8A47E", "skin")
HAIR = paint("#17151A", "cloth")
