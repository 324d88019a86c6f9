-- Issues that metadata raise, without those that a reviewer found wrong, in the whole project or in the file that declares them.
--   in:  declared_by_rule (as hit), dismissed (project_id, n), dismissed_file (artifact_id, member, n)
--   out: as hit
SELECT h.n, h.project_id, h.artifact_id, h.extractor, h.term_id, h.place, h."count"
FROM declared_by_rule AS h
LEFT JOIN dismissed AS d ON d.project_id = h.project_id AND d.n = h.n
LEFT JOIN dismissed_file AS f ON f.artifact_id = h.artifact_id AND f.n = h.n AND f.member = ((h.place >> 29) & 262143)
WHERE d.n IS NULL AND f.n IS NULL
