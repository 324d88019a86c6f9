-- Every fact of an artifact still to be classified that shows a behavior. `place` orders evidence: what counts by default first,
-- then what runs soonest, what is surest, the runtime's own files, the first member, the first line. From the top it holds
-- 1 bit that is 0 where the fact counts, 3 of phase, 3 of how, 4 of role, 18 of member, 29 of line: scans are bounded below that.
--   in:  facts, fresh (artifact_id, extractor), matched
--   out: n, project_id, artifact_id, extractor, term_id, place, count
SELECT
    m.n, f.project_id, f.artifact_id, f.extractor, f.term_id,
    CAST(
        CASE WHEN ((m.phases >> f.phase) & 1) = 1 AND ((m.roles >> f.role) & 1) = 1 AND ((m.hows >> f.how) & 1) = 1 THEN 0 ELSE 1024 END
        + f.phase * 128 + f.how * 16 + f.role AS BIGINT
    ) * 140737488355328 + CAST(f.member AS BIGINT) * 536870912 + f.line AS place,
    f."count"
FROM facts AS f
JOIN matched AS m ON m.term_id = f.term_id
JOIN fresh AS a ON a.artifact_id = f.artifact_id AND a.extractor = f.extractor
