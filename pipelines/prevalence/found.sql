-- What the artifacts still to be classified show: one row an artifact and rule, with the place of its first evidence.
--   in:  hit, raised, declared
--   out: n, project_id, artifact_id, extractor, place, count, term_id
SELECT
    h.n, h.project_id, h.artifact_id, h.extractor,
    min(h.place) AS place,
    sum(h."count") AS "count",
    first_value(h.term_id ORDER BY h.place, h.term_id) AS term_id
FROM (
    SELECT n, project_id, artifact_id, extractor, term_id, place, "count" FROM hit
    UNION ALL
    SELECT n, project_id, artifact_id, extractor, term_id, place, "count" FROM raised
    UNION ALL
    SELECT n, project_id, artifact_id, extractor, term_id, place, "count" FROM declared
) AS h
GROUP BY h.n, h.project_id, h.artifact_id, h.extractor
