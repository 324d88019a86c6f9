-- The findings of the artifacts still to be classified: one row an artifact and rule, with its first evidence. Evidence that counts
-- comes first, then what runs soonest, what is surest, the runtime's own files, the first place.
--   in:  hit, raised, declared (rule, artifact_id: issues that metadata raise), members, catalog (catalog)
--   out: the columns of findings
SELECT
    h.bucket, h.project_id, h.artifact_id, h.rule,
    max(h.counts) = 1 AS counts,
    first_value(h.phase ORDER BY h.counts DESC, h.phase, h.how, h.role, h.member, h.line, h.term_id) AS phase,
    first_value(h.role ORDER BY h.counts DESC, h.phase, h.how, h.role, h.member, h.line, h.term_id) AS role,
    first_value(h.how ORDER BY h.counts DESC, h.phase, h.how, h.role, h.member, h.line, h.term_id) AS how,
    CAST(sum(h."count") AS INT) AS "count",
    first_value(h.member ORDER BY h.counts DESC, h.phase, h.how, h.role, h.member, h.line, h.term_id) AS member,
    first_value(h.line ORDER BY h.counts DESC, h.phase, h.how, h.role, h.member, h.line, h.term_id) AS line,
    first_value(h.term_id ORDER BY h.counts DESC, h.phase, h.how, h.role, h.member, h.line, h.term_id) AS term_id,
    c.catalog
FROM (SELECT * FROM hit UNION ALL SELECT * FROM raised) AS h
CROSS JOIN catalog AS c
GROUP BY h.bucket, h.project_id, h.artifact_id, h.rule, c.catalog
UNION ALL
SELECT
    d.bucket, d.project_id, d.artifact_id, d.rule,
    true AS counts,
    CAST(6 AS TINYINT) AS phase,
    CAST(0 AS TINYINT) AS role,
    CAST(0 AS TINYINT) AS how,
    1 AS "count",
    m.member,
    0 AS line,
    CAST(0 AS BIGINT) AS term_id,
    c.catalog
FROM declared AS d
JOIN (
    SELECT artifact_id, min(member) AS member FROM members WHERE format = 'metadata' GROUP BY artifact_id
) AS m ON m.artifact_id = d.artifact_id
CROSS JOIN catalog AS c
