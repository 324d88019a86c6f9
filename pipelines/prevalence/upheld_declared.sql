-- Issues that metadata raise, without those that a reviewer found wrong.
--   in:  declared_by_rule (as hit), dismissed (project_id, n)
--   out: as hit
SELECT h.n, h.project_id, h.artifact_id, h.extractor, h.term_id, h.place, h."count"
FROM declared_by_rule AS h
LEFT JOIN dismissed AS d ON d.project_id = h.project_id AND d.n = h.n
WHERE d.n IS NULL
