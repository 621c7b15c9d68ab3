"""How long requests wait: formulas of single stations, open networks of them, pools as limits, closed networks."""
