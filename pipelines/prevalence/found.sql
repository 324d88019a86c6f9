-- What the artifacts still to be classified show: one row an artifact and rule, with the place of its first evidence. Place and term
-- are compared as one number, the term below the place: the first value in an order cost five times as much. In the order in which
-- findings are written, whose files then need no other.
--   in:  hit, raised, declared
--   out: n, project_id, artifact_id, extractor, place, count, term_id
SELECT
    g.n, g.project_id, g.artifact_id, g.extractor, g.place, g."count",
    CAST(
        g.first % CAST('18446744073709551616' AS DECIMAL(20, 0)) - CAST('9223372036854775808' AS DECIMAL(20, 0)) AS BIGINT
    ) AS term_id
FROM (
    SELECT
        h.n, min(h.project_id) AS project_id, h.artifact_id, min(h.extractor) AS extractor,
        min(h.place) AS place,
        sum(h."count") AS "count",
        min(
            CAST(h.place AS DECIMAL(18, 0)) * CAST('18446744073709551616' AS DECIMAL(20, 0))
            + CAST(h.term_id AS DECIMAL(20, 0)) + CAST('9223372036854775808' AS DECIMAL(20, 0))
        ) AS first
    FROM (
        SELECT n, project_id, artifact_id, extractor, term_id, place, "count" FROM hit
        UNION ALL
        SELECT n, project_id, artifact_id, extractor, term_id, place, "count" FROM raised
        UNION ALL
        SELECT n, project_id, artifact_id, extractor, term_id, place, "count" FROM declared
    ) AS h
    GROUP BY h.n, h.artifact_id
) AS g
ORDER BY (g.project_id >> 58) & 63, g.n, g.artifact_id
