-- Every fact of an artifact still to be classified that shows a behavior, and whether it counts by default.
--   in:  facts, matched, behavior (rule, phases, roles, hows: bit n for code n), fresh (artifact_id)
--   out: rule, counts (0 or 1), and the columns of facts
SELECT
    m.rule, f.bucket, f.project_id, f.artifact_id, f.member, f.line, f.term_id, f.phase, f.role, f.how, f."count",
    CASE WHEN ((b.phases >> f.phase) & 1) = 1 AND ((b.roles >> f.role) & 1) = 1 AND ((b.hows >> f.how) & 1) = 1 THEN 1 ELSE 0 END AS counts
FROM facts AS f
JOIN fresh AS n ON n.artifact_id = f.artifact_id
JOIN matched AS m ON m.term_id = f.term_id
JOIN behavior AS b ON b.rule = m.rule
