-- grain: one row per point and shape of the unified scheme that holds it (lon, lat, shape_no)
{{ points_in_shapes(ref('int_point')) }}
