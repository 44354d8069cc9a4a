//! Text on a grid of cells: how wide it is, where it breaks, and what may not reach a terminal.
