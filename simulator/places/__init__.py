"""Where things happen: grids of several schemes, roads, buildings, components, offices; all made up."""
