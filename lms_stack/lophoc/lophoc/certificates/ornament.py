"""The lines of a certificate's border and rosette, as points; the woven look is what makes a photocopy show."""

from math import cos, pi, sin

Path = list[tuple[float, float]]
STEPS = 480


def rosette(x: float, y: float, radius: float, petals: int = 16, rings: int = 14) -> list[Path]:
    """Closed waves about a middle, each turned against the one before."""
    return [_ring(x, y, radius, petals, 2 * pi * ring / rings) for ring in range(rings)]


def _ring(x: float, y: float, radius: float, petals: int, phase: float) -> Path:
    points = []
    for step in range(STEPS + 1):
        angle = 2 * pi * step / STEPS
        away = radius * (0.68 + 0.2 * sin(petals * angle + phase) + 0.12 * cos(petals / 2 * angle - phase))
        points.append((x + away * cos(angle), y + away * sin(angle)))
    return points


def woven(width: float, height: float, inset: float, swing: float) -> list[Path]:
    """Four waves along each side of a sheet; `inset` from the edge is the middle of their swing."""
    phases = [turn * pi / 2 for turn in range(4)]
    across = [_wave(width - 2 * inset, swing, phase) for phase in phases]
    down = [_wave(height - 2 * inset, swing, phase) for phase in phases]
    rows = [[(inset + along, edge + off) for along, off in wave] for edge in (inset, height - inset) for wave in across]
    columns = [[(edge + off, inset + along) for along, off in wave] for edge in (inset, width - inset) for wave in down]
    return rows + columns


def _wave(length: float, swing: float, phase: float) -> Path:
    count = 16 * round(length / 6.8)
    return [(length * step / count, swing * sin(2 * pi * step / 16 + phase)) for step in range(count + 1)]
