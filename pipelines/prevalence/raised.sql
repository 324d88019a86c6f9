-- The same for issues: hits of the behaviors that raise them. Where several must come together (need > 1), only the hits of
-- files or artifacts in which all of them count, or all of them stand.
--   in:  hit, issue_behavior (issue, behavior, need, within)
--   out: as hit, the issue in place of the behavior
SELECT
    i.issue AS rule, h.bucket, h.project_id, h.artifact_id, h.member, h.line, h.term_id, h.phase, h.role, h.how, h."count",
    CASE WHEN i.need = 1 THEN h.counts WHEN t.counting = i.need THEN h.counts ELSE 0 END AS counts
FROM hit AS h
JOIN issue_behavior AS i ON i.behavior = h.rule
LEFT JOIN (
    SELECT
        j.issue, g.artifact_id,
        CASE WHEN j.within = 'file' THEN g.member ELSE -1 END AS place,
        count(DISTINCT g.rule) AS standing,
        count(DISTINCT CASE WHEN g.counts = 1 THEN g.rule END) AS counting
    FROM hit AS g
    JOIN issue_behavior AS j ON j.behavior = g.rule AND j.need > 1
    GROUP BY j.issue, g.artifact_id, CASE WHEN j.within = 'file' THEN g.member ELSE -1 END
) AS t ON t.issue = i.issue AND t.artifact_id = h.artifact_id AND t.place = CASE WHEN i.within = 'file' THEN h.member ELSE -1 END
WHERE i.need = 1 OR t.standing = i.need
