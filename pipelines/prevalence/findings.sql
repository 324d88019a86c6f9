-- The same as rows of the table `findings`.
--   in:  found, rule (n, rule), catalog (catalog)
--   out: the columns of findings
SELECT
    CAST((f.project_id >> 58) & 63 AS SMALLINT) AS bucket,
    f.project_id, f.artifact_id, f.extractor, r.rule,
    f.place < 144115188075855872 AS counts,
    CAST((f.place >> 54) & 7 AS TINYINT) AS phase,
    CAST((f.place >> 47) & 15 AS TINYINT) AS role,
    CAST((f.place >> 51) & 7 AS TINYINT) AS how,
    CAST(f."count" AS INT) AS "count",
    CAST((f.place >> 29) & 262143 AS INT) AS member,
    CAST(f.place & 536870911 AS INT) AS line,
    f.term_id,
    c.catalog
FROM found AS f
JOIN rule AS r ON r.n = f.n
CROSS JOIN catalog AS c
