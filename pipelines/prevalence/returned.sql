-- The facts to be classified, and from history those of the artifacts that have none at hand: a release that was history speaks again
-- where a newer one is gone.
--   in:  facts, facts_history, fresh (artifact_id, extractor)
--   out: the columns of facts
SELECT f.bucket, f.project_id, f.artifact_id, f.extractor, f.member, f.term_id, f.phase, f.role, f.how, f."count", f.line
FROM facts AS f
UNION ALL
SELECT h.bucket, h.project_id, h.artifact_id, h.extractor, h.member, h.term_id, h.phase, h.role, h.how, h."count", h.line
FROM facts_history AS h
JOIN fresh AS a ON a.artifact_id = h.artifact_id AND a.extractor = h.extractor
LEFT JOIN (SELECT DISTINCT artifact_id, extractor FROM facts) AS k ON k.artifact_id = h.artifact_id AND k.extractor = h.extractor
WHERE k.artifact_id IS NULL
