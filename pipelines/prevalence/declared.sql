-- Issues that an artifact's metadata raise: their evidence is the file that declares them.
--   in:  held (n, project_id, artifact_id, extractor), members
--   out: as hit
SELECT
    d.n, d.project_id, d.artifact_id, d.extractor,
    CAST(0 AS BIGINT) AS term_id,
    CAST(768 AS BIGINT) * 140737488355328 + CAST(m.member AS BIGINT) * 536870912 AS place,
    CAST(1 AS INT) AS "count"
FROM held AS d
JOIN (
    SELECT artifact_id, extractor, min(member) AS member FROM members WHERE format = 'metadata' GROUP BY artifact_id, extractor
) AS m ON m.artifact_id = d.artifact_id AND m.extractor = d.extractor
