-- The same for issues: hits of the behaviors that raise them. Where several must come together (need > 1), only the hits of
-- files or artifacts in which all of them stand, and none counts unless all of them count.
--   in:  hit, issue_behavior (issue, behavior: numbers of rules; need, within)
--   out: as hit, the issue in place of the behavior
SELECT
    i.issue AS n, h.project_id, h.artifact_id, h.extractor, h.term_id,
    CASE WHEN i.need > 1 AND t.counting < i.need AND h.place < 144115188075855872 THEN h.place + 144115188075855872 ELSE h.place END AS place,
    h."count"
FROM hit AS h
JOIN issue_behavior AS i ON i.behavior = h.n
LEFT JOIN (
    SELECT
        j.issue, g.artifact_id,
        CASE WHEN j.within = 'file' THEN (g.place >> 29) & 262143 ELSE -1 END AS together,
        count(DISTINCT g.n) AS standing,
        count(DISTINCT CASE WHEN g.place < 144115188075855872 THEN g.n END) AS counting
    FROM hit AS g
    JOIN issue_behavior AS j ON j.behavior = g.n AND j.need > 1
    GROUP BY j.issue, g.artifact_id, CASE WHEN j.within = 'file' THEN (g.place >> 29) & 262143 ELSE -1 END
) AS t
    ON t.issue = i.issue AND t.artifact_id = h.artifact_id
    AND t.together = CASE WHEN i.within = 'file' THEN (h.place >> 29) & 262143 ELSE -1 END
WHERE i.need = 1 OR t.standing = i.need
